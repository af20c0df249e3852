"""How old the numbers of tickets are."""

from __future__ import annotations

from datetime import datetime

from tickets.models import ReportState

FACTS = "facts"
"""The name of the state that says until when tickets' events are counted."""


def facts_as_of() -> datetime | None:
    """What had happened to tickets by then is counted; None: they never were (one query)."""
    return ReportState.objects.filter(name=FACTS).values_list("at", flat=True).first()
