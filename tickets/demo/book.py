"""What has happened so far, on its way into the tables of the desk.

Events are kept by day until every ticket that could add to that day is written, so that their ids
are in the order in which things happened, as they are on a desk that lives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kb.models import LoggedSearch
from tickets.demo.copying import NULL, Ids, Table
from tickets.demo.days import DAY, Days
from tickets.demo.patterns import Walk
from tickets.models import (
    Clock,
    ClockAlarm,
    Consultation,
    ContactAttempt,
    FlowRun,
    RunStep,
    Ticket,
    TicketEvent,
)

_TICKET = (
    *("id", "question_id", "status", "priority", "team_id", "assignee_id", "promise", "problem"),
    *("demand", "account_id", "contact_channel", "contact_value", "extra", "tags", "transcript"),
    *("handed_over_by_id", "created_at", "routed_at", "claimed_at", "resolved_at"),
    *("first_answered_at", "due_at", "due_provisional", "resolution_code", "resolution_summary"),
    *("chase_count", "skill", "next_try_at", "missing", "bounce_count", "reopen_count"),
    *("merged_into_id", "follows_id", "ended_at"),
)
_CLOCK = (
    *("id", "ticket_id", "kind", "policy_id", "started_at", "due_at", "provisional", "days"),
    *("due_soon_at", "last_call_at", "overdue_at", "next_alarm_at", "stopped_at", "dropped"),
    *("paused_since", "breached_at", "counted_with"),
)
_STEP = (
    *("run_id", "number", "node", "kind", "prompt", "script", "value", "label", "values"),
    *("automatic", "checked", "shown_at", "answered_at", "answered_by_id"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """``name``: as it stands inside a JSON text of a COPY line."""

    id: int
    username: str
    name: str


class Book:
    """``free`` returns when the connection may be used (``Ids``)."""

    def __init__(self, days: Days, *, free: Callable[[], None] = lambda: None) -> None:
        self.days = days
        self.tickets = Table(Ticket, *_TICKET)
        self.clocks = Table(Clock, *_CLOCK)
        self.alarms = Table(ClockAlarm, "clock_id", "level", "fired_at")
        self.contacts = Table(
            ContactAttempt, "ticket_id", "kind", "result", "note", "at", "by_id", "next_try_at"
        )
        self.consultations = Table(
            Consultation,
            *("id", "agent_id", "channel", "utterance", "question_id", "status", "account_id"),
            *("ticket_id", "started_at", "parked_at", "finished_at"),
        )
        self.runs = Table(
            FlowRun, "id", "consultation_id", "version_id", "question_revision", "started_at"
        )
        self.steps = Table(RunStep, *_STEP)
        self.events = Table(
            TicketEvent, "ticket_id", "code", "actor_id", "at", "old", "new", "note"
        )
        self.searches = Table(
            LoggedSearch,
            *("asked_at", "words", "group_key", "results", "confident", "chosen", "retyped"),
        )
        self.ticket_ids = Ids(Ticket, free=free)
        self.clock_ids = Ids(Clock, free=free)
        self.consultation_ids = Ids(Consultation, free=free)
        self.run_ids = Ids(FlowRun, free=free)
        self._to_come: dict[int, list[tuple[int, int, str]]] = {}
        self._told = 0

    @property
    def tables(self) -> tuple[Table, ...]:
        """In an order in which each row finds what it refers to."""
        return (
            *(self.tickets, self.consultations, self.runs, self.steps),
            *(self.clocks, self.alarms, self.contacts, self.events, self.searches),
        )

    def happened(
        self,
        at: int,
        ticket: int,
        code: str,
        actor: Person | None,
        old: str = "{}",
        new: str = "{}",
        note: str = "",
    ) -> None:
        """An event. ``old`` and ``new`` are JSON, ready for COPY as ``note`` is."""
        self._told += 1
        line = (
            f"{ticket}\t{code}\t{actor.id if actor else NULL}\t{self.days.stamp(at)}"
            f"\t{old}\t{new}\t{note}"
        )
        self._to_come.setdefault(at // DAY, []).append((at, self._told, line))

    def settle(self, before_day: int | None = None) -> None:
        """Write down the events of all days before ``before_day`` (None: of all)."""
        ripe = [day for day in self._to_come if before_day is None or day < before_day]
        for day in sorted(ripe):
            rows = self._to_come.pop(day)
            rows.sort()
            self.events.lines.extend([line for _at, _told, line in rows])

    def walked(self, walk: Walk, consultation: int, agent: Person, started: int) -> None:
        """A run of a flow that began at ``started``."""
        stamp = self.days.stamp
        run = self.run_ids.take()
        self.runs.add(
            f"{run}\t{consultation}\t{walk.version_id}\t{walk.revision}\t{stamp(started)}"
        )
        for columns, shown, answered in walk.steps:
            self.steps.add(
                f"{run}\t{columns}\t{stamp(started + shown)}\t{stamp(started + answered)}"
                f"\t{agent.id}"
            )

    def reserve(self, count: int) -> None:
        """Have so many ids of each kind at hand."""
        for ids in (self.ticket_ids, self.clock_ids, self.consultation_ids, self.run_ids):
            ids.reserve(count)

    def filled(self) -> Iterator[tuple[Table, bytes]]:
        """Everything that can be written now, table by table."""
        for table in self.tables:
            data = table.taken()
            if data:
                yield table, data


def column(value: Any) -> str:
    return NULL if value is None else str(value)
