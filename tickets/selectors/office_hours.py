"""When the desk is at work, for notices that wait for it."""

from __future__ import annotations

from notices.providers import CLOSES, OPENS
from notices.rules.quiet import Hours
from tickets.models import SlaPolicy
from tickets.models.labels import ClockKind
from tickets.rules.sla import ZONE
from tickets.selectors.sla import working_calendar


def office_hours() -> Hours:
    """The hours of the contact policy in force on the desk's calendar (three queries).

    A desk without a policy, which has not been set up yet, has the usual hours.
    """
    policy = SlaPolicy.objects.filter(kind=ClockKind.CONTACT).order_by("-version").first()
    opens, closes = (policy.opens, policy.closes) if policy is not None else (OPENS, CLOSES)
    return Hours(working_calendar(), opens, closes, ZONE)
