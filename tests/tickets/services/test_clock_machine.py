"""Random lives of tickets and promises: the clocks equal a slow reference that keeps a diary."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from klingdesk.core.calendar import Override
from klingdesk.core.errors import Conflict
from tests.conftest import NOW
from tickets.models import Clock, Ticket
from tickets.selectors.sla import working_calendar
from tickets.services.claims import claim
from tickets.services.promise_changes import change_calendar, publish_policy
from tickets.services.recounting import recount_promises
from tickets.services.reopening import reopen
from tickets.services.waiting import resume, wait
from tickets.services.work import log_contact, resolve

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
DAYS = [date(2026, 3, 1) + timedelta(days=number) for number in range(60)]


@dataclass(slots=True)
class Diary:
    """What the slow reference knows: written by the test, not read from the desk."""

    started: datetime
    state: str = "assigned"
    stands_since: datetime | None = None
    stood: list[tuple[datetime, datetime]] = field(default_factory=list)
    reopened: list[datetime] = field(default_factory=list)

    def stop(self, now: datetime, state: str) -> None:
        self.state, self.stands_since = state, now

    def go_on(self, now: datetime) -> None:
        assert self.stands_since is not None
        self.stood.append((self.stands_since, now))
        if self.state == "resolved":
            self.reopened.append(now)
        self.state, self.stands_since = "assigned", None

    def due_at(self, days: int, opens: time, closes: time, is_working: Any) -> datetime:
        """Day by day to the close of business, then minute by minute for what was lost."""

        def worked(minute: datetime) -> bool:
            return is_working(minute.date()) and opens <= minute.time() < closes

        found = []
        for begun, wanted in [(self.started, days), *((at, 1) for at in self.reopened)]:
            day = begun.astimezone(SHANGHAI).date()
            while wanted:
                day += timedelta(days=1)
                wanted -= is_working(day)
            lost = 0
            for start, end in self.stood:
                minute = max(start, begun).astimezone(SHANGHAI).replace(second=0, microsecond=0)
                while minute < end:
                    lost += worked(minute)
                    minute += MINUTE
            now = datetime.combine(day, closes, tzinfo=SHANGHAI)
            while lost:
                lost -= worked(now)
                now += MINUTE
            found.append(now)
        return max(found)


@pytest.mark.parametrize("seed", range(6))
def test_clocks_equal_a_slow_reference(
    seed: int, make_ticket: Callable[..., Ticket], advisor: Any, manager: Any
) -> None:
    draw = random.Random(seed)
    now = NOW.astimezone(SHANGHAI)
    diaries: dict[int, Diary] = {}
    for _n in range(3):
        ticket = make_ticket(now=now)
        claim(number=ticket.number, acting_user=advisor, now=now)
        log_contact(
            number=ticket.number, acting_user=advisor, kind="call_back", result="reached", now=now
        )
        diaries[ticket.pk] = Diary(now)
        now += timedelta(hours=5)
    policy = (10, time(9), time(18))
    for _step in range(30):
        now += timedelta(minutes=draw.choice((1, 7, 45, 200, 700, 1_440)))
        if draw.random() < 0.2:
            policy = _edit(draw, policy, manager, now)
            recount_promises(now=now)
        else:
            pk = draw.choice(sorted(diaries))
            _act(draw, Ticket.objects.get(pk=pk), diaries[pk], advisor, manager, now)
        is_working = working_calendar().is_working
        for clock in Clock.objects.filter(kind="resolve", stopped_at=None):
            diary = diaries[clock.ticket_id]
            assert clock.due_at == diary.due_at(*policy, is_working), (diary, now)
            assert (clock.paused_since is not None) == (diary.state == "waiting")
            assert (clock.next_alarm_at is None) >= (diary.state == "waiting")
            assert sum(day["counted"] for day in clock.days) in (policy[0], 1)
    assert any(diary.stood for diary in diaries.values())


def _act(
    draw: random.Random, ticket: Ticket, diary: Diary, advisor: Any, manager: Any, now: datetime
) -> None:
    who: dict[str, Any] = {"number": ticket.number, "acting_user": advisor, "now": now}
    if diary.state == "waiting":
        resume(**who)
        diary.go_on(now)
    elif diary.state == "assigned":
        if draw.random() < 0.6:
            wait(**who, note="x", next_try_at=now + timedelta(days=1))
            diary.stop(now, "waiting")
        else:
            resolve(**who, code="fixed", summary="done")
            diary.stop(now, "resolved")
    elif now - (diary.stands_since or now) < timedelta(days=6):
        reopen(**{**who, "acting_user": manager}, reason="it is back")
        diary.go_on(now)
        # What was edited while it was solved is counted when the next sweep comes.
        recount_promises(now=now)


def _edit(
    draw: random.Random, policy: tuple[int, time, time], manager: Any, now: datetime
) -> tuple[int, time, time]:
    with contextlib.suppress(Conflict):  # what was drawn is in force already
        if draw.random() < 0.5:
            policy = (draw.randint(1, 12), time(draw.choice((8, 9))), time(draw.choice((17, 18))))
            publish_policy(
                kind="resolve",
                working_days=policy[0],
                opens=policy[1],
                closes=policy[2],
                acting_user=manager,
                reason="drawn",
                now=now,
            )
        else:
            change_calendar(
                overrides={draw.choice(DAYS): Override(draw.random() < 0.5, "drawn")},
                years={},
                acting_user=manager,
                reason="drawn",
                now=now,
            )
    return policy
