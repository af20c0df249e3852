"""Customer-facing text with its variables filled in. Nothing internal passes through here."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from kb.flows.scripts import render_script
from tickets.models import Ticket

_WEEKDAYS = "一二三四五六日"


def date_for_user(instant: datetime) -> str:
    """A due instant as it is read out to a user, in Chinese: 11月25日（周三）18:00."""
    local = timezone.localtime(instant)
    return f"{local.month}月{local.day}日（周{_WEEKDAYS[local.weekday()]}）{local:%H:%M}"


def handover_script(text: str, ticket: Ticket) -> str:
    """The hand-over script of a ticket with its computed date."""
    values = {"due_date": date_for_user(ticket.due_at)} if ticket.due_at else {}
    return render_script(text, values)
