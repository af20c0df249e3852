"""Which tickets a report looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from tickets.models import Ticket
from tickets.querysets import TicketQuerySet
from tickets.reports.metrics import Metric, with_clock
from tickets.reports.period import Period

NARROWING = ("question", "team", "assignee")

NOBODY = 0
"""As a team or an assignee: tickets that have none."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose tickets, of which days, narrowed to a question, team or assignee (primary keys).

    The period bounds what was handed over, never what is open now.
    """

    user: Any
    period: Period
    question: int | None = None
    team: int | None = None
    assignee: int | None = None

    def handed_over(self) -> TicketQuerySet:
        """What ``user`` may see of the hand-overs of the period."""
        return self._tickets().handed_over_between(self.period.starts_at, self.period.ends_at)

    def open(self) -> TicketQuerySet:
        """What ``user`` may see of all that is open, whenever it was handed over."""
        return self._tickets().open()

    def counted_by(self, metric: Metric) -> TicketQuerySet:
        """The tickets among which ``metric`` counts."""
        return self.handed_over() if metric.in_period else self.open()

    def _tickets(self) -> TicketQuerySet:
        narrow = Q()
        for name in NARROWING:
            wanted = getattr(self, name)
            if wanted is not None:
                narrow &= Q(**{f"{name}__isnull": True} if wanted == NOBODY else {name: wanted})
        return with_clock(Ticket.objects.visible_to(self.user)).filter(narrow)
