"""Ending sessions and tokens. A session whose row is gone is logged out with its next request."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.models import ApiToken, DeskSession


@dataclass(frozen=True, slots=True)
class Ended:
    """How many of each were ended."""

    sessions: int
    tokens: int


@transaction.atomic
def end_logins(*, user: Any, but: Collection[str] = (), tokens: bool = True) -> Ended:
    """End a person's sessions, except those with a key in ``but``, and their API tokens."""
    rows = DeskSession.objects.filter(user=user).exclude(session_key__in=list(but))
    sessions, _by_model = rows.delete()
    ended = ApiToken.objects.filter(user=user).delete()[0] if tokens else 0
    return Ended(sessions, ended)


@transaction.atomic
def end_session(*, user: Any, started_at: Any, but: str) -> bool:
    """End one session of a person, named by its start; never the one with the key ``but``."""
    rows = DeskSession.objects.filter(user=user, started_at=started_at).exclude(session_key=but)
    return bool(rows.delete()[0])


@transaction.atomic
def keep_newest(*, user: Any, most: int) -> int:
    """End the oldest sessions beyond ``most``; returns how many. Safe with two logins at once."""
    newest_first = DeskSession.objects.filter(user=user).order_by(
        F("started_at").desc(nulls_last=True), "-session_key"
    )
    beyond = list(newest_first.values_list("session_key", flat=True)[most:])
    return DeskSession.objects.filter(session_key__in=beyond).delete()[0] if beyond else 0
