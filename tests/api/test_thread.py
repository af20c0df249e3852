"""One contact over HTTP, from the token to the resolved ticket, and what each step costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import CAPTURE, Caller
from tests.conftest import NOW, PASSWORD
from tickets.models import Ticket
from tickets.services.routing import route_tickets

DUE_TEXT = "2026-03-09T18:00:00+08:00"


def token_of(username: str) -> str:
    response = Client().post(
        "/api/v1/auth/token/",
        json.dumps({"username": username, "password": PASSWORD}),
        content_type="application/json",
    )
    assert response.status_code == 200
    return str(response.json()["token"])


def test_from_words_to_resolved(
    questions: Any, agent: Any, advisor: Any, at_now: time_machine.Traveller
) -> None:
    tier1 = Caller(None, authorization=f"Token {token_of('agent')}")
    tier2 = Caller(None, authorization=f"Token {token_of('advisor')}")

    found = tier1.get("kb/search/", q="一个视频扣了我两次").json()
    assert found["results"][0]["key"] == "twice-charged"
    question = tier1.get("kb/questions/twice-charged/").json()
    assert (question["flow"], question["escalates"]) == ("twice", True)

    begun = tier1.post(
        "consultations/",
        {"channel": "phone", "utterance": "扣了我两次", "question": "twice-charged"},
    )
    assert begun.status_code == 201
    contact = f"consultations/{begun.json()['id']}/"
    assert begun.json()["node"]["choices"] == [
        {"value": "yes", "label": "开了"},
        {"value": "no", "label": "只有一个"},
    ]
    retry = tier1.post(contact + "answer/", {"node": "pages", "value": "yes"}).json()
    assert retry["node"]["script"] == "请您先刷新页面再试。"
    assert tier1.post(contact + "back/").json()["node"]["key"] == "pages"
    end = tier1.post(contact + "answer/", {"node": "pages", "value": "no"}).json()["outcome"]
    assert (end["kind"], end["script"]) == ("tier2", None)
    assert [field["key"] for field in end["fields"]] == ["times", "about_when"]

    done = tier1.post(contact + "escalate/", CAPTURE)
    assert done.status_code == 201
    number = done.json()["ticket"]["number"]
    assert done.json() == {
        "ticket": {"number": number, "due_at": DUE_TEXT, "provisional": False},
        "handover_script": "已为您转交高级顾问，最晚 3月9日（周一）18:00 前答复。",
    }
    assert tier1.get(contact).json()["ticket"]["number"] == number
    due = tier1.get("sla/due/", **{"from": NOW.isoformat()}).json()
    assert (due["due_at"], [day["counted"] for day in due["days"]]) == (
        DUE_TEXT,
        [True, True, False, False, True],
    )

    route_tickets(ticket_ids=[Ticket.objects.get().pk], now=NOW)
    at_now.shift(timedelta(hours=1))
    ticket = f"tickets/{number}/"
    taken = tier2.post("tickets/claim-next/").json()
    assert (taken["number"], taken["assignee"], taken["masked"]) == (number, "advisor", False)
    assert taken["transcript"]["utterance"] == "扣了我两次"
    assert tier2.post(ticket + "note/", {"note": "已核对流水"}).status_code == 200
    tried = tier2.post(ticket + "contact/", {"kind": "call_back", "result": "no_answer"}).json()
    assert tried["clocks"][0]["stopped_at"] is None
    early = tier2.post(ticket + "resolve/", {"code": "refunded", "summary": "已退回"})
    assert (early.status_code, early.json()["code"]) == (409, "promise_open")
    tier2.post(ticket + "contact/", {"kind": "private_message", "result": "sent"})
    resolved = tier2.post(ticket + "resolve/", {"code": "refunded", "summary": "已退回"}).json()
    assert (resolved["status"], resolved["breached"]) == ("resolved", False)
    assert [event["code"] for event in resolved["events"]] == [
        "ticket.handed_over",
        "ticket.routed",
        "ticket.claimed",
        "ticket.noted",
        "ticket.contacted",
        "ticket.contacted",
        "sla.met",
        "ticket.resolved",
        "sla.met",
    ]
    assert tier1.get(ticket).json()["resolution"]["summary"] == "已退回"
    again = tier2.post("tickets/claim-next/")
    assert (again.status_code, again.content) == (204, b"")


def test_the_long_way_to_an_answer(
    make_ticket: Callable[..., Ticket],
    questions: Any,
    as_agent: Caller,
    as_advisor: Caller,
    advisor2: Any,
    as_manager: Caller,
    at_now: time_machine.Traveller,
) -> None:
    """Waited for, sent back, completed, passed on, merged, solved and opened again."""
    number = make_ticket(account_id="880001").number
    path = f"tickets/{number}/"
    colleague = Caller(advisor2)
    due = as_advisor.get(path).json()["due_at"]

    def step(caller: Caller, name: str, body: dict[str, Any] | None = None) -> Any:
        at_now.shift(timedelta(minutes=10))
        seen = caller.get(path).json()
        assert name in seen["allowed_actions"]
        answer = caller.post(
            f"{path}{name}/", {**(body or {}), "expected_event": seen["last_event"]}
        )
        assert answer.status_code == 200, answer.content
        return answer.json()

    step(as_advisor, "claim")
    tomorrow = (NOW + timedelta(days=1)).isoformat()
    step(as_advisor, "wait", {"note": "等用户发截图", "next_try_at": tomorrow})
    step(as_advisor, "resume", {"note": "截图已收到"})
    missing = [{"field": "account_id", "why": "查不到这个号"}]
    step(as_advisor, "return", {"reason": "资料不全", "missing": missing})
    step(as_agent, "complete", {"account_id": "880002"})
    taken = as_advisor.post("tickets/claim-next/").json()
    assert (taken["number"], taken["bounce_count"]) == (number, 1)
    step(as_advisor, "transfer", {"person": "advisor2", "reason": "此前由其跟进"})
    twin = make_ticket(account_id="880003").number
    # About another question: one account has one open promise about each.
    Ticket.objects.filter(account_id="880003").update(
        account_id="880002", question=questions["price"]
    )
    merged = as_manager.post(f"tickets/{twin}/merge/", {"into": number, "reason": "同一件事"})
    assert merged.json()["merged_into"] == number
    step(colleague, "contact", {"kind": "private_message", "result": "sent"})
    step(colleague, "resolve", {"code": "refunded", "summary": "已退回"})
    step(as_agent, "reopen", {"reason": "用户说没有到账"})
    end = step(colleague, "resolve", {"code": "refunded", "summary": "已重新退回"})

    assert (end["status"], end["assignee"], end["due_at"], end["breached"]) == (
        "resolved",
        "advisor2",
        due,
        False,
    )
    codes = [event["code"] for event in end["events"] if not event["code"].startswith("sla.")]
    assert codes == [
        "ticket.handed_over",
        "ticket.routed",
        "ticket.claimed",
        "ticket.waiting",
        "ticket.resumed",
        "ticket.returned",
        "ticket.completed",
        "ticket.claimed",
        "ticket.transferred",
        "ticket.absorbed",
        "ticket.contacted",
        "ticket.resolved",
        "ticket.reopened",
        "ticket.resolved",
    ]
    solution = next(clock for clock in end["clocks"] if clock["kind"] == "resolve")
    # The merged ticket's solution was due earlier: its clock goes on, which had never waited.
    assert [(pause["reason"], pause["minutes"]) for pause in solution["pauses"]] == [("solved", 10)]


# --- what it costs ----------------------------------------------------------------------------

# Every call: token with its person, groups (2). Savepoints of the tests' own transaction are
# written as two statements each and counted too.
BUDGETS = {
    # index version, online among the hits, the hits with their categories
    "search": 5,
    # the page with category and flow; follow-ups, attachments, disagreements
    "questions": 6,
    # the question with category and flow; follow-ups, attachments, disagreements
    "question": 6,
    # savepoint (2), question, follow-ups, attachments, disagreements, contact, run; where the run
    # stands (2); run, its steps
    "begin": 14,
    # savepoint (2), contact, run, steps, new step, run, steps; the contact with its question
    "answer": 11,
    # savepoint (2), contact, run, steps, policy, corrections, years, ticket, clock, contact,
    # event
    "escalate": 15,
    # the page with question, team, assignee; clocks; own contacts among them
    "tickets": 5,
    # ticket, events, contacts, clocks, policies, watchers; own contacts
    "ticket": 9,
    # savepoint (2), leave, teams, skills, next ticket, ticket, event; then the ticket (6)
    "claim-next": 16,
    # policy, corrections, years
    "due": 5,
}


def over_budget(measured: dict[str, int]) -> dict[str, int]:
    return {name: cost for name, cost in measured.items() if cost > BUDGETS[name]}


@pytest.fixture
def costs() -> Callable[..., int]:
    def count(call: Callable[[], Any], status: int = 200) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            response = call()
        assert response.status_code == status, response.content
        return len(seen)

    return count


def test_costs_of_reading(
    costs: Callable[..., int], make_ticket: Callable[..., Ticket], as_agent: Caller
) -> None:
    number = make_ticket().number
    as_agent.get("kb/search/", q="扣了两次")  # builds the index of this process
    measured = {
        "search": costs(lambda: as_agent.get("kb/search/", q="扣了两次")),
        "questions": costs(lambda: as_agent.get("kb/questions/")),
        "question": costs(lambda: as_agent.get("kb/questions/twice-charged/")),
        "tickets": costs(lambda: as_agent.get("tickets/")),
        "ticket": costs(lambda: as_agent.get(f"tickets/{number}/")),
        "due": costs(lambda: as_agent.get("sla/due/")),
    }
    assert over_budget(measured) == {}


def test_costs_of_a_hand_over(
    costs: Callable[..., int], questions: Any, as_agent: Caller, as_advisor: Caller
) -> None:
    start = {"channel": "chat", "utterance": "扣了我两次", "question": "twice-charged"}
    first = as_agent.post("consultations/", start).json()["id"]  # reads the flow version once
    contact = f"consultations/{first + 1}/"
    measured = {
        "begin": costs(lambda: as_agent.post("consultations/", start), 201),
        "answer": costs(
            lambda: as_agent.post(contact + "answer/", {"node": "pages", "value": "no"})
        ),
        "escalate": costs(lambda: as_agent.post(contact + "escalate/", CAPTURE), 201),
    }
    route_tickets(ticket_ids=[Ticket.objects.get().pk], now=NOW)
    measured["claim-next"] = costs(lambda: as_advisor.post("tickets/claim-next/"))
    assert over_budget(measured) == {}
    assert measured["escalate"] <= 15


def test_a_longer_list_costs_the_same(
    costs: Callable[..., int], make_ticket: Callable[..., Ticket], as_agent: Caller
) -> None:
    make_ticket()
    as_agent.get("tickets/")  # takes permits for this process
    one = costs(lambda: as_agent.get("tickets/"))
    for _ in range(6):
        make_ticket()
    assert len(as_agent.get("tickets/").json()["results"]) == 7
    assert costs(lambda: as_agent.get("tickets/")) == one
