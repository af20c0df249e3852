"""Logging a search over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from kb.models import LoggedSearch, StandardQuestion
from klingdesk.core.roles import BOT_GROUP
from tests.api.conftest import Caller
from tests.conftest import NOW


@pytest.fixture
def bot(person: Callable[..., Any]) -> Any:
    user = person("bot")
    user.groups.add(Group.objects.get_or_create(name=BOT_GROUP)[0])
    return user


def test_a_search_is_kept_masked(questions: Any, as_agent: Caller) -> None:
    body = {"query": "13800138000 灵感值重复扣除", "chosen": "twice-charged"}
    response = as_agent.post("kb/searches/", body)
    assert response.status_code == 201
    entry = LoggedSearch.objects.get(pk=response.json()["id"])
    assert (entry.words, entry.chosen) == ("‹#› 灵感值重复扣除", "twice-charged")
    assert (entry.channel, entry.asked_at, entry.retyped) == ("api", NOW, False)
    assert entry.results[0] == "twice-charged"


def test_nothing_fitted(questions: Any, as_agent: Caller) -> None:
    assert as_agent.post("kb/searches/", {"query": "打车", "retyped": True}).status_code == 201
    entry = LoggedSearch.objects.get()
    assert (entry.results, entry.confident, entry.retyped) == ([], False, True)


def test_a_bot_logs_too(questions: Any, bot: Any, calls: Callable[[Any], Caller]) -> None:
    assert calls(bot).post("kb/searches/", {"query": "灵感值怎么卖"}).status_code == 201
    assert LoggedSearch.objects.get().channel == "bot"


def test_a_bot_learns_nothing_of_what_is_announced(
    questions: Any, bot: Any, calls: Callable[[Any], Caller]
) -> None:
    StandardQuestion.objects.filter(key="price").update(effective_from=NOW + timedelta(days=9))
    caller = calls(bot)
    assert caller.post("kb/searches/", {"query": "灵感值怎么卖"}).status_code == 201
    assert "price" not in LoggedSearch.objects.get().results
    refused = caller.post("kb/searches/", {"query": "灵感值怎么卖", "chosen": "price"})
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"query"}),
        ({"query": ""}, {"query"}),
        ({"query": " "}, {"query"}),
        ({"query": "\u200b"}, {"query"}),
        ({"query": "a\x00"}, {"query"}),
        ({"query": "扣" * 301}, {"query"}),
        ({"query": 7}, {"query"}),
        ({"query": "扣", "chosen": "no-such-question"}, {"chosen"}),
        ({"query": "扣", "chosen": "a" * 81}, {"chosen"}),
        ({"query": "扣", "retyped": "perhaps"}, {"retyped"}),
        ({"query": "扣", "user": "me"}, {"user"}),
    ],
)
def test_what_is_refused(
    body: dict[str, Any], fields: set[str], questions: Any, as_agent: Caller
) -> None:
    response = as_agent.post("kb/searches/", body)
    assert response.status_code == 400
    assert set(response.json()["errors"]) == fields
    assert not LoggedSearch.objects.exists()


def test_who_may_log(
    questions: Any, stranger: Any, calls: Callable[[Any], Caller], as_agent: Caller
) -> None:
    assert calls(stranger).post("kb/searches/", {"query": "扣"}).status_code == 403
    assert calls(None).post("kb/searches/", {"query": "扣"}).status_code == 401
    assert as_agent.client.get("/api/v1/kb/searches/").status_code == 405
    assert not LoggedSearch.objects.exists()
