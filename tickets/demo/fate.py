"""What becomes of a ticket, drawn in the proportions of a desk that mostly keeps its word.

Of a hundred promised answers about five come late: because nobody took the ticket, because whoever
had it did not reach the user, or because the desk waited for the user first. The shares below are
those of the whole; what happens by itself (a long queue, a user who cannot be reached) comes on
top.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from tickets.demo.book import Person
from tickets.demo.copying import escaped
from tickets.demo.days import DAY, MINUTE
from tickets.demo.life import Life

TAKEN_LATE = 0.016
REACHED_LATE = 0.014
USER_WAITING = 0.010
CANCELLED = 0.025
RETURNED = 0.05
TRANSFERRED = 0.03
RELEASED = 0.015
WAITS = 0.12
SLOW = 0.025
REOPENED = 0.035
CHASED = 0.11
NOTED = 0.10
NOT_REACHED = 0.28

_CODES = ("fixed", "refunded", "explained", "not_reproducible", "referred", "other")
_CODE_WEIGHTS = (30, 25, 32, 5, 5, 3)
_SUMMARIES = (
    "已核实并处理，已告知用户。",
    "核实后退回多扣的部分，用户认可。",
    "已向用户说明原因和规则。",
)
_NOTES = ("已转技术核查，明早看结果。", "用户上午不方便接听，下午再打。", "同类问题本周第三次。")
_CHASES = ("用户再次来询，催问进度。", "用户催单，希望今天有结果。", "用户情绪着急，请尽快回复。")
_MISSING = (
    ("订单截图", "看不出扣费时间"),
    ("作品链接", "找不到对应的作品"),
    ("具体时间", "说法前后不一致"),
)
_REASON_CANCEL = escaped("用户表示问题已自行解决，撤回诉求。")
_REASON_REOPEN = escaped("用户反映问题再次出现。")
_WAIT_NOTE = escaped("等用户补充截图。")
_NO_ANSWER = escaped("无人接听，稍后再拨。")
_REACHED = escaped("已说明处理进展。")
_TRANSFER = escaped("属于该组的业务。")


@dataclass(frozen=True, slots=True)
class Staff:
    """Who works: advisors by team. ``close_after``: seconds after which a solution is closed."""

    agents: Sequence[Person]
    advisors: dict[int, Sequence[Person]]
    close_after: int


@dataclass(frozen=True, slots=True)
class Fate:
    """What is settled beforehand for a ticket whose end must be a certain one; minutes are
    working minutes. ``stays``: the state after which nothing happens to it any more."""

    taken_after: int | None = None
    stays: str = ""


ANY = Fate()


class Teller:
    """Tells lives. ``chased`` is called with ticket, instant and agent for each chase, and gives
    the contact in which it was made. ``all_taken``: whatever waits at the end has been taken."""

    def __init__(
        self,
        rng: random.Random,
        staff: Staff,
        chased: Callable[[Life, int, Person], int],
        *,
        all_taken: bool = False,
    ) -> None:
        self.rng = rng
        self.staff = staff
        self._all_taken = all_taken
        self._chased = chased

    def live(self, life: Life, fate: Fate = ANY) -> None:
        """From the hand-over to the end of the ticket, or of the history."""
        rng = self.rng
        if not life.reaches(life.created + rng.randint(1, 4)):
            return
        life.route(life.now)
        if fate is ANY:
            self._plan_side(life)
            if rng.random() < CANCELLED * 0.6:
                at = life.now + rng.randint(5, 90) * MINUTE
                if life.reaches(at):
                    life.cancel(at, life.agent, _REASON_CANCEL)
                return
        if not self._taken(life, fate) or fate.stays == "assigned":
            self._linger(life)
            return
        if fate.stays:
            self._stay(life, fate.stays)
            return
        if self._detours(life) and self._answered(life):
            self._solved(life)

    def _linger(self, life: Life) -> None:
        life.reaches(life.until)

    # --- who takes it, and when -------------------------------------------------------------------

    def _taken(self, life: Life, fate: Fate = ANY, *, soon: bool = False) -> bool:
        """Somebody of the team takes it from the queue."""
        if fate.stays == "queued":
            return False
        rng, days = self.rng, life.days
        queued = days.worked(life.now)
        if fate.taken_after is not None:
            minutes = queued + fate.taken_after
        elif soon:
            minutes = queued + int(rng.expovariate(1 / 90)) + 2
        elif fate is ANY and life.clocks and rng.random() < TAKEN_LATE:
            minutes = days.worked(life.clocks[0].counted.due) + rng.randint(10, 700)
        else:
            minutes = queued + int(rng.lognormvariate(5.0, 0.9)) + 1
        at = max(days.when_worked(minutes, rng.randrange(60)), life.now + 1)
        if self._all_taken:
            at = min(at, life.until)
        if not life.reaches(at):
            return False
        assert life.team is not None  # noqa: S101 - it has been routed
        life.claim(at, rng.choice(self.staff.advisors[life.team]))
        return True

    def _later(self, life: Life, minutes: float) -> int:
        """So many working minutes on; a working instant, always after now."""
        days = life.days
        at = days.when_worked(days.worked(life.now) + int(minutes) + 1, self.rng.randrange(60))
        return max(at, life.now + 1)

    # --- on the way -------------------------------------------------------------------------------

    def _detours(self, life: Life) -> bool:
        """Given back, passed on, sent back to tier 1, cancelled: what delays some. False when the
        ticket comes to no answer."""
        draw = self.rng.random()
        if draw < RELEASED:
            return self._pause(life, 60) and self._given_back(life)
        draw -= RELEASED
        if draw < TRANSFERRED and len(self.staff.advisors) > 1:
            return self._pause(life, 90) and self._passed_on(life)
        draw -= TRANSFERRED
        if draw < RETURNED:
            return self._pause(life, 60) and self._sent_back(life)
        draw -= RETURNED
        if draw < CANCELLED * 0.4:
            if self._pause(life, 120):
                life.cancel(life.now, life._in_hand(), _REASON_CANCEL)
            return False
        return True

    def _pause(self, life: Life, mean: float) -> bool:
        return life.reaches(self._later(life, self.rng.expovariate(1 / mean)))

    def _given_back(self, life: Life) -> bool:
        life.release(life.now)
        return self._taken(life, soon=True)

    def _passed_on(self, life: Life) -> bool:
        others = [team for team in self.staff.advisors if team != life.team]
        life.transfer(life.now, self.rng.choice(others), _TRANSFER)
        return self._taken(life, soon=True)

    def _sent_back(self, life: Life) -> bool:
        label, why = self.rng.choice(_MISSING)
        life.send_back(life.now, label, why)
        # Tier 1 works every day from nine to nine.
        at = life.now + self.rng.randint(40, 900) * MINUTE
        hour = at % DAY // 3600
        if hour < 9 or hour >= 21:
            at += ((33 - hour) % 24) * 3600
        if not life.reaches(at):
            return False
        life.complete(at, escaped("已向用户补齐。"))
        return self._taken(life, soon=True)

    # --- the answer and the solution --------------------------------------------------------------

    def _answered(self, life: Life) -> bool:
        """The user is reached; True once they are."""
        rng = self.rng
        if not life.clocks:
            return self._pause(life, 120)
        due = life.days.worked(life.clocks[0].counted.due)
        draw = rng.random()
        if draw < REACHED_LATE:
            left = due - life.days.worked(life.now)
            if not life.reaches(self._later(life, max(left, 0) + rng.randint(15, 600))):
                return False
        elif draw < REACHED_LATE + USER_WAITING:
            left = max(due - life.days.worked(life.now), 0)
            if not self._waited(life, left + rng.randint(20, 500)):
                return False
        elif not life.reaches(self._later(life, rng.lognormvariate(4.2, 1.0))):
            return False
        while life.by_phone and rng.random() < NOT_REACHED:
            planned = self._later(life, rng.randint(120, 360))
            life.try_to_reach(life.now, "call_back", "no_answer", _NO_ANSWER, planned)
            if not life.reaches(planned + rng.randint(0, 20) * MINUTE):
                return False
        kind, result = ("call_back", "reached") if life.by_phone else ("private_message", "sent")
        life.try_to_reach(life.now, kind, result, _REACHED)
        return True

    def _waited(self, life: Life, minutes: int) -> bool:
        ends = self._later(life, minutes)
        life.wait(life.now, ends, _WAIT_NOTE)
        if not life.reaches(ends + self.rng.randint(0, 40)):
            return False
        life.resume(life.now)
        return True

    def _solved(self, life: Life) -> None:
        rng = self.rng
        if rng.random() < WAITS:
            begins = self._later(life, rng.expovariate(1 / 60))
            if not life.reaches(begins) or not self._waited(life, rng.randint(200, 2_400)):
                return
        slow = rng.random() < SLOW
        minutes = rng.randint(4_000, 7_000) if slow else rng.lognormvariate(5.3, 1.0)
        if not life.reaches(self._later(life, minutes)):
            return
        self._resolve(life)
        while life.reopened < 2 and rng.random() < REOPENED:
            assert life.resolved_at is not None  # noqa: S101 - it has just been
            at = life.resolved_at + rng.randint(3, 150) * 3600
            if not life.reaches(at):
                return
            life.reopen(at, _REASON_REOPEN)
            if not self._pause(life, 200):
                return
            kind = "call_back" if life.by_phone else "private_message"
            life.try_to_reach(life.now, kind, "reached" if life.by_phone else "sent", _REACHED)
            if not self._pause(life, 400):
                return
            self._resolve(life)
        assert life.resolved_at is not None  # noqa: S101 - it is resolved
        # The sweep that closes comes once an hour.
        at = (life.resolved_at + self.staff.close_after) // 3600 * 3600 + 3600
        if life.reaches(at):
            life.close(at)

    def _resolve(self, life: Life) -> None:
        code = self.rng.choices(_CODES, _CODE_WEIGHTS)[0]
        life.resolve(life.now, code, self.rng.choice(_SUMMARIES))

    # --- beside -----------------------------------------------------------------------------------

    def _plan_side(self, life: Life) -> None:
        """Chases and notes; they happen if the ticket is still open by then."""
        rng = self.rng
        if rng.random() < CHASED and not life.pattern.moves:
            at = life.now
            for _n in range(1 + (rng.random() < 0.3) + (rng.random() < 0.1)):
                at += rng.randint(4, 70) * 3600 + rng.randrange(3600)
                life.side.append((at, partial(self._chase, life)))
        if rng.random() < NOTED:
            at = life.now + rng.randint(1, 40) * 3600 + rng.randrange(3600)
            life.side.append((at, partial(self._note, life)))
        life.side.sort(key=lambda side: side[0])

    def _chase(self, life: Life, at: int) -> None:
        if life.is_open:
            agent = self.rng.choice(self.staff.agents)
            contact = self._chased(life, at, agent)
            life.chase(at, agent, contact, self.rng.choice(_CHASES))

    def _note(self, life: Life, at: int) -> None:
        if life.status in ("assigned", "waiting") and life.assignee is not None:
            life.note(at, life.assignee, self.rng.choice(_NOTES))

    # --- what is left in a certain state ----------------------------------------------------------

    def _stay(self, life: Life, state: str) -> None:
        """In hand already; go on to ``waiting`` or ``returned`` and stay there."""
        if not self._pause(life, 20):
            return
        if state == "returned":
            label, why = self.rng.choice(_MISSING)
            life.send_back(life.now, label, why)
        elif state == "waiting":
            kind = ("call_back", "reached") if life.by_phone else ("private_message", "sent")
            life.try_to_reach(life.now, *kind, _REACHED)
            life.wait(life.now, life.until + self.rng.randint(2, 30) * 3600, _WAIT_NOTE)
        self._linger(life)
