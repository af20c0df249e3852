"""One open promise for an account and question: finding the one that is there already."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from klingdesk.core.account_id import AccountIdError, parse_account_id
from klingdesk.core.errors import Conflict
from tickets.models import Ticket
from tickets.models.labels import OPEN_STATUSES

ONE_OPEN_TICKET = "one_open_ticket_per_account_and_question"
"""The constraint of the database. It decides races only, everybody looks first: PostgreSQL writes
a refused row, personal data and all, into its log."""


def open_ticket_for(*, account_id: str, question_id: int | None) -> Ticket | None:
    """The open promise for an account and question: the target of a chase. Only its id and its
    status are read: every hand-over asks, and hardly any finds one."""
    try:
        clean = parse_account_id(account_id)
    except AccountIdError:
        return None
    found = Ticket.objects.filter(
        account_id=clean, question_id=question_id, promise=True, status__in=OPEN_STATUSES
    )
    return found.order_by().only("status").first() if question_id is not None else None


def open_twin(ticket: Ticket, *, account_id: str | None = None) -> Ticket | None:
    """Another open promise that stands in the way of ``ticket`` being one, with ``account_id``
    (None: its own)."""
    if not ticket.promise:
        return None
    twin = open_ticket_for(
        account_id=ticket.account_id if account_id is None else account_id,
        question_id=ticket.question_id,
    )
    return twin if twin is not None and twin.pk != ticket.pk else None


def duplicate_of(twin: Ticket | None) -> Conflict:
    """The refusal that names ``twin``; None when it was ended in this very moment."""
    if twin is None:
        return Conflict(_("Somebody else was faster. Try again."), code="try_again")
    return Conflict(
        _(
            "This account already has an open ticket about this question, %(ticket)s: merge this "
            "one into it, or record a chase on it."
        )
        % {"ticket": twin.number},
        code="open_ticket",
        state={"ticket": twin.number, "status": twin.status, "offers": ["merge", "chase"]},
    )
