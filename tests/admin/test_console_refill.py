"""Going back to a step at which something was typed: it stands there again, for its agent."""

from __future__ import annotations

import re
from typing import Any

import pytest

from klingdesk.core.roles import Role
from tests.admin.desk_flows import STARTED, Console, everything_stored
from tests.kb.flows.test_starter_flows import BAD, GOOD, IDS, KEY, SAME, pasted
from tests.tickets.services.roundabout import publish_round
from tickets.services.contact_transfers import pass_on

pytestmark = pytest.mark.usefixtures("starter")


def ids_of(console: Console) -> tuple[str, str]:
    return console.value_of("values.web_id"), console.value_of("values.app_id")


TYPED = ("1234567", "7654321")
SYNC = "web-membership-not-synced"


def test_one_step_back_gives_what_was_typed(agent: Any) -> None:
    console = Console(agent, SYNC).walk("never", "no", IDS)
    assert "stands in the fields again" not in console.page
    page = console.post("back")
    assert ids_of(console) == TYPED
    assert "stands in the fields again" in page
    assert ids_of_reload(console) == TYPED
    console.answer({"web_id": TYPED[0], "app_id": TYPED[1]})
    assert console.stage == "hand_over"


def ids_of_reload(console: Console) -> tuple[str, str]:
    console.show()
    return ids_of(console)


def test_so_does_a_jump_and_the_way_there_anew(agent: Any) -> None:
    console = Console(agent, SYNC).walk("never", "no", IDS)
    console.post("jump", step="3")
    assert ids_of(console) == TYPED
    console.walk(IDS)
    console.post("jump", step="1")
    assert console.node == "which-case"
    console.walk("same", "no")
    assert ids_of(console) == TYPED
    # the latest that was typed, not the first
    console.walk({"web_id": "5550001", "app_id": "5550001"})
    console.post("back")
    assert ids_of(console) == ("5550001", "5550001")


def test_another_contact_begins_empty(agent: Any) -> None:
    Console(agent, SYNC).walk("never", "no", IDS).post("back")
    again = Console(agent, SYNC).walk("never", "no")
    assert ids_of(again) == ("", "")


def test_options_and_moments_come_back_as_they_can_be_sent_again(agent: Any) -> None:
    console = Console(agent, "second-subscription")
    console.answer(
        {"holds_plan": "monthly", "holds_tier": "gold", "wants_plan": "single-3"}
        | {"wants_tier": "gold"}
    )
    console.post("back")
    assert re.search(r'name="values.holds_plan" value="monthly" checked', console.page)
    publish_round()
    other = Console(agent, "round").walk("no")
    other.answer({"account": "7712345", "seen_at": "2026-11-20 下午3点"})
    other.post("back")
    assert other.value_of("values.seen_at") == "2026-11-20 15:00"
    assert other.value_of("values.order") == ""
    other.answer({"account": "7712345", "seen_at": other.value_of("values.seen_at")})


def test_who_only_reads_the_contact_gets_nothing_personal_back(agent: Any, person: Any) -> None:
    console = Console(agent, SYNC).walk("never", "no", IDS)
    console.post("back")
    console.client.force_login(person("lead", Role.AGENT, Role.MANAGER))
    page = console.show()
    assert TYPED[0] not in page
    assert TYPED[1] not in page


def test_the_next_agent_of_the_contact_gets_it(agent: Any, agent2: Any) -> None:
    console = Console(agent, SYNC).walk("never", "no", SAME)
    console.post("back")
    pass_on(consultation_id=console.contact, to_agent="agent2", acting_user=agent, now=STARTED)
    console.client.force_login(agent2)
    assert ids_of_reload(console) == (SAME["web_id"], SAME["app_id"])


def test_a_pasted_text_comes_back_without_its_secret(agent: Any) -> None:
    console = Console(agent, "api-usage").walk("developer", "failure", pasted(GOOD))
    console.post("back")
    assert "海边日落" in console.value_of("values.pasted")
    assert KEY not in console.page
    assert KEY not in everything_stored()
    console.answer({"pasted": console.value_of("values.pasted")})
    assert console.stage == "hand_over"


def test_a_paste_that_was_cut_does_not_come_back_as_another_one(agent: Any) -> None:
    console = Console(agent, "api-usage").walk("developer", "failure")
    console.answer({"pasted": pasted(BAD)["pasted"] + "\n" + "，".join(["很长"] * 9_000)})
    console.post("back")
    assert console.value_of("values.pasted") == ""
