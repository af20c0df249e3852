"""A whole made-up history: who, what, when; day by day into the book of rows."""

from __future__ import annotations

import heapq
import random
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Generic, TypeVar

from tickets.demo import intake
from tickets.demo.book import Person
from tickets.demo.copying import NULL
from tickets.demo.days import DAY, MINUTE
from tickets.demo.fate import ANY, Fate, Staff, Teller
from tickets.demo.life import Life, Setting
from tickets.demo.patterns import HandedOver, Search, Talk, Walk

T = TypeVar("T")
BY_PHONE = 0.55
RETURNS = 0.15
"""Share of hand-overs by accounts that had a ticket before."""
FOLLOWS = 0.06
"""Share of those whose new ticket follows the old one."""
MERGED = 0.012
HALF_AN_HOUR = 1_800
SEARCHED_AGAIN = 0.12
"""Share of searches that found nothing of use, so the agent typed something else."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to make. ``talks_each``: contacts without a ticket for each ticket; ``walked``: share
    of contacts whose run of the flow is kept step by step; ``searched``: of those that began
    with a search; ``staged``: tickets whose hand-over and fate are settled; ``all_taken``: nothing
    is left waiting in the queue."""

    tickets: int
    seed: int
    talks_each: float
    walked: float
    searched: float
    staged: Sequence[tuple[int, Fate]] = ()
    all_taken: bool = False


class Weighted(Generic[T]):
    """Draws from few things with weights."""

    def __init__(self, rng: random.Random, rows: Sequence[tuple[T, float]]) -> None:
        self._rng = rng
        self._things = [thing for thing, _weight in rows]
        self._upto = list(accumulate(weight for _thing, weight in rows))

    def draw(self) -> T:
        return self._things[bisect(self._upto, self._rng.random() * self._upto[-1])]


@dataclass
class _Accounts:
    """Account IDs of a reserved range. One that comes back is taken out until its ticket has
    ended, so an account never has two open tickets about one question."""

    rng: random.Random
    first: int
    made: int = 0
    ending: list[tuple[int, str, int, int]] = field(default_factory=list)
    ended: list[tuple[str, int, int]] = field(default_factory=list)

    def new(self) -> str:
        self.made += 1
        return str(self.first + self.made)

    def ends(self, life: Life) -> None:
        if life.ended_at is not None and life.status == "closed" and life.account:
            question = life.pattern.question_id
            heapq.heappush(self.ending, (life.ended_at, life.account, question, life.id))

    def back(self, at: int) -> tuple[str, int, int] | None:
        """An account whose ticket had ended by ``at``, with its question and its ticket."""
        while self.ending and self.ending[0][0] < at:
            _ended, account, question, ticket = heapq.heappop(self.ending)
            self.ended.append((account, question, ticket))
        if not self.ended:
            return None
        chosen = self.rng.randrange(len(self.ended))
        self.ended[chosen], self.ended[-1] = self.ended[-1], self.ended[chosen]
        return self.ended.pop()


class Historian:
    """Makes a history; ``days`` gives the number of each day when it is told."""

    def __init__(
        self,
        plan: Plan,
        setting: Setting,
        staff: Staff,
        *,
        hand_overs: Sequence[tuple[HandedOver, float]],
        talks: Sequence[tuple[Talk, float]],
        searches: Mapping[int, Search],
        first_account: int,
    ) -> None:
        self.rng = random.Random(f"klingdesk {plan.seed}")  # noqa: S311 - no secret is drawn
        self.plan, self.setting, self.staff = plan, setting, staff
        self.book, self.days = setting.book, setting.book.days
        self._hand_overs = Weighted(self.rng, hand_overs)
        self._talks = Weighted(self.rng, talks)
        self._parked = [talk for talk, _weight in talks if talk.status == "open"]
        self._searches = searches
        self._accounts = _Accounts(self.rng, first_account)
        self._teller = Teller(self.rng, staff, self._chased, all_taken=plan.all_taken)
        self._mergeable: list[tuple[int, Life]] = []

    def days_told(self) -> Iterator[int]:
        """Tell day after day; the number of each comes when its rows are in the book."""
        until = self.setting.until
        staged = sorted(self.plan.staged, key=lambda each: each[0])
        free = self.plan.tickets - len(staged)
        tickets = intake.by_day(self.rng, self.days, count=free, until=until)
        talked = round(self.plan.tickets * self.plan.talks_each)
        talks = intake.by_day(self.rng, self.days, count=talked, until=until)
        for day in range(until // DAY + 1):
            coming = [(at, ANY) for at in intake.instants(self.rng, day, tickets[day], until=until)]
            coming += [each for each in staged if each[0] // DAY == day]
            for at, fate in sorted(coming, key=lambda each: each[0]):
                self._ticket(at, fate)
            for at in intake.instants(self.rng, day, talks[day], until=until):
                self._talk(at, self._talks.draw())
            if day == until // DAY and staged:
                for talk in self._parked[:2]:
                    self._talk(until - (talk.walk.seconds if talk.walk else 0) - HALF_AN_HOUR, talk)
            self.book.settle(day)
            yield day
        self.book.settle()

    # --- tickets ----------------------------------------------------------------------------------

    def _ticket(self, at: int, fate: Fate) -> None:
        rng = self.rng
        pattern = self._hand_overs.draw()
        if fate is not ANY:
            while not pattern.promise:
                pattern = self._hand_overs.draw()
        elif rng.random() < MERGED and self._merged(at, pattern):
            return
        account, follows = self._account(at, pattern)
        life = self._begun(at, pattern, account, follows)
        self._teller.live(life, fate)
        life.write()
        self._accounts.ends(life)
        if fate is ANY and pattern.promise and rng.random() < 0.1:
            self._mergeable = [*self._mergeable[-20:], (life.touched or life.now, life)]

    def _account(self, at: int, pattern: HandedOver) -> tuple[str, int | None]:
        if not pattern.promise:
            return "", None
        back = self._accounts.back(at) if self.rng.random() < RETURNS else None
        if back is None:
            return self._accounts.new(), None
        account, question, ticket = back
        same = question == pattern.question_id and self.rng.random() < FOLLOWS
        return account, ticket if same else None

    def _begun(
        self, at: int, pattern: HandedOver, account: str, follows: int | None = None
    ) -> Life:
        rng = self.rng
        agent = rng.choice(self.staff.agents)
        started = max(at - pattern.walk.seconds, 0)
        walk = pattern.walk if started and rng.random() < self.plan.walked else None
        transcript = pattern.bare
        if walk is not None:
            times = [self.days.iso(started + answered) for _row, _shown, answered in walk.steps]
            transcript = pattern.told(times, agent.name)
        contact = self.book.consultation_ids.take()
        life = Life(
            self.setting,
            pattern,
            agent=agent,
            account=account,
            created=at,
            transcript=transcript,
            consultation=contact,
            by_phone=rng.random() < BY_PHONE,
            follows=follows,
        )
        self._contact(
            contact,
            *(agent, pattern.utterance, pattern.asked_id, "escalated", account, life.id),
            *(started, at, walk),
        )
        return life

    def _merged(self, at: int, pattern: HandedOver) -> bool:
        """Another contact of an account whose open ticket is about something else: the new
        ticket goes on with the old one."""
        for number, (until, target) in enumerate(self._mergeable):
            if not (target.created + 10 < at and at + 30 * MINUTE < until and pattern.promise):
                continue
            other = pattern.question_id != target.pattern.question_id
            if other and pattern.priority <= target.pattern.priority:
                del self._mergeable[number]
                return self._merge(at, until, pattern, target)
        return False

    def _merge(self, at: int, until: int, pattern: HandedOver, target: Life) -> bool:
        life = self._begun(at, pattern, target.account)
        if life.reaches(at + 2):
            life.route(life.now)
        end = self.rng.randint(at + 10 * MINUTE, until - 1)
        if life.reaches(end):
            who = self.rng.choice(self.staff.advisors[pattern.team_id])
            life.merge_into(end, target, who, "同一用户的同一件事，并到先前的工单。")
        life.write()
        return True

    def _chased(self, life: Life, at: int, agent: Person) -> int:
        contact = self.book.consultation_ids.take()
        started = at - self.rng.randint(60, 300)
        pattern = life.pattern
        self._contact(
            contact,
            *(agent, "我的问题怎么还没有结果", pattern.asked_id, "chased", life.account, life.id),
            *(started, at, None),
        )
        return contact

    # --- contacts without a ticket ----------------------------------------------------------------

    def _talk(self, at: int, talk: Talk) -> None:
        rng = self.rng
        agent = rng.choice(self.staff.agents)
        walk = talk.walk
        end = at + (walk.seconds if walk is not None else rng.randint(60, 700))
        until = self.setting.until
        status = talk.status
        finished: int | None = min(end, until)
        parked: int | None = None
        if status == "open":
            # The user went to try something. Who has not come back within a day is given up.
            if end < until < at + DAY:
                finished, parked = None, end
            else:
                status = "abandoned"
                finished = min(at + DAY, until)
        if parked is None and (end > until or rng.random() >= self.plan.walked):
            walk = None
        self._contact(
            self.book.consultation_ids.take(),
            *(agent, talk.utterance, talk.question_id, status, "", None),
            *(at, finished, walk),
            parked=parked,
        )

    def _contact(
        self,
        contact: int,
        agent: Person,
        utterance: str,
        question: int | None,
        status: str,
        account: str,
        ticket: int | None,
        started: int,
        finished: int | None,
        walk: Walk | None,
        *,
        parked: int | None = None,
    ) -> None:
        stamp = self.days.stamp
        channel = "phone" if self.rng.random() < 0.6 else "chat"
        self.book.consultations.add(
            f"{contact}\t{agent.id}\t{channel}\t{utterance}"
            f"\t{NULL if question is None else question}\t{status}\t{account}"
            f"\t{NULL if ticket is None else ticket}\t{stamp(started)}"
            f"\t{NULL if parked is None else stamp(parked)}"
            f"\t{NULL if finished is None else stamp(finished)}"
        )
        if walk is not None:
            self.book.walked(walk, contact, agent, started)
        if status != "chased" and self.rng.random() < self.plan.searched:
            self._searched(started - 5, question)

    def _searched(self, at: int, question: int | None) -> None:
        """What the agent had looked for before."""
        found = self._searches.get(question or 0)
        if found is not None:
            retyped = self.rng.random() < SEARCHED_AGAIN
            chosen = "" if retyped else found.key
            self.book.searches.add(
                f"{self.days.stamp(max(at, 0))}\t{found.words}\t{found.group}\t{found.results}"
                f"\t{'f' if retyped else 't'}\t{chosen}\t{'t' if retyped else 'f'}"
            )
