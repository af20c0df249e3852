"""The clocks of made-up tickets, counted by the rules: once for each day where that will do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from klingdesk.core.calendar import WorkingCalendar
from tickets.demo.copying import escaped
from tickets.demo.days import DAY, Days
from tickets.rules.sla import Policy
from tickets.rules.sla_pauses import NOTHING_HAPPENED, Counted, History, Pause, PauseReason, count
from tickets.selectors.due import days_as_json

LEVELS = ("due_soon", "last_call", "breached", "overdue_day")
FOREVER = 1 << 40


@dataclass(frozen=True, slots=True)
class Due:
    """A counted clock: ``levels`` are the instants of ``LEVELS``; ``days`` is ready for COPY."""

    due: int
    provisional: bool
    days: str
    levels: tuple[int, int, int, int]


class Counting:
    """Counts the clocks of one history, with one calendar and the policies in force."""

    def __init__(self, policies: dict[str, Policy], calendar: WorkingCalendar, days: Days) -> None:
        self._policies = policies
        self._calendar = calendar
        self._days = days
        self._plain: dict[tuple[str, int], Due] = {}
        self._texts: dict[tuple[object, object, int], str] = {}

    def plain(self, kind: str, started: int) -> Due:
        key = (kind, started // DAY)
        found = self._plain.get(key)
        if found is None:
            found = self._plain[key] = self._count(kind, started, NOTHING_HAPPENED)
        return found

    def paused(
        self, started: int, pauses: Sequence[tuple[int, int, PauseReason]], reopened: Sequence[int]
    ) -> Due:
        """The solution's clock after its pauses."""
        instant = self._days.instant
        past = History(
            tuple(Pause(instant(start), instant(end), reason) for start, end, reason in pauses),
            tuple(instant(each) for each in reopened),
        )
        return self._count("resolve", started, past)

    def _count(self, kind: str, started: int, past: History) -> Due:
        found = count(
            self._days.instant(started),
            past,
            policy=self._policies[kind],
            calendar=self._calendar,
        )
        since = self._days.since
        alarms = found.alarms
        return Due(
            due=since(found.due_at),
            provisional=found.provisional,
            days=self._text(found),
            levels=(
                since(alarms.due_soon_at),
                since(alarms.last_call_at),
                since(alarms.breached_at),
                since(alarms.overdue_at),
            ),
        )

    def _text(self, found: Counted) -> str:
        key = (found.days[0].date, found.days[-1].date, len(found.days))
        text = self._texts.get(key)
        if text is None:
            rows = days_as_json(found.days)
            text = self._texts[key] = escaped(json.dumps(rows, ensure_ascii=False))
        return text


class Running:
    """One clock of one ticket while its life is told; what never comes is ``FOREVER``."""

    __slots__ = (
        "alarms",
        "breached",
        "counted",
        "dropped",
        "fired",
        "kind",
        "next",
        "paused",
        "started",
        "stopped",
    )

    def __init__(self, kind: str, started: int, counted: Due) -> None:
        self.kind = kind
        self.started = started
        self.counted = counted
        self.next = min(counted.levels)
        self.fired: set[int] = set()
        self.alarms: list[tuple[int, int]] = []
        self.stopped: int | None = None
        self.dropped = False
        self.paused: int | None = None
        self.breached: int | None = None

    def come(self, now: int) -> list[int]:
        """Numbers of the levels that have come before ``now`` and have not fired, by instant."""
        levels = self.counted.levels
        found = [each for each in range(4) if levels[each] < now and each not in self.fired]
        return sorted(found, key=levels.__getitem__)

    def look_ahead(self) -> None:
        """Set ``next`` to the first level that has not fired; never while it stands still."""
        if self.paused is not None or self.stopped is not None:
            self.next = FOREVER
            return
        levels = self.counted.levels
        self.next = min(
            (levels[each] for each in range(4) if each not in self.fired), default=FOREVER
        )
