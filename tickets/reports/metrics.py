"""What each number of the SLA report counts, once: the number and the list behind it share it.

The words are explained for managers in docs/metrics.md. A ticket has one contact clock: reopening
goes on with it, and a later contact is a new ticket, so the join below never counts one twice. A
clock that was stopped without a verdict is left out of it: the promise of a merged ticket is
counted with the ticket that carries it on, and a cancelled one was neither kept nor broken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db.models import FilteredRelation, Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.models.labels import OPEN_STATUSES, ClockKind
from tickets.querysets import TicketQuerySet
from tickets.reports.ages import BANDS, Band, Range


@dataclass(frozen=True, slots=True)
class Facts:
    """What the conditions depend on besides the rows: the instant, and where the ages end."""

    now: datetime
    ages: Mapping[str, Range]


@dataclass(frozen=True, slots=True)
class Metric:
    """One number. ``in_period``: it counts the hand-overs of the period, else all tickets now."""

    code: str
    label: Any
    definition: Any
    in_period: bool
    condition: Callable[[Facts], Q]


def with_clock(tickets: TicketQuerySet) -> TicketQuerySet:
    """Tickets with the name ``contact`` for their contact clock, which the conditions use."""
    counts = Q(clocks__kind=ClockKind.CONTACT.value, clocks__dropped=False)
    return tickets.annotate(contact=FilteredRelation("clocks", condition=counts))


# A promise kept at the due instant itself is kept, so what is late is strictly after it.


def _promised(facts: Facts) -> Q:
    return Q(promise=True, contact__isnull=False)


def _breach(facts: Facts) -> Q:
    running_late = Q(contact__stopped_at__isnull=True, contact__due_at__lt=facts.now)
    return Q(contact__breached_at__isnull=False) | running_late


def _promise_breached(facts: Facts) -> Q:
    return _promised(facts) & _breach(facts)


def _met(facts: Facts) -> Q:
    return _promised(facts) & Q(
        contact__stopped_at__isnull=False, contact__breached_at__isnull=True
    )


def _in_time(facts: Facts) -> Q:
    return _promised(facts) & Q(
        contact__stopped_at__isnull=True,
        contact__breached_at__isnull=True,
        contact__due_at__gte=facts.now,
    )


def _open(facts: Facts) -> Q:
    return Q(status__in=[status.value for status in OPEN_STATUSES])


def _open_breached(facts: Facts) -> Q:
    return _open(facts) & _breach(facts)


def _open_provisional(facts: Facts) -> Q:
    return _open(facts) & Q(contact__stopped_at__isnull=True, contact__provisional=True)


def _aged(band: Band) -> Callable[[Facts], Q]:
    def condition(facts: Facts) -> Q:
        since, until = facts.ages[band.code]
        found = _open(facts)
        if since is not None:
            found &= Q(created_at__gte=since)
        if until is not None:
            found &= Q(created_at__lt=until)
        return found

    return condition


def _aged_breached(band: Band) -> Callable[[Facts], Q]:
    aged = _aged(band)
    return lambda facts: aged(facts) & _breach(facts)


_BAND_LABELS = {
    "0": pgettext_lazy("age", "0 working days"),
    "1": pgettext_lazy("age", "1 working day"),
    "2": pgettext_lazy("age", "2 working days"),
    "3": pgettext_lazy("age", "3 working days"),
    "4_5": pgettext_lazy("age", "4–5 working days"),
    "over_5": pgettext_lazy("age", "more than 5 working days"),
}

_AGE_DEFINITION = _(
    "Open tickets by the working days since their hand-over; the day of the hand-over is not "
    "counted. All tickets that are open now, whatever the period."
)
_AGE_BREACHED_DEFINITION = _(
    "Those among the open tickets of this age whose user was answered too late, or has not been "
    "answered although the promise is past due."
)


def _band_metrics(band: Band) -> tuple[Metric, Metric]:
    label = _BAND_LABELS[band.code]
    return (
        Metric(
            band_code(band),
            format_lazy(_("Open for {age}"), age=label),
            _AGE_DEFINITION,
            False,
            _aged(band),
        ),
        Metric(
            band_code(band, breached=True),
            format_lazy(_("Breached, open for {age}"), age=label),
            _AGE_BREACHED_DEFINITION,
            False,
            _aged_breached(band),
        ),
    )


def band_code(band: Band, *, breached: bool = False) -> str:
    """The code of a band's metric."""
    return f"open_age_{band.code}{'_breached' if breached else ''}"


def band_label(band: Band) -> Any:
    return _BAND_LABELS[band.code]


HANDED_OVER = Metric(
    "handed_over",
    _("Handed over"),
    _(
        "Tickets with a promise to the user, handed over to tier 2 in the period; without those "
        "that were merged into another one or cancelled in time."
    ),
    True,
    _promised,
)
MET = Metric(
    "met",
    _("Kept"),
    _(
        "Tickets handed over in the period whose user was answered in time: a call-back reached "
        "them, or a private message was sent, at the due instant at the latest."
    ),
    True,
    _met,
)
BREACHED = Metric(
    "breached",
    _("Breached"),
    _(
        "Tickets handed over in the period whose user was answered after the due instant, or has "
        "not been answered although it is past."
    ),
    True,
    _promise_breached,
)
IN_TIME = Metric(
    "open_in_time",
    _("Not yet due"),
    _("Tickets handed over in the period whose user is not answered yet and need not be so far."),
    True,
    _in_time,
)
OPEN = Metric(
    "open",
    _("Open now"),
    _("All tickets that are not settled yet, with or without a promise."),
    False,
    _open,
)
OPEN_BREACHED = Metric(
    "open_breached",
    _("Open and breached"),
    _(
        "Open tickets whose user was answered too late, or has not been answered although the "
        "promise is past due."
    ),
    False,
    _open_breached,
)
OPEN_PROVISIONAL = Metric(
    "open_provisional",
    _("Due date provisional"),
    _(
        "Open tickets whose due date was counted with days that a holiday notice still to come may "
        "change, and whose user is not answered yet."
    ),
    False,
    _open_provisional,
)

PERIOD_METRICS = (HANDED_OVER, MET, BREACHED, IN_TIME)
AGE_METRICS = tuple(metric for band in BANDS for metric in _band_metrics(band))
NOW_METRICS = (OPEN, OPEN_BREACHED, OPEN_PROVISIONAL, *AGE_METRICS)

METRICS: Mapping[str, Metric] = MappingProxyType(
    {metric.code: metric for metric in (*PERIOD_METRICS, *NOW_METRICS)}
)

ATTAINMENT_LABEL = _("Attainment")
ATTAINMENT_DEFINITION = _(
    "Kept ÷ (kept + breached), rounded down: 100% means that nothing was breached. What is not yet "
    "due does not count; without a single decided promise there is no figure."
)


def attainment(met: int, breached: int) -> float | None:
    """The share of decided promises that was kept, 0 to 1; None when nothing is decided."""
    decided = met + breached
    return met / decided if decided else None
