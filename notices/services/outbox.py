"""Sending what is due: claimed and committed, then sent outside of any transaction, then marked.

At least once, and once as a rule: a sender that dies between sending and marking leaves a claim
whose lease runs out, and the next one sends again, with the same idempotency key (webhooks) or
Message-ID (e-mail). Any number may run at once.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from notices.channels.errors import SendError
from notices.channels.mail import send_email
from notices.channels.messages import message_of
from notices.channels.webhook import send_webhook
from notices.models import Delivery, Line, Preference
from notices.models.labels import ChannelKind, DeliveryState
from notices.providers import working_hours
from notices.rules.backoff import MOST_ATTEMPTS, wait_after
from notices.rules.excerpt import LONGEST_ERROR
from notices.rules.quiet import sending_time
from notices.rules.topics import Severity
from notices.services.lines import line_failed, line_works, take_line

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=120)
"""Longer than any attempt: looking up, connecting and answering take 16 s at most for a webhook,
a mail server has ten seconds for each of its steps."""

RUN_SECONDS: Final = 20.0
"""After this long a run begins no further attempt: a worker has other things to do, too."""


class Ended(StrEnum):
    """What became of one attempt."""

    SENT = "sent"
    PUT_OFF = "put_off"
    DEAD = "dead"
    DISCARDED = "discarded"
    TAKEN_OVER = "taken_over"


@dataclass(slots=True)
class Run:
    """How many attempts ended how."""

    sent: int = 0
    put_off: int = 0
    dead: int = 0
    discarded: int = 0
    taken_over: int = 0

    def count(self, ended: Ended) -> None:
        setattr(self, ended.value, getattr(self, ended.value) + 1)


def deliver_due(*, now: datetime, seconds: float = RUN_SECONDS) -> Run:
    """Send what is due, one after the other, until nothing is or ``seconds`` are over."""
    run = Run()
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        ended = deliver_next(now=now + timedelta(seconds=passed))
        if ended is None:
            break
        run.count(ended)
    return run


def deliver_next(*, now: datetime) -> Ended | None:
    """Claim the delivery that is due first, and send it; None when there is none to claim."""
    began = time.monotonic()
    delivery = _claim(now)
    if delivery is None:
        return None

    def instant() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    obstacle = _obstacle(delivery)
    if obstacle:
        return _discard(delivery, obstacle, now=now)
    try:
        _send(delivery, at=now)
    except SendError as error:
        return _failed(delivery, error, now=instant())
    except Exception:
        # A mistake of ours must not hold up the others, nor be repeated for ever.
        log.exception("delivery %s could not be sent", delivery.pk)
        broken = SendError("it could not be put into words", is_line_down=False)
        return _failed(delivery, broken, now=instant())
    line_works(delivery.line)
    return _mark(delivery, Ended.SENT, state=DeliveryState.SENT, ended_at=instant(), last_error="")


def _claim(now: datetime) -> Delivery | None:
    while True:
        with transaction.atomic():
            delivery = _next_due(now) or _next_abandoned(now)
            if delivery is None:
                return None
            if delivery.attempts >= MOST_ATTEMPTS:
                _bury_abandoned(delivery, now)
                continue
            if not take_line(delivery.line, now=now, lease=LEASE):
                continue  # somebody is trying it just now; it is closed to us from here on
            delivery.state = DeliveryState.SENDING
            delivery.attempts += 1
            delivery.claimed_until = now + LEASE
            delivery.save(update_fields=["state", "attempts", "claimed_until"])
            return delivery


def _next_due(now: datetime) -> Delivery | None:
    due = Delivery.objects.filter(state=DeliveryState.PENDING, due_at__lte=now)
    return _first(due.order_by("due_at", "id"), now)


def _next_abandoned(now: datetime) -> Delivery | None:
    """Claimed by somebody who died, or who was stopped for longer than the lease."""
    left = Delivery.objects.filter(state=DeliveryState.SENDING, claimed_until__lte=now)
    return _first(left.order_by("claimed_until"), now)


def _first(rows: QuerySet[Delivery], now: datetime) -> Delivery | None:
    closed = Line.objects.filter(closed_until__gt=now).values("key")
    return (
        rows.exclude(line__in=closed)
        .select_related("recipient", "webhook")
        .select_for_update(of=("self",), skip_locked=True)
        .first()
    )


def _bury_abandoned(delivery: Delivery, now: datetime) -> None:
    delivery.state = DeliveryState.DEAD
    delivery.claimed_until = None
    delivery.ended_at = now
    delivery.last_error = delivery.last_error or "the sender died in every attempt"
    delivery.save(update_fields=["state", "claimed_until", "ended_at", "last_error"])


def _obstacle(delivery: Delivery) -> str:
    """Why it must not be sent any more; empty when nothing speaks against it."""
    if delivery.webhook is not None:
        return "" if delivery.webhook.is_active else "the webhook was switched off"
    person = delivery.recipient
    if person is None or not person.is_active:
        return "the account is not active any more"
    if not person.email:
        return "the account has no e-mail address any more"
    wished = Preference.objects.filter(
        person=person, topic=delivery.payload["topic"], channel=ChannelKind.EMAIL
    )
    return "" if wished.exists() else "the person does not want it by e-mail any more"


def _send(delivery: Delivery, *, at: datetime) -> None:
    message = message_of(delivery)
    if delivery.webhook is not None:
        send_webhook(delivery.webhook, message, at=at)
    elif delivery.recipient is not None:
        send_email(delivery.recipient.email, message)


def _failed(delivery: Delivery, error: SendError, *, now: datetime) -> Ended:
    text = str(error)[:LONGEST_ERROR]
    if error.is_final or delivery.attempts >= MOST_ATTEMPTS:
        ended = _mark(delivery, Ended.DEAD, state=DeliveryState.DEAD, ended_at=now, last_error=text)
    else:
        severity = Severity(delivery.severity)
        due = now + wait_after(delivery.attempts, str(delivery.key))
        if severity is not Severity.BREACH:
            due = sending_time(due, severity=severity, hours=working_hours())
        ended = _mark(
            delivery, Ended.PUT_OFF, state=DeliveryState.PENDING, due_at=due, last_error=text
        )
    if error.is_final:
        # Nothing was tried: the line is as good or bad as before, but must not stay taken.
        Line.objects.filter(key=delivery.line, closed_until__gt=now).update(closed_until=now)
    elif error.is_line_down:
        line_failed(delivery.line, now=now)
    else:
        line_works(delivery.line)
    return ended


def _discard(delivery: Delivery, reason: str, *, now: datetime) -> Ended:
    Line.objects.filter(key=delivery.line, failures__gt=0).update(closed_until=now)
    return _mark(
        delivery, Ended.DISCARDED, state=DeliveryState.DISCARDED, ended_at=now, reason=reason
    )


def _mark(delivery: Delivery, ended: Ended, **changes: object) -> Ended:
    """Write what became of a claim, unless it was taken over meanwhile."""
    mine = Q(pk=delivery.pk, state=DeliveryState.SENDING, attempts=delivery.attempts)
    done = Delivery.objects.filter(mine).update(claimed_until=None, **changes)
    if not done:
        log.warning("delivery %s was taken over while it was being sent", delivery.pk)
        return Ended.TAKEN_OVER
    return ended


def purge_deliveries(*, before: datetime, batch: int = 1_000) -> int:
    """Delete what was sent or discarded before an instant; returns how many. Dead ones stay until
    somebody has looked at them."""
    old = Delivery.objects.filter(
        state__in=[DeliveryState.SENT, DeliveryState.DISCARDED], ended_at__lt=before
    )
    return Delivery.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:batch])).delete()[
        0
    ]
