"""The forecast: exact where it can be counted by hand, monotone in every draw, repeatable."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from datetime import date, datetime
from datetime import time as clock
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klingdesk.core.calendar import Override, WorkingCalendar
from tickets.rules.assignment import WeeklyShift
from tickets.rules.forecast import (
    RUNS,
    Arrival,
    Day,
    Team,
    _picked,
    _team_breaches,
    on_leave,
    simulate,
    with_advisors,
)
from tickets.rules.forecast import _sorted as as_sample
from tickets.rules.forecast_days import (
    HORIZON,
    REST,
    WORKING,
    Hours,
    coming_days,
    intake_samples,
    kind_of,
    presence,
)
from tickets.rules.sla import ZONE

HOURS = Hours(opens=clock(9), closes=clock(18))
CALENDAR = WorkingCalendar()


def whole_days(count: int, *, due_after: int = 3) -> tuple[Day, ...]:
    return tuple(Day(1.0, (Arrival("any", 1.0, number + due_after),)) for number in range(count))


counts = st.integers(min_value=0, max_value=40)
shares = st.sampled_from((0.0, 0.25, 0.5, 1.0))


@st.composite
def teams(draw: st.DrawFn, days: int = 4) -> Team:
    return Team(
        key=draw(st.integers(min_value=1, max_value=3)),
        late=draw(counts),
        backlog=tuple(draw(st.lists(counts, min_size=days, max_size=days))),
        intake={"any": tuple(draw(st.lists(counts, min_size=0, max_size=4)))},
        present=tuple(
            tuple(draw(st.lists(shares, min_size=days, max_size=days)))
            for _advisor in range(draw(st.integers(min_value=0, max_value=4)))
        ),
    )


samples = st.lists(st.integers(min_value=0, max_value=15), min_size=1, max_size=6)
seeds = st.integers(min_value=0, max_value=2**32)
dues = st.integers(min_value=1, max_value=4)


def breaches(team: Team, answers: list[int], seed: int, due_after: int) -> Any:
    return _team_breaches(whole_days(4, due_after=due_after), team, as_sample(answers), seed, 30)


@given(teams(), samples, seeds, dues, st.integers(min_value=1, max_value=3))
def test_more_advisors_never_mean_more_breaches(
    team: Team, answers: list[int], seed: int, due_after: int, more: int
) -> None:
    """In every draw and on every day, not only on average."""
    with_them = breaches(with_advisors(team, more, 4), answers, seed, due_after)
    assert (with_them <= breaches(team, answers, seed, due_after)).all()
    with_less = breaches(with_advisors(team, -more, 4), answers, seed, due_after)
    assert (with_less >= breaches(team, answers, seed, due_after)).all()


@given(teams(), samples, seeds, dues, st.sets(st.integers(min_value=0, max_value=3)))
def test_leave_never_means_less(
    team: Team, answers: list[int], seed: int, due_after: int, days: set[int]
) -> None:
    away = breaches(on_leave(team, frozenset(days)), answers, seed, due_after)
    assert (away >= breaches(team, answers, seed, due_after)).all()


@given(teams(), samples, seeds, dues, counts, st.lists(counts, min_size=4, max_size=4))
def test_more_backlog_never_means_less(
    team: Team, answers: list[int], seed: int, due_after: int, late: int, more: list[int]
) -> None:
    longer = Team(
        team.key,
        team.late + late,
        tuple(a + b for a, b in zip(team.backlog, more, strict=True)),
        team.intake,
        team.present,
    )
    there = breaches(longer, answers, seed, due_after)
    assert (there >= breaches(team, answers, seed, due_after)).all()


@given(teams(), samples, seeds)
def test_the_same_seed_gives_the_same(team: Team, answers: list[int], seed: int) -> None:
    days = whole_days(4, due_after=1)
    first = simulate(days, [team], answers=answers, seed=seed, runs=50)
    again = simulate(days, [team], answers=list(reversed(answers)), seed=seed, runs=50)
    assert first == again


def test_other_seeds_draw_others() -> None:
    team = Team(1, 0, (30,) * 4, {"any": (10, 50)}, ((1.0,) * 4,) * 3)
    means = {
        simulate(whole_days(4), [team], answers=[5, 9, 14], seed=seed, runs=50).total.mean
        for seed in range(10)
    }
    assert len(means) > 5


class _Highest:
    """Draws the largest number that there is."""

    def random(self, shape: tuple[int, ...], dtype: Any) -> Any:
        return np.full(shape, 1 - 2**-24, dtype=dtype)


@given(st.integers(min_value=1, max_value=100_000))
def test_the_highest_draw_picks_the_last_of_a_sample(size: int) -> None:
    picked = _picked(np.arange(size), _Highest(), (2, 3))  # type: ignore[arg-type]
    assert (picked == size - 1).all()


@given(samples, seeds, st.integers(min_value=0, max_value=3))
def test_nothing_comes_of_nothing(answers: list[int], seed: int, people: int) -> None:
    team = Team(1, 0, (0,) * 4, {"any": (0, 0)}, ((1.0,) * 4,) * people)
    total = simulate(whole_days(4), [team], answers=answers, seed=seed, runs=20).total
    assert (total.mean, total.p10, total.p90) == (0.0, 0, 0)


@given(teams(), seeds, dues)
def test_without_anybody_all_that_falls_due_is_breached(
    team: Team, seed: int, due_after: int
) -> None:
    alone = Team(team.key, team.late, team.backlog, {"any": (7,)}, ())
    found = simulate(whole_days(4, due_after=due_after), [alone], answers=[3], seed=seed, runs=5)
    expected = [team.backlog[number] + (7 if number >= due_after else 0) for number in range(4)]
    assert [day.mean for day in found.days] == expected
    assert found.total.p50 == sum(expected)


def test_a_case_that_can_be_counted_out() -> None:
    """Two days, one advisor who answers 1 or 3, 0 or 2 hand-overs that fall due the next day."""
    days = whole_days(2, due_after=1)
    team = Team(1, late=1, backlog=(2, 1), intake={"any": (0, 2)}, present=((1.0, 1.0),))
    exact: Counter[tuple[int, int]] = Counter()
    for first, second, came in itertools.product((1, 3), (1, 3), (0, 2)):
        waiting = [1, 2, 1 + came]  # late, due on the first day, due on the second
        waiting = answered(waiting, first)
        on_first = waiting[1]
        waiting = answered([waiting[0] + waiting[1], 0, waiting[2]], second)
        exact[(on_first, waiting[2])] += 1
    runs = 40_000
    forecast = simulate(days, [team], answers=[1, 3], seed=7, runs=runs)
    for number in (0, 1):
        mean = sum(Fraction(case[number] * weight, 8) for case, weight in exact.items())
        assert forecast.days[number].mean == pytest.approx(float(mean), abs=0.02)
        spread = sorted(case[number] for case, weight in exact.items() for _n in range(weight))
        band = forecast.days[number]
        assert (band.p10, band.p90) == (spread[0], spread[-1])
    total = sum(Fraction(sum(case) * weight, 8) for case, weight in exact.items())
    assert forecast.total.mean == pytest.approx(float(total), abs=0.03)


def answered(waiting: list[int], room: int) -> list[int]:
    """By hand: one ticket after the other, the earliest due first."""
    left = list(waiting)
    for _ticket in range(room):
        for kind, count in enumerate(left):
            if count:
                left[kind] -= 1
                break
    return left


@given(teams(), st.lists(st.just(3), min_size=1, max_size=3), dues)
def test_one_draw_is_the_queue_worked_by_hand(
    team: Team, answers: list[int], due_after: int
) -> None:
    """With nothing left to chance the simulation is the queue itself, ticket by ticket."""
    fixed = Team(team.key, team.late, team.backlog, {"any": (5,)}, team.present)
    waiting = [fixed.late, *fixed.backlog, 0, 0, 0, 0]
    expected = []
    for number in range(4):
        waiting[number + due_after + 1] += 5
        waiting = answered(waiting, int(sum(3 * row[number] for row in fixed.present)))
        expected.append(waiting[number + 1])
        waiting[0] += waiting[number + 1]
        waiting[number + 1] = 0
    found = breaches(fixed, answers, 1, due_after)
    assert [list(row) for row in found] == [expected] * 30


def test_it_is_fast_whatever_the_backlog() -> None:
    many = tuple(
        Team(key, 20_000, (4_000,) * 5, {"any": tuple(range(100, 140))}, ((1.0,) * 5,) * 50)
        for key in range(1, 5)
    )
    days = whole_days(5)
    simulate(days, many, answers=list(range(20)), seed=1)
    began = time.perf_counter()
    simulate(days, many, answers=list(range(20)), seed=1, runs=RUNS)
    assert time.perf_counter() - began < 1.5  # 40 ms on an idle machine


# --- days -----------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("now", "first", "share"),
    [
        ("2026-03-04T10:30", "2026-03-04", 7.5 / 9),  # a Wednesday
        ("2026-03-04T08:00", "2026-03-04", 1.0),
        ("2026-03-04T18:00", "2026-03-05", 1.0),
        ("2026-03-07T12:00", "2026-03-09", 1.0),  # a Saturday
        ("2026-02-14T12:00", "2026-02-14", 6 / 9),  # a make-up workday, then nine days off
    ],
)
def test_the_days_begin_with_the_rest_of_today(now: str, first: str, share: float) -> None:
    plan = coming_days(at(now), calendar=CALENDAR, hours=HOURS, working_days=3)
    assert plan.dates[0] == date.fromisoformat(first)
    assert len(plan.dates) == len(plan.days) == HORIZON
    assert all(CALENDAR.is_working(day) for day in plan.dates)
    assert plan.days[0].share == pytest.approx(share)
    assert all(day.share == 1.0 for day in plan.days[1:])


def test_what_comes_in_at_the_weekend_waits_for_monday() -> None:
    plan = coming_days(at("2026-03-06T13:30"), calendar=CALENDAR, hours=HOURS, working_days=3)
    friday, monday = plan.days[0], plan.days[1]
    assert friday.arrivals == (Arrival("4", 0.5, 3),)
    assert [each.kind for each in monday.arrivals] == ["5", "6", "0"]
    # From Saturday and Sunday day 1 is Monday: Wednesday; from Monday it is Tuesday: Thursday.
    assert [each.due for each in monday.arrivals] == [3, 3, 4]
    assert plan.due(date(2026, 3, 6)) == 0
    assert plan.due(date(2026, 3, 7)) == 1
    assert plan.due(date(2026, 3, 13)) == HORIZON


@given(
    st.dates(date(2026, 1, 1), date(2026, 11, 30)),
    st.times(),
    dues,
)
def test_every_coming_calendar_day_comes_in_once(
    today: date, moment: clock, working_days: int
) -> None:
    now = datetime.combine(today, moment, ZONE)
    plan = coming_days(now, calendar=CALENDAR, hours=HOURS, working_days=working_days)
    came = [each for day in plan.days for each in day.arrivals]
    assert len(came) == (plan.dates[-1] - now.date()).days + 1
    for number, day in enumerate(plan.days):
        # What came in on days off before may fall due on this very day; its own later.
        assert all(each.due >= number for each in day.arrivals)
        assert day.arrivals[-1].due > number


def test_holidays_and_make_up_days_are_no_example() -> None:
    first, last = date(2026, 2, 9), date(2026, 2, 27)  # the Spring Festival within
    handed = {date(2026, 2, 14): 500, date(2026, 2, 17): 900, date(2026, 2, 9): 10}
    found = intake_samples(handed, first=first, last=last, calendar=CALENDAR)
    assert found["0"] == (10,)  # 16 and 23 February were holidays
    assert 500 not in found[WORKING]
    assert 900 not in found[REST]
    assert len(found[WORKING]) == sum(len(found[str(day)]) for day in range(5))


def test_a_day_is_drawn_by_its_kind() -> None:
    assert kind_of(date(2026, 3, 4), CALENDAR) == "2"
    assert kind_of(date(2026, 3, 7), CALENDAR) == "5"
    assert kind_of(date(2026, 2, 14), CALENDAR) == WORKING
    assert kind_of(date(2026, 2, 17), CALENDAR) == REST
    closed = WorkingCalendar({date(2026, 3, 4): Override(False, "moving house")})
    assert kind_of(date(2026, 3, 4), closed) == REST


def test_who_is_there() -> None:
    week = [date(2026, 3, day) for day in (9, 10, 11, 12, 13)]
    assert presence(week, shifts=[], absences=[], hours=HOURS) == (1.0,) * 5
    morning = [WeeklyShift(0, HOURS.opens, clock(13, 30))]
    assert presence(week, shifts=morning, absences=[], hours=HOURS) == (0.5, 0, 0, 0, 0)
    away = [(week[1], week[2]), (week[4], date(2026, 4, 1))]
    assert presence(week, shifts=[], absences=away, hours=HOURS) == (1, 0, 0, 1, 0)
    make_up = date(2026, 2, 14)
    assert presence([make_up], shifts=morning, absences=[], hours=HOURS) == (1.0,)
