"""Search and questions over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser

from kb.api.question_bodies import question_body
from kb.search.documents import Choice, SearchResult
from kb.selectors.search import search_questions
from kb.services.content import QuestionContent
from kb.services.drafts import save_draft
from tests.api.conftest import Caller
from tests.conftest import CANARY, NOW
from tests.standings import (
    FALLBACK,
    LATER,
    NOT_IN_FORCE,
    PICTURE,
    SCRIPT,
    WITHHELD,
    attachment,
    publish,
    publish_not_in_force,
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
    told = {
        "key": "twice-charged",
        "title": "生成一次被扣了多次灵感值",
        "category": {"slug": "credits", "title": "灵感值"},
        "status": "online",
        "standing": "in_force",
        "script": "请您先刷新单个页面。",
        "is_fallback": False,
        "withdrawn": False,
        "follow_ups": [{"question": "会退吗", "script": "核实后为您答复。"}],
        "attachments": [],
        "flow": "twice",
        "escalates": True,
        "effective_from": None,
        "expires_at": None,
        "review_due": None,
    }
    internal = {
        "internal_note": f"先核实页面数。{CANARY}",
        "cautions": [],
        "withheld_script": None,
    }
    assert as_agent.get("kb/questions/twice-charged/").json() == {**told, **internal}
    listed = as_agent.get("kb/questions/").json()["results"]
    assert [row["key"] for row in listed] == ["price", "twice-charged"]
    assert listed[1] == told


def test_without_a_role_there_is_nothing_internal(questions: Any, stranger: Any) -> None:
    for user in (stranger, AnonymousUser()):
        body = question_body(questions["price"], user=user, now=NOW)
        assert not {"internal_note", "cautions", "withheld_script"} & set(body)


@pytest.mark.parametrize("standing", NOT_IN_FORCE)
def test_what_is_not_in_force_is_told_as_its_fallback(
    standing: str, questions: Any, as_agent: Caller
) -> None:
    publish_not_in_force(standing, flow="twice")
    body = as_agent.get(f"kb/questions/{standing}/").json()
    assert body["standing"] == standing
    assert (body["script"], body["is_fallback"]) == (FALLBACK, True)
    assert body["withdrawn"] is (standing == "expired")
    assert (body["follow_ups"], body["attachments"]) == ([], [])
    assert body["flow"] == "hand-over"
    assert (body["internal_note"], body["cautions"]) == (CANARY, [CANARY])
    assert body["withheld_script"] == (SCRIPT if standing in WITHHELD else None)
    listed = as_agent.get("kb/questions/").json()["results"]
    assert CANARY not in str(listed)
    hit = as_agent.get("kb/search/", q=f"标题 {standing}").json()["results"][0]
    assert (hit["key"], hit["standing"]) == (standing, standing)


def test_a_script_is_withdrawn_at_its_minute(
    questions: Any, as_agent: Caller, at_now: time_machine.Traveller
) -> None:
    publish("offer", script="限时八折。", expires_at=NOW + timedelta(minutes=1))
    assert as_agent.get("kb/questions/offer/").json()["script"] == "限时八折。"
    at_now.shift(timedelta(minutes=1))
    for body in (
        as_agent.get("kb/questions/offer/").json(),
        as_agent.get("kb/questions/").json()["results"][0],
    ):
        assert (body["standing"], body["withdrawn"]) == ("expired", True)
        assert "限时八折。" not in str(body)
        assert "3 个工作日" in body["script"], "the common fallback, with its variables"


def test_a_text_that_will_be_replaced_says_until_when_it_holds(
    questions: Any, as_agent: Caller
) -> None:
    for effective_from in (None, LATER):
        publish("offer", effective_from=effective_from, expires_at=LATER + timedelta(days=9))
    body = as_agent.get("kb/questions/offer/").json()
    assert (body["standing"], body["expires_at"]) == ("in_force", "2026-03-06T10:30:00+08:00")


def test_attachments_are_fetched_with_the_same_login(
    questions: Any, as_agent: Caller, stranger: Any
) -> None:
    publish("shown", attachments=(attachment("步骤图"),))
    (shown,) = as_agent.get("kb/questions/shown/").json()["attachments"]
    assert (shown["title"], shown["media_type"]) == ("步骤图", "image/svg+xml")
    path = shown["url"].removeprefix("/api/v1/")
    response = as_agent.get(path)
    assert (response.content, response.headers["Content-Type"]) == (PICTURE, "image/svg+xml")
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert as_agent.client.get(shown["url"], headers={"accept": "image/*"}).status_code == 200
    assert Caller(stranger).get(path).status_code == 403
    assert Caller(None).get(path).status_code == 401
    publish("shown", expires_at=NOW, attachments=(attachment("步骤图"),))
    gone = as_agent.get(path)
    assert (gone.status_code, gone.headers["Content-Type"]) == (404, "application/problem+json")


def test_only_editors_see_what_is_not_published(
    questions: Any, as_agent: Caller, editor: Any
) -> None:
    content = QuestionContent(title="草稿", category="credits", status="online", script=SCRIPT)
    save_draft(key="draft", content=content, acting_user=editor, now=NOW)
    publish("gone", status="retired", script=SCRIPT)
    as_editor = Caller(editor)

    def keys(caller: Caller) -> list[str]:
        return [row["key"] for row in caller.get("kb/questions/").json()["results"]]

    assert keys(as_agent) == ["price", "twice-charged"]
    assert keys(as_editor) == ["draft", "gone", "price", "twice-charged"]
    for key in ("draft", "gone", "no-such", "x" * 81):
        assert as_agent.get(f"kb/questions/{key}/").status_code == 404
    for key, standing in (("draft", "draft"), ("gone", "retired")):
        body = as_editor.get(f"kb/questions/{key}/").json()
        assert (body["status"], body["standing"], body["flow"]) == (standing, standing, None)
        assert CANARY not in body["script"]
    assert as_agent.get("kb/search/", q="草稿").json()["results"] == []


def test_choices_are_told(
    questions: Any, as_agent: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, ("twice-charged", "扣了两次"), ("price", "问价格"), ("gone", "没有了"))
    body = as_agent.get("kb/search/", q="灵感值").json()
    assert body["choices"] == [
        {"key": "twice-charged", "label": "扣了两次"},
        {"key": "price", "label": "问价格"},
    ]
    offer(monkeypatch, ("price", "问价格"), ("gone", "没有了"))
    assert as_agent.get("kb/search/", q="灵感值").json()["choices"] == []


def offer(monkeypatch: pytest.MonkeyPatch, *cases: tuple[str, str]) -> None:
    """Let the search find that the words fit several cases."""

    def found(words: str, *, limit: int, without: frozenset[str]) -> SearchResult:
        result = search_questions(words, limit=limit)
        return replace(result, choices=tuple(Choice(*case) for case in cases))

    monkeypatch.setattr("kb.api.views.search_questions", found)


def test_the_list_costs_a_constant_number_of_queries(
    questions: Any, as_agent: Caller, django_assert_max_num_queries: Any
) -> None:
    publish("drawn", attachments=(attachment("图"),))
    for standing in NOT_IN_FORCE:
        publish_not_in_force(standing)
    # token, user's groups; questions, follow-ups, disagreements, attachments
    with django_assert_max_num_queries(6):
        assert len(as_agent.get("kb/questions/").json()["results"]) == 6


def test_questions_come_in_pages(questions: Any, as_agent: Caller) -> None:
    for number in range(3):
        publish(f"more-{number}")
    page = as_agent.get("kb/questions/", limit=2).json()
    keys = [row["key"] for row in page["results"]]
    while page["next"]:
        page = as_agent.client.get(page["next"]).json()
        keys += [row["key"] for row in page["results"]]
    assert keys == ["more-0", "more-1", "more-2", "price", "twice-charged"]
    back = []
    while page["previous"]:
        page = as_agent.client.get(page["previous"]).json()
        back = [row["key"] for row in page["results"]] + back
    assert back == ["more-0", "more-1", "more-2", "price"]


@pytest.mark.parametrize(
    "query",
    [
        *({"cursor": cursor} for cursor in ("cD0lMDA=", "!!!!", "A" * 3_000, "cj0x")),
        {"limit": 0},
        {"category": "credits"},
    ],
)
def test_wrong_parameters_of_the_list_are_named(
    query: dict[str, Any], questions: Any, as_agent: Caller
) -> None:
    response = as_agent.get("kb/questions/", **query)
    assert (response.status_code, list(response.json()["errors"])) == (400, list(query))
