"""What is kept of a ticket for the reports, and the small number that says what became of it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klingdesk.core.calendar import WorkingCalendar
from tickets.rules import fact_profile as rule
from tickets.rules.fact_profile import Cause, Fate, Flag
from tickets.rules.sla import WorkingHours
from tickets.rules.sla_pauses import History, Pause, PauseReason
from tickets.rules.ticket_facts import ClockRow, TicketRow, counted, whole_hours

START = datetime(2026, 3, 4, 2, 30, tzinfo=UTC)  # a Wednesday, 10:30 in Shanghai
CALENDAR = WorkingCalendar()


def clock(**changes: object) -> ClockRow:
    values: dict[str, object] = {
        "started_at": START,
        "due_at": START + timedelta(days=5),
        "stopped_at": None,
        "breached_at": None,
        "paused": False,
        "dropped": False,
        "provisional": False,
        "hours": WorkingHours(time(9), time(18)),
        "status_at_due": "queued",
    }
    return ClockRow(**{**values, **changes})  # type: ignore[arg-type]


def row(**changes: object) -> TicketRow:
    values: dict[str, object] = {
        "status": "queued",
        "promise": True,
        "chases": 0,
        "returns": 0,
        "reopens": 0,
        "contact": clock(),
        "resolve": clock(),
    }
    return TicketRow(**{**values, **changes})  # type: ignore[arg-type]


@given(
    contact=st.sampled_from(Fate),
    resolve=st.sampled_from(Fate),
    causes=st.tuples(st.sampled_from(Cause), st.sampled_from(Cause)),
    flags=st.sets(st.sampled_from(list(Flag))),
)
def test_a_profile_keeps_all_that_is_put_into_it(
    contact: Fate, resolve: Fate, causes: tuple[Cause, Cause], flags: set[Flag]
) -> None:
    whole = Flag(0)
    for flag in flags:
        whole |= flag
    number = rule.profile(contact, resolve, *causes, whole)
    assert (rule.contact_fate(number), rule.resolve_fate(number)) == (contact, resolve)
    for flag in Flag:
        assert rule.with_flag(flag).matches(number) is (flag in flags)
    for fate in Fate:
        assert rule.with_contact(fate).matches(number) is (fate is contact)
        assert rule.with_resolve(fate).matches(number) is (fate is resolve)
    for cause in Cause:
        first, second = causes
        found = rule.breached_waiting_for(cause).matches(number)
        assert found is (contact is Fate.BREACHED and cause is first)
        found = rule.breached_waiting_for(cause, resolve=True).matches(number)
        assert found is (resolve is Fate.BREACHED and cause is second)
    late = rule.at_reading(number, contact_late=True, resolve_late=False)
    expected = Fate.BREACHED if contact is Fate.RUNNING else contact
    assert (rule.contact_fate(late), rule.resolve_fate(late)) == (expected, resolve)
    assert rule.breached_waiting_for(causes[0]).matches(late) is (expected is Fate.BREACHED)
    assert rule.EVERYTHING.matches(number)


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        ("new", Cause.ASSIGNMENT),
        ("queued", Cause.ASSIGNMENT),
        ("assigned", Cause.CONTACT),
        ("waiting", Cause.USER),
        ("returned", Cause.DETAILS),
        ("resolved", Cause.CONTACT),
    ],
)
def test_what_a_ticket_was_waiting_for(status: str, cause: Cause) -> None:
    late = clock(breached_at=START + timedelta(days=5), status_at_due=status)
    found = counted(row(contact=late), CALENDAR)
    assert rule.breached_waiting_for(cause).matches(found.profile)


def test_only_time_of_work_is_counted() -> None:
    two_days = START + timedelta(days=2)
    pause = Pause(START, START + timedelta(hours=3), PauseReason.WAITING)
    solved = Pause(START + timedelta(days=1, hours=23), None, PauseReason.SOLVED)
    stopped = row(
        status="resolved",
        contact=clock(stopped_at=START + timedelta(minutes=61)),
        resolve=clock(stopped_at=two_days),
        past=History((pause, solved)),
    )
    found = counted(stopped, CALENDAR)
    assert (found.contact_minutes, found.resolve_minutes) == (61, 15 * 60)
    assert (whole_hours(61), whole_hours(60), whole_hours(0)) == (2, 1, 0)
    assert (found.answered_at, found.solved_at) == (START + timedelta(minutes=61), two_days)
    assert found.settled


def test_a_pause_takes_nothing_away_after_the_stop() -> None:
    beyond = Pause(START + timedelta(hours=1), START + timedelta(days=9), PauseReason.WAITING)
    found = counted(
        row(resolve=clock(stopped_at=START + timedelta(hours=2)), past=History((beyond,))),
        CALENDAR,
    )
    assert found.resolve_minutes == 60


def test_what_may_still_change_by_itself_is_not_settled() -> None:
    assert not counted(row(), CALENDAR).settled
    gone = clock(stopped_at=START, dropped=True)
    assert not counted(row(contact=gone, resolve=gone), CALENDAR).settled  # it is open
    assert not counted(row(status="cancelled", contact=gone), CALENDAR).settled  # one runs
    cancelled = counted(row(status="cancelled", contact=gone, resolve=gone), CALENDAR)
    assert cancelled.settled
    assert (cancelled.answered_at, cancelled.contact_minutes) == (None, None)
    assert counted(row(status="closed", contact=None, resolve=None), CALENDAR).settled


def test_a_clock_that_stands_still_is_due_at_no_time() -> None:
    assert counted(row(resolve=clock(paused=True)), CALENDAR).resolve_due_at is None
    assert counted(row(), CALENDAR).resolve_due_at == START + timedelta(days=5)
