"""What the forecast of breaches is made of, and the forecast itself (docs/exports.md).

Reads only; the number of statements is constant. Call within ``reading.read_only``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Case, Count, DateField, F, Q, Value, When
from django.db.models.functions import TruncDate

from klingdesk.core.calendar import WorkingCalendar
from tickets.models import Absence, AdvisorProfile, Shift, Team, TicketFact
from tickets.models.advisor import USUAL_CAPACITY
from tickets.models.labels import OPEN_STATUSES
from tickets.reports.period import start_of
from tickets.rules import forecast as rules
from tickets.rules.assignment import WeeklyShift
from tickets.rules.fact_profile import Fate, Flag
from tickets.rules.forecast_days import (
    WEEKS,
    Hours,
    Plan,
    coming_days,
    intake_samples,
    presence,
)
from tickets.rules.sla import ZONE
from tickets.selectors.advisors import advisors
from tickets.selectors.sla import current_policy, working_calendar

ANSWERED_WITHIN = timedelta(days=21)
"""Answers of the past are looked for among tickets that were handed over so long before."""

_CONTACT_BITS = 0b111


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that a forecast depends on but its seed.

    ``teams`` with ``names`` by key; ``answers``: how many tickets one advisor answered on one
    working day of the last weeks, from ``since`` to the day before ``now``. ``provisional``: a
    holiday notice still to come may change one of the days.
    """

    now: datetime
    plan: Plan
    teams: tuple[rules.Team, ...]
    names: Mapping[int, str]
    answers: tuple[int, ...]
    since: date
    provisional: bool

    @property
    def is_measured(self) -> bool:
        """Whether there is any answer in the past to draw from; without, nothing can be said."""
        return bool(self.answers)

    @property
    def late(self) -> int:
        return sum(team.late for team in self.teams)

    def due_on(self, number: int) -> int:
        """Open tickets without an answer that fall due on day ``number``."""
        return sum(team.backlog[number] for team in self.teams)

    def there_on(self, number: int) -> float:
        """Advisors on day ``number``; of one who works half of it, half of one."""
        return sum(shares[number] for team in self.teams for shares in team.present)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """``more``: advisors more (or, negative, less) in ``team``. ``away``: a team of which nobody is
    there from ``first`` to ``last``, both included."""

    team: int | None = None
    more: int = 0
    away: int | None = None
    first: date | None = None
    last: date | None = None

    @property
    def changes_anything(self) -> bool:
        return (self.team is not None and self.more != 0) or self.away is not None


def read_inputs(*, now: datetime) -> Inputs:
    """The inputs at ``now``. ``NotFound`` when the desk has no policy (run bootstrap)."""
    policy, calendar = current_policy(), working_calendar()
    hours = Hours(policy.opens, policy.closes)
    local = now.astimezone(ZONE)
    plan = coming_days(local, calendar=calendar, hours=hours, working_days=policy.working_days)
    since = local.date() - timedelta(weeks=WEEKS)
    names = {team.pk: team for team in Team.objects.order_by("-is_default", "pk")}
    usual = next(iter(names), 0)
    waiting = _waiting(now, usual)
    intake = _intake(since, local.date(), usual)
    present = _present(plan, hours)
    return Inputs(
        now=now,
        plan=plan,
        teams=tuple(
            rules.Team(
                key=key,
                late=waiting[key].get(None, 0),
                backlog=_by_day(waiting[key], plan),
                intake=intake_samples(
                    intake[key],
                    first=since,
                    last=local.date() - timedelta(days=1),
                    calendar=calendar,
                ),
                present=tuple(present[key]),
            )
            for key in sorted(names)
        ),
        names={key: team.name for key, team in names.items()},
        answers=_answers(since, local.date(), calendar),
        since=since,
        provisional=any(calendar.is_provisional(day) for day in plan.dates),
    )


def forecast(inputs: Inputs, *, seed: int, what_if: WhatIf | None = None) -> rules.Forecast:
    """Breaches of the days to come; with the same seed only ``what_if`` makes a difference."""
    teams = inputs.teams
    if what_if is not None:
        teams = tuple(_changed(team, what_if, inputs.plan) for team in teams)
    return rules.simulate(inputs.plan.days, teams, answers=inputs.answers, seed=seed)


def _changed(team: rules.Team, what_if: WhatIf, plan: Plan) -> rules.Team:
    if what_if.team == team.key:
        team = rules.with_advisors(team, what_if.more, len(plan.dates))
    if what_if.away == team.key and what_if.first is not None and what_if.last is not None:
        first, last = what_if.first, what_if.last
        away = frozenset(number for number, day in enumerate(plan.dates) if first <= day <= last)
        team = rules.on_leave(team, away)
    return team


# --- what waits, what comes in, what is answered --------------------------------------------------
# A ticket that no team has yet counts for the default team, where it would go without a rule.


def _facts() -> Any:
    return TicketFact.objects.order_by().annotate(
        promised=F("profile").bitand(int(Flag.PROMISE)),
        fate=F("profile").bitand(_CONTACT_BITS),
    )


def _promised(*fates: Fate) -> Q:
    """Tickets whose promise counts and has one of these fates.

    Where many are counted it belongs into the count and not into the condition: PostgreSQL takes
    such bits for rare, and would sort what it could add up as it comes.
    """
    return Q(promised__gt=0, fate__in=[int(fate) for fate in fates])


def _waiting(now: datetime, usual: int) -> dict[int, dict[date | None, int]]:
    """Open tickets whose user has no answer, by team and due date; None: it is past."""
    rows = (
        _facts()
        .filter(
            _promised(Fate.RUNNING, Fate.BREACHED),
            settled=False,
            answered_at=None,
            status__in=OPEN_STATUSES,
        )
        .annotate(
            due_day=Case(
                When(due_at__lt=now, then=Value(None, output_field=DateField())),
                default=TruncDate("due_at", tzinfo=ZONE),
            )
        )
        .values_list("team", "due_day")
        .annotate(count=Count("pk"))
    )
    found: dict[int, dict[date | None, int]] = defaultdict(lambda: defaultdict(int))
    for team, day, count in rows:
        found[team or usual][day] += count
    return found


def _by_day(waiting: Mapping[date | None, int], plan: Plan) -> tuple[int, ...]:
    counts = [0] * len(plan.dates)
    for day, count in waiting.items():
        if day is not None and (number := plan.due(day)) < len(counts):
            counts[number] += count
    return tuple(counts)


def _intake(since: date, today: date, usual: int) -> dict[int, dict[date, int]]:
    """Hand-overs with a promise by team and day."""
    rows = (
        _facts()
        .filter(day__gte=since, day__lt=today)
        .values_list("team", "day")
        .annotate(count=Count("pk", filter=_promised(Fate.RUNNING, Fate.MET, Fate.BREACHED)))
    )
    found: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for team, day, count in rows:
        found[team or usual][day] += count
    return found


def _answers(since: date, today: date, calendar: WorkingCalendar) -> tuple[int, ...]:
    """How many tickets each advisor answered on each working day on which they answered any."""
    rows = (
        _facts()
        .filter(
            day__gte=since - ANSWERED_WITHIN,
            day__lt=today,
            answered_at__gte=start_of(since),
            answered_at__lt=start_of(today),
            assignee__isnull=False,
        )
        .annotate(answered_on=TruncDate("answered_at", tzinfo=ZONE))
        .values_list("assignee", "answered_on")
        .annotate(count=Count("pk", filter=_promised(Fate.MET, Fate.BREACHED)))
    )
    days = (since + timedelta(days=number) for number in range((today - since).days))
    working = {day for day in days if calendar.is_working(day)}
    return tuple(sorted(count for _who, day, count in rows if count and day in working))


# --- who is there ---------------------------------------------------------------------------------


def _present(plan: Plan, hours: Hours) -> dict[int, list[tuple[float, ...]]]:
    """For every team its advisors with the share of each day that they are there for it.

    Who is in several teams is there for each of them in equal parts. Capacity weighs: somebody
    with half the capacity of the others answers half of what they do.
    """
    teams = _teams_of(advisors())
    people = sorted(teams)
    capacities = dict.fromkeys(people, USUAL_CAPACITY)
    profiles = AdvisorProfile.objects.filter(person__in=people)
    capacities |= dict(profiles.values_list("person", "capacity"))
    usual = sum(capacities.values()) / len(people) if people else 0
    shifts: dict[int, list[WeeklyShift]] = defaultdict(list)
    for row in Shift.objects.filter(person__in=people):
        shifts[row.person_id].append(WeeklyShift(row.weekday, row.starts, row.ends))
    absences: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for leave in Absence.objects.filter(person__in=people, last_day__gte=plan.dates[0]):
        absences[leave.person_id].append((leave.first_day, leave.last_day))
    found: dict[int, list[tuple[float, ...]]] = defaultdict(list)
    for pk in people:
        shares = presence(plan.dates, shifts=shifts[pk], absences=absences[pk], hours=hours)
        weight = capacities[pk] / usual / len(teams[pk]) if usual else 0.0
        for team in teams[pk]:
            found[team].append(tuple(share * weight for share in shares))
    return found


def _teams_of(people: Iterable[Any]) -> dict[int, list[int]]:
    """The teams of each of ``people`` who has any (one query)."""
    person = get_user_model()._meta.model_name
    rows = Team.members.through.objects.filter(
        **{f"{person}__in": people.values("pk")}  # type: ignore[attr-defined]
    )
    teams: dict[int, list[int]] = defaultdict(list)
    for who, team in rows.order_by("team_id").values_list(f"{person}_id", "team_id"):
        teams[who].append(team)
    return teams
