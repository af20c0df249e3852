"""The people who keep the knowledge."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from klingdesk.core.roles import Role


def active_editors() -> QuerySet[Any]:
    """Everybody who may own an answer: active accounts with the editor's role, by user name."""
    people = get_user_model().objects.filter(is_active=True, is_staff=True)
    editors = people.filter(Q(groups__name=Role.EDITOR.value) | Q(is_superuser=True))
    return editors.distinct().order_by("username")
