"""Putting events into one order, keeping readers' places, and forgetting what is old.

Numbers of events are drawn when they are written; a transaction that began first may commit last,
and whoever had gone on from the highest number would never see its events. The trigger notes each
event in a row of the same transaction. Here what has been committed gets its place, by one
sequencer at a time, in the order of the events' numbers; so positions appear in ascending order.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import Min

from tickets.models import EventSubscription, FeedEntry, FeedHead, FeedReader
from tickets.models.labels import SubscriptionState
from tickets.selectors.feed import feed_bounds

BATCH: Final = 5_000

PATIENCE: Final = 2
"""A reader that is behind holds entries for so many times the usual days, and no longer: one that
is never repaired must not fill the disk."""

_PLACE = """
WITH taken AS (
    DELETE FROM tickets_eventpending
    WHERE event_id IN (SELECT event_id FROM tickets_eventpending ORDER BY event_id LIMIT %(batch)s)
    RETURNING event_id
), placed AS (
    INSERT INTO tickets_feedentry (position, event_id, at)
    SELECT %(newest)s + row_number() OVER (ORDER BY event_id), event_id, %(now)s FROM taken
    RETURNING position
)
UPDATE tickets_feedhead SET newest = newest + (SELECT count(*) FROM placed) WHERE id = 1
RETURNING newest - %(newest)s
"""


def sequence_events(*, now: datetime, batch: int = BATCH) -> int:
    """Give every committed event its place in the feed; returns how many got one.

    In batches with a transaction each; to be called outside of any other. Safe to run twice at
    once: the second one leaves the work to the first and returns 0.
    """
    placed = 0
    while True:
        done = _place_some(now=now, batch=batch)
        placed += done
        if done < batch:
            return placed


@transaction.atomic
def _place_some(*, now: datetime, batch: int) -> int:
    head = _take_head()
    if head is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, {"batch": batch, "newest": head.newest, "now": now})
        (placed,) = cursor.fetchone()
    return int(placed)


def _take_head() -> FeedHead | None:
    """The head, for this transaction alone; None while another one has it.

    By a lock that is tried and never waited for: the row itself may not have been committed yet.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('klingdesk.feed'))")
        if not cursor.fetchone()[0]:
            return None
    return FeedHead.objects.get_or_create(pk=FeedHead.ONLY)[0]


@transaction.atomic
def lock_reader(*, name: str) -> FeedReader | None:
    """The place of a reader, locked until the caller's transaction ends; None while another
    process has it. A reader that is new begins at 0."""
    readers = FeedReader.objects.filter(name=name)
    if not readers.exists():
        FeedReader.objects.bulk_create([FeedReader(name=name)], ignore_conflicts=True)
    return readers.select_for_update(skip_locked=True).first()


def move_reader(*, reader: FeedReader, position: int) -> None:
    """Note that a reader that this transaction has locked dealt with all up to ``position``."""
    reader.position = position
    reader.save(update_fields=["position"])


@transaction.atomic
def restart_reader(*, name: str) -> int:
    """Let a reader begin after what is newest now; returns that position.

    For readers that make everything anew: first this (committed), then read the tables.
    """
    newest = feed_bounds().newest
    FeedReader.objects.update_or_create(name=name, defaults={"position": newest})
    return newest


def purge_feed(*, now: datetime, days: int, batch: int = BATCH) -> int:
    """Delete entries older than ``days`` that every reader and subscription has dealt with, and
    any that are older than ``PATIENCE`` times as many; returns how many. Events stay.

    In batches with a transaction each. Safe to run twice, and twice at once.
    """
    purged = 0
    while True:
        done = _purge_some(now=now, days=days, batch=batch)
        purged += done
        if done < batch:
            return purged


@transaction.atomic
def _purge_some(*, now: datetime, days: int, batch: int) -> int:
    head = _take_head()
    if head is None:
        return 0
    needed = _first_needed()
    oldest = FeedEntry.objects.order_by("position").values_list("position", "at")[:batch]
    last = head.purged
    for position, at in oldest:
        age = now - at
        is_needed = needed is not None and position >= needed
        if age < timedelta(days=days) or (is_needed and age < timedelta(days=PATIENCE * days)):
            break
        last = position
    done, _per_model = FeedEntry.objects.filter(position__lte=last).delete()
    if done:
        head.purged = last
        head.save(update_fields=["purged"])
    return done


def _first_needed() -> int | None:
    """The first position that a reader, or a subscription that is not switched off, has not dealt
    with; None without any."""
    subscriptions = EventSubscription.objects.exclude(state=SubscriptionState.OFF)
    places = [
        FeedReader.objects.aggregate(first=Min("position"))["first"],
        subscriptions.aggregate(first=Min("position"))["first"],
    ]
    known = [place for place in places if place is not None]
    return min(known) + 1 if known else None
