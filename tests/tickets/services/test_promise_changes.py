"""Edits of calendar and policies: who may, what is refused, what a preview says, what follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from klingdesk.core.calendar import Override
from klingdesk.core.errors import Conflict, Invalid, NotAllowed
from notices.selectors import notices_for
from tests.conftest import DUE, NOW
from tickets import tasks
from tickets.models import (
    CalendarOverride,
    CalendarYear,
    Clock,
    PromiseChange,
    SlaPolicy,
    Ticket,
)
from tickets.selectors import promise_preview
from tickets.services.alarms import fire_alarms
from tickets.services.claims import claim
from tickets.services.promise_changes import (
    YearNotice,
    change_calendar,
    preview_calendar,
    preview_policy,
    publish_policy,
)
from tickets.services.recounting import recount_promises
from tickets.services.waiting import resume, wait
from tickets.services.work import log_contact

SHANGHAI = ZoneInfo("Asia/Shanghai")
FRIDAY = date(2026, 3, 6)
REST = {FRIDAY: Override(is_working=False, reason="moving house")}
TUESDAY_18 = datetime(2026, 3, 10, 18, tzinfo=SHANGHAI)
SOON = NOW + timedelta(hours=1)


@pytest.fixture
def edit(manager: Any) -> Callable[..., PromiseChange]:
    def do(**wanted: Any) -> PromiseChange:
        values: dict[str, Any] = {"overrides": REST, "years": {}, "reason": "we move", "now": SOON}
        return change_calendar(**{**values, **wanted}, acting_user=manager)

    return do


@pytest.fixture
def publish(manager: Any) -> Callable[..., PromiseChange]:
    def do(**wanted: Any) -> PromiseChange:
        return publish_policy(**{**policy(), "reason": "as agreed", **wanted}, acting_user=manager)

    return do


def policy(**wanted: Any) -> dict[str, Any]:
    values = {"kind": "contact", "working_days": 2, "opens": time(9), "closes": time(18)}
    return {**values, "now": SOON, **wanted}


def contact(ticket: Ticket) -> Clock:
    return Clock.objects.select_related("policy").get(ticket=ticket, kind="contact")


class TestCalendar:
    def test_open_promises_follow_with_an_event(
        self, make_ticket: Callable[..., Ticket], edit: Callable[..., PromiseChange]
    ) -> None:
        ticket = make_ticket()
        change = edit()
        assert recount_promises(now=SOON) == 2
        ticket.refresh_from_db()
        clock = contact(ticket)
        assert ticket.due_at == clock.due_at == TUESDAY_18
        assert clock.counted_with == change.pk
        assert clock.next_alarm_at == clock.due_soon_at == DUE
        assert [day["why"] for day in clock.days if day["date"] == "2026-03-06"] == [
            "override_rest"
        ]
        event = ticket.events.get(code="sla.moved", new__clock="contact")
        assert datetime.fromisoformat(event.old["due_at"]) == DUE
        assert datetime.fromisoformat(event.new["due_at"]) == TUESDAY_18
        assert (event.new["change"], event.actor) == (change.pk, None)
        change.refresh_from_db()
        assert (change.looked_at, change.moved, change.breached) == (2, 2, 0)
        assert change.done_at == SOON
        assert change.new["days"] == {"2026-03-06": {"is_working": False, "reason": "moving house"}}
        assert change.old["days"] == {"2026-03-06": None}

    def test_again_changes_nothing(
        self, make_ticket: Callable[..., Ticket], edit: Callable[..., PromiseChange]
    ) -> None:
        ticket = make_ticket()
        edit()
        recount_promises(now=SOON)
        events = ticket.events.count()
        assert recount_promises(now=SOON + timedelta(minutes=1)) == 0
        tasks.recount_promises()
        assert ticket.events.count() == events
        assert PromiseChange.objects.get().done_at == SOON

    def test_a_correction_is_taken_back(
        self, make_ticket: Callable[..., Ticket], edit: Callable[..., PromiseChange]
    ) -> None:
        ticket = make_ticket()
        edit()
        recount_promises(now=SOON)
        edit(overrides={FRIDAY: None})
        recount_promises(now=SOON)
        assert contact(ticket).due_at == DUE
        assert not CalendarOverride.objects.exists()

    def test_a_loaded_year_settles_provisional_dates_without_moving_them(
        self, make_ticket: Callable[..., Ticket], edit: Callable[..., PromiseChange], manager: Any
    ) -> None:
        december = datetime(2026, 12, 28, 10, tzinfo=SHANGHAI)
        ticket = make_ticket(now=december)
        assert ticket.due_provisional
        rest = {date(2027, 1, 1): Override(is_working=False, reason="New Year's Day")}
        edit(
            overrides=rest,
            years={2027: YearNotice("gov.cn", "the text")},
            now=december + timedelta(hours=1),
        )
        recount_promises(now=december + timedelta(hours=1))
        ticket.refresh_from_db()
        assert (ticket.due_provisional, contact(ticket).provisional) == (False, False)
        event = ticket.events.get(code="sla.recounted", new__clock="contact")
        assert (event.old["provisional"], event.new["provisional"]) == (True, False)
        year = CalendarYear.objects.get()
        assert (year.loaded_by, year.notice) == (manager, "the text")
        edit(overrides={}, years={2027: None})
        assert not CalendarYear.objects.exists()

    def test_stopped_clocks_stay_as_they_are(
        self, make_ticket: Callable[..., Ticket], advisor: Any, edit: Callable[..., PromiseChange]
    ) -> None:
        ticket = make_ticket()
        claim(number=ticket.number, acting_user=advisor, now=NOW)
        log_contact(
            number=ticket.number, acting_user=advisor, kind="call_back", result="reached", now=NOW
        )
        edit()
        assert recount_promises(now=SOON) == 1
        assert contact(ticket).due_at == DUE

    def test_a_breach_and_its_alarms_stay(
        self, make_ticket: Callable[..., Ticket], edit: Callable[..., PromiseChange]
    ) -> None:
        ticket, late = make_ticket(), DUE + timedelta(hours=16)
        fire_alarms(now=late)
        edit(now=late)
        recount_promises(now=late)
        clock = contact(ticket)
        assert (clock.due_at, clock.breached_at) == (TUESDAY_18, DUE)
        assert clock.next_alarm_at == clock.overdue_at
        assert clock.alarms.count() == 3

    def test_a_breach_that_no_sweep_has_seen_stays(
        self, make_ticket: Callable[..., Ticket], edit: Callable[..., PromiseChange]
    ) -> None:
        ticket, late = make_ticket(), DUE + timedelta(seconds=10)
        edit(now=late)
        recount_promises(now=late)
        assert contact(ticket).breached_at == DUE

    def test_a_new_breach_is_counted_and_marked_by_the_next_sweep(
        self, make_ticket: Callable[..., Ticket], edit: Callable[..., PromiseChange]
    ) -> None:
        ticket = make_ticket()
        edit()
        recount_promises(now=SOON)
        late = DUE + timedelta(hours=16)
        change = edit(overrides={FRIDAY: None}, now=late)
        recount_promises(now=late)
        change.refresh_from_db()
        assert (change.breached, contact(ticket).breached_at) == (1, None)
        fire_alarms(now=late)
        assert contact(ticket).breached_at == DUE

    def test_pauses_are_kept(
        self, make_ticket: Callable[..., Ticket], advisor: Any, edit: Callable[..., PromiseChange]
    ) -> None:
        ticket = make_ticket()
        claim(number=ticket.number, acting_user=advisor, now=NOW)
        thursday = datetime(2026, 3, 5, 10, tzinfo=SHANGHAI)
        plan = thursday + timedelta(days=1)
        wait(number=ticket.number, acting_user=advisor, note="x", next_try_at=plan, now=thursday)
        resume(number=ticket.number, acting_user=advisor, now=thursday + timedelta(days=1, hours=2))
        wait(
            number=ticket.number,
            acting_user=advisor,
            note="x",
            next_try_at=plan + timedelta(days=5),
            now=thursday + timedelta(days=4),
        )
        edit(now=thursday + timedelta(days=4))
        recount_promises(now=thursday + timedelta(days=4))
        solution = Clock.objects.get(ticket=ticket, kind="resolve")
        # Eight hours of Thursday; none of the Friday that is no working day any more.
        assert solution.due_at == datetime(2026, 3, 20, 17, tzinfo=SHANGHAI)
        assert (solution.next_alarm_at, solution.paused_since) == (
            None,
            thursday + timedelta(days=4),
        )

    def test_a_wrong_edit_is_refused_with_everything_that_is_wrong(
        self, edit: Callable[..., PromiseChange]
    ) -> None:
        with pytest.raises(Invalid) as refused:
            edit(
                overrides={date(1999, 1, 1): None, FRIDAY: Override(True, " ")},
                years={2101: YearNotice("x"), 2027: YearNotice(" ")},
                reason=" ",
            )
        assert {name: len(said) for name, said in refused.value.fields.items()} == {
            "overrides": 2,
            "years": 2,
            "reason": 1,
        }
        assert not PromiseChange.objects.exists()

    def test_a_year_without_work_is_refused(self, edit: Callable[..., PromiseChange]) -> None:
        first = date(2027, 1, 1)
        nothing = {first + timedelta(days=n): Override(False, "all off") for n in range(100)}
        with pytest.raises(Invalid, match="not changed") as refused:
            edit(overrides=nothing)
        assert "2027" in str(refused.value.fields["overrides"][0])
        assert not CalendarOverride.objects.exists()

    def test_what_is_so_already_is_no_change(self, edit: Callable[..., PromiseChange]) -> None:
        edit()
        for same in ({"overrides": REST}, {"overrides": {date(2026, 3, 5): None}}):
            with pytest.raises(Conflict) as refused:
                edit(**same)
            assert refused.value.code == "unchanged"


class TestPolicies:
    def test_open_clocks_use_the_new_version_from_their_start(
        self, make_ticket: Callable[..., Ticket], publish: Callable[..., PromiseChange]
    ) -> None:
        ticket = make_ticket()
        change = publish()
        recount_promises(now=SOON)
        clock = contact(ticket)
        assert clock.due_at == datetime(2026, 3, 6, 18, tzinfo=SHANGHAI)
        assert (clock.policy.version, clock.policy.reason) == (2, "as agreed")
        event = ticket.events.get(code="sla.moved")
        assert (event.old["policy"], event.new["policy"]) == (1, 2)
        assert change.new["working_days"] == 2
        later = make_ticket(now=NOW + timedelta(hours=2))
        assert contact(later).policy.version == 2
        assert recount_promises(now=SOON) == 0

    def test_other_hours_move_the_close_of_business(
        self, make_ticket: Callable[..., Ticket], publish: Callable[..., PromiseChange]
    ) -> None:
        ticket = make_ticket()
        publish(working_days=3, closes=time(20, 30))
        recount_promises(now=SOON)
        assert contact(ticket).due_at == DUE + timedelta(hours=2, minutes=30)

    @pytest.mark.parametrize(
        ("wanted", "field"),
        [
            ({"kind": "lunch"}, "kind"),
            ({"working_days": 0}, "working_days"),
            ({"working_days": 251}, "working_days"),
            ({"closes": time(9)}, "closes"),
            ({"opens": time(9, 0, 30)}, "closes"),
            ({"reason": ""}, "reason"),
            ({"reason": "x" * 301}, "reason"),
        ],
    )
    def test_a_wrong_policy_is_refused(
        self, publish: Callable[..., PromiseChange], wanted: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(Invalid) as refused:
            publish(**wanted)
        assert list(refused.value.fields) == [field]
        assert SlaPolicy.objects.count() == 2

    def test_the_policy_in_force_is_no_change(
        self, publish: Callable[..., PromiseChange], manager: Any
    ) -> None:
        for call in (
            lambda: publish(working_days=3),
            lambda: preview_policy(**policy(working_days=3), acting_user=manager),
        ):
            with pytest.raises(Conflict) as refused:
                call()
            assert refused.value.code == "unchanged"


class TestPreview:
    def test_it_says_what_then_happens_and_writes_nothing(
        self,
        make_ticket: Callable[..., Ticket],
        manager: Any,
        publish: Callable[..., PromiseChange],
    ) -> None:
        for _n in range(3):
            make_ticket()
        make_ticket(now=NOW + timedelta(days=5))
        now = DUE - timedelta(hours=4)  # Monday noon: two days ended on Friday
        with CaptureQueriesContext(connection) as seen:
            said = preview_policy(**policy(now=now), acting_user=manager)
        assert not [q for q in seen if not q["sql"].lstrip().startswith(("SELECT", "DECLARE"))]
        assert str(said) == "4 tickets move, 3 become breached"
        assert (said.clocks, len(said.first)) == (8, 4)
        assert [each.breached for each in said.first] == [True, True, True, False]
        assert said.first[0].old_due_at == DUE
        assert said.first[0].kind_label == "First contact"
        change = publish(now=now)
        recount_promises(now=now)
        change.refresh_from_db()
        assert (change.moved, change.breached) == (4, 3)
        numbers = {each.number: each.new_due_at for each in said.first}
        assert numbers == {ticket.number: contact(ticket).due_at for ticket in Ticket.objects.all()}

    def test_a_ticket_whose_both_clocks_move_counts_once(
        self, make_ticket: Callable[..., Ticket], manager: Any
    ) -> None:
        make_ticket()
        said = preview_calendar(overrides=REST, years={}, acting_user=manager, now=SOON)
        assert str(said) == "1 ticket moves, 0 become breached"
        assert len(said.first) == 2
        assert not PromiseChange.objects.exists()

    def test_it_shows_no_more_than_it_says(
        self, make_ticket: Callable[..., Ticket], manager: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(promise_preview, "MOST_SHOWN", 2)
        monkeypatch.setattr(promise_preview, "_AT_A_TIME", 3)
        for day in range(3):
            make_ticket(now=NOW - timedelta(days=day))
        said = preview_calendar(
            overrides={date(2026, 3, 5): Override(False, "x")},
            years={},
            acting_user=manager,
            now=SOON,
        )
        assert (said.tickets_moved, len(said.first)) == (3, 2)
        assert said.first[0].new_due_at <= said.first[1].new_due_at


def test_only_managers(advisor: Any, agent: Any, editor: Any) -> None:
    calendar: dict[str, Any] = {"overrides": REST, "years": {}, "now": SOON}
    for person in (advisor, agent, editor):
        for call in (
            lambda who: change_calendar(**calendar, reason="x", acting_user=who),
            lambda who: preview_calendar(**calendar, acting_user=who),
            lambda who: publish_policy(**policy(), reason="x", acting_user=who),
            lambda who: preview_policy(**policy(), acting_user=who),
        ):
            with pytest.raises(NotAllowed):
                call(person)


def test_a_batch_takes_the_same_statements_however_many_clocks(
    make_ticket: Callable[..., Ticket], edit: Callable[..., PromiseChange]
) -> None:
    counted = []
    for rounds in range(2):
        for _n in range(3 + rounds * 4):
            make_ticket()
        edit(overrides={FRIDAY: None if rounds else REST[FRIDAY]})
        with CaptureQueriesContext(connection) as seen:
            recount_promises(now=SOON)
        counted.append(len(seen))
    # followed by all, last change, policies, corrections, years, when; savepoint, lock, pauses,
    # write, tally, release; last change, followed by all, done, and telling whoever edited it
    assert counted == [20, 20]


def test_a_recount_goes_on_in_batches(
    make_ticket: Callable[..., Ticket], edit: Callable[..., PromiseChange]
) -> None:
    for _n in range(5):
        make_ticket()
    change = edit()
    assert recount_promises(now=SOON, batch=3) == 10
    change.refresh_from_db()
    assert (change.looked_at, change.moved) == (10, 10)


def test_whoever_made_the_edit_is_told_when_all_have_followed(
    make_ticket: Callable[..., Ticket], edit: Callable[..., PromiseChange], manager: Any
) -> None:
    make_ticket()
    change = edit()
    assert not notices_for(manager).filter(code="promise.followed").exists()
    recount_promises(now=SOON)
    recount_promises(now=SOON)
    told = notices_for(manager).get(code="promise.followed")
    assert told.path == f"/admin/promise/changes/{change.pk}/"
    assert told.params["moved"] == 2
