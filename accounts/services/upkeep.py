"""Forgetting what is over: sessions, tokens, failed logins, kept answers, counters."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from accounts.models import ApiToken, DeskSession
from accounts.services.answers import forget_answers
from accounts.services.lockouts import purge
from accounts.services.rates import forget_counters

COUNTERS_KEPT = timedelta(days=1)


def forget_what_is_over(*, now: datetime) -> int:
    """Delete expired sessions and tokens, failures that count no more, answers that are kept no
    longer and counters of past windows; returns how many."""
    sessions, _by_model = DeskSession.objects.filter(expire_date__lt=now).delete()
    tokens, _by_model = ApiToken.objects.filter(expiry__lt=now).delete()
    answers = forget_answers(now=now, after_hours=settings.KLINGDESK_IDEMPOTENCY_HOURS)
    counters = forget_counters(before=(now - COUNTERS_KEPT).timestamp())
    return sessions + tokens + purge(now=now) + answers + counters
