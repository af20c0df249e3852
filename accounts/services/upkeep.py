"""Forgetting what is over: sessions, tokens, failed logins."""

from __future__ import annotations

from datetime import datetime

from knox.models import get_token_model

from accounts.models import DeskSession
from accounts.services.lockouts import purge


def forget_what_is_over(*, now: datetime) -> int:
    """Delete expired sessions and tokens, and failures that count no more; returns how many."""
    sessions, _by_model = DeskSession.objects.filter(expire_date__lt=now).delete()
    tokens, _by_model = get_token_model().objects.filter(expiry__lt=now).delete()
    return sessions + int(tokens) + purge(now=now)
