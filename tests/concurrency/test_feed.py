"""Whoever reads by position misses nothing, whatever commits when, and however many are at it."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, transaction

from tests.concurrency.threads import PATIENCE, at_once, held, in_background, outcome
from tests.conftest import NOW
from tests.notices.targets import Received, answering, serving, silent
from tests.tickets.services.subscribers import a_subscription
from tickets.models import EventPending, EventSubscription, FeedEntry, Ticket, TicketEvent
from tickets.selectors.feed import feed_after, feed_bounds
from tickets.services import event_sending
from tickets.services.event_sending import LEASE, claim_next_batch, send_claimed, send_due
from tickets.services.events import record
from tickets.services.feed import lock_reader, purge_feed, sequence_events
from tickets.services.subscriptions import replay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def this_machine(settings: Any) -> None:
    settings.KLINGDESK_WEBHOOK_ALLOW = ["127.0.0.1/32"]


def happen(ticket: Ticket) -> int:
    event = record(ticket=ticket, code="ticket.watched", acting_user=None, now=NOW)
    return event.pk


def test_what_commits_late_comes_after_what_was_read_before(
    make_ticket: Callable[..., Ticket],
) -> None:
    """The reason for it all: the lower number commits last."""
    early, late = make_ticket(), make_ticket()
    sequence_events(now=NOW)
    cursor = feed_bounds().newest
    with held(partial(happen, early)) as commit:
        second = happen(late)
        sequence_events(now=NOW)
        (seen,) = feed_after(cursor, limit=10)
        assert seen.event_id == second
        first = commit()
    assert first < second  # who goes on from the highest number never sees it
    sequence_events(now=NOW)
    assert [item.event_id for item in feed_after(seen.position, limit=10)] == [first]


def test_writers_sequencers_and_a_reader_at_once(many_tickets: Callable[..., list[Ticket]]) -> None:
    tickets = many_tickets(8)
    sequence_events(now=NOW)
    start = feed_bounds().newest
    stop = threading.Event()
    seen: list[int] = []

    def write(ticket: Ticket) -> None:
        for number in range(25):
            with transaction.atomic():
                happen(ticket)
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(%s)", [0.001 * (number % 4)])
                happen(ticket)

    def sequence() -> None:
        while not stop.is_set():
            sequence_events(now=NOW, batch=7)

    def read() -> None:
        at = start
        while True:
            is_last = stop.is_set()
            items = feed_after(at, limit=11)
            seen.extend(item.event_id for item in items)
            at = items[-1].position if items else at
            if is_last and not items:
                return

    sequencers = [in_background(sequence) for _each in range(3)]
    reader = in_background(read)
    assert at_once(*[partial(write, ticket) for ticket in tickets]) == [None] * 8
    while EventPending.objects.exists():
        sequence_events(now=NOW)
    stop.set()
    assert [outcome(each) for each in (*sequencers, reader)] == [None] * 4
    written = TicketEvent.objects.filter(code="ticket.watched")
    assert Counter(seen) == Counter(written.values_list("pk", flat=True))
    placed = list(FeedEntry.objects.values_list("position", flat=True))
    assert placed == list(range(1, len(placed) + 1))
    for ticket in tickets:
        own = [pk for pk in seen if pk in set(ticket.events.values_list("pk", flat=True))]
        assert all(one < other for one, other in pairwise(own))


def test_a_sequencer_leaves_the_work_to_whoever_is_at_it(
    make_ticket: Callable[..., Ticket],
) -> None:
    make_ticket()
    with held(partial(sequence_events, now=NOW)) as commit:
        assert sequence_events(now=NOW) == 0
        assert purge_feed(now=NOW + timedelta(days=99), days=1) == 0
        assert feed_after(0, limit=10) == []
        placed = commit()
    assert placed == len(feed_after(0, limit=100)) > 0


def test_a_reader_is_one_process_at_a_time(desk: None) -> None:
    with held(partial(lock_reader, name="facts")):
        lock_reader(name="another")
        with transaction.atomic():
            assert lock_reader(name="another") is not None
    with held(partial(lock_reader, name="facts")), transaction.atomic():
        assert lock_reader(name="facts") is None


# --- subscribers ----------------------------------------------------------------------------------


@pytest.fixture
def feed_of(many_tickets: Callable[..., list[Ticket]]) -> Callable[[int], list[Ticket]]:
    """Tickets with three more events each in the feed, mixed."""

    def make(count: int) -> list[Ticket]:
        tickets = many_tickets(count)
        for _round in range(3):
            for ticket in tickets:
                happen(ticket)
        sequence_events(now=NOW)
        return tickets

    return make


def told(received: list[Received]) -> Iterator[list[int]]:
    """The positions in each request."""
    for request in received:
        yield [event["position"] for event in json.loads(request.body)["events"]]


def test_many_senders_tell_everything_once_and_in_order(
    feed_of: Callable[[int], list[Ticket]], manager: Any
) -> None:
    feed_of(60)
    total = feed_bounds().newest
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(answering(200))) for _each in range(2)]
        for number, server in enumerate(servers):
            a_subscription(manager, url=server.url, name=str(number), position=0)
        runs = at_once(*[partial(send_due, now=NOW)] * 4)
        for server in servers:
            got = [position for batch in told(server.received) for position in batch]
            assert got == list(range(1, total + 1))
    assert sum(run.events for run in runs) == 2 * total
    assert set(EventSubscription.objects.values_list("position", "claimed_until")) == {
        (total, None)
    }


def test_one_request_of_a_subscription_at_a_time_and_nothing_is_locked_meanwhile(
    feed_of: Callable[[int], list[Ticket]], manager: Any
) -> None:
    feed_of(30)
    together: list[Any] = []

    def look(peer: Any, request: Received) -> None:
        together.append(claim_next_batch(now=NOW))
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM tickets_eventsubscription FOR UPDATE NOWAIT")
            together.append(cursor.fetchone()[0])
        connection.close()
        answering(200)(peer, request)

    with serving(look) as server:
        a_subscription(manager, url=server.url, position=0)
        claim = claim_next_batch(now=NOW)
        assert claim is not None
        assert send_claimed(claim, now=NOW)
    assert together == [None, "subscription"]


def test_a_sender_that_was_killed_is_replaced_when_its_lease_is_over(
    feed_of: Callable[[int], list[Ticket]], manager: Any
) -> None:
    feed_of(10)
    with serving(answering(200)) as server:
        a_subscription(manager, url=server.url, position=0)
        killed = claim_next_batch(now=NOW)
        assert killed is not None
        assert send_due(now=NOW + LEASE - timedelta(seconds=1)).requests == 0
        happen(Ticket.objects.first())  # type: ignore[arg-type] - there are ten
        sequence_events(now=NOW)
        heir = claim_next_batch(now=NOW + LEASE)
        assert heir is not None
        assert heir.batch == killed.batch  # the same events, under the same id
        assert event_sending.batch_key(heir.subscription, heir.batch) == event_sending.batch_key(
            killed.subscription, killed.batch
        )
        # Whoever was only stopped comes back: it is told twice, and the place is the heir's.
        assert send_claimed(killed, now=NOW + LEASE)
        assert EventSubscription.objects.get().position == 0
        assert send_claimed(heir, now=NOW + LEASE)
        keys = {request.headers["idempotency-key"] for request in server.received}
    assert len(keys) == 1
    assert EventSubscription.objects.get().position == heir.batch.until


def test_a_worker_that_dies_in_the_middle_of_a_request_loses_nothing(
    feed_of: Callable[[int], list[Ticket]], manager: Any
) -> None:
    """SIGKILL, for real: nothing of the worker's own can tidy up."""
    feed_of(10)
    stop = threading.Event()
    with serving(silent(stop)) as server:
        a_subscription(manager, url=server.url, position=0)
        connection.close()
        worker = os.fork()
        if worker == 0:
            try:
                send_due(now=NOW)
            finally:
                os._exit(1)
        until = time.monotonic() + PATIENCE
        while not server.received and time.monotonic() < until:
            time.sleep(0.01)
        os.kill(worker, signal.SIGKILL)
        assert os.waitpid(worker, 0)[1] == signal.SIGKILL
        server.behave = answering(200)
        stop.set()
        assert send_due(now=NOW + LEASE - timedelta(seconds=1)).requests == 0
        # The database notices the death of its client in its own time. The lease began when the
        # worker had its batch, which is a moment after NOW.
        until = time.monotonic() + PATIENCE
        while len(server.received) < 2 and time.monotonic() < until:
            send_due(now=NOW + LEASE + timedelta(minutes=1))
        first, again = server.received[:2]
        got = [position for batch in told(server.received[1:]) for position in batch]
    assert first.headers["idempotency-key"] == again.headers["idempotency-key"]
    assert got == list(range(1, feed_bounds().newest + 1))


def test_a_replay_while_it_is_being_sent_is_not_lost(
    feed_of: Callable[[int], list[Ticket]], manager: Any
) -> None:
    feed_of(5)

    def interrupt(peer: Any, request: Received) -> None:
        if len(server.received) == 1:
            subscription = EventSubscription.objects.get()
            replay(acting_user=manager, subscription_id=subscription.pk, first=1, now=NOW)
            connection.close()
        answering(200)(peer, request)

    with serving(interrupt) as server:
        a_subscription(manager, url=server.url, position=2)
        send_due(now=NOW)
        batches = list(told(server.received))
        keys = {request.headers["idempotency-key"] for request in server.received}
    assert [batch[0] for batch in batches] == [3, 1]
    assert len(keys) == 2
