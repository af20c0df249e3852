"""One ticket and what is done to it: each method is what a service does, and leaves its events.

Time only goes forwards. ``until`` is the end of the history: what would come after it has not
happened, so a ticket is left in whatever state it is in by then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tickets.demo.book import Book, Person, column
from tickets.demo.clocks import FOREVER, LEVELS, Counting, Running
from tickets.demo.copying import NULL, json_column
from tickets.demo.patterns import PHONE, HandedOver
from tickets.rules.sla_pauses import PauseReason
from tickets.rules.ticket_number import format_number

SWEEP_SECONDS = 60
"""An alarm fires with the first sweep after its instant."""
Side = tuple[int, Callable[[int], None]]


@dataclass(frozen=True, slots=True)
class Setting:
    """What all tickets of a history have in common. ``teams``: slugs by id."""

    book: Book
    counting: Counting
    policies: dict[str, int]
    change: int
    teams: dict[int, str]
    until: int


class Life:
    def __init__(
        self,
        setting: Setting,
        pattern: HandedOver,
        *,
        agent: Person,
        account: str,
        created: int,
        transcript: str,
        consultation: int,
        by_phone: bool,
        follows: int | None = None,
    ) -> None:
        self.setting, self.book, self.days = setting, setting.book, setting.book.days
        self.until = setting.until
        self.pattern, self.agent, self.account = pattern, agent, account
        self.created = self.now = created
        self.transcript = transcript
        self.by_phone = by_phone
        self.follows = follows
        self.id = self.book.ticket_ids.take()
        self.status = "new"
        self.priority = 0
        self.team: int | None = None
        self.skill = ""
        self.assignee: Person | None = None
        self.routed_at: int | None = None
        self.claimed_at: int | None = None
        self.resolved_at: int | None = None
        self.answered_at: int | None = None
        self.ended_at: int | None = None
        self.next_try: int | None = None
        self.merged_into: int | None = None
        self.code = self.summary = ""
        self.missing = "[]"
        self.chases = self.returns = self.reopened = 0
        self.touched: int | None = None
        self.side: list[Side] = []
        self._pauses: list[tuple[int, int, PauseReason]] = []
        self._reopenings: list[int] = []
        self.clocks: list[Running] = []
        if pattern.promise:
            plain = setting.counting.plain
            kinds = setting.policies
            self.clocks = [Running(kind, created, plain(kind, created)) for kind in kinds]
        self._begin(consultation)

    # --- time -------------------------------------------------------------------------------------

    def reaches(self, at: int) -> bool:
        """Let time pass until ``at``; False when the history ends before."""
        end = min(at, self.until)
        while self.side and self.side[0][0] < end:
            when, act = self.side.pop(0)
            if when > self.now:
                self._pass(when)
                act(when)
        self._pass(end)
        return at <= self.until

    def _pass(self, now: int) -> None:
        for clock in self.clocks:
            while clock.next + SWEEP_SECONDS <= now:
                self._fire(clock, clock.next + SWEEP_SECONDS)
        self.now = now

    def _fire(self, clock: Running, now: int) -> None:
        due = self.days.iso(clock.counted.due)
        for level in clock.come(now):
            clock.fired.add(level)
            clock.alarms.append((level, now))
            self._tell(now, f"sla.{LEVELS[level]}", new=_of_clock(clock.kind, due))
        if clock.counted.due < now and clock.breached is None:
            clock.breached = clock.counted.due
        clock.look_ahead()

    # --- what is written down ---------------------------------------------------------------------

    def _tell(
        self,
        at: int,
        code: str,
        actor: Person | None = None,
        old: str = "{}",
        new: str = "{}",
        note: str = "",
    ) -> None:
        self.book.happened(at, self.id, code, actor, old, new, note)

    @property
    def number(self) -> str:
        return format_number(self.id)

    @property
    def is_open(self) -> bool:
        return self.status in ("new", "queued", "assigned", "waiting", "returned")

    def _touch(self, at: int) -> None:
        """Keep when a ticket was first more than queued or in somebody's hands."""
        if self.touched is None:
            self.touched = at

    def _begin(self, consultation: int) -> None:
        due = f'"{self.days.iso(self.clocks[0].counted.due)}"' if self.clocks else "null"
        follows = f', "follows": "{format_number(self.follows)}"' if self.follows else ""
        new = f'{{"consultation": {consultation}, "due_at": {due}{follows}}}'
        self._tell(self.created, "ticket.handed_over", self.agent, new=new)
        if self.follows is not None:
            said = f'{{"ticket": "{self.number}"}}'
            self.book.happened(self.created, self.follows, "ticket.followed", self.agent, new=said)

    def route(self, at: int) -> None:
        self.status, self.routed_at = "queued", at
        self.team, self.skill = self.pattern.team_id, self.pattern.skill
        self.priority = max(self.priority, self.pattern.priority)
        self._tell(at, "ticket.routed", old='{"status": "new"}', new=self.pattern.routed)

    def claim(self, at: int, advisor: Person) -> None:
        self.status, self.assignee, self.claimed_at = "assigned", advisor, at
        new = f'{{"status": "assigned", "assignee": "{advisor.username}"}}'
        self._tell(at, "ticket.claimed", advisor, '{"status": "queued"}', new)

    def release(self, at: int) -> None:
        former = self._in_hand()
        old = f'{{"status": "assigned", "assignee": "{former.username}"}}'
        self.status, self.assignee, self.claimed_at = "queued", None, None
        self._tell(at, "ticket.released", former, old, '{"status": "queued"}')

    def transfer(self, at: int, team: int, note: str) -> None:
        """To the queue of another team."""
        self._touch(at)
        former = self._in_hand()
        old = self._place()
        self.status, self.assignee, self.claimed_at = "queued", None, None
        self.team, self.skill = team, ""
        self._tell(at, "ticket.transferred", former, old, self._place(), note)

    def _place(self) -> str:
        team = self.setting.teams[self.team] if self.team is not None else ""
        who = f'"{self.assignee.username}"' if self.assignee else "null"
        return (
            f'{{"status": "{self.status}", "team": "{team}", "assignee": {who}, '
            f'"skill": "{self.skill}"}}'
        )

    def send_back(self, at: int, label: str, why: str) -> None:
        self._touch(at)
        former = self._in_hand()
        old = f'{{"status": "assigned", "assignee": "{former.username}"}}'
        self.returns += 1
        self.missing = json_column([{"field": "", "label": label, "why": why}])
        self.status, self.assignee, self.claimed_at, self.next_try = "returned", None, None, None
        new = f'{{"status": "returned", "missing": {self.missing}, "returns": {self.returns}}}'
        self._tell(at, "ticket.returned", former, old, new, why)

    def complete(self, at: int, note: str) -> None:
        self.status, self.missing = "queued", "[]"
        old, new = '{"status": "returned"}', '{"status": "queued"}'
        self._tell(at, "ticket.completed", self.agent, old, new, note)

    def note(self, at: int, who: Person, text: str) -> None:
        self._tell(at, "ticket.noted", who, note=text)

    def chase(self, at: int, who: Person, consultation: int | None, note: str) -> None:
        self._touch(at)
        old = f'{{"chases": {self.chases}, "priority": {self.priority}}}'
        self.chases += 1
        self.priority = max(self.priority, 2 if self.chases >= 3 else 1)
        new = (
            f'{{"chases": {self.chases}, "priority": {self.priority}, '
            f'"consultation": {consultation if consultation is not None else "null"}}}'
        )
        self._tell(at, "ticket.chased", who, old, new, note)

    def try_to_reach(
        self, at: int, kind: str, result: str, note: str, next_try: int | None = None
    ) -> None:
        """An attempt; ``reached`` and ``sent`` keep the promise."""
        self._touch(at)
        advisor = self._in_hand()
        stamp = self.days.stamp
        planned = f'"{self.days.iso(next_try)}"' if next_try is not None else "null"
        self.book.contacts.add(
            f"{self.id}\t{kind}\t{result}\t{note}\t{stamp(at)}\t{advisor.id}\t"
            f"{stamp(next_try) if next_try is not None else NULL}"
        )
        new = f'{{"kind": "{kind}", "result": "{result}", "at": null, "next_try_at": {planned}}}'
        self._tell(at, "ticket.contacted", advisor, new=new, note=note)
        self.next_try = next_try
        if result in ("reached", "sent", "read", "answered") and self.clocks:
            clock = self.clocks[0]
            if clock.stopped is None:
                self._stop(clock, at, advisor)
                self.answered_at = at

    def wait(self, at: int, next_try: int, note: str) -> None:
        self._touch(at)
        self.status, self.next_try = "waiting", next_try
        new = f'{{"status": "waiting", "next_try_at": "{self.days.iso(next_try)}"}}'
        self._tell(at, "ticket.waiting", self.assignee, '{"status": "assigned"}', new, note)
        for clock in self.clocks[1:]:
            self._fire(clock, at)
            clock.paused = at
            clock.look_ahead()

    def resume(self, at: int) -> None:
        planned = f'"{self.days.iso(self.next_try)}"' if self.next_try is not None else "null"
        self.status, self.next_try = "assigned", None
        old = f'{{"status": "waiting", "next_try_at": {planned}}}'
        self._tell(at, "ticket.resumed", self.assignee, old, '{"status": "assigned"}')
        for clock in self.clocks[1:]:
            if clock.paused is not None:
                self._pauses.append((clock.paused, at, PauseReason.WAITING))
                self._go_on(clock, at, "resumed")

    def resolve(self, at: int, code: str, summary: str) -> None:
        self._touch(at)
        self.status, self.resolved_at, self.next_try = "resolved", at, None
        self.code, self.summary = code, summary
        new = f'{{"status": "resolved", "code": "{code}"}}'
        self._tell(at, "ticket.resolved", self.assignee, '{"status": "assigned"}', new, summary)
        for clock in self.clocks[1:]:
            self._stop(clock, at, self.assignee)
        self.side.clear()

    def reopen(self, at: int, reason: str) -> None:
        """The former advisor goes on."""
        solved = self.resolved_at
        assert solved is not None  # noqa: S101 - it is resolved
        advisor = self._in_hand()
        old = (
            f'{{"status": "resolved", "assignee": "{advisor.username}", "code": "{self.code}", '
            f'"resolved_at": "{self.days.iso(solved)}"}}'
        )
        self.reopened += 1
        self.status, self.resolved_at, self.code, self.summary = "assigned", None, "", ""
        new = (
            f'{{"status": "assigned", "assignee": "{advisor.username}", '
            f'"reopened": {self.reopened}}}'
        )
        self._tell(at, "ticket.reopened", self.agent, old, new, reason)
        for clock in self.clocks[1:]:
            self._pauses.append((solved, at, PauseReason.SOLVED))
            self._reopenings.append(at)
            clock.stopped = None
            self._go_on(clock, at, "reopened")

    def close(self, at: int) -> None:
        self.status, self.ended_at = "closed", at
        self._tell(at, "ticket.closed", old='{"status": "resolved"}', new='{"status": "closed"}')

    def cancel(self, at: int, who: Person, reason: str) -> None:
        self._touch(at)
        old = self.status
        self.status, self.ended_at, self.next_try = "cancelled", at, None
        self._tell(
            at, "ticket.cancelled", who, f'{{"status": "{old}"}}', '{"status": "cancelled"}', reason
        )
        for clock in self.clocks:
            late = clock.paused is None and at > clock.counted.due
            if clock.stopped is None and (clock.breached is not None or late):
                self._stop(clock, at, None, cancelled=True)
        if self._drop(at):
            self._tell(at, "sla.dropped")
        self.side.clear()

    def merge_into(self, at: int, target: Life, who: Person, reason: str) -> None:
        """Into a ticket whose promises are all earlier and still open: it adopts none."""
        into = f'"into": "{target.number}"'
        self._drop(at)
        self._tell(at, "sla.merged", new=f"{{{into}}}")
        old, self.status = self.status, "merged"
        self.merged_into, self.ended_at, self.next_try = target.id, at, None
        new = f'{{"status": "merged", {into}}}'
        self._tell(at, "ticket.merged", who, f'{{"status": "{old}"}}', new, reason)
        standing = f'"priority": {target.pattern.priority}, "chases": 0'
        self.book.happened(
            *(at, target.id, "ticket.absorbed", who, f"{{{standing}}}"),
            f'{{"from": "{self.number}", {standing}, "watchers": []}}',
            reason,
        )
        self.side.clear()

    # --- clocks -----------------------------------------------------------------------------------

    def _in_hand(self) -> Person:
        assert self.assignee is not None  # noqa: S101 - the caller knows the state
        return self.assignee

    def _stop(
        self, clock: Running, at: int, actor: Person | None, *, cancelled: bool = False
    ) -> None:
        due = clock.counted.due
        clock.stopped, clock.paused = at, None
        if at > due and clock.breached is None:
            clock.breached = due
        clock.look_ahead()
        new = _of_clock(clock.kind, self.days.iso(due))
        if cancelled:
            new = new[:-1] + ', "cancelled": true}'
        self._tell(at, "sla.met" if clock.breached is None else "sla.missed", actor, new=new)

    def _go_on(self, clock: Running, at: int, cause: str) -> None:
        old = clock.counted.due
        clock.paused = None
        clock.counted = self.setting.counting.paused(clock.started, self._pauses, self._reopenings)
        clock.look_ahead()
        if clock.counted.due != old:
            new = (
                f'{{"clock": "{clock.kind}", "due_at": "{self.days.iso(clock.counted.due)}", '
                f'"cause": "{cause}"}}'
            )
            self._tell(at, "sla.moved", old=f'{{"due_at": "{self.days.iso(old)}"}}', new=new)

    def _drop(self, at: int) -> int:
        dropped = 0
        for clock in self.clocks:
            if clock.stopped is None:
                clock.stopped, clock.dropped, clock.paused = at, True, None
                clock.look_ahead()
                dropped += 1
        return dropped

    # --- rows -------------------------------------------------------------------------------------

    def write(self) -> None:
        """The rows of the ticket and its clocks, as they stand at the end of the history."""
        pattern = self.pattern
        contact = self.clocks[0] if self.clocks else None
        channel = phone = ""
        if pattern.promise:
            channel = "call_back" if self.by_phone else "private_message"
            phone = PHONE if self.by_phone else ""
        columns = (
            *(self.id, pattern.question_id, self.status, self.priority, column(self.team)),
            self.assignee.id if self.assignee else NULL,
            "t" if pattern.promise else "f",
            *(pattern.problem, pattern.demand, self.account, channel, phone),
            *(pattern.extra, pattern.tags, self.transcript, self.agent.id),
            *map(self._stamp, (self.created, self.routed_at, self.claimed_at, self.resolved_at)),
            self._stamp(self.answered_at),
            self._stamp(contact.counted.due if contact else None),
            "t" if contact and contact.counted.provisional else "f",
            *(self.code, self.summary, self.chases, self.skill, self._stamp(self.next_try)),
            *(self.missing, self.returns, self.reopened, column(self.merged_into)),
            *(column(self.follows), self._stamp(self.ended_at)),
        )
        self.book.tickets.add("\t".join(map(str, columns)))
        for clock in self.clocks:
            self._write_clock(clock)

    def _write_clock(self, clock: Running) -> None:
        pk = self.book.clock_ids.take()
        soon, last, _due, over = clock.counted.levels
        columns = (
            *(pk, self.id, clock.kind, self.setting.policies[clock.kind]),
            *map(self._stamp, (clock.started, clock.counted.due)),
            "t" if clock.counted.provisional else "f",
            clock.counted.days,
            *map(self._stamp, (soon, last, over)),
            self._stamp(None if clock.next == FOREVER else clock.next),
            self._stamp(clock.stopped),
            "t" if clock.dropped else "f",
            *map(self._stamp, (clock.paused, clock.breached)),
            self.setting.change,
        )
        self.book.clocks.add("\t".join(map(str, columns)))
        for level, at in clock.alarms:
            self.book.alarms.add(f"{pk}\t{LEVELS[level]}\t{self.days.stamp(at)}")

    def _stamp(self, at: int | None) -> str:
        return NULL if at is None else self.days.stamp(at)


def _of_clock(kind: str, due: str) -> str:
    return f'{{"clock": "{kind}", "due_at": "{due}"}}'
