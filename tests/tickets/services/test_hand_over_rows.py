"""The rows of a hand-over in one statement: the same as the mapper would write, or none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.models import StandardQuestion
from tests.conftest import NOW
from tickets.models import Clock, Consultation, Ticket, TicketEvent
from tickets.models.labels import ConsultationStatus
from tickets.services.clocks import plan_clocks, started_clocks
from tickets.services.hand_over_rows import write_hand_over

pytestmark = pytest.mark.django_db

TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=30
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture
def contact(at_hand_over: Callable[..., int]) -> Consultation:
    return Consultation.objects.get(pk=at_hand_over())


def write(contact: Consultation, agent: Any, **changes: Any) -> tuple[bool, Ticket]:
    plan = plan_clocks(started_at=NOW)
    values: dict[str, Any] = {
        "question": StandardQuestion.objects.get(key="twice-charged"),
        "problem": "扣了两次",
        "demand": "退回",
        "account_id": "700001",
        "contact_channel": "private_message",
        "handed_over_by": agent,
        "created_at": NOW,
        "due_at": plan.due_at,
        **changes,
    }
    ticket = Ticket(**values)
    contact.status, contact.finished_at = ConsultationStatus.ESCALATED, NOW
    contact.account_id = ticket.account_id
    event = TicketEvent(code="ticket.handed_over", actor=agent, at=NOW, new={"due_at": "x"})
    done = write_hand_over(contact=contact, ticket=ticket, clocks=started_clocks(plan), event=event)
    return done, ticket


def columns(row: Any) -> dict[str, Any]:
    return {each.attname: getattr(row, each.attname) for each in row._meta.concrete_fields}


def test_one_statement_writes_all_of_it(contact: Consultation, agent: Any) -> None:
    with CaptureQueriesContext(connection) as queries:
        done, ticket = write(contact, agent)
    assert done
    written = [query["sql"] for query in queries if "INSERT" in query["sql"]]
    assert len(written) == 1
    assert columns(Ticket.objects.get()) == columns(ticket)
    kinds = Clock.objects.filter(ticket=ticket).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["contact", "resolve"]
    event = TicketEvent.objects.get(ticket=ticket)
    assert (event.code, event.actor, event.at, event.new) == (
        "ticket.handed_over",
        agent,
        NOW,
        {"due_at": "x"},
    )
    assert columns(Consultation.objects.get(pk=contact.pk)) == columns(contact)
    assert contact.ticket_id == ticket.pk


def test_the_saved_ticket_can_be_saved_again(contact: Consultation, agent: Any) -> None:
    _done, ticket = write(contact, agent)
    ticket.tags = ["one", "two"]
    ticket.save(update_fields=["tags"])
    assert Ticket.objects.get().tags == ["one", "two"]


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    problem=TEXT,
    demand=TEXT,
    tags=st.lists(TEXT, max_size=3),
    extra=st.lists(JSON, max_size=2),
    transcript=st.dictionaries(TEXT, JSON, max_size=3),
    moment=st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)).map(  # noqa: DTZ001 - made aware below
        lambda naive: naive.replace(tzinfo=NOW.tzinfo)
    ),
)
def test_every_value_comes_back_as_it_was(
    contact: Consultation, agent: Any, moment: datetime, **values: Any
) -> None:
    with transaction.atomic():
        _done, ticket = write(contact, agent, next_try_at=moment, **values)
        assert columns(Ticket.objects.get(pk=ticket.pk)) == columns(ticket)
        transaction.set_rollback(True)


def test_an_open_promise_in_the_way_leaves_everything_as_it_was(
    contact: Consultation, agent: Any, make_ticket: Callable[..., Ticket]
) -> None:
    make_ticket(account_id="700001")
    events, clocks = TicketEvent.objects.count(), Clock.objects.count()
    done, ticket = write(contact, agent)
    assert not done
    assert ticket.pk is None
    assert (Ticket.objects.count(), TicketEvent.objects.count(), Clock.objects.count()) == (
        1,
        events,
        clocks,
    )
    assert Consultation.objects.get(pk=contact.pk).status == "open"
