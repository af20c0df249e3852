"""Search and questions over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser

from kb.api.views import question_body
from kb.models import StandardQuestion
from kb.services.publishing import QuestionContent, publish_question
from tests.api.conftest import Caller
from tests.conftest import CANARY, NOW


def publish(key: str, **changes: Any) -> StandardQuestion:
    content = {"title": key, "category": "credits", "status": "online", "script": "您好。"}
    return publish_question(
        key=key,
        content=QuestionContent(**{**content, **changes}),
        acting_user=None,
        reason="test",
        now=NOW,
    )


def test_search_finds_and_explains(questions: Any, as_agent: Caller) -> None:
    body = as_agent.get("kb/search/", q="灵感值重复扣除", limit=1).json()
    assert (body["query"], body["confident"]) == ("灵感值重复扣除", True)
    (hit,) = body["results"]
    assert (hit["key"], hit["score"], hit["text"]) == ("twice-charged", 1.0, "灵感值重复扣除")
    assert hit["category"] == {"slug": "credits", "title": "灵感值"}
    assert sum(part["weight"] for part in hit["matched"]) == pytest.approx(hit["score"])


def test_any_words_can_be_searched(questions: Any, as_agent: Caller) -> None:
    for words in (" ", "？！", "' OR 1=1 --", "%", "\\", "\u202e", "🎬", "a" * 300):
        body = as_agent.get("kb/search/", q=words).json()
        assert body["query"] == words[:200]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({}, {"q"}),
        ({"q": ""}, {"q"}),
        ({"q": "a\x00"}, {"q"}),
        ({"q": "a" * 301}, {"q"}),
        ({"q": "a", "limit": 0}, {"limit"}),
        ({"q": "a", "limit": 51}, {"limit"}),
        ({"q": "a", "limit": "9" * 5_000}, {"limit"}),
        ({"q": "a", "size": 3}, {"size"}),
    ],
)
def test_wrong_searches_are_refused(
    query: dict[str, Any], fields: set[str], questions: Any, as_agent: Caller
) -> None:
    response = as_agent.get("kb/search/", **query)
    assert (response.status_code, set(response.json()["errors"])) == (400, fields)


def test_a_question_is_complete(questions: Any, as_agent: Caller) -> None:
    assert as_agent.get("kb/questions/twice-charged/").json() == {
        "key": "twice-charged",
        "title": "生成一次被扣了多次灵感值",
        "category": {"slug": "credits", "title": "灵感值"},
        "status": "online",
        "script": "请您先刷新单个页面。",
        "follow_ups": [{"question": "会退吗", "script": "核实后为您答复。"}],
        "flow": "twice",
        "escalates": True,
        "expires_at": None,
        "review_due": None,
        "internal_note": f"先核实页面数。{CANARY}",
    }
    listed = as_agent.get("kb/questions/").json()["results"]
    assert [row["key"] for row in listed] == ["price", "twice-charged"]
    assert all("internal_note" not in row for row in listed)


def test_without_a_role_there_is_no_internal_note(questions: Any, stranger: Any) -> None:
    for user in (stranger, AnonymousUser()):
        assert "internal_note" not in question_body(questions["price"], user=user)


def test_only_editors_see_what_is_not_online(
    questions: Any, as_agent: Caller, editor: Any, at_now: time_machine.Traveller
) -> None:
    publish("draft", status="draft")
    publish("offer", expires_at=NOW + timedelta(hours=1))
    as_editor = Caller(editor)

    def keys(caller: Caller) -> list[str]:
        return [row["key"] for row in caller.get("kb/questions/").json()["results"]]

    assert keys(as_agent) == ["offer", "price", "twice-charged"]
    at_now.shift(timedelta(hours=1))
    assert keys(as_agent) == ["price", "twice-charged"]
    assert keys(as_editor) == ["draft", "offer", "price", "twice-charged"]
    for key in ("draft", "offer", "no-such", "x" * 81):
        assert as_agent.get(f"kb/questions/{key}/").status_code == 404
    assert as_editor.get("kb/questions/draft/").json()["status"] == "draft"
    assert as_agent.get("kb/search/", q="offer").json()["results"] == []


def test_questions_come_in_pages(questions: Any, as_agent: Caller) -> None:
    for number in range(3):
        publish(f"more-{number}")
    page = as_agent.get("kb/questions/", limit=2).json()
    keys = [row["key"] for row in page["results"]]
    while page["next"]:
        page = as_agent.client.get(page["next"]).json()
        keys += [row["key"] for row in page["results"]]
    assert keys == ["more-0", "more-1", "more-2", "price", "twice-charged"]


@pytest.mark.parametrize("query", [{"cursor": "cD0lMDA="}, {"limit": 0}, {"category": "credits"}])
def test_wrong_parameters_of_the_list_are_named(
    query: dict[str, Any], questions: Any, as_agent: Caller
) -> None:
    response = as_agent.get("kb/questions/", **query)
    assert (response.status_code, list(response.json()["errors"])) == (400, list(query))
