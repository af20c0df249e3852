"""Sending and reading notices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from notices.models import Notice


def notify(
    *,
    recipients: Iterable[Any],
    code: str,
    event: str,
    now: datetime,
    params: Mapping[str, Any] | None = None,
    path: str = "",
) -> int:
    """Tell each of ``recipients`` once about ``event``; returns how many were not told before.

    Safe to repeat, and for two sweeps at once: the database keeps one row for each person and
    event.
    """
    people = list({person.pk: person for person in recipients}.values())
    told = set(
        Notice.objects.filter(recipient__in=people, event=event).values_list(
            "recipient_id", flat=True
        )
    )
    fresh = [
        Notice(
            recipient=person,
            code=code,
            params=dict(params or {}),
            path=path,
            event=event,
            created_at=now,
        )
        for person in people
        if person.pk not in told
    ]
    Notice.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def mark_read(*, acting_user: Any, notice_ids: Iterable[int] | None, now: datetime) -> int:
    """Mark the reader's own notices (None: all of them) as read; returns how many were unread."""
    notices = Notice.objects.filter(recipient=acting_user, read_at=None)
    if notice_ids is not None:
        notices = notices.filter(pk__in=list(notice_ids))
    return notices.update(read_at=now)
