"""One line of the list behind a number: no personal data but the masked account ID."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from klingdesk.core.account_id import mask_account_id
from tickets.admin.words import due_words, moment_words
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class TicketLine:
    """``tone``: ok, bad, info or empty, the colour of the promise's chip."""

    pk: int
    number: str
    question: str
    account: str
    team: str
    assignee: str
    status: str
    handed_over: str
    due: str
    due_provisional: bool
    answered: str
    promise: str
    tone: str


def ticket_lines(tickets: Iterable[Ticket], *, now: datetime) -> list[TicketLine]:
    """Lines for tickets from ``metric_tickets``."""
    return [_line(ticket, now) for ticket in tickets]


def _line(ticket: Any, now: datetime) -> TicketLine:
    assignee = ticket.assignee
    promise, tone = _promise(ticket, now)
    return TicketLine(
        pk=ticket.pk,
        number=ticket.number,
        question=ticket.question.title,
        account=mask_account_id(ticket.account_id),
        team=ticket.team.name if ticket.team else "",
        assignee=(assignee.get_full_name() or assignee.get_username()) if assignee else "",
        status=str(ticket.get_status_display()),
        handed_over=moment_words(ticket.created_at),
        due=due_words(ticket.due_at) if ticket.due_at else "",
        due_provisional=ticket.due_provisional and ticket.answered_at is None,
        answered=moment_words(ticket.answered_at) if ticket.answered_at else "",
        promise=promise,
        tone=tone,
    )


def _promise(ticket: Any, now: datetime) -> tuple[str, str]:
    """What has become of the promise, as the metrics see it."""
    if not ticket.promise or ticket.due_at is None:
        return _("no promise"), ""
    if ticket.answered_at is not None:
        return (_("answered late"), "bad") if ticket.breached_at else (_("kept"), "ok")
    if ticket.breached_at is not None or ticket.due_at < now:
        return _("past due"), "bad"
    return _("not yet due"), "info"
