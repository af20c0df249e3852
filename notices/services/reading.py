"""Reading notices in the inbox."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models.functions import Now

from notices.models import Notice


def mark_read(
    *,
    acting_user: Any,
    notice_ids: Iterable[int] | None,
    now: datetime,
    codes: Iterable[str] | None = None,
) -> int:
    """Mark the reader's own notices (None: all of them, or all with one of ``codes``) as read;
    returns how many were unread."""
    notices = Notice.objects.filter(recipient=acting_user, read_at=None, created_at__lte=Now())
    if notice_ids is not None:
        notices = notices.filter(pk__in=list(notice_ids))
    if codes is not None:
        notices = notices.filter(code__in=list(codes))
    return notices.update(read_at=now)
