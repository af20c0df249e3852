"""Every action on a ticket over HTTP: what it does, what it refuses, what it tells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
import time_machine
from django.contrib.auth.models import Group

from klingdesk.core.roles import Role
from tests.api.conftest import Caller, document
from tests.conftest import NOW
from tickets.models import Team, Ticket, TicketEvent
from tickets.models.labels import Assignment
from tickets.services.assignment import assign_queued
from tickets.services.chases import chase

Make = Callable[..., Ticket]

LATER = (NOW + timedelta(days=1)).isoformat()
MISSING = [{"field": "account_id", "why": "查不到这个号"}]
MESSAGE = {"kind": "private_message", "result": "sent"}
SOLVED = {"code": "refunded", "summary": "已退回"}
ALL_PARTS = ["account_id", "contact", "transcript"]


@pytest.fixture
def ticket(make_ticket: Make) -> Ticket:
    return make_ticket(
        account_id="1234567890", contact_value="13812345678", problem="扣了两次，我的号 1234567890"
    )


@pytest.fixture
def path(ticket: Ticket) -> str:
    return f"tickets/{ticket.number}/"


@pytest.fixture
def taken(path: str, as_advisor: Caller) -> str:
    assert as_advisor.post(path + "claim/").status_code == 200
    return path


def done(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


# --- waiting, going back, going on ----------------------------------------------------------------


def test_waiting_pauses_the_solution_and_says_so(
    taken: str, as_advisor: Caller, at_now: time_machine.Traveller
) -> None:
    waits = done(as_advisor.post(taken + "wait/", {"note": "等截图", "next_try_at": LATER}))
    assert (waits["status"], waits["next_try_at"]) == ("waiting", "2026-03-05T10:30:00+08:00")
    promise, solution = sorted(waits["clocks"], key=lambda clock: clock["kind"])
    assert (promise["paused_since"], solution["paused_since"]) == (
        None,
        "2026-03-04T10:30:00+08:00",
    )
    assert [(pause["end"], pause["reason"]) for pause in solution["pauses"]] == [(None, "waiting")]
    at_now.shift(timedelta(hours=2))
    goes_on = done(as_advisor.post(taken + "resume/"))
    moved = next(clock for clock in goes_on["clocks"] if clock["kind"] == "resolve")
    assert (goes_on["status"], goes_on["next_try_at"], moved["paused_since"]) == (
        "assigned",
        None,
        None,
    )
    assert [pause["minutes"] for pause in moved["pauses"]] == [120]
    assert moved["due_at"] > solution["due_at"]
    assert [clock["pauses"] for clock in goes_on["clocks"] if clock["kind"] == "contact"] == [[]]


def test_a_contact_made_earlier_takes_up_a_waiting_ticket(
    taken: str, as_advisor: Caller, at_now: time_machine.Traveller
) -> None:
    as_advisor.post(taken + "wait/", {"note": "等截图", "next_try_at": LATER})
    at_now.shift(timedelta(hours=1))
    reached = {"kind": "call_back", "result": "reached", "at": NOW.isoformat(), "resume": True}
    body = done(as_advisor.post(taken + "contact/", reached))
    assert (body["status"], body["contacts"][0]["at"]) == ("assigned", "2026-03-04T10:30:00+08:00")
    promise = next(clock for clock in body["clocks"] if clock["kind"] == "contact")
    assert promise["stopped_at"] == "2026-03-04T10:30:00+08:00"


def test_a_returned_ticket_is_completed_by_its_agent(
    taken: str, as_advisor: Caller, as_agent: Caller
) -> None:
    back = done(as_advisor.post(taken + "return/", {"reason": "资料不全", "missing": MISSING}))
    assert (back["status"], back["assignee"], back["bounce_count"]) == ("returned", None, 1)
    assert back["missing"] == [{"field": "account_id", "label": "", "why": "查不到这个号"}]
    seen = done(as_agent.get(taken))
    assert "complete" in seen["allowed_actions"]
    fixed = done(
        as_agent.post(
            taken + "complete/",
            {"account_id": "1234567891", "extra": {"times": "3"}, "note": "核对过"},
        )
    )
    assert (fixed["status"], fixed["team"]["slug"], fixed["account_id"], fixed["missing"]) == (
        "queued",
        "tier2",
        "1234567891",
        [],
    )
    assert {item["key"]: item["value"] for item in fixed["extra"]}["times"] == "3"
    event = fixed["events"][-1]
    assert (event["code"], event["new"]["account_id"]) == ("ticket.completed", "123****891")


def test_completing_onto_another_open_ticket_offers_it(
    taken: str, make_ticket: Make, as_advisor: Caller, as_agent: Caller
) -> None:
    twin = make_ticket(account_id="1234567891").number
    as_advisor.post(taken + "return/", {"reason": "资料不全", "missing": MISSING})
    refused = as_agent.post(taken + "complete/", {"account_id": "1234567891"})
    assert (refused.status_code, refused.json()["code"]) == (409, "open_ticket")
    assert twin in str(refused.json()["state"])


def test_a_user_who_comes_back_has_the_ticket_reopened(
    taken: str, as_advisor: Caller, as_agent: Caller, at_now: time_machine.Traveller
) -> None:
    as_advisor.post(taken + "contact/", MESSAGE)
    assert done(as_advisor.post(taken + "resolve/", SOLVED))["status"] == "resolved"
    at_now.shift(timedelta(days=1))
    again = done(as_agent.post(taken + "reopen/", {"reason": "又扣了一次"}))
    assert (again["status"], again["assignee"], again["reopen_count"]) == ("assigned", "advisor", 1)
    assert again["resolution"] is None
    as_advisor.post(taken + "resolve/", SOLVED)
    at_now.shift(timedelta(days=8))
    late = as_agent.post(taken + "reopen/", {"reason": "又来了"})
    assert (late.status_code, late.json()["code"]) == (409, "too_late")


# --- to others --------------------------------------------------------------------------------


def test_a_transfer_out_of_sight_gives_no_body(taken: str, as_advisor: Caller) -> None:
    gone = as_advisor.post(taken + "transfer/", {"team": "safety", "reason": "涉及账号安全"})
    assert (gone.status_code, gone.content) == (204, b"")
    assert as_advisor.get(taken).status_code == 404
    assert Ticket.objects.get().team == Team.objects.get(slug="safety")


def test_a_transfer_to_a_colleague(taken: str, as_advisor: Caller, advisor2: Any) -> None:
    body = done(
        as_advisor.post(taken + "transfer/", {"person": "advisor2", "reason": "此前由其跟进"})
    )
    assert (body["assignee"], body["masked"], body["account_id"]) == (
        "advisor2",
        True,
        "123****890",
    )


def test_a_merge_leads_to_the_other_ticket(
    path: str, make_ticket: Make, questions: Any, as_advisor: Caller
) -> None:
    target = make_ticket(account_id="1234567899")
    # One account has one open promise about a question: the other one is about another.
    Ticket.objects.filter(pk=target.pk).update(account_id="1234567890", question=questions["price"])
    merged = done(as_advisor.post(path + "merge/", {"into": target.number, "reason": "同一件事"}))
    assert (merged["status"], merged["merged_into"]) == ("merged", target.number)
    assert all(clock["dropped"] for clock in merged["clocks"])
    kept = done(as_advisor.get(f"tickets/{target.number}/"))
    assert [event["code"] for event in kept["events"]][-1] == "ticket.absorbed"
    again = as_advisor.post(path + "merge/", {"into": target.number, "reason": "同一件事"})
    assert (again.status_code, again.json()["state"]["status"]) == (409, "merged")


def test_the_agent_cancels_a_hand_over_made_by_mistake(path: str, as_agent: Caller) -> None:
    assert done(as_agent.post(path + "cancel/", {"reason": "误转"}))["status"] == "cancelled"


def test_a_manager_sets_the_priority(path: str, as_manager: Caller) -> None:
    raised = as_manager.post(path + "priority/", {"priority": 2, "reason": "急"})
    assert done(raised)["priority"] == 2
    same = as_manager.post(path + "priority/", {"priority": 2, "reason": "急"})
    assert (same.status_code, set(same.json()["errors"])) == (400, {"priority"})


def test_watching_is_seen_by_name(path: str, as_manager: Caller, as_agent: Caller) -> None:
    for _twice in range(2):
        watched = done(as_manager.post(path + "watch/"))
        assert (watched["watchers"], watched["watched"]) == (["manager"], True)
    assert "unwatch" in watched["allowed_actions"]
    seen = done(as_agent.get(path))
    assert (seen["watchers"], seen["watched"]) == (["manager"], False)
    assert done(as_manager.post(path + "unwatch/"))["watchers"] == []


# --- what a ticket tells ------------------------------------------------------------------------


def test_why_it_lies_there_and_with_whom(
    path: str, ticket: Ticket, as_manager: Caller, advisor: Any
) -> None:
    seen = done(as_manager.get(path))
    assert (seen["routing"]["team"], seen["routing"]["rule"], seen["assignment"]) == (
        "tier2",
        TicketEvent.objects.get(code="ticket.routed").new["rule"],
        None,
    )
    Team.objects.filter(slug="tier2").update(assignment=Assignment.AUTOMATIC)
    assign_queued(now=NOW, team_ids=[ticket.team_id])
    given = done(as_manager.get(path))["assignment"]
    assert (given["assignee"], given["load"]) == ("advisor", 0)
    assert done(as_manager.post(path + "release/"))["assignment"] is None


def test_the_list_by_what_is_open_about_it(
    taken: str, make_ticket: Make, as_advisor: Caller, as_manager: Caller, agent: Any
) -> None:
    number = taken.split("/")[1]
    other = make_ticket().number
    chase(number=other, acting_user=agent, note="", now=NOW)
    as_advisor.post(taken + "wait/", {"note": "等截图", "next_try_at": LATER})
    as_advisor.post(f"tickets/{other}/watch/")
    expected: list[tuple[dict[str, str], list[str]]] = [
        ({"chased": "true"}, [other]),
        ({"chased": "false"}, [number]),
        ({"priority": "1"}, [other]),
        ({"mine": "true"}, [number]),
        ({"mine": "false"}, [other]),
        ({"watched": "true"}, [other]),
        ({"watched": "false"}, [number]),
        ({"waiting_until_before": "2026-03-06T00:00:00"}, [number]),
        ({"waiting_until_before": LATER}, []),
    ]
    for query, numbers in expected:
        rows = as_advisor.get("tickets/", **query).json()["results"]
        assert (query, [row["number"] for row in rows]) == (query, numbers)
    assert as_manager.get("tickets/", mine="true").json()["results"] == []


def test_overdue_is_what_nobody_has_answered_in_time(
    taken: str, make_ticket: Make, as_advisor: Caller, at_now: time_machine.Traveller
) -> None:
    number, open_one = taken.split("/")[1], make_ticket().number
    as_advisor.post(taken + "contact/", MESSAGE)
    at_now.shift(timedelta(days=8))

    def listed(overdue: str) -> list[str]:
        rows = as_advisor.get("tickets/", overdue=overdue).json()["results"]
        return [row["number"] for row in rows]

    assert (listed("true"), listed("false")) == ([open_one], [number])


# --- stale saves --------------------------------------------------------------------------------

STALE: dict[str, dict[str, Any]] = {
    "claim": {},
    "release": {},
    "contact": MESSAGE,
    "wait": {"note": "等", "next_try_at": LATER},
    "resume": {},
    "resolve": SOLVED,
    "reopen": {"reason": "又来了"},
    "return": {"reason": "缺", "missing": MISSING},
    "complete": {"note": "没变"},
    "transfer": {"team": "safety", "reason": "转"},
    "chase": {},
    "note": {"note": "好"},
    "merge": {"into": "T00000001", "reason": "重复"},
    "cancel": {"reason": "误转"},
    "priority": {"priority": 1, "reason": "急"},
}


@pytest.mark.parametrize("name", STALE)
def test_a_save_on_an_older_state_is_refused_with_the_present_one(
    name: str, path: str, make_ticket: Make, as_manager: Caller, as_advisor: Caller
) -> None:
    seen = done(as_manager.get(path))["last_event"]
    body = dict(STALE[name])
    if name == "merge":
        body["into"] = make_ticket().number
    as_advisor.post(path + "claim/")
    before = TicketEvent.objects.count()
    refused = as_manager.post(f"{path}{name}/", {**body, "expected_event": seen})
    assert (refused.status_code, refused.json()["code"]) == (409, "stale")
    state = refused.json()["state"]
    assert (state["status"], state["assignee"]) == ("assigned", "advisor")
    assert state["last_event"] == done(as_manager.get(path))["last_event"] > seen
    assert TicketEvent.objects.count() == before


def test_notes_in_between_make_nothing_stale(taken: str, as_advisor: Caller) -> None:
    seen = done(as_advisor.get(taken))["last_event"]
    as_advisor.post(taken + "note/", {"note": "先记一笔"})
    done(as_advisor.post(taken + "contact/", {**MESSAGE, "expected_event": seen}))
    foreign = as_advisor.post(taken + "note/", {"note": "x", "expected_event": 2**63 - 1})
    assert set(foreign.json()["errors"]) == {"expected_event"}


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "body", "fields"),
    [
        ("claim", {"expected_event": 0}, {"expected_event"}),
        ("claim", {"expected_event": 2**63}, {"expected_event"}),
        ("contact", {**MESSAGE, "at": "2026-03-05"}, {"at"}),
        ("contact", {**MESSAGE, "resume": "perhaps"}, {"resume"}),
        ("wait", {}, {"note", "next_try_at"}),
        ("wait", {"note": " ", "next_try_at": LATER}, {"note"}),
        ("wait", {"note": "等", "next_try_at": "2026-03-04"}, {"next_try_at"}),
        ("wait", {"note": "等", "next_try_at": None}, {"next_try_at"}),
        ("resume", {"note": 5}, {"note"}),
        ("reopen", {}, {"reason"}),
        ("return", {}, {"reason", "missing"}),
        ("return", {"reason": "缺", "missing": []}, {"missing"}),
        ("return", {"reason": "缺", "missing": [{}]}, {"missing.0.why"}),
        ("return", {"reason": "缺", "missing": [{"why": "缺"}]}, {"missing.0.field"}),
        ("return", {"reason": "缺", "missing": [{"why": "缺", "whose": "?"}]}, {"missing.0.whose"}),
        ("return", {"reason": "缺", "missing": "account_id"}, {"missing"}),
        ("return", {"reason": "缺", "missing": MISSING * 21}, {"missing"}),
        ("complete", {"contact_channel": "fax"}, {"contact_channel"}),
        ("complete", {"extra": {"times": 2}}, {"extra.times"}),
        ("complete", {"status": "queued"}, {"status"}),
        ("transfer", {"reason": "转"}, {"team"}),
        ("transfer", {"team": "tier2", "person": "advisor", "reason": "转"}, {"team"}),
        ("transfer", {"team": "nowhere", "reason": "转"}, {"team"}),
        ("transfer", {"person": "agent", "reason": "转"}, {"person"}),
        ("transfer", {"team": "safety"}, {"reason"}),
        ("transfer", {"team": "safety", "reason": "转", "skill": "?!"}, {"skill"}),
        ("merge", {"into": "T99999999", "reason": "重复"}, {"into"}),
        ("merge", {"reason": ""}, {"into", "reason"}),
        ("cancel", {"reason": "  "}, {"reason"}),
        ("priority", {"priority": 3, "reason": "急"}, {"priority"}),
        ("priority", {}, {"priority", "reason"}),
        ("watch", {"expected_event": 1}, {"expected_event"}),
        ("unwatch", {"who": "me"}, {"who"}),
        ("reveal", {}, {"what", "reason"}),
        ("reveal", {"what": ["account_id"], "reason": " "}, {"reason"}),
        ("reveal", {"what": [], "reason": "回拨"}, {"what"}),
        ("reveal", {"what": ["password"], "reason": "回拨"}, {"what.0"}),
        ("reveal", {"what": "account_id", "reason": "回拨"}, {"what"}),
    ],
)  # fmt: skip
def test_wrong_bodies_change_nothing_and_name_the_fields(
    name: str,
    body: dict[str, Any],
    fields: set[str],
    taken: str,
    as_advisor: Caller,
    advisor: Any,
) -> None:
    advisor.groups.add(*Group.objects.filter(name__in=[Role.MANAGER, Role.AGENT]))
    events = TicketEvent.objects.count()
    response = as_advisor.post(f"{taken}{name}/", body)
    assert (response.status_code, set(response.json().get("errors", ()))) == (400, fields)
    assert TicketEvent.objects.count() == events


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("wait", STALE["wait"]),
        ("resume", {}),
        ("reopen", {"reason": "又来了"}),
        ("return", STALE["return"]),
        ("complete", {"note": "没变"}),
        ("release", {}),
        ("resolve", SOLVED),
        ("contact", MESSAGE),
    ],
)
def test_an_action_out_of_place_tells_what_stands_now(
    name: str, body: dict[str, Any], path: str, as_manager: Caller
) -> None:
    refused = as_manager.post(f"{path}{name}/", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    state = refused.json()["state"]
    assert (state["ticket"], state["status"]) == (path.split("/")[1], "queued")
    assert "queued" not in state["allowed_from"]


# --- personal data ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "plain"),
    [
        (["account_id"], {"account_id"}),
        (["contact"], {"contact_value"}),
        (["transcript"], {"problem"}),
        (ALL_PARTS, {"account_id", "contact_value", "problem"}),
    ],
)
def test_only_what_was_asked_for_is_revealed(
    what: list[str], plain: set[str], path: str, as_manager: Caller
) -> None:
    shown = done(as_manager.post(path + "reveal/", {"what": what, "reason": "代为回拨"}))
    masked = {name for name in ("account_id", "contact_value", "problem") if "****" in shown[name]}
    assert masked == {"account_id", "contact_value", "problem"} - plain
    assert shown["masked"] is (what != ALL_PARTS)
    event = shown["events"][-1]
    assert (event["code"], event["actor"], event["new"], event["note"]) == (
        "ticket.revealed",
        "manager",
        {"what": what},
        "代为回拨",
    )
    assert done(as_manager.get(path))["masked"] is True


def test_a_number_in_the_reason_is_masked_for_the_next_reader(
    path: str, as_manager: Caller, as_agent: Caller
) -> None:
    as_manager.post(path + "reveal/", {"what": ["contact"], "reason": "回拨 13812345678"})
    assert done(as_manager.get(path))["events"][-1]["note"] == "回拨 13****"
    assert done(as_agent.get(path))["events"][-1]["note"] == "回拨 13812345678"


# --- the document -------------------------------------------------------------------------------


def test_every_example_is_a_body_that_fits() -> None:
    found = 0
    for methods in document()["paths"].values():
        for operation in methods.values():
            content = operation.get("requestBody", {}).get("content", {})
            for media in content.values():
                schema = {**media["schema"], "components": document()["components"]}
                for example in media.get("examples", {}).values():
                    jsonschema.Draft202012Validator(schema).validate(example["value"])
                    found += 1
    assert found >= 15
