"""Customer-facing text with its variables filled in. Nothing internal passes through here."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from kb.flows.schema import EscalateNode
from kb.flows.scripts import render_script, variables
from kb.flows.showing import shown
from kb.selectors.flow_world import world_at
from tickets.models import Ticket
from tickets.selectors.runs import RunState
from tickets.selectors.sla import current_policy

_WEEKDAYS = "一二三四五六日"


def date_for_user(instant: datetime) -> str:
    """A due instant as it is read out to a user, in Chinese: 11月25日（周三）18:00."""
    local = timezone.localtime(instant)
    return f"{local.month}月{local.day}日（周{_WEEKDAYS[local.weekday()]}）{local:%H:%M}"


def promise_in_words(working_days: int) -> str:
    """What is promised at every hand-over, as it is read out to a user, in Chinese."""
    return f"在 {working_days} 个工作日内通过回拨电话或私信的方式"


def handover_script(text: str, ticket: Ticket) -> str:
    """The hand-over script of a ticket with its computed date."""
    values = {}
    if ticket.due_at:
        values["due_date"] = date_for_user(ticket.due_at)
        if "handover_promise" in variables(text):
            values["handover_promise"] = promise_in_words(current_policy().working_days)
    return render_script(text, values)


def promised_script(state: RunState | None, ticket: Ticket, *, now: datetime) -> str:
    """What is read out once ``ticket`` exists, with what was collected filled in.

    Empty for a run that has not ended with a hand-over.
    """
    if state is None or not isinstance(state.position.node, EscalateNode):
        return ""
    return handover_script(shown(state.position, world_at(now)).script, ticket)
