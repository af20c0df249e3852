"""Who is there to work: skills, room, shifts and absences of advisors."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from klingdesk.core.errors import NotFound
from klingdesk.core.roles import Role, roles_of
from klingdesk.database.composed import PERSON, ComposedValues
from tickets.models import Absence, AdvisorProfile, Shift, Ticket
from tickets.models.advisor import USUAL_CAPACITY
from tickets.models.labels import Assignment, ClockKind, Status
from tickets.rules.assignment import (
    Candidate,
    WeeklyShift,
    Why,
    choose_advisor,
    end_of_leave,
    is_on_shift,
)
from tickets.rules.shift_hours import Stretch, write_hours
from tickets.rules.sla import ZONE
from tickets.selectors.sla import current_policy, working_calendar

ON_THEIR_HANDS = ("assigned", "waiting")


def advisors() -> QuerySet[Any]:
    """Active people with the advisor's role."""
    people: QuerySet[Any] = get_user_model().objects.filter(
        is_active=True, is_staff=True, groups__name=Role.ADVISOR.value
    )
    return people


def absent_on(day: date) -> QuerySet[Absence]:
    """The absences that ``day`` lies in."""
    return Absence.objects.filter(first_day__lte=day, last_day__gte=day)


def is_absent_now(person: Any, *, now: datetime) -> bool:
    """Whether ``person`` is on leave on the day of ``now``."""
    return absent_on(now.astimezone(ZONE).date()).filter(person=person).exists()


def absent_until(person: Any, *, now: datetime) -> date | None:
    """The last day of the leave that ``person`` is on, None when on none; leaves that follow one
    another without a gap count as one."""
    today = now.astimezone(ZONE).date()
    spans = Absence.objects.filter(person=person, last_day__gte=today).order_by("first_day")
    return end_of_leave(today, spans.values_list("first_day", "last_day"))


@dataclass(frozen=True, slots=True)
class Taker:
    """What decides on the tickets that a person takes: ``teams`` by slug with their ids, what they
    know (nothing without a profile), and whether they are on leave today."""

    teams: Mapping[str, int]
    skills: frozenset[str]
    is_absent: bool


def taker_of(person: Any, *, now: datetime) -> Taker:
    """One statement."""
    rows = list(_taker().rows(person.pk, now.astimezone(ZONE).date()))
    _team_id, _slug, skills, is_absent = rows[0]
    teams = {slug: team_id for team_id, slug, *_rest in rows if team_id is not None}
    return Taker(teams, frozenset(skills or ()), is_absent)


_DAY = date.min
"""Stands in the statement for today."""


@cache
def _taker() -> ComposedValues:
    leave = absent_on(_DAY).filter(person=OuterRef("pk"))
    people = get_user_model().objects.filter(pk=PERSON).annotate(is_absent=Exists(leave))
    columns = people.values_list("teams", "teams__slug", "advisor_profile__skills", "is_absent")
    return ComposedValues(columns, PERSON, _DAY, kept=True)


def candidates_of(*, team_id: int, now: datetime) -> list[Candidate]:
    """All advisors of a team with what assignment asks; five queries and two for the calendar."""
    people = advisors().filter(teams=team_id).order_by("pk")
    ids = list(people.values_list("pk", flat=True))
    profiles = {row.person_id: row for row in AdvisorProfile.objects.filter(person__in=ids)}
    loads = {
        row["assignee"]: (row["load"], row["last"])
        for row in Ticket.objects.filter(assignee__in=ids)
        .order_by()
        .values("assignee")
        .annotate(
            load=Count("pk", filter=Q(status__in=ON_THEIR_HANDS)),
            last=Max("claimed_at"),
        )
    }
    present = present_among(ids, now=now)
    found = []
    for pk in ids:
        profile = profiles.get(pk)
        load, last = loads.get(pk, (0, None))
        found.append(
            Candidate(
                person=pk,
                skills=frozenset(profile.skills if profile else ()),
                capacity=profile.capacity if profile else USUAL_CAPACITY,
                load=load,
                is_present=pk in present,
                last_given=last,
            )
        )
    return found


def present_among(ids: Iterable[int], *, now: datetime) -> frozenset[int]:
    """Those of the people with ``ids`` who are on shift and not absent at ``now``."""
    wanted = list(ids)
    local = now.astimezone(ZONE)
    absent = set(
        absent_on(local.date()).filter(person__in=wanted).values_list("person_id", flat=True)
    )
    shifts: dict[int, list[WeeklyShift]] = defaultdict(list)
    for row in Shift.objects.filter(person__in=wanted):
        shifts[row.person_id].append(WeeklyShift(row.weekday, row.starts, row.ends))
    policy = current_policy(ClockKind.CONTACT)
    is_working_day = working_calendar().is_working(local.date())
    return frozenset(
        pk
        for pk in wanted
        if pk not in absent
        and is_on_shift(
            local,
            shifts[pk],
            is_working_day=is_working_day,
            opens=policy.opens,
            closes=policy.closes,
        )
    )


@dataclass(frozen=True, slots=True)
class AdvisorRow:
    """An advisor for the manager's list. ``until`` is the last day of leave, None when on none."""

    person: Any
    teams: tuple[str, ...]
    skills: tuple[str, ...]
    capacity: int
    load: int
    is_present: bool
    until: date | None


def advisor_rows(*, now: datetime) -> list[AdvisorRow]:
    """All active advisors by name. The number of queries is constant."""
    people = list(advisors().prefetch_related("teams").order_by("username"))
    ids = [person.pk for person in people]
    profiles = {row.person_id: row for row in AdvisorProfile.objects.filter(person__in=ids)}
    loads = dict(
        Ticket.objects.filter(assignee__in=ids, status__in=ON_THEIR_HANDS)
        .order_by()
        .values_list("assignee")
        .annotate(load=Count("pk"))
    )
    present = present_among(ids, now=now)
    today = now.astimezone(ZONE).date()
    leaves: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for row in Absence.objects.filter(person__in=ids, last_day__gte=today):
        leaves[row.person_id].append((row.first_day, row.last_day))
    found = []
    for person in people:
        profile = profiles.get(person.pk)
        found.append(
            AdvisorRow(
                person=person,
                teams=tuple(team.name for team in person.teams.all()),
                skills=tuple(profile.skills) if profile else (),
                capacity=profile.capacity if profile else USUAL_CAPACITY,
                load=loads.get(person.pk, 0),
                is_present=person.pk in present,
                until=end_of_leave(today, leaves[person.pk]),
            )
        )
    return found


def advisor_get(person_id: int, *, user: Any) -> Any:
    """An active advisor: managers may look at all, advisors at themselves. ``NotFound``."""
    roles = roles_of(user)
    person = advisors().filter(pk=person_id).first()
    if person is None or (Role.MANAGER not in roles and person.pk != user.pk):
        raise NotFound(_("There is no such advisor."))
    return person


def profile_of(person: Any) -> dict[str, Any]:
    """``{"skills": […], "capacity": 20, "hours": {"0": "09:00-18:00", …}}``; weekdays without
    a shift are left out."""
    profile = AdvisorProfile.objects.filter(person=person).first()
    stretches: dict[int, list[Stretch]] = defaultdict(list)
    for row in Shift.objects.filter(person=person):
        stretches[row.weekday].append((row.starts, row.ends))
    return {
        "skills": sorted(profile.skills) if profile else [],
        "capacity": profile.capacity if profile else USUAL_CAPACITY,
        "hours": {str(weekday): write_hours(each) for weekday, each in sorted(stretches.items())},
    }


def profile_version(profile: dict[str, Any]) -> str:
    """A short name of exactly this profile, to notice that somebody changed it."""
    text = json.dumps(profile, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def leaves_of(person: Any, *, now: datetime) -> list[Absence]:
    """Leave that is not over, the next first."""
    today = now.astimezone(ZONE).date()
    return list(Absence.objects.filter(person=person, last_day__gte=today).order_by("first_day"))


def why_unassigned(ticket: Ticket, *, now: datetime) -> Why | None:
    """Why the desk has not given a queued ticket to anybody; None where advisors take tickets
    themselves, and while somebody is about to get it."""
    team = ticket.team
    if ticket.status != Status.QUEUED or team is None or team.assignment != Assignment.AUTOMATIC:
        return None
    choice = choose_advisor(candidates_of(team_id=team.pk, now=now), skill=ticket.skill)
    return None if choice.person is not None else choice.why
