"""Handing over: what must be there, what the ticket keeps, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from queue import Queue
from typing import Any

import pytest
from celery import current_app
from django.db import connection
from django.test.utils import CaptureQueriesContext

from klingdesk.core.errors import Conflict, Invalid
from tests.conftest import DUE, NOW
from tickets.models import CalendarYear, Clock, Consultation, Ticket
from tickets.services.consultations import start_consultation
from tickets.services.hand_over import hand_over


def test_the_ticket_keeps_everything_and_the_promise_is_counted(
    agent: Any, at_hand_over: Callable[..., int], capture: Any
) -> None:
    contact_id = at_hand_over()
    done = hand_over(
        consultation_id=contact_id,
        acting_user=agent,
        capture=capture(account_id=" ID：８８０ 123 ", contact_value="138 0013 8000"),
        now=NOW,
    )
    ticket = Ticket.objects.get(pk=done.ticket.pk)
    assert (ticket.account_id, ticket.contact_value) == ("880123", "13800138000")
    assert ticket.extra == [{"key": "times", "label": "扣了几次", "kind": "count", "value": 2}]
    assert ticket.transcript["utterance"] == "扣了我两次"
    assert [step["answer"] for step in ticket.transcript["steps"]] == ["只有一个"]
    assert (ticket.due_at, ticket.due_provisional) == (DUE, False)
    clock = Clock.objects.get(ticket=ticket, kind="contact")
    assert [day["date"] for day in clock.days if day["counted"]] == [
        "2026-03-05",
        "2026-03-06",
        "2026-03-09",
    ]
    contact = Consultation.objects.get(pk=contact_id)
    assert (contact.status, contact.ticket_id, contact.account_id) == (
        "escalated",
        ticket.pk,
        "880123",
    )


def test_the_script_names_the_computed_date(
    agent: Any, at_hand_over: Callable[..., int], capture: Any
) -> None:
    done = hand_over(consultation_id=at_hand_over(), acting_user=agent, capture=capture(), now=NOW)
    assert done.script == "已为您转交高级顾问，最晚 3月9日（周一）18:00 前答复。"


def test_a_date_that_a_later_notice_may_change_is_marked(
    agent: Any, at_hand_over: Callable[..., int], capture: Any
) -> None:
    december = datetime(2026, 12, 29, 2, tzinfo=UTC)
    contact_id = at_hand_over(now=december)
    done = hand_over(consultation_id=contact_id, acting_user=agent, capture=capture(), now=december)
    assert done.ticket.due_provisional
    CalendarYear.objects.create(year=2027, source="test")
    again = hand_over(
        consultation_id=at_hand_over(now=december),
        acting_user=agent,
        capture=capture(),
        now=december,
    )
    assert not again.ticket.due_provisional


def test_all_mistakes_are_told_at_once(
    agent: Any, at_hand_over: Callable[..., int], capture: Any
) -> None:
    with pytest.raises(Invalid) as wrong:
        hand_over(
            consultation_id=at_hand_over(),
            acting_user=agent,
            capture=capture(
                problem=" ",
                demand="",
                account_id="13800138000",
                contact_value="12",
                extra={"times": "很多", "colour": "red"},
            ),
            now=NOW,
        )
    assert set(wrong.value.fields) == {
        "problem",
        "demand",
        "account_id",
        "contact_value",
        "extra.times",
        "extra.colour",
    }
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"account_id": ""}, "account_id"),
        ({"account_id": "kling_fan"}, "account_id"),
        ({"account_id": "+86 138-0013-8000"}, "account_id"),
        ({"contact_channel": ""}, "contact_channel"),
        ({"contact_channel": "pigeon"}, "contact_channel"),
        ({"contact_value": ""}, "contact_value"),
        ({"problem": "长" * 5_001}, "problem"),
        ({"extra": {}}, "extra.times"),
        ({"extra": {"times": "0"}}, "extra.times"),
    ],
)
def test_each_mistake_is_told_at_its_field(
    changes: dict[str, Any],
    field: str,
    agent: Any,
    at_hand_over: Callable[..., int],
    capture: Any,
) -> None:
    with pytest.raises(Invalid) as wrong:
        hand_over(
            consultation_id=at_hand_over(),
            acting_user=agent,
            capture=capture(**changes),
            now=NOW,
        )
    assert list(wrong.value.fields) == [field]
    assert str(wrong.value.fields[field][0])


def test_a_private_message_needs_no_number(
    agent: Any, at_hand_over: Callable[..., int], capture: Any
) -> None:
    done = hand_over(
        consultation_id=at_hand_over(),
        acting_user=agent,
        capture=capture(contact_channel="private_message", contact_value="ignored"),
        now=NOW,
    )
    assert (done.ticket.contact_channel, done.ticket.contact_value) == ("private_message", "")


def test_a_second_contact_about_the_same_is_offered_as_a_chase(
    agent: Any, agent2: Any, at_hand_over: Callable[..., int], make_ticket: Any, capture: Any
) -> None:
    first = make_ticket(account_id="700001")
    second = at_hand_over(agent2)
    with pytest.raises(Conflict) as due:
        hand_over(
            consultation_id=second,
            acting_user=agent2,
            capture=capture(account_id="700001"),
            now=NOW,
        )
    assert due.value.code == "chase_due"
    assert due.value.state["ticket"] == first.number
    assert Consultation.objects.get(pk=second).status == "open"


def test_the_same_contact_cannot_be_handed_over_twice(
    agent: Any, at_hand_over: Callable[..., int], capture: Any
) -> None:
    contact_id = at_hand_over()
    hand_over(consultation_id=contact_id, acting_user=agent, capture=capture(), now=NOW)
    with pytest.raises(Conflict) as again:
        hand_over(consultation_id=contact_id, acting_user=agent, capture=capture(), now=NOW)
    assert again.value.code == "consultation_ended"
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (None, "question_missing"),
        ("price", "not_escalating"),
        ("twice-charged", "not_at_hand_over"),
    ],
)
def test_only_a_contact_that_stands_at_a_hand_over_becomes_a_ticket(
    question: str | None, code: str, agent: Any, questions: Any, capture: Any
) -> None:
    contact = start_consultation(
        acting_user=agent, channel="chat", utterance="", question_key=question, now=NOW
    )
    with pytest.raises(Conflict) as refused:
        hand_over(consultation_id=contact.pk, acting_user=agent, capture=capture(), now=NOW)
    assert refused.value.code == code


def test_a_dead_broker_costs_no_ticket(
    agent: Any,
    at_hand_over: Callable[..., int],
    capture: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    asked: Queue[str] = Queue()

    def refuse(name: str, **options: Any) -> None:
        asked.put(name)
        raise ConnectionError("broker is down")

    monkeypatch.setattr(current_app, "send_task", refuse)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        done = hand_over(
            consultation_id=at_hand_over(), acting_user=agent, capture=capture(), now=NOW
        )
    assert len(callbacks) == 1
    assert asked.get(timeout=10) == "tickets.route_tickets"
    assert Ticket.objects.get(pk=done.ticket.pk).status == "new"


def test_the_message_names_the_ticket(
    agent: Any,
    at_hand_over: Callable[..., int],
    capture: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    sent: Queue[tuple[str, Any]] = Queue()
    monkeypatch.setattr(
        current_app, "send_task", lambda name, args, **_options: sent.put((name, args))
    )
    with django_capture_on_commit_callbacks(execute=True):
        done = hand_over(
            consultation_id=at_hand_over(), acting_user=agent, capture=capture(), now=NOW
        )
    assert sent.get(timeout=10) == ("tickets.route_tickets", (done.ticket.pk,))


def test_a_hand_over_takes_at_most_fifteen_queries(
    agent: Any, at_hand_over: Callable[..., int], capture: Any
) -> None:
    contact_id = at_hand_over()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        hand_over(consultation_id=contact_id, acting_user=agent, capture=capture(), now=NOW)
    # savepoint, roles, contact (locked), run, steps, policy, corrections, loaded years, ticket,
    # clock, contact's end, event, release savepoint; room for a token's two on top
    assert len(queries) <= 13, [query["sql"] for query in queries]


def test_a_hand_over_asks_the_database_seldom(
    at_hand_over: Callable[..., int],
    agent: Any,
    capture: Any,
    django_assert_max_num_queries: Any,
) -> None:
    """The roles, the contact with its run, its steps, the open ticket, the promise; four writes;
    and a savepoint here, which is the transaction elsewhere."""
    for account in ("7000001", "7000002"):  # the first one reads the flow, which stays in memory
        contact = at_hand_over()
        person = type(agent).objects.get(pk=agent.pk)
        with django_assert_max_num_queries(20 if account == "7000001" else 11):
            hand_over(
                consultation_id=contact,
                acting_user=person,
                capture=capture(account_id=account),
                now=NOW,
            )
