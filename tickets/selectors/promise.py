"""The promise as a script says it, before there is a ticket: for the knowledge base's variables."""

from __future__ import annotations

from datetime import datetime

from klingdesk.core.errors import NotFound
from tickets.selectors.due import explain_due
from tickets.selectors.scripts import date_for_user, promise_in_words
from tickets.selectors.sla import current_policy


def promise_values(now: datetime) -> dict[str, str]:
    """Values of script variables for a hand-over made at ``now``; none without a policy."""
    try:
        days = current_policy().working_days
    except NotFound:
        return {}
    return {
        "due_date": date_for_user(explain_due(started_at=now).due_at),
        "handover_promise": promise_in_words(days),
    }
