"""What programs that answer users get: what may be told to a user, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from kb.services.content import QuestionContent
from kb.services.drafts import save_draft
from klingdesk.core.roles import BOT_GROUP
from tests.api.conftest import V1, Caller
from tests.api.test_knowledge import offer
from tests.conftest import CANARY, NOW
from tests.standings import FALLBACK, LATER, NOT_IN_FORCE, attachment, publish, publish_not_in_force

HIDDEN = ("unreleased", "scheduled")


@pytest.fixture
def bot(desk: None) -> Any:
    user = get_user_model().objects.create_user(username="bot")
    user.groups.add(Group.objects.get(name=BOT_GROUP))
    return user


@pytest.fixture
def as_bot(bot: Any, questions: Any) -> Caller:
    return Caller(bot)


def everything(caller: Caller, words: str) -> str:
    """All that the knowledge base says to somebody who knows every key."""
    listed = caller.get("kb/questions/", limit=50)
    bodies = [listed.json(), caller.get("kb/search/", q=words, limit=50).json()]
    for row in bodies[0]["results"]:
        bodies.append(caller.get(f"kb/questions/{row['key']}/").json())
    return json.dumps(bodies, ensure_ascii=False)


def test_it_reads_what_may_be_told(as_bot: Caller) -> None:
    publish("shown", attachments=(attachment("图"),))
    body = as_bot.get("kb/questions/shown/").json()
    assert (body["standing"], body["script"]) == ("in_force", "话术。")
    response = as_bot.get(body["attachments"][0]["url"].removeprefix(V1))
    assert response.status_code == 200
    found = as_bot.get("kb/search/", q="灵感值重复扣除", limit=1).json()
    assert [hit["key"] for hit in found["results"]] == ["twice-charged"]
    assert found["confident"] is True


def test_nothing_internal_reaches_it(as_bot: Caller, editor: Any) -> None:
    """The canary is in notes, cautions, hints, withheld scripts, drafts and follow-ups."""
    for standing in NOT_IN_FORCE:
        publish_not_in_force(standing, title=f"灵感值 {CANARY if standing in HIDDEN else ''}")
    publish("gone", title=f"灵感值 {CANARY}", status="retired")
    content = QuestionContent(
        title=f"灵感值 {CANARY}", category="credits", status="online", script=CANARY
    )
    save_draft(key="idea", content=content, acting_user=editor, now=NOW)
    save_draft(key="price", content=content, acting_user=editor, now=NOW)
    said = everything(as_bot, "灵感值")
    assert "expired" in said, "the bot learns that it must drop it"
    assert FALLBACK in said
    assert CANARY not in said
    assert not any(name in said for name in ("internal_note", "cautions", "withheld_script"))


@pytest.mark.parametrize("key", [*HIDDEN, "gone", "idea", "never-was"])
def test_what_is_not_out_is_not_there(key: str, as_bot: Caller, editor: Any) -> None:
    for standing in HIDDEN:
        publish_not_in_force(standing)
    publish("gone", status="retired")
    content = QuestionContent(title="草稿", category="credits", status="online", script="?")
    save_draft(key="idea", content=content, acting_user=editor, now=NOW)
    response = as_bot.get(f"kb/questions/{key}/")
    assert response.status_code == 404
    assert response.json()["detail"] == as_bot.get("kb/questions/x/").json()["detail"]


def test_an_announced_answer_appears_when_it_takes_effect(
    as_bot: Caller, at_now: time_machine.Traveller
) -> None:
    publish("scheduled", title="新活动", script="新的。", effective_from=LATER)
    said = everything(as_bot, "活动")
    assert not any(word in said for word in ("新活动", "scheduled", "新的。"))
    at_now.move_to(LATER)
    assert as_bot.get("kb/questions/scheduled/").json()["script"] == "新的。"
    assert as_bot.get("kb/search/", q="新活动").json()["results"][0]["key"] == "scheduled"


def test_attachments_of_what_is_not_in_force_are_not_there(as_bot: Caller) -> None:
    for standing in NOT_IN_FORCE:
        publish_not_in_force(standing)
    digest = attachment("图").digest
    assert as_bot.get(f"kb/attachments/{digest}/").status_code == 404
    publish("shown", attachments=(attachment("图"),))
    assert as_bot.get(f"kb/attachments/{digest}/").status_code == 200


@pytest.mark.parametrize("standing", HIDDEN)
def test_a_hidden_best_hit_is_no_reason_for_confidence(
    standing: str, as_bot: Caller, as_agent: Caller
) -> None:
    words = "灵感值过年翻倍吗"
    before = as_bot.get("kb/search/", q=words).json()
    publish_not_in_force(standing, title="灵感值春节加倍", phrasings=(words,))
    known = as_agent.get("kb/search/", q=words).json()
    assert (known["confident"], known["results"][0]["key"]) == (True, standing)
    found = as_bot.get("kb/search/", q=words).json()
    assert [hit["key"] for hit in found["results"]] == [hit["key"] for hit in before["results"]]
    assert (found["confident"], found["choices"]) == (False, [])


def test_hidden_hits_take_no_place_of_others(as_bot: Caller) -> None:
    for number in range(8):
        publish(f"hidden-{number}", title=f"灵感值怎么卖 {number}", status="unreleased")
    found = as_bot.get("kb/search/", q="灵感值怎么卖", limit=2).json()
    assert [hit["key"] for hit in found["results"]] == ["price", "twice-charged"]


def test_hidden_cases_are_no_choice(as_bot: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_not_in_force("unreleased")
    offer(monkeypatch, ("unreleased", CANARY), ("price", "问价格"))
    assert as_bot.get("kb/search/", q="灵感值").json()["choices"] == []


# --- who is a bot --------------------------------------------------------------------------------


def test_the_group_makes_the_bot(as_bot: Caller, bot: Any) -> None:
    bot.groups.clear()
    assert as_bot.get("kb/questions/").status_code == 403


def test_a_stopped_bot_is_out_at_once(as_bot: Caller, bot: Any) -> None:
    bot.is_active = False
    bot.save(update_fields=["is_active"])
    assert as_bot.get("kb/questions/").status_code == 401


def test_a_person_of_the_desk_is_none(bot: Any, questions: Any) -> None:
    """Staff without a role in the bots' group: neither the one nor the other."""
    bot.is_staff = True
    bot.save(update_fields=["is_staff"])
    assert Caller(bot).get("kb/questions/").status_code == 403
