"""How often answers are used: what was opened from searches."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count

from kb.models import LoggedSearch

USAGE_SPAN = timedelta(days=30)


def usage_counts(*, now: datetime) -> dict[str, int]:
    """Key of a question → how often it was opened from a search within the last 30 days."""
    chosen = LoggedSearch.objects.filter(asked_at__gt=now - USAGE_SPAN, asked_at__lte=now)
    rows = chosen.exclude(chosen="").order_by().values("chosen").annotate(times=Count("pk"))
    return dict(rows.values_list("chosen", "times"))
