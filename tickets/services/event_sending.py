"""Telling subscribers: claimed and committed, then sent outside of any transaction, then marked.

In the order of the feed and one request at a time for each subscription, so that what happens to a
ticket arrives in order. At least once: a sender that dies between sending and marking leaves a
claim whose lease runs out, and the next one sends the same events with the same id. A target that
fails holds up its own subscription and no other. Any number may run at once.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse

from notices.channels.errors import SendError
from notices.channels.webhook import send_signed
from notices.rules.backoff import MOST_ATTEMPTS, PATIENCE, closed_for
from notices.rules.excerpt import LONGEST_ERROR
from notices.services import notify
from tickets.models import EventSubscription
from tickets.models.labels import SubscriptionState
from tickets.selectors.feed import Bounds, feed_bounds
from tickets.selectors.subscriptions import Batch, batch_key, next_batch
from tickets.services.telling import managers

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=120)
"""Longer than any attempt: looking up, connecting and answering take 16 s at most."""

RUN_SECONDS: Final = 20.0
"""After this long a run begins no further attempt: a worker has other things to do, too."""

PAUSED: Final = "subscriptions.paused"
LOST: Final = "events were deleted before they could be told"
BROKEN: Final = "it could not be put into words"


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch that this sender, and nobody else before ``LEASE`` is over, may send."""

    subscription: EventSubscription
    batch: Batch
    bounds: Bounds


@dataclass(slots=True)
class Run:
    """Requests that were taken, the events in them, and attempts that failed."""

    requests: int = 0
    events: int = 0
    failed: int = 0


def send_due(*, now: datetime, seconds: float = RUN_SECONDS) -> Run:
    """Send what is due, one request after the other, until nothing is or ``seconds`` are over."""
    run = Run()
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        claim = claim_next_batch(now=now + timedelta(seconds=passed))
        if claim is None:
            break
        if send_claimed(claim, now=now + timedelta(seconds=passed)):
            run.requests += 1
            run.events += len(claim.batch.events)
        else:
            run.failed += 1
    return run


def claim_next_batch(*, now: datetime) -> Claim | None:
    """Claim the next request of a subscription that is due; None when there is none to claim.

    What does not match a subscription is passed over on the way.
    """
    while True:
        with transaction.atomic():
            bounds = feed_bounds()
            subscription = _first_due(now, bounds)
            if subscription is None:
                return None
            batch = next_batch(subscription, bounds)
            # Asked again: what was deleted meanwhile must not look as if it had never been.
            bounds = feed_bounds()
            if subscription.position < bounds.oldest - 1:
                _pause(subscription, LOST, now=now)
                continue
            if not batch.events:
                subscription.position, subscription.batch_to = batch.until, None
                subscription.save(update_fields=["position", "batch_to"])
                continue
            subscription.batch_to = batch.until
            subscription.claim += 1
            subscription.claimed_until = now + LEASE
            subscription.save(update_fields=["batch_to", "claim", "claimed_until"])
        return Claim(subscription, batch, bounds)


def _first_due(now: datetime, bounds: Bounds) -> EventSubscription | None:
    """Whoever has waited longest since the last request; locked."""
    return (
        EventSubscription.objects.filter(
            Q(next_try_at=None) | Q(next_try_at__lte=now),
            Q(claimed_until=None) | Q(claimed_until__lte=now),
            state=SubscriptionState.ON,
            position__lt=bounds.newest,
        )
        .select_related("team", "created_by")
        .order_by(F("last_told_at").asc(nulls_first=True), "pk")
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .first()
    )


def send_claimed(claim: Claim, *, now: datetime) -> bool:
    """Send a claimed batch and mark it; whether it was taken."""
    subscription, began = claim.subscription, time.monotonic()

    def instant() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    try:
        send_signed(
            subscription,
            payload(claim.batch, claim.bounds),
            key=batch_key(subscription, claim.batch),
            at=now,
        )
    except SendError as error:
        _failed(subscription, error, now=instant())
        return False
    except Exception:
        # A mistake of ours must not be repeated for ever without anybody being told.
        log.exception("subscription %s could not be sent to", subscription.pk)
        _failed(subscription, SendError(BROKEN), now=instant())
        return False
    _mark(
        subscription,
        position=claim.batch.until,
        batch_to=None,
        failures=0,
        failing_since=None,
        next_try_at=None,
        last_error="",
        last_told_at=instant(),
    )
    return True


def payload(batch: Batch, bounds: Bounds) -> dict[str, Any]:
    """The same shape as the cursor endpoint gives."""
    return {
        "events": batch.events,
        "next_after": batch.until,
        "oldest": bounds.oldest,
        "newest": bounds.newest,
    }


def _mark(subscription: EventSubscription, **changes: Any) -> bool:
    """Write what became of a claim, unless it was taken over or the subscription replayed."""
    mine = Q(pk=subscription.pk, claimed_until=subscription.claimed_until)
    done = EventSubscription.objects.filter(mine, claim=subscription.claim).update(
        claimed_until=None, **changes
    )
    if not done:
        log.warning("subscription %s was changed while it was being sent to", subscription.pk)
        # After a replay the lease is still ours: the next request need not wait for its end.
        EventSubscription.objects.filter(mine).update(claimed_until=None)
    return bool(done)


@transaction.atomic
def _failed(subscription: EventSubscription, error: SendError, *, now: datetime) -> None:
    failures = subscription.failures + 1
    since = subscription.failing_since or now
    is_marked = _mark(
        subscription,
        failures=failures,
        failing_since=since,
        next_try_at=now + closed_for(failures, str(subscription.key)),
        last_error=str(error)[:LONGEST_ERROR],
    )
    has_lasted = now - since >= PATIENCE and failures >= MOST_ATTEMPTS
    if is_marked and (error.is_final or has_lasted):
        _pause(subscription, str(error), now=now)


def _pause(subscription: EventSubscription, why: str, *, now: datetime) -> None:
    """Stop sending until somebody lets it go on, and tell who made it and the managers."""
    running = EventSubscription.objects.filter(pk=subscription.pk, state=SubscriptionState.ON)
    if not running.update(
        state=SubscriptionState.PAUSED, next_try_at=None, last_error=why[:LONGEST_ERROR]
    ):
        return
    notify(
        recipients=[subscription.created_by, *managers()],
        code=PAUSED,
        event=f"{PAUSED}:{subscription.pk}:{now.isoformat()}",
        params={"name": subscription.name, "host": subscription.host},
        path=reverse("admin:subscription", args=[subscription.pk]),
        now=now,
    )
