"""Reading notices: each person only the own ones."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from notices.models import Notice


def notices_for(user: Any) -> QuerySet[Notice]:
    """The person's notices, newest first."""
    return Notice.objects.filter(recipient=user)


def unread_count(user: Any) -> int:
    return notices_for(user).filter(read_at=None).count()
