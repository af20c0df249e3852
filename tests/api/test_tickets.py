"""Tickets over HTTP: the list and its filters, masks, actions and refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group

from kb.models import StandardQuestion
from klingdesk.core.roles import Role
from tests.api.conftest import Caller
from tests.conftest import CANARY, DUE, NOW
from tickets.models import Team, Ticket, TicketEvent
from tickets.services.claims import claim

Make = Callable[..., Ticket]


def listed(caller: Caller, **query: Any) -> list[str]:
    response = caller.get("tickets/", **query)
    assert response.status_code == 200, response.content
    return [row["number"] for row in response.json()["results"]]


# --- the list ---------------------------------------------------------------------------------


def test_the_list_is_newest_first_and_each_sees_their_own(
    make_ticket: Make, agent2: Any, as_agent: Caller, as_advisor: Caller, as_manager: Caller
) -> None:
    first = make_ticket().number
    second = make_ticket(acting_user=agent2).number
    third = make_ticket(routed=False).number
    assert listed(as_agent) == [third, first]
    assert listed(as_advisor) == [second, first]
    assert listed(as_manager) == [third, second, first]


def test_filters_narrow_the_list(
    make_ticket: Make,
    as_manager: Caller,
    advisor: Any,
    at_now: time_machine.Traveller,
) -> None:
    old = make_ticket(account_id="770001", problem="画面一直是黑的").number
    at_now.shift(timedelta(days=1))
    new = make_ticket(account_id="770002", demand="请给我发票", now=NOW + timedelta(days=1)).number
    claim(number=new, acting_user=advisor, now=NOW + timedelta(days=1))
    expected: list[tuple[dict[str, Any], list[str]]] = [
        ({"status": "queued"}, [old]),
        ({"status": ["queued", "assigned"]}, [new, old]),
        ({"team": "tier2"}, [new, old]),
        ({"team": "safety"}, []),
        ({"assignee": "advisor"}, [new]),
        ({"question": "twice-charged"}, [new, old]),
        ({"question": "price"}, []),
        ({"account_id": "770001"}, [old]),
        ({"account_id": " ID：７７０００１ "}, [old]),
        ({"account_id": "77000"}, []),
        ({"due_before": DUE.isoformat()}, []),
        ({"due_before": (DUE + timedelta(seconds=1)).isoformat()}, [old]),
        ({"created_after": (NOW + timedelta(days=1)).isoformat()}, [new]),
        ({"created_before": (NOW + timedelta(days=1)).isoformat()}, [old]),
        ({"created_after": "2026-03-05"}, [new]),
        ({"created_after": "2026-03-05T18:30:00+23:30"}, [new]),  # PostgreSQL ends at +15:59
        ({"created_after": "2026-03-05T10:30:00"}, [new]),
        ({"created_after": "2026-03-05T10:30:01"}, []),
        ({"q": "黑的"}, [old]),
        ({"q": "发票"}, [new]),
        ({"q": "多次灵感值"}, [new, old]),
        ({"q": old}, [old]),
        ({"q": old.lower()}, [old]),
        ({"q": "%"}, []),
        ({"q": "黑的", "status": "assigned"}, []),
        ({"breached": "false"}, [new, old]),
        ({"breached": "true"}, []),
        ({"overdue": "false"}, [new, old]),
        ({"chased": "true"}, []),
        ({"chased": "false"}, [new, old]),
        ({"priority": "0"}, [new, old]),
        ({"priority": ["1", "2"]}, []),
        ({"skill": "invoices"}, []),
        ({"mine": "false"}, [new, old]),
        ({"mine": "true"}, []),
        ({"watched": "true"}, []),
        ({"watched": "false"}, [new, old]),
        ({"waiting_until_before": "2099-01-01"}, []),
    ]
    for query, numbers in expected:
        assert (query, listed(as_manager, **query)) == (query, numbers)


def test_masked_digits_cannot_be_asked_for_one_by_one(
    make_ticket: Make, agent: Any, advisor: Any, as_agent: Caller, as_advisor: Caller
) -> None:
    ticket = make_ticket(problem="电话13971203945，请在10点打", demand="或打一三九七一二零三九四五")
    number = ticket.number
    asked = ("电话1", "电话１", "电话13", "在10点", "打一三九")
    assert [listed(as_advisor, q=words) for words in asked] == [[]] * len(asked)
    # What is not masked is found, and everything by whoever may read it.
    for words in ("请在", "或打一", number, f" {number.lower()} "):
        assert listed(as_advisor, q=words) == [number], words
    plain = [words for words in asked if words != "电话１"]
    assert [listed(as_agent, q=words) for words in plain] == [[number]] * len(plain)
    claim(number=number, acting_user=advisor, now=NOW)
    assert [listed(as_advisor, q=words) for words in plain] == [[number]] * len(plain)


def test_a_title_with_digits_is_found_by_all(make_ticket: Make, as_advisor: Caller) -> None:
    ticket = make_ticket(problem="没有数字")
    StandardQuestion.objects.filter(pk=ticket.question_id).update(title="会员10天没有到账")
    assert listed(as_advisor, q="会员10天") == [ticket.number]


def test_a_breach_shows_before_the_sweep_has_seen_it(
    make_ticket: Make, as_manager: Caller, at_now: time_machine.Traveller
) -> None:
    number = make_ticket().number
    for instant, late in ((DUE, False), (DUE + timedelta(seconds=1), True)):
        at_now.move_to(instant, tick=False)
        assert listed(as_manager, breached="true") == ([number] if late else [])
        assert listed(as_manager, breached="false") == ([] if late else [number])
        body = as_manager.get(f"tickets/{number}/").json()
        assert (body["breached"], body["clocks"][0]["breached"]) == (late, late)
        assert as_manager.get("tickets/").json()["results"][0]["breached"] is late


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "open"}, "status"),
        ({"breached": "maybe"}, "breached"),
        ({"overdue": "1"}, "overdue"),
        ({"chased": ""}, "chased"),
        ({"priority": "3"}, "priority"),
        ({"skill": "x" * 41}, "skill"),
        ({"mine": "advisor"}, "mine"),
        ({"watched": "yes"}, "watched"),
        ({"waiting_until_before": "soon"}, "waiting_until_before"),
        ({"due_before": "tomorrow"}, "due_before"),
        ({"created_after": "2026-13-01"}, "created_after"),
        ({"due_before": "1999-12-31T00:00:00Z"}, "due_before"),
        ({"due_before": "9999-12-31T23:59:59-12:00"}, "due_before"),
        ({"due_before": "2026-03-04\x00"}, "due_before"),
        ({"account_id": "13800138000"}, "account_id"),
        ({"account_id": "nick"}, "account_id"),
        ({"q": "x" * 101}, "q"),
        ({"q": "a\x00b"}, "q"),
        ({"team": "\x00"}, "team"),
        ({"stauts": "new"}, "stauts"),
        ({"status": ""}, "status"),
        ({"due_before": ""}, "due_before"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"limit": "9" * 5_000}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "cD1hYmM="}, "cursor"),  # p=abc
        ({"cursor": "cD0lMDA="}, "cursor"),  # p=%00
        ({"cursor": "cD0lRDklQTM="}, "cursor"),  # an Arabic digit
        ({"format": "xml"}, "format"),
    ],
)
def test_wrong_parameters_are_named(
    query: dict[str, Any], field: str, as_manager: Caller, desk: None
) -> None:
    response = as_manager.get("tickets/", **query)
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]


def test_pages_lead_through_the_whole_list_and_back(make_ticket: Make, as_agent: Caller) -> None:
    numbers = [make_ticket().number for _ in range(5)][::-1]
    page = as_agent.get("tickets/", limit=2).json()
    seen = [page]
    while page["next"]:
        assert page["next"].startswith("http://testserver/api/v1/tickets/?")
        page = as_agent.client.get(page["next"]).json()
        seen.append(page)
    assert [row["number"] for page in seen for row in page["results"]] == numbers
    back = as_agent.client.get(page["previous"]).json()
    assert [row["number"] for row in back["results"]] == numbers[2:4]


def test_a_page_does_not_shift_when_tickets_are_added(make_ticket: Make, as_agent: Caller) -> None:
    numbers = [make_ticket().number for _ in range(4)][::-1]
    page = as_agent.get("tickets/", limit=2).json()
    make_ticket()
    rest = as_agent.client.get(page["next"]).json()
    assert [row["number"] for row in rest["results"]] == numbers[2:]


# --- personal data ----------------------------------------------------------------------------


def test_personal_data_is_plain_only_for_those_who_work_the_ticket(
    make_ticket: Make,
    advisor: Any,
    as_agent: Caller,
    as_advisor: Caller,
    as_manager: Caller,
) -> None:
    ticket = make_ticket(account_id="1234567890", contact_value="13812345678")
    path = f"tickets/{ticket.number}/"

    def seen(caller: Caller) -> tuple[str, str, str, bool]:
        row = caller.get("tickets/").json()["results"][0]
        body = caller.get(path).json()
        assert row["masked"] is body["masked"]
        return row["account_id"], body["account_id"], body["contact_value"], body["masked"]

    plain = ("1234567890", "1234567890", "13812345678", False)
    masked = ("123****890", "123****890", "138****5678", True)
    assert seen(as_agent) == plain
    assert seen(as_advisor) == masked
    assert seen(as_manager) == masked
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    assert seen(as_advisor) == plain
    assert seen(as_manager) == masked


def test_an_agent_who_chased_sees_what_the_one_who_handed_over_sees(
    make_ticket: Make, at_hand_over: Callable[..., int], agent2: Any
) -> None:
    ticket = make_ticket(account_id="1234567890")
    caller = Caller(agent2)
    assert caller.get(f"tickets/{ticket.number}/").status_code == 404
    done = caller.post(f"consultations/{at_hand_over(agent2)}/chase/", {"account_id": "1234567890"})
    assert done.json()["ticket"]["chase_count"] == 1
    assert caller.get("tickets/").json()["results"][0]["account_id"] == "1234567890"
    assert caller.get(f"tickets/{ticket.number}/").json()["masked"] is False


def test_an_agent_who_is_also_a_manager_sees_others_masked(
    make_ticket: Make, agent2: Any, as_agent: Caller, agent: Any
) -> None:
    agent.groups.add(Group.objects.get(name=Role.MANAGER.value))
    own = make_ticket(account_id="1234567890").number
    other = make_ticket(acting_user=agent2, account_id="1234567891").number
    rows = as_agent.get("tickets/").json()["results"]
    assert {row["number"]: row["account_id"] for row in rows} == {
        own: "1234567890",
        other: "123****891",
    }


def test_a_reveal_shows_once_and_leaves_an_event(make_ticket: Make, as_manager: Caller) -> None:
    ticket = make_ticket(account_id="1234567890", contact_value="13812345678")
    path = f"tickets/{ticket.number}/"
    shown = as_manager.post(
        path + "reveal/", {"what": ["account_id", "contact", "transcript"], "reason": "代为回拨"}
    )
    assert (shown.json()["account_id"], shown.json()["contact_value"]) == (
        "1234567890",
        "13812345678",
    )
    assert shown.headers["Cache-Control"] == "no-store"
    assert as_manager.get(path).json()["account_id"] == "123****890"
    event = TicketEvent.objects.get(code="ticket.revealed")
    assert (event.actor, event.note) == (as_manager.user, "代为回拨")
    assert event.new == {"what": ["account_id", "contact", "transcript"]}
    assert "1234567890" not in str((event.old, event.new, event.note))


def test_no_search_goes_by_a_part_of_personal_data(make_ticket: Make, as_manager: Caller) -> None:
    make_ticket(account_id="1234567890", contact_value="13812345678")
    for part in ("123456789", "234567890", "13812345678", "5678"):
        assert listed(as_manager, q=part) == []


# --- actions ----------------------------------------------------------------------------------


def test_allowed_actions_are_those_that_work(
    make_ticket: Make, as_advisor: Caller, as_manager: Caller, as_agent: Caller
) -> None:
    path = f"tickets/{make_ticket().number}/"
    free = ["claim", "note", "chase", "transfer", "merge", "watch", "reveal"]
    assert as_advisor.get(path).json()["allowed_actions"] == free
    assert as_agent.get(path).json()["allowed_actions"] == ["note", "chase", "cancel", "watch"]
    taken = as_advisor.post(path + "claim/").json()
    assert taken["allowed_actions"] == [
        *("contact", "resolve", "wait", "return", "note", "chase", "transfer"),
        *("release", "merge", "cancel", "watch", "reveal"),
    ]
    assert "contact" not in as_manager.get(path).json()["allowed_actions"]


def test_the_second_to_claim_learns_the_present_state(
    make_ticket: Make, as_advisor: Caller, advisor2: Any
) -> None:
    path = f"tickets/{make_ticket().number}/"
    assert as_advisor.post(path + "claim/").status_code == 200
    late = Caller(advisor2).post(path + "claim/")
    assert late.status_code == 409
    assert late.json()["code"] == "wrong_state"
    state = late.json()["state"]
    assert (state["status"], state["assignee"]) == ("assigned", as_advisor.user.username)
    assert (state["changed"]["code"], state["allowed_from"]) == ("ticket.claimed", ["queued"])
    assert Ticket.objects.get().assignee == as_advisor.user


def test_claim_next_of_a_team(make_ticket: Make, as_advisor: Caller) -> None:
    number = make_ticket().number
    refused = as_advisor.post("tickets/claim-next/", {"team": "safety"})
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert as_advisor.post("tickets/claim-next/", {"team": "tier2"}).json()["number"] == number


def test_whoever_gives_back_a_ticket_of_a_foreign_team_gets_no_body(
    make_ticket: Make, as_advisor: Caller, advisor: Any
) -> None:
    path = f"tickets/{make_ticket().number}/"
    as_advisor.post(path + "claim/")
    Team.objects.get(slug="tier2").members.remove(advisor)
    released = as_advisor.post(path + "release/", {"note": "转岗"})
    assert (released.status_code, released.content) == (204, b"")
    assert Ticket.objects.get().status == "queued"


def test_a_contact_with_a_next_try_is_on_record(make_ticket: Make, as_advisor: Caller) -> None:
    path = f"tickets/{make_ticket().number}/"
    as_advisor.post(path + "claim/")
    tried = as_advisor.post(
        path + "contact/",
        {"kind": "call_back", "result": "no_answer", "next_try_at": "2026-03-05T10:00:00"},
    ).json()
    assert tried["contacts"] == [
        {
            "kind": "call_back",
            "result": "no_answer",
            "note": "",
            "at": "2026-03-04T10:30:00+08:00",
            "by": "advisor",
            "next_try_at": "2026-03-05T10:00:00+08:00",
        }
    ]


@pytest.mark.parametrize(
    ("action", "body", "fields"),
    [
        ("claim", {"team": "x"}, {"team"}),
        ("contact", {}, {"kind", "result"}),
        ("contact", {"kind": "fax", "result": "sent"}, {"kind"}),
        ("contact", {"kind": "private_message", "result": "reached"}, {"result"}),
        ("contact", {"kind": "call_back", "result": "no_answer", "next_try_at": "1999-01-01"},
         {"next_try_at"}),
        ("contact", {"kind": "call_back", "result": "no_answer", "next_try_at": 20260305},
         {"next_try_at"}),
        ("contact", {"kind": "call_back", "result": "no_answer",
                     "next_try_at": "9999-12-31T23:59:59-12:00"}, {"next_try_at"}),
        ("contact", {"kind": "call_back", "result": "no_answer", "next_try_at": "2026-03-04"},
         {"next_try_at"}),
        ("resolve", {}, {"code", "summary"}),
        ("resolve", {"code": "fixed", "summary": "  "}, {"summary"}),
        ("resolve", {"code": "great", "summary": "x", "sumary": "x"}, {"code", "sumary"}),
        ("note", {"note": 5}, {"note"}),
        ("note", {"note": None}, {"note"}),
        ("note", {"note": "a\u0000b"}, {"note"}),
        ("note", {"note": "\ud800"}, {"note"}),
        ("note", {"note": "x" * 5_001}, {"note"}),
        ("note", {"note": "x" + " " * 5_000}, {"note"}),
        ("chase", {"note": ["x"]}, {"note"}),
        ("release", {"note": {"a": 1}}, {"note"}),
    ],
)  # fmt: skip
def test_wrong_bodies_change_nothing_and_name_the_fields(
    action: str, body: dict[str, Any], fields: set[str], make_ticket: Make, as_advisor: Caller
) -> None:
    path = f"tickets/{make_ticket().number}/"
    as_advisor.post(path + "claim/")
    events = TicketEvent.objects.count()
    response = as_advisor.post(path + action + "/", body)
    assert response.status_code == 400
    assert set(response.json()["errors"]) == fields
    assert TicketEvent.objects.count() == events


@pytest.mark.parametrize(
    "number",
    [
        "0",
        "T0",
        "T99999999",
        "T" + "9" * 18,
        "T" + "9" * 30,
        "9" * 5_000,
        "x",
        "T1%00",
        "%E4%B8%80",
    ],
)
def test_numbers_that_are_none_are_not_found(number: str, as_manager: Caller, desk: None) -> None:
    response = as_manager.client.get(f"/api/v1/tickets/{number}/")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_internal_text_stays_out_of_tickets(make_ticket: Make, as_manager: Caller) -> None:
    number = make_ticket().number
    for path in ("tickets/", f"tickets/{number}/"):
        assert CANARY not in as_manager.get(path).content.decode()


def test_the_clocks_stand_in_one_order(make_ticket: Make, as_advisor: Caller) -> None:
    """The promise first, even after its row was changed, which moves it in the table."""
    number = make_ticket().number
    as_advisor.post(f"tickets/{number}/claim/")
    as_advisor.post(f"tickets/{number}/contact/", {"kind": "private_message", "result": "sent"})
    clocks = as_advisor.get(f"tickets/{number}/").json()["clocks"]
    assert [clock["kind"] for clock in clocks] == ["contact", "resolve"]
    assert clocks[0]["stopped_at"] is not None
