"""How the due dates of a ticket came about: in sentences, day by day, and as a small calendar.

Needs the ticket's clocks with their policies and its events, which the ticket page has anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from klingdesk.moments import date_words, due_words, duration_words
from tickets.admin.calendar_days import Look, mark_of
from tickets.admin.month_grid import Month, months_between
from tickets.admin.ticket_promise import clock_promise
from tickets.admin.words import (
    DayInWords,
    day_words,
    days_words,
    reason_words,
)
from tickets.models import Clock, Ticket
from tickets.models.labels import ClockKind
from tickets.rules.sla_pauses import PauseReason
from tickets.selectors.clock_explanation import ClockExplanation, PauseLine, explain_clock
from tickets.selectors.clock_history import history_in
from tickets.selectors.due import TimeLeftReader

PAUSED, DUE, UNSURE = "‖", "◆", "?"
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class PictureCell:
    """``mark`` says without colour what ``classes`` say with it; ``words`` are read out."""

    date: date
    mark: str
    classes: str
    words: str


@dataclass(frozen=True, slots=True)
class LegendEntry:
    mark: str
    words: str


@dataclass(frozen=True, slots=True)
class PromisePicture:
    """One clock. ``level`` is the colour of the chip with ``words``."""

    kind: str
    title: str
    due_at: datetime | None
    words: str
    level: str
    provisional: bool
    sentences: list[str]
    days: list[DayInWords]
    months: list[Month[PictureCell]]
    legend: list[LegendEntry]


def promise_pictures(
    ticket: Ticket, *, reader: TimeLeftReader, now: datetime
) -> list[PromisePicture]:
    """Of all clocks of a ticket, the promise to the user first. No query of its own."""
    past = history_in(ticket.events.all())
    clocks = sorted(ticket.clocks.all(), key=lambda clock: ClockKind.values.index(clock.kind))
    pictures = []
    for clock in clocks:
        why = explain_clock(clock, past=past, calendar=reader.calendar)
        pictures.append(_picture(ticket, clock, why, reader=reader, now=now))
    return pictures


def _picture(
    ticket: Ticket, clock: Clock, why: ClockExplanation, *, reader: TimeLeftReader, now: datetime
) -> PromisePicture:
    policy = clock.policy if clock.kind == ClockKind.RESOLVE else None
    promise = clock_promise(ticket, clock, reader=reader, now=now, policy=policy)
    return PromisePicture(
        kind=clock.kind,
        title=str(ClockKind(clock.kind).label),
        due_at=promise.due_at,
        words=promise.words,
        level=promise.level,
        provisional=promise.provisional,
        sentences=clock_sentences(why),
        days=[*days_words(why.days), *(_given_back(day) for day in why.given_back)],
        months=_months(why, now),
        legend=_legend(),
    )


# --- in sentences ---------------------------------------------------------------------------------


def clock_sentences(why: ClockExplanation) -> list[str]:
    """From the start to the due date, a sentence for each thing that it follows from."""
    said = [_start_words(why), _days_sentence(why)]
    said += [_pause_words(pause) for pause in why.pauses]
    if why.moved_by:
        said.append(
            _("The due date moves by %(time)s of working time, to %(due)s.")
            % {"time": duration_words(why.moved_by), "due": due_words(why.due_at)}
        )
    if why.provisional:
        said.append(_("The holiday notice is still to come and may move this date."))
    if why.breached_at is not None:
        said.append(_("Breached since %(at)s; it stays so.") % {"at": due_words(why.breached_at)})
    return said


def _start_words(why: ClockExplanation) -> str:
    at = {"at": due_words(why.counted_from)}
    if why.reopened:
        return _("Reopened on %(at)s, which leaves a working day; that day is not counted.") % at
    return _("Handed over on %(at)s; that day is not counted.") % at


def _days_sentence(why: ClockExplanation) -> str:
    return ngettext(
        "%(days)d working day by version %(version)d of the policy ends on %(due)s.",
        "%(days)d working days by version %(version)d of the policy end on %(due)s.",
        why.working_days,
    ) % {
        "days": why.working_days,
        "version": why.policy_version,
        "due": due_words(why.unpaused_due_at),
    }


def _pause_words(pause: PauseLine) -> str:
    is_waiting = pause.reason == PauseReason.WAITING
    params = {
        "why": _("waiting for the user") if is_waiting else _("solved"),
        "start": due_words(pause.start),
        "end": due_words(pause.end) if pause.end else "",
        "time": duration_words(pause.minutes),
    }
    if pause.end is None:
        return _("Stands still since %(start)s (%(why)s).") % params
    return _("Stood still from %(start)s to %(end)s (%(why)s): %(time)s of working time.") % params


def _given_back(day: Mapping[str, Any]) -> DayInWords:
    """A day after the counted ones, on which the time of the pauses runs."""
    words = _("time of the pauses") if day["counted"] else day_words(day)
    return DayInWords(
        date=date_words(date.fromisoformat(day["date"])),
        counted=bool(day["counted"]),
        words=words,
        provisional=bool(day["provisional"]),
    )


# --- as a picture ---------------------------------------------------------------------------------


def _months(why: ClockExplanation, now: datetime) -> list[Month[PictureCell]]:
    start = timezone.localdate(why.counted_from)
    due = timezone.localdate(why.due_at)
    numbers: dict[date, int] = {}
    days: dict[date, Mapping[str, Any]] = {}
    for each in why.days:
        day = date.fromisoformat(each["date"])
        days[day] = each
        if each["counted"]:
            numbers[day] = len(numbers) + 1
    given = {date.fromisoformat(each["date"]): each for each in why.given_back}
    paused = _paused_days(why.pauses, why.stopped_at or now)

    def cell(day: date) -> PictureCell:
        said = days.get(day) or given.get(day)
        flags = [PAUSED] * (day in paused) + [DUE] * (day == due)
        if said is None:
            return _outside(day, is_start=day == start, flags=flags)
        flags += [UNSURE] * bool(said["provisional"])
        return _inside(day, said, numbers.get(day), is_given=day in given, flags=flags)

    return months_between(start, max(due, *days), cell, whole=False)


def _paused_days(pauses: Iterable[PauseLine], until: datetime) -> set[date]:
    """Dates that a pause touches; one that lasts goes on ``until`` then."""
    found: set[date] = set()
    for pause in pauses:
        day, last = timezone.localdate(pause.start), timezone.localdate(pause.end or until)
        while day <= last:
            found.add(day)
            day += timedelta(days=1)
    return found


def _outside(day: date, *, is_start: bool, flags: list[str]) -> PictureCell:
    mark, words = "", _("outside the promise")
    if is_start:
        mark = pgettext("mark of the day from which a promise is counted", "S")
        words = _("start, not counted")
    classes = "cal-start" if is_start else "cal-outside"
    return _cell(day, mark, classes, words, flags)


def _inside(
    day: date, said: Mapping[str, Any], number: int | None, *, is_given: bool, flags: list[str]
) -> PictureCell:
    look = _look(day, said)
    if is_given and said["counted"]:
        return _cell(day, "+", "cal-given", _("time of the pauses"), flags)
    words = day_words({**said, "provisional": False}, number)
    if number is None:
        return _cell(day, mark_of(look), f"cal-{look.value}", words, flags)
    mark = f"{number}{mark_of(look)}"
    classes = "cal-counted cal-make-up" if look is Look.MAKE_UP else "cal-counted"
    return _cell(day, mark, classes, words, flags)


def _look(day: date, said: Mapping[str, Any]) -> Look:
    if said["counted"]:
        return Look.MAKE_UP if day.weekday() >= _SATURDAY else Look.WORKING
    return Look.WEEKEND if said["why"] == "weekend" else Look.HOLIDAY


def _cell(day: date, mark: str, classes: str, words: str, flags: list[str]) -> PictureCell:
    told = {
        PAUSED: _("the clock stands still"),
        DUE: _("due"),
        UNSURE: _("provisional"),
    }
    names = {PAUSED: "cal-paused", DUE: "cal-due", UNSURE: "cal-provisional"}
    parts = [date_words(day), words, *(told[flag] for flag in flags)]
    return PictureCell(
        date=day,
        mark=mark + "".join(flags),
        classes=" ".join([classes, *(names[flag] for flag in flags)]),
        words=pgettext("between the parts of a list", ", ").join(parts),
    )


def _legend() -> list[LegendEntry]:
    return [
        LegendEntry(
            pgettext("mark of the day from which a promise is counted", "S"),
            _("start, not counted"),
        ),
        LegendEntry("1, 2, …", _("counted")),
        LegendEntry(mark_of(Look.WEEKEND), reason_words("weekend", "")),
        LegendEntry(mark_of(Look.HOLIDAY), _("holiday")),
        LegendEntry(mark_of(Look.MAKE_UP), _("make-up workday")),
        LegendEntry("+", _("time of the pauses")),
        LegendEntry(PAUSED, _("the clock stands still")),
        LegendEntry(DUE, _("due")),
        LegendEntry(UNSURE, _("provisional")),
    ]
