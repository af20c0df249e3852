"""The tickets that are open now: how old they are, and how much time is left for them.

One statement sorts all of them into cells; every number is a sum of cells. ``tickets.reports.
behind`` lists what a number counts with the same bounds (``bounds_at``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connections

from klingdesk.core.roles import Role, roles_of
from tickets.models.labels import OPEN_STATUSES
from tickets.reports.ages import Range, hand_over_ranges
from tickets.reports.as_of import facts_as_of
from tickets.reports.backlog_measures import BACKLOG_MEASURES, LEFT_CONTACT, LEFT_RESOLVE, Left
from tickets.reports.counting import given_keys, narrowed_by
from tickets.reports.narrowing import NARROWING, ReportScope
from tickets.reports.period import start_of, today_at
from tickets.reports.reading import reports_database
from tickets.reports.sources import LIVE_PROFILE, TICKETS
from tickets.reports.ticket_numbers import keys_of
from tickets.rules.fact_profile import Fate, contact_fate, resolve_fate
from tickets.selectors.sla import working_calendar


@dataclass(frozen=True, slots=True)
class Backlog:
    """Every measure of the backlog by its code; what happened until ``as_of`` is counted."""

    numbers: Mapping[str, int]
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where bands begin and end at one instant.

    ``ages``: of the hand-over, by band. ``left_*``: of the due instant, by the code of a ``Left``
    that has such bounds.
    """

    now: datetime
    ages: Mapping[str, Range]
    left_contact: Mapping[str, Range]
    left_resolve: Mapping[str, Range]


def bounds_at(now: datetime) -> Bounds:
    """The bands of ``now`` (one statement). ``NoWorkingDay`` when the calendar has too few days."""
    calendar = working_calendar()
    today = today_at(now)

    def left(bands: tuple[Left, ...]) -> dict[str, Range]:
        dated = [(band.code, band.least) for band in bands if band.least is not None]
        found: dict[str, Range] = {"late": (None, now)}
        for place, (code, least) in enumerate(dated):
            following = dated[place + 1][1] if place + 1 < len(dated) else None
            found[code] = (
                now if least == 0 else start_of(calendar.add_working_days(today, least)),
                start_of(calendar.add_working_days(today, following)) if following else None,
            )
        return found

    return Bounds(now, hand_over_ranges(today, calendar), left(LEFT_CONTACT), left(LEFT_RESOLVE))


def backlog(*, scope: ReportScope, now: datetime) -> Backlog:
    """What is open at ``now``, whenever it was handed over: at most four statements.

    Call within ``reading.read_only``. Empty for whoever is no manager.
    """
    numbers = dict.fromkeys((measure.code for measure in BACKLOG_MEASURES), 0)
    if Role.MANAGER in roles_of(scope.user):
        for age, contact, resolve, profile, provisional, count in _cells(scope, bounds_at(now)):
            for code in _codes(age, contact, resolve, profile, provisional):
                numbers[code] += count
    return Backlog(numbers, facts_as_of())


def _codes(age: str, contact: str, resolve: str, profile: int, provisional: bool) -> list[str]:
    codes = ["open", f"open_age_{age}", f"left_contact_{contact}", f"left_resolve_{resolve}"]
    if contact_fate(profile) is Fate.BREACHED:
        codes += ["open_breached", f"open_age_{age}_breached"]
    if resolve_fate(profile) is Fate.BREACHED:
        codes.append("open_resolve_breached")
    if provisional:
        codes.append("open_provisional")
    return codes


def _cells(scope: ReportScope, bounds: Bounds) -> list[tuple[Any, ...]]:
    keys, _category_of = keys_of(scope.only_by(*NARROWING), by_category=False)
    given: dict[str, Any] = {
        "now": bounds.now,
        "open": [status.value for status in OPEN_STATUSES],
        **given_keys(keys),
    }
    statement = _CELLS.format(
        age=_band("fact.created_at", bounds.ages, "age", given),
        contact=_band("fact.due_at", bounds.left_contact, "contact", given),
        resolve=_band("fact.resolve_due_at", bounds.left_resolve, "resolve", given),
        live=LIVE_PROFILE,
        narrowed=narrowed_by(TICKETS, keys),
    )
    with connections[reports_database()].cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())


def _band(column: str, ranges: Mapping[str, Range], name: str, given: dict[str, Any]) -> str:
    """The code of the band in which ``column`` lies; each begins where another ends."""
    found = "CASE"
    for code, (since, _until) in sorted(
        ranges.items(), key=lambda item: item[1][0] or _EVER, reverse=True
    ):
        if since is None:
            return f"{found} WHEN {column} IS NOT NULL THEN '{code}' END"
        given[f"{name}_{code}"] = since
        found += f" WHEN {column} >= %({name}_{code})s THEN '{code}'"
    raise ValueError(f"the bands of {name} leave something out")


_EVER = start_of(date(1970, 1, 1))

# ``fact_unsettled`` serves this: whatever is open is not settled. The due date is that of the
# contact clock, which runs as long as nobody has been answered and nothing was dropped.
_CELLS = """
SELECT age, coalesce(contact, 'none'), coalesce(resolve, 'none'), profile, provisional, count(*)
FROM (
    SELECT {age} AS age,
           CASE WHEN fact.profile & 7 IN (1, 3) AND fact.answered_at IS NULL
                THEN {contact} END AS contact,
           {resolve} AS resolve, ({live}) & 63 AS profile, fact.provisional
    FROM tickets_ticketfact AS fact
    WHERE NOT fact.settled AND fact.status = ANY(%(open)s){narrowed}
) AS cell
GROUP BY 1, 2, 3, 4, 5
"""
