"""Saved filters of the ticket list."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from tickets.models import SavedView


def views_for(*, user: Any) -> QuerySet[SavedView]:
    """The person's own views, then those that are shared with everybody, each by name."""
    return (
        SavedView.objects.filter(Q(owner=user) | Q(is_shared=True))
        .select_related("owner")
        .order_by("is_shared", "name", "pk")
    )
