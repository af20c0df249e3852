"""Ways out that fail are left alone for a while; one attempt at a time finds out when they work."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from notices.error_words import DOWN_SINCE
from notices.models import Delivery, Line
from notices.models.labels import DeliveryState
from notices.rules.backoff import PATIENCE, closed_for


def take_line(key: str, *, now: datetime, lease: timedelta) -> bool:
    """Whether something may be sent over a line now.

    Everybody may use one that works. One that has failed is taken by a single sender, who closes
    it to the others for as long as the attempt may last.
    """
    line = Line.objects.filter(key=key).first()
    if line is None or line.failures == 0:
        return True
    is_open = Q(closed_until=None) | Q(closed_until__lte=now)
    return bool(Line.objects.filter(is_open, key=key).update(closed_until=now + lease))


def line_works(key: str) -> None:
    Line.objects.filter(key=key, failures__gt=0).update(
        failures=0, closed_until=None, down_since=None
    )


@transaction.atomic
def line_failed(key: str, *, now: datetime) -> None:
    """Close a line for a while; what has waited behind it for ``PATIENCE`` is given up, so that
    nothing waits for ever and in silence."""
    Line.objects.get_or_create(key=key)
    line = Line.objects.select_for_update().get(key=key)
    line.failures += 1
    line.closed_until = now + closed_for(line.failures, key)
    line.down_since = line.down_since or now
    line.save(update_fields=["failures", "closed_until", "down_since"])
    if now - line.down_since < PATIENCE:
        return
    # Ordered and locked: a resend of the same rows waits, and none of us in a circle.
    waiting = (
        Delivery.objects.select_for_update(skip_locked=True)
        .filter(line=key, state=DeliveryState.PENDING, due_at__lte=now)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    Delivery.objects.filter(pk__in=list(waiting)).update(
        state=DeliveryState.DEAD,
        ended_at=now,
        last_error=f"{DOWN_SINCE}{line.down_since:%Y-%m-%d %H:%M} UTC",
    )


def open_lines(keys: set[str]) -> None:
    """Let the next attempt begin at once: somebody says that it works again."""
    Line.objects.filter(key__in=keys).update(failures=0, closed_until=None, down_since=None)
