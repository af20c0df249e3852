"""The feed: every event gets a place, whoever wrote it, and keeps it as long as it is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from klingdesk.core.calendar import Override
from tests.conftest import DUE, NOW
from tests.tickets.services.steps import resolved
from tests.tickets.services.subscribers import a_subscription
from tickets import tasks
from tickets.models import EventPending, FeedEntry, FeedHead, FeedReader, Ticket, TicketEvent
from tickets.selectors.feed import Bounds, Purged, feed_after, feed_bounds, feed_lag
from tickets.services.alarms import fire_alarms
from tickets.services.closing import close_resolved
from tickets.services.events import record
from tickets.services.feed import (
    lock_reader,
    move_reader,
    purge_feed,
    restart_reader,
    sequence_events,
)
from tickets.services.promise_changes import change_calendar
from tickets.services.recounting import recount_promises

Make = Callable[..., Ticket]
DAY = timedelta(days=1)


def noted() -> set[int]:
    """Events without a place yet."""
    return set(EventPending.objects.values_list("event_id", flat=True))


def events_since(pk: int) -> set[int]:
    return set(TicketEvent.objects.filter(pk__gt=pk).values_list("pk", flat=True))


def positions() -> list[int]:
    return list(FeedEntry.objects.values_list("position", flat=True))


def happen(ticket: Ticket, count: int, *, now: datetime = NOW) -> list[TicketEvent]:
    return [
        record(ticket=ticket, code="ticket.watched", acting_user=None, now=now)
        for _each in range(count)
    ]


# --- every writing path ---------------------------------------------------------------------------


def by_services(ticket: Ticket, advisor: Any) -> None:
    resolved(ticket, advisor)


def by_alarms(ticket: Ticket, advisor: Any) -> None:
    assert fire_alarms(now=DUE + 30 * DAY) > 1


def by_closing(ticket: Ticket, advisor: Any) -> None:
    resolved(ticket, advisor)
    assert close_resolved(now=NOW + 30 * DAY, after_days=7) == 1


def by_raw_rows(ticket: Ticket, advisor: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets_ticketevent (ticket_id, code, at, old, new, note) "
            "SELECT %s, 'ticket.watched', now(), '{}', '{}', '' FROM generate_series(1, 1000)",
            [ticket.pk],
        )
        copy = "COPY tickets_ticketevent (ticket_id, code, at, old, new, note) FROM STDIN"
        with cursor.copy(copy) as rows:
            for _each in range(3):
                rows.write_row((ticket.pk, "ticket.watched", NOW, "{}", "{}", ""))


@pytest.mark.parametrize("happens", [by_services, by_alarms, by_closing, by_raw_rows])
def test_every_way_to_write_events_is_noted(
    happens: Callable[[Ticket, Any], None], make_ticket: Make, advisor: Any
) -> None:
    ticket = make_ticket()
    last = TicketEvent.objects.latest("pk").pk
    EventPending.objects.all().delete()
    happens(ticket, advisor)
    assert noted() == events_since(last) != set()


def test_recounted_promises_are_noted(make_ticket: Make, manager: Any) -> None:
    for _each in range(3):
        make_ticket()
    last = TicketEvent.objects.latest("pk").pk
    EventPending.objects.all().delete()
    rest = {date(2026, 3, 6): Override(is_working=False, reason="moving house")}
    change_calendar(acting_user=manager, overrides=rest, years={}, reason="we move", now=NOW)
    recount_promises(now=NOW)
    assert len(events_since(last)) == 6  # two clocks each
    assert noted() == events_since(last)


def test_events_that_are_rolled_back_are_not_noted(make_ticket: Make) -> None:
    ticket = make_ticket()
    before = noted()
    with transaction.atomic():
        happen(ticket, 2)
        transaction.set_rollback(True)
    assert noted() == before


def test_history_that_is_loaded_is_no_news(make_ticket: Make) -> None:
    ticket = make_ticket()
    before = noted()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL klingdesk.history = 'on'")
        happen(ticket, 2)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL klingdesk.history = 'off'")
        now = happen(ticket, 1)
    assert noted() - before == {event.pk for event in now}


# --- their places ---------------------------------------------------------------------------------


def test_places_have_no_holes_and_follow_the_events(make_ticket: Make, advisor: Any) -> None:
    resolved(make_ticket(), advisor)
    happen(make_ticket(), 3)
    events = list(TicketEvent.objects.order_by("pk").values_list("pk", flat=True))
    assert sequence_events(now=NOW, batch=4) == len(events)
    assert sequence_events(now=NOW) == 0
    assert noted() == set()
    placed = FeedEntry.objects.order_by("position").values_list("position", "event_id", "at")
    assert list(placed) == [(place, pk, NOW) for place, pk in enumerate(events, 1)]
    assert feed_bounds() == Bounds(1, len(events))


def test_an_empty_feed_has_bounds_and_nothing_to_read(desk: None) -> None:
    assert sequence_events(now=NOW) == 0
    assert feed_bounds() == Bounds(1, 0)
    assert feed_after(0, limit=10) == []
    assert feed_lag() == 0


def test_many_events_cost_as_many_statements_as_one(make_ticket: Make) -> None:
    ticket = make_ticket()
    sequence_events(now=NOW)
    spent = []
    for count in (1, 40):
        happen(ticket, count)
        with CaptureQueriesContext(connection) as queries:
            assert sequence_events(now=NOW) == count
        spent.append(len(queries))
    # the savepoint of the test's transaction and its release; the lock; the head; the move
    assert spent == [5, 5]


def test_the_lag_is_the_age_of_the_first_event_without_a_place(make_ticket: Make) -> None:
    make_ticket()
    EventPending.objects.filter(pk=min(noted())).update(
        since=EventPending.objects.latest("since").since - timedelta(seconds=90)
    )
    assert 90 <= feed_lag() < 120
    sequence_events(now=NOW)
    assert feed_lag() == 0


def test_the_tasks_do_it(make_ticket: Make, settings: Any) -> None:
    make_ticket()
    tasks.sequence_events()
    assert noted() == set()
    FeedEntry.objects.update(at=NOW - 3650 * DAY)
    tasks.purge_feed()
    assert positions() == []


# --- readers --------------------------------------------------------------------------------------


def read(name: str, limit: int) -> list[int]:
    with transaction.atomic():
        reader = lock_reader(name=name)
        assert reader is not None
        items = feed_after(reader.position, limit=limit)
        if items:
            move_reader(reader=reader, position=items[-1].position)
    return [item.position for item in items]


def test_a_reader_gets_everything_once_and_in_order(make_ticket: Make) -> None:
    ticket = make_ticket()
    sequence_events(now=NOW)
    total = feed_bounds().newest
    first = read("one", 2)
    happen(ticket, 1)
    sequence_events(now=NOW)
    assert first + read("one", 100) == list(range(1, total + 2))
    assert read("one", 100) == []
    assert read("another", 1) == [1]
    (item, *_rest) = feed_after(0, limit=1)
    event = TicketEvent.objects.get(pk=item.event_id)
    assert (item.ticket_id, item.code) == (event.ticket_id, event.code)


def test_a_reader_that_begins_anew_goes_on_with_what_comes(make_ticket: Make) -> None:
    ticket = make_ticket()
    sequence_events(now=NOW)
    assert restart_reader(name="facts") == feed_bounds().newest
    assert read("facts", 100) == []
    happen(ticket, 1)
    sequence_events(now=NOW)
    assert read("facts", 100) == [feed_bounds().newest]


# --- what is old ----------------------------------------------------------------------------------


@pytest.fixture
def aged(make_ticket: Make) -> Callable[[Sequence[int]], None]:
    """A feed whose entries are so many days old, in the order of their positions."""

    def make(ages: Sequence[int]) -> None:
        ticket = make_ticket(routed=False)
        sequence_events(now=NOW)
        FeedEntry.objects.all().delete()
        FeedHead.objects.update(newest=0)
        for age in ages:
            happen(ticket, 1)
            sequence_events(now=NOW - age * DAY)

    return make


def test_old_entries_go_and_the_bounds_say_so(aged: Callable[[Sequence[int]], None]) -> None:
    aged((40, 31, 30, 29, 0))
    assert purge_feed(now=NOW, days=30, batch=2) == 3
    assert (positions(), feed_bounds()) == ([4, 5], Bounds(4, 5))
    assert purge_feed(now=NOW, days=30) == 0
    assert [item.position for item in feed_after(3, limit=10)] == [4, 5]
    with pytest.raises(Purged) as refused:
        feed_after(2, limit=10)
    assert refused.value.state == {"oldest": 4, "newest": 5}
    assert TicketEvent.objects.filter(code="ticket.watched").count() == 5


def test_an_emptied_feed_knows_what_it_had(aged: Callable[[Sequence[int]], None]) -> None:
    aged((40, 40))
    assert purge_feed(now=NOW, days=30) == 2
    assert feed_bounds() == Bounds(3, 2)
    assert feed_after(2, limit=1) == []
    with pytest.raises(Purged):
        feed_after(1, limit=1)


def test_who_is_behind_keeps_entries_but_not_for_ever(
    aged: Callable[[Sequence[int]], None],
) -> None:
    aged((70, 61, 40, 40, 0))
    FeedReader.objects.create(name="behind", position=0)
    FeedReader.objects.create(name="ahead", position=5)
    assert purge_feed(now=NOW, days=30) == 2  # twice thirty days is the end
    assert positions() == [3, 4, 5]
    FeedReader.objects.filter(name="behind").update(position=3)
    assert purge_feed(now=NOW, days=30) == 1
    assert positions() == [4, 5]


@pytest.mark.parametrize(("state", "kept"), [("on", [1, 2]), ("paused", [1, 2]), ("off", [2])])
def test_a_subscription_keeps_entries_unless_it_is_off(
    state: str, kept: list[int], aged: Callable[[Sequence[int]], None], manager: Any
) -> None:
    aged((40, 0))
    a_subscription(manager, position=0, state=state)
    purge_feed(now=NOW, days=30)
    assert positions() == kept
