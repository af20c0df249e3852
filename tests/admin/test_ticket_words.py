"""Facts in words, in English (the message ids) so that no catalogue can change the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from chinese_calendar import constants
from django.utils import translation

import tickets
from klingdesk.core.days import DayKind
from tickets.admin.event_words import event_words
from tickets.admin.words import (
    HOLIDAY_NAMES,
    day_words,
    days_words,
    time_left_words,
)
from tickets.rules.sla import TimeLeft


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def day(why: str, *, counted: bool, name: str = "", provisional: bool = False) -> dict[str, Any]:
    return {
        "date": "2026-03-06",
        "counted": counted,
        "why": why,
        "name": name,
        "provisional": provisional,
    }


@pytest.mark.parametrize(
    ("given", "number", "words"),
    [
        (day("workday", counted=True), 2, "counted: working day 2"),
        (day("workday", counted=True), None, "counted: working day"),
        (day("weekend", counted=False), None, "not counted: weekend"),
        (
            day("holiday", counted=False, name="Spring Festival"),
            None,
            "not counted: Spring Festival",
        ),
        (day("fixed_holiday", counted=False), None, "not counted: public holiday"),
        (
            day("make_up", counted=True, name="Spring Festival"),
            1,
            "counted: working day 1 (make-up workday for Spring Festival)",
        ),
        (
            day("override_rest", counted=False, name="台风停工"),
            None,
            "not counted: 台风停工",
        ),
        (
            day("override_working", counted=True),
            3,
            "counted: working day 3 (working day set by the desk)",
        ),
        (
            day("workday", counted=True, provisional=True),
            1,
            "counted: working day 1 (provisional: the holiday notice is still to come)",
        ),
        (day("something new", counted=False), None, "not counted: something new"),
    ],
)
def test_day(given: dict[str, Any], number: int | None, words: str) -> None:
    assert day_words(given, number) == words


def test_every_kind_of_day_has_words() -> None:
    for kind in DayKind:
        words = day_words(day(kind.value, counted=kind.working))
        assert words not in (f"counted: {kind.value}", f"not counted: {kind.value}") or (
            kind is DayKind.WEEKEND
        )


def test_every_holiday_of_the_calendar_is_in_the_catalogue() -> None:
    assert {*constants.holidays.values(), *constants.workdays.values()} <= set(HOLIDAY_NAMES)


def test_days_are_numbered_as_they_are_counted() -> None:
    lines = days_words(
        [
            {"date": "2026-03-06", "counted": True, "why": "workday", "name": ""},
            {"date": "2026-03-07", "counted": False, "why": "weekend", "name": ""},
            {"date": "2026-03-09", "counted": True, "why": "workday", "name": ""},
        ]
    )
    assert [(line.date, line.words) for line in lines] == [
        ("Fri 6 Mar", "counted: working day 1"),
        ("Sat 7 Mar", "not counted: weekend"),
        ("Mon 9 Mar", "counted: working day 2"),
    ]


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (TimeLeft(2, 1000, False), "2 working days left"),
        (TimeLeft(1, 600, False), "1 working day left"),
        (TimeLeft(0, 185, False), "3 h left"),
        (TimeLeft(0, 59, False), "59 min left"),
        (TimeLeft(0, 0, False), "due now"),
        (TimeLeft(0, 0, True), "breached"),
        (TimeLeft(0, 12, True), "breached by 12 min"),
        (TimeLeft(1, 540, True), "breached by 1 working day"),
        (TimeLeft(3, 1620, True), "breached by 3 working days"),
    ],
)
def test_time_left(left: TimeLeft, words: str) -> None:
    assert time_left_words(left) == words


DUE = "2026-11-25T10:00:00+00:00"


@pytest.mark.parametrize(
    ("code", "old", "new", "words"),
    [
        (
            "ticket.handed_over",
            {},
            {"due_at": DUE},
            "Handed over; answer promised until Wed 25 Nov 18:00",
        ),
        ("ticket.handed_over", {}, {"due_at": None}, "Handed over without a promise"),
        ("ticket.routed", {}, {"team": "safety"}, "Routed to Safety team"),
        ("ticket.routed", {}, {"team": "gone"}, "Routed to gone"),
        ("ticket.claimed", {}, {"assignee": "a"}, "Taken"),
        ("ticket.released", {}, {}, "Given back to the queue"),
        (
            "ticket.contacted",
            {},
            {"kind": "call_back", "result": "no_answer", "next_try_at": DUE},
            "Call-back: No answer; next try Wed 25 Nov 18:00",
        ),
        (
            "ticket.contacted",
            {},
            {"kind": "private_message", "result": "sent", "next_try_at": None},
            "Private message: Sent",
        ),
        (
            "ticket.contacted",
            {},
            {"kind": "call_back", "result": "reached", "at": DUE},
            "Call-back: Reached (at Wed 25 Nov 18:00)",
        ),
        (
            "ticket.handed_over",
            {},
            {"due_at": None, "follows": "T00000007"},
            "Handed over without a promise; follows T00000007",
        ),
        (
            "ticket.routed",
            {},
            {"team": "safety", "reason": "rule", "rule": 10, "skill": "fraud"},
            "Routed to Safety team (rule 10); skill: fraud",
        ),
        (
            "ticket.routed",
            {},
            {"team": "safety", "reason": "default", "rule": None, "skill": ""},
            "Routed to Safety team (no rule fits)",
        ),
        (
            "ticket.rerouted",
            {},
            {"team": "safety", "reason": "rule", "rule": 3, "skill": ""},
            "Routed anew to Safety team after a chase (rule 3)",
        ),
        (
            "ticket.assigned",
            {},
            {"assignee": "a", "load": 2, "capacity": 20},
            "Assigned to a, the least loaded (2 of 20)",
        ),
        ("ticket.assigned", {}, {"assignee": "a"}, "Assigned to a"),
        (
            "ticket.released",
            {},
            {"reason": "absent"},
            "Back in the queue: the advisor is on leave",
        ),
        ("ticket.released", {}, {"reason": "left"}, "Back in the queue: the advisor has left"),
        (
            "ticket.transferred",
            {},
            {"team": "safety", "assignee": None, "skill": "fraud"},
            "Passed to Safety team; skill: fraud",
        ),
        (
            "ticket.transferred",
            {},
            {"team": "safety", "assignee": "a", "skill": ""},
            "Passed to a (Safety team)",
        ),
        (
            "ticket.waiting",
            {},
            {"next_try_at": DUE},
            "Waits for the user; look again Wed 25 Nov 18:00",
        ),
        ("ticket.resumed", {}, {}, "Work taken up again"),
        (
            "ticket.returned",
            {},
            {
                "missing": [
                    {"field": "account_id", "label": "", "why": "no such account"},
                    {"field": "", "label": "a picture", "why": ""},
                ]
            },
            "Returned to tier 1; missing: Account ID (no such account), a picture",
        ),
        (
            "ticket.completed",
            {"status": "returned", "account_id": "70****", "problem": "old", "extra.times": 2},
            {"status": "queued", "account_id": "71****", "problem": "new", "extra.times": 3},
            "Completed by tier 1: Account ID 70**** → 71****, times 2 → 3, Problem",
        ),
        ("ticket.completed", {}, {"status": "queued"}, "Completed by tier 1"),
        ("ticket.noted", {}, {"mentions": ["a", "b"]}, "Note to @a, @b"),
        (
            "ticket.prioritised",
            {"priority": 0},
            {"priority": 2},
            "Priority changed from Normal to Urgent",
        ),
        ("ticket.merged", {}, {"into": "T00000007"}, "Merged into T00000007"),
        ("ticket.merged_further", {}, {"into": "T00000007"}, "Now part of T00000007"),
        ("ticket.absorbed", {}, {"from": "T00000007"}, "T00000007 was merged into this one"),
        ("ticket.followed", {}, {"ticket": "T00000007"}, "The user came back; T00000007 follows"),
        ("ticket.reopened", {}, {"assignee": "a"}, "Reopened; a goes on"),
        ("ticket.reopened", {}, {"assignee": None}, "Reopened; waits in the queue"),
        ("ticket.cancelled", {}, {}, "Cancelled"),
        ("ticket.closed", {}, {}, "Closed: nobody came back about it"),
        ("ticket.watched", {}, {}, "Watches the ticket"),
        ("ticket.unwatched", {}, {}, "Watches the ticket no more"),
        ("ticket.noted", {}, {}, "Note"),
        ("ticket.resolved", {}, {"code": "refunded"}, "Resolved: Credits given back"),
        (
            "ticket.chased",
            {"priority": 0},
            {"priority": 1, "chases": 1},
            "Chased by the user (chase 1); priority is now High",
        ),
        (
            "ticket.chased",
            {"priority": 2},
            {"priority": 2, "chases": 4},
            "Chased by the user (chase 4)",
        ),
        ("ticket.revealed", {}, {}, "Account ID and contact details revealed"),
        (
            "ticket.revealed",
            {},
            {"what": ["account_id", "contact", "transcript"]},
            "Account ID and contact details revealed",
        ),
        (
            "ticket.revealed",
            {},
            {"what": ["account_id", "transcript"]},
            "Revealed: account ID, what was said and written",
        ),
        ("sla.met", {}, {}, "Promise kept in time"),
        ("sla.missed", {}, {}, "Promise kept too late"),
        ("sla.due_soon", {}, {"due_at": DUE}, "Due within a working day (Wed 25 Nov 18:00)"),
        (
            "sla.last_call",
            {},
            {"due_at": "2026-11-25T18:00:00+08:00"},
            "Due within two working hours (Wed 25 Nov 18:00)",
        ),
        ("sla.breached", {}, {"due_at": DUE}, "Promise breached (Wed 25 Nov 18:00)"),
        ("sla.overdue_day", {}, {"due_at": DUE}, "Breached by a working day"),
        ("sla.met", {}, {"clock": "resolve"}, "Solved in time"),
        ("sla.missed", {}, {"clock": "resolve"}, "Solved too late"),
        (
            "sla.due_soon",
            {},
            {"clock": "resolve", "due_at": DUE},
            "Solution due within a working day (Wed 25 Nov 18:00)",
        ),
        (
            "sla.last_call",
            {},
            {"clock": "resolve", "due_at": DUE},
            "Solution due within two working hours (Wed 25 Nov 18:00)",
        ),
        (
            "sla.breached",
            {},
            {"clock": "resolve", "due_at": DUE},
            "Solution overdue (Wed 25 Nov 18:00)",
        ),
        ("sla.overdue_day", {}, {"clock": "resolve"}, "Solution overdue by a working day"),
        (
            "sla.moved",
            {},
            {"clock": "resolve", "due_at": DUE},
            "The solution is due at another time (Wed 25 Nov 18:00)",
        ),
        (
            "sla.moved",
            {},
            {"clock": "contact", "due_at": DUE},
            "The promise is due at another time (Wed 25 Nov 18:00)",
        ),
        ("sla.recounted", {}, {"clock": "contact"}, "Due date counted anew; it stays"),
        ("sla.dropped", {}, {}, "Clocks stopped, neither kept nor broken"),
        ("sla.merged", {}, {"into": "T00000007"}, "The promise goes on with T00000007"),
        (
            "sla.merged",
            {},
            {"from": "T00000007", "clock": "contact", "due_at": DUE},
            "The earlier due date of T00000007 holds (Wed 25 Nov 18:00)",
        ),
        ("sla.new", {}, {}, "sla.new"),
        ("something.new", {}, {}, "something.new"),
    ],
)
def test_event(code: str, old: dict[str, Any], new: dict[str, Any], words: str) -> None:
    event = SimpleNamespace(code=code, old=old, new=new)
    assert event_words(event, teams={"safety": "Safety team"}) == words


@pytest.mark.parametrize("new", [None, [], {"due_at": "2026-99-99"}, {"due_at": 7}])
@pytest.mark.parametrize(
    "code",
    [
        *("ticket.handed_over", "ticket.chased", "ticket.returned", "ticket.completed"),
        *("ticket.assigned", "ticket.noted", "ticket.reopened", "sla.breached", "sla.merged"),
    ],
)
def test_odd_rows_of_the_past_still_have_words(code: str, new: Any) -> None:
    assert event_words(SimpleNamespace(code=code, old=None, new=new))


def test_every_event_that_services_write_has_words() -> None:
    written = re.compile(r'"((?:ticket|sla)\.(?!id\b)[a-z_]+)"')
    codes = {
        code
        for path in (Path(tickets.__file__).parent / "services").glob("*.py")
        for code in written.findall(path.read_text(encoding="utf-8"))
    }
    assert len(codes) > 20
    dumb = {
        code for code in codes if event_words(SimpleNamespace(code=code, old={}, new={})) == code
    }
    assert dumb == set()
