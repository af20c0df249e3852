"""The policy in force and the working-day calendar, as the pure rules take them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from klingdesk.core.calendar import Override, WorkingCalendar
from klingdesk.core.errors import NotFound
from tickets.models import CalendarOverride, CalendarYear, SlaPolicy
from tickets.models.labels import ClockKind
from tickets.rules import sla


def current_policy(kind: str = ClockKind.CONTACT) -> SlaPolicy:
    """The highest version of a kind. ``NotFound`` when the desk has none (run bootstrap)."""
    policy = SlaPolicy.objects.filter(kind=kind).order_by("-version").first()
    if policy is None:
        raise NotFound(_("There is no SLA policy of this kind."))
    return policy


def policy_rule(policy: SlaPolicy) -> sla.Policy:
    return sla.Policy(
        kind=sla.ClockKind(policy.kind),
        working_days=policy.working_days,
        hours=sla.WorkingHours(opens=policy.opens, closes=policy.closes),
    )


def working_calendar() -> WorkingCalendar:
    """The library's calendar with this desk's corrections and loaded years (two queries)."""
    overrides = {
        row.date: Override(is_working=row.is_working, reason=row.reason)
        for row in CalendarOverride.objects.all()
    }
    years = frozenset(CalendarYear.objects.values_list("year", flat=True))
    return WorkingCalendar(overrides=overrides, covered_years=years)
