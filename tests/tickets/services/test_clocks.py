"""Two clocks through waiting, solving, reopening, merging and cancelling."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from klingdesk.core.errors import Conflict
from tests.conftest import DUE, NOW
from tickets.models import Clock, ClockAlarm, Ticket
from tickets.selectors.clock_explanation import explain_clock
from tickets.services.alarms import fire_alarms
from tickets.services.cancelling import cancel
from tickets.services.claims import claim
from tickets.services.clocks import adopt_promise
from tickets.services.merging import merge
from tickets.services.reopening import reopen
from tickets.services.waiting import resume, wait
from tickets.services.work import log_contact, resolve

SHANGHAI = ZoneInfo("Asia/Shanghai")
SOLVED_BY = datetime(2026, 3, 18, 18, tzinfo=SHANGHAI)


def at(day: int, hour: int = 10, minute: int = 30) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


def clock(ticket: Ticket, kind: str = "resolve") -> Clock:
    return Clock.objects.select_related("policy").get(ticket=ticket, kind=kind)


def codes(ticket: Ticket) -> list[str]:
    found = ticket.events.filter(code__startswith="sla.").order_by("pk")
    return list(found.values_list("code", flat=True))


@pytest.fixture
def taken(make_ticket: Callable[..., Ticket], advisor: Any) -> Ticket:
    ticket = make_ticket()
    return claim(number=ticket.number, acting_user=advisor, now=NOW)


@pytest.fixture
def waits(advisor: Any) -> Callable[..., None]:
    def do(ticket: Ticket, now: datetime) -> None:
        wait(
            number=ticket.number,
            acting_user=advisor,
            note="the user looks for the receipt",
            next_try_at=now + timedelta(days=3),
            now=now,
        )

    return do


@pytest.fixture
def solve(advisor: Any) -> Callable[..., None]:
    def do(ticket: Ticket, now: datetime) -> None:
        log_contact(
            number=ticket.number, acting_user=advisor, kind="call_back", result="reached", now=now
        )
        resolve(number=ticket.number, acting_user=advisor, code="fixed", summary="done", now=now)

    return do


def test_a_hand_over_starts_both_clocks(taken: Ticket) -> None:
    assert (clock(taken, "contact").due_at, clock(taken).due_at) == (DUE, SOLVED_BY)
    assert taken.due_at == DUE


def test_waiting_moves_the_solution_and_not_the_promise(
    taken: Ticket, advisor: Any, waits: Callable[..., None]
) -> None:
    waits(taken, at(5))
    assert clock(taken).paused_since == at(5)
    resume(number=taken.number, acting_user=advisor, now=at(6))
    assert (clock(taken).due_at, clock(taken).paused_since) == (at(19, 18, 0), None)
    assert clock(taken, "contact").due_at == DUE
    assert codes(taken) == ["sla.moved"]
    waits(taken, at(9))
    resume(number=taken.number, acting_user=advisor, now=at(9, 12, 30))
    assert clock(taken).due_at == at(20, 11, 0)


def test_a_paused_clock_fires_nothing_and_what_had_come_before_has_fired(
    taken: Ticket, advisor: Any, waits: Callable[..., None]
) -> None:
    waits(taken, at(18))  # a working day before the end, unseen by any sweep
    assert list(clock(taken).alarms.values_list("level", flat=True)) == ["due_soon"]
    fire_alarms(now=at(30))
    assert clock(taken).alarms.count() == 1
    assert clock(taken).breached_at is None
    resume(number=taken.number, acting_user=advisor, now=at(30))
    moved = clock(taken)
    assert moved.due_at == at(30, 18, 0)
    assert moved.next_alarm_at == moved.last_call_at == at(30, 16, 0)
    fire_alarms(now=at(31))
    levels = clock(taken).alarms.order_by("pk").values_list("level", flat=True)
    assert list(levels) == ["due_soon", "last_call", "breached"]


def test_waiting_after_the_end_does_not_hide_the_breach(
    taken: Ticket, advisor: Any, waits: Callable[..., None]
) -> None:
    waits(taken, at(19))
    assert clock(taken).breached_at == SOLVED_BY
    resume(number=taken.number, acting_user=advisor, now=at(25))
    assert clock(taken).due_at > at(19)
    assert clock(taken).breached_at == SOLVED_BY


def test_solved_in_time_is_met_and_while_it_waits_the_pause_ends(
    taken: Ticket, solve: Callable[..., None]
) -> None:
    solve(taken, at(6))
    for kind in ("contact", "resolve"):
        assert (clock(taken, kind).stopped_at, clock(taken, kind).breached_at) == (at(6), None)
    assert codes(taken) == ["sla.met", "sla.met"]


def test_reopening_goes_on_with_the_same_clock_and_leaves_a_working_day(
    taken: Ticket, manager: Any, solve: Callable[..., None]
) -> None:
    solve(taken, at(18, 17, 50))
    met = clock(taken, "contact").stopped_at
    reopen(number=taken.number, acting_user=manager, reason="it is back", now=at(20))
    again = clock(taken)
    assert again.stopped_at is None
    # The solved time alone would leave ten minutes of the 20th.
    assert again.due_at == at(23, 18, 0)
    assert clock(taken, "contact").stopped_at == met
    explained = explain_clock(again)
    assert (explained.reopened, explained.counted_from) == (True, at(20))
    assert [(line.reason, line.minutes) for line in explained.pauses] == [("solved", 640)]


def test_a_late_solution_stays_a_breach_after_reopening(
    taken: Ticket, manager: Any, advisor: Any, solve: Callable[..., None]
) -> None:
    solve(taken, at(19))
    assert codes(taken)[-1] == "sla.missed"
    reopen(number=taken.number, acting_user=manager, reason="it is back", now=at(20))
    assert (clock(taken).breached_at, clock(taken).stopped_at) == (SOLVED_BY, None)
    resolve(number=taken.number, acting_user=advisor, code="fixed", summary="done", now=at(20, 12))
    assert clock(taken).due_at > at(20, 12)
    assert clock(taken).breached_at == SOLVED_BY
    assert codes(taken)[-1] == "sla.missed"


def test_a_cancelled_ticket_has_no_verdict_unless_it_is_late(
    make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    ticket = make_ticket()
    cancel(number=ticket.number, acting_user=manager, reason="a test call", now=at(10))
    contact, solution = clock(ticket, "contact"), clock(ticket)
    assert (contact.dropped, contact.breached_at) == (False, DUE)
    assert (solution.dropped, solution.breached_at, solution.stopped_at) == (True, None, at(10))
    assert codes(ticket) == ["sla.missed", "sla.dropped"]
    assert fire_alarms(now=at(31)) == 0


class TestMerging:
    @pytest.fixture
    def two(
        self, make_ticket: Callable[..., Ticket], at_hand_over: Callable[..., int], advisor: Any
    ) -> tuple[Ticket, Ticket]:
        """The first one handed over a day before the second, of the same account."""
        first = make_ticket()
        second = make_ticket(now=NOW + timedelta(days=1))
        for ticket in (first, second):
            claim(number=ticket.number, acting_user=advisor, now=NOW + timedelta(days=1))
        return first, second

    def test_the_earlier_promise_goes_on(self, two: tuple[Ticket, Ticket]) -> None:
        first, second = two
        fire_alarms(now=at(9, 10))
        adopt_promise(target=second, source=first, now=at(9, 11))
        second.refresh_from_db()
        contact = clock(second, "contact")
        assert contact.due_at == second.due_at == DUE
        assert contact.started_at == NOW
        assert clock(second).due_at == SOLVED_BY
        dropped = Clock.objects.filter(ticket=first).values_list("dropped", "stopped_at")
        assert set(dropped) == {(True, at(9, 11))}
        # What the earlier promise had fired is not fired again.
        assert ClockAlarm.objects.filter(clock=contact).count() == 1
        fire_alarms(now=at(9, 17))
        assert codes(second)[-1] == "sla.last_call"
        assert codes(first)[-1] == "sla.merged"

    def test_a_later_promise_changes_nothing(self, two: tuple[Ticket, Ticket]) -> None:
        first, second = two
        adopt_promise(target=first, source=second, now=at(6))
        assert (clock(first, "contact").due_at, clock(first).due_at) == (DUE, SOLVED_BY)
        assert codes(first) == []

    def test_the_pauses_of_an_adopted_clock_come_along(
        self, two: tuple[Ticket, Ticket], advisor: Any, waits: Callable[..., None]
    ) -> None:
        first, second = two
        waits(first, at(6))
        resume(number=first.number, acting_user=advisor, now=at(6, 12, 30))
        waits(second, at(6))
        assert clock(first).due_at == at(19, 11, 0)
        adopt_promise(target=second, source=first, now=at(9, 9, 0))
        assert clock(second).due_at == at(19, 11, 0)
        assert clock(second).paused_since == at(9, 9, 0)
        resume(number=second.number, acting_user=advisor, now=at(9, 10, 0))
        assert clock(second).due_at == at(19, 12, 0)

    def test_a_breach_comes_along(self, two: tuple[Ticket, Ticket]) -> None:
        first, second = two
        fire_alarms(now=at(10))
        adopt_promise(target=second, source=first, now=at(10, 11))
        assert clock(second, "contact").breached_at == DUE

    def test_a_promise_made_after_the_answer_goes_on(
        self, two: tuple[Ticket, Ticket], advisor: Any
    ) -> None:
        first, second = two
        due_at = clock(second, "contact").due_at
        log_contact(
            number=first.number,
            acting_user=advisor,
            kind="private_message",
            result="sent",
            now=NOW + timedelta(days=1),
            at=NOW + timedelta(hours=1),
        )
        Clock.objects.filter(ticket=first, kind="contact").update(stopped_at=at(4, 12))
        adopt_promise(target=first, source=second, now=at(6))
        first.refresh_from_db()
        assert (clock(first, "contact").due_at, first.first_answered_at) == (due_at, None)
        assert clock(first, "contact").stopped_at is None

    def test_who_was_answered_after_the_second_promise_is_answered(
        self, two: tuple[Ticket, Ticket], advisor: Any
    ) -> None:
        first, second = two
        log_contact(
            number=first.number, acting_user=advisor, kind="call_back", result="reached", now=at(6)
        )
        adopt_promise(target=first, source=second, now=at(6, 11))
        assert clock(first, "contact").stopped_at == at(6)
        assert clock(second, "contact").dropped

    def test_a_promise_is_never_lost_in_a_record_without_one(
        self, two: tuple[Ticket, Ticket]
    ) -> None:
        first, second = two
        second.clocks.all().delete()
        with pytest.raises(Conflict) as refused:
            adopt_promise(target=second, source=first, now=at(6))
        assert refused.value.code == "promise_lost"
        assert clock(first, "contact").stopped_at is None

    def test_by_the_service(
        self,
        make_ticket: Callable[..., Ticket],
        manager: Any,
        advisor: Any,
        questions: dict[str, Any],
    ) -> None:
        first = make_ticket()
        second = make_ticket(now=NOW + timedelta(days=1))
        Ticket.objects.filter(pk=second.pk).update(
            account_id=first.account_id, question=questions["price"]
        )
        target = merge(
            number=first.number,
            into=second.number,
            acting_user=manager,
            reason="the same matter",
            now=at(6),
        )
        assert target.due_at == DUE
        assert Ticket.objects.get(pk=second.pk).due_at == DUE


def test_every_part_of_a_due_instant_is_explained(
    taken: Ticket, advisor: Any, waits: Callable[..., None]
) -> None:
    plain = explain_clock(clock(taken, "contact"))
    assert (plain.due_at, plain.unpaused_due_at, plain.pauses) == (DUE, DUE, ())
    waits(taken, at(5, 17, 0))
    resume(number=taken.number, acting_user=advisor, now=at(6, 10, 0))
    waits(taken, at(9))
    said = explain_clock(clock(taken))
    assert said.unpaused_due_at == SOLVED_BY
    assert [(line.reason, line.minutes, line.end) for line in said.pauses] == [
        ("waiting", 120, at(6, 10, 0)),
        ("waiting", 0, None),
    ]
    assert (said.moved_by, said.due_at) == (120, at(19, 11, 0))
    assert (said.working_days, said.policy_version, said.reopened) == (10, 1, False)
    assert said.paused_since == at(9)
