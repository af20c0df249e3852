"""What an account went through before, beside every form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from kb.models import StandardQuestion
from tests.conftest import NOW
from tests.tickets.services.steps import HOUR, resolved, returned
from tickets.models import Ticket
from tickets.selectors.tickets import account_history, last_event_id, ticket_get_for
from tickets.services.cancelling import cancel
from tickets.services.chases import chase_from_consultation
from tickets.services.completing import Corrections, complete
from tickets.services.merging import merge
from tickets.services.notes import add_note

ACCOUNT = "700002"


def test_contacts_tickets_and_what_became_of_them(
    make_ticket: Callable[..., Ticket],
    at_hand_over: Callable[..., int],
    agent: Any,
    advisor: Any,
) -> None:
    first = resolved(make_ticket(account_id=ACCOUNT), advisor)
    second = make_ticket(account_id=ACCOUNT, now=NOW + HOUR)
    cancel(number=second.number, acting_user=agent, reason="撤回", now=NOW + HOUR)
    third = make_ticket(account_id=ACCOUNT, now=NOW + 2 * HOUR)
    chase_from_consultation(
        consultation_id=at_hand_over(now=NOW + 3 * HOUR),
        acting_user=agent,
        account_id=ACCOUNT,
        note="",
        now=NOW + 3 * HOUR,
    )
    price = StandardQuestion.objects.get(key="price")
    Ticket.objects.filter(pk=third.pk).update(question=price)
    present = make_ticket(account_id=ACCOUNT, now=NOW + 4 * HOUR)
    merge(
        number=third.number,
        into=present.number,
        acting_user=advisor,
        reason="同一件事",
        now=NOW + 5 * HOUR,
    )
    with CaptureQueriesContext(connection) as queries:
        rows = account_history(account_id=ACCOUNT, before_ticket=present)
    assert len(queries) == 1
    assert [
        (row.status, row.ticket_number, row.ticket_status, row.resolution_label, row.merged_into)
        for row in rows
    ] == [
        ("chased", third.number, "merged", "", present.number),
        ("escalated", third.number, "merged", "", present.number),
        ("escalated", second.number, "cancelled", "", ""),
        ("escalated", first.number, "resolved", "Credits given back", ""),
    ]


def test_a_corrected_account_takes_its_contact_along(
    make_ticket: Callable[..., Ticket], agent: Any, advisor: Any
) -> None:
    ticket = returned(make_ticket(account_id=ACCOUNT), advisor)
    complete(
        number=ticket.number,
        acting_user=agent,
        corrections=Corrections(account_id="700099"),
        now=NOW,
    )
    assert account_history(account_id=ACCOUNT) == []
    assert [row.ticket_number for row in account_history(account_id="700099")] == [ticket.number]
    assert account_history(account_id="") == []


def test_the_last_event_is_that_of_the_row_as_it_was_read(
    make_ticket: Callable[..., Ticket], agent: Any
) -> None:
    ticket = make_ticket()
    shown = ticket_get_for(user=agent, number=ticket.number)
    before = last_event_id(ticket)
    add_note(number=ticket.number, acting_user=agent, note="补充", now=NOW + timedelta(days=1))
    assert last_event_id(shown) == before
    assert last_event_id(ticket) > before
