"""Automatic assignment: the least loaded of those who are there, able and have room."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.assignment import (
    Candidate,
    Choice,
    WeeklyShift,
    Why,
    choose_advisor,
    is_absent,
    is_on_shift,
)
from tickets.rules.sla import ZONE

LONG_AGO = datetime(2026, 1, 5, 9, tzinfo=ZONE)
FREE = Candidate(person=1, skills=frozenset(), capacity=10, load=0, is_present=True)

CANDIDATES = st.lists(
    st.builds(
        Candidate,
        person=st.integers(1, 50),
        skills=st.frozensets(st.sampled_from(["api", "refund"])),
        capacity=st.integers(0, 5),
        load=st.integers(0, 6),
        is_present=st.booleans(),
        last_given=st.none() | st.integers(0, 99).map(lambda days: LONG_AGO + timedelta(days=days)),
    ),
    max_size=8,
    unique_by=lambda each: each.person,
)


@given(CANDIDATES, st.sampled_from(["", "api"]))
def test_nobody_absent_unable_or_full_is_chosen_and_nobody_else_is_less_loaded(
    candidates: list[Candidate], skill: str
) -> None:
    choice = choose_advisor(candidates, skill=skill)
    able = [
        each
        for each in candidates
        if each.is_present and (not skill or skill in each.skills) and each.load < each.capacity
    ]
    assert (choice.person is not None) is bool(able)
    if choice.person is not None:
        chosen = next(each for each in candidates if each.person == choice.person)
        assert chosen in able
        assert all(chosen.load * each.capacity <= each.load * chosen.capacity for each in able), (
            "somebody else had more room"
        )


@given(CANDIDATES, st.randoms())
def test_the_sequence_of_candidates_does_not_matter(
    candidates: list[Candidate], rng: object
) -> None:
    mixed = list(candidates)
    rng.shuffle(mixed)  # type: ignore[attr-defined]
    assert choose_advisor(mixed, skill="") == choose_advisor(candidates, skill="")


@pytest.mark.parametrize(
    ("candidates", "why"),
    [
        ([], Why.NOBODY_PRESENT),
        ([replace(FREE, is_present=False)], Why.NOBODY_PRESENT),
        ([FREE], Why.NOBODY_SKILLED),
        ([replace(FREE, skills=frozenset({"api"}), load=10)], Why.ALL_FULL),
    ],
)
def test_it_says_why_nobody_was_chosen(candidates: list[Candidate], why: Why) -> None:
    assert choose_advisor(candidates, skill="api") == Choice(None, why)


def test_of_equals_who_was_given_one_longest_ago() -> None:
    lately = replace(FREE, person=2, last_given=LONG_AGO + timedelta(days=1))
    earlier = replace(FREE, person=3, last_given=LONG_AGO)
    assert choose_advisor([lately, earlier], skill="").person == 3
    assert choose_advisor([lately, earlier, replace(FREE, person=9)], skill="").person == 9


# --- shifts --------------------------------------------------------------------------------------

EARLY = WeeklyShift(weekday=0, starts=time(8), ends=time(12))


@pytest.mark.parametrize(
    ("moment", "shifts", "is_working_day", "on_shift"),
    [
        pytest.param("2026-11-23 09:00", [], True, True, id="desk's hours, opening"),
        pytest.param("2026-11-23 08:59", [], True, False, id="desk's hours, before"),
        pytest.param("2026-11-23 18:00", [], True, False, id="desk's hours, closed"),
        pytest.param("2026-11-23 10:00", [], False, False, id="no working day"),
        pytest.param("2026-11-23 08:00", [EARLY], True, True, id="own shift"),
        pytest.param("2026-11-23 12:00", [EARLY], True, False, id="own shift is over"),
        pytest.param("2026-11-24 10:00", [EARLY], True, False, id="not their weekday"),
        pytest.param("2026-11-28 10:00", [EARLY], True, True, id="make-up Saturday"),
        pytest.param("2026-11-28 10:00", [EARLY], False, False, id="plain Saturday"),
    ],
)
def test_shifts(
    moment: str, shifts: list[WeeklyShift], is_working_day: bool, on_shift: bool
) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=ZONE)
    given_hours = {"opens": time(9), "closes": time(18)}
    assert is_on_shift(at, shifts, is_working_day=is_working_day, **given_hours) is on_shift


def test_absence_takes_in_both_its_ends() -> None:
    leave = [(date(2026, 11, 23), date(2026, 11, 24))]
    days = [date(2026, 11, day) for day in (22, 23, 24, 25)]
    assert [is_absent(day, leave) for day in days] == [False, True, True, False]
