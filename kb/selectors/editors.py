"""The people who keep the knowledge."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from accounts.selectors.people import holders_of
from klingdesk.core.roles import Role


def active_editors() -> QuerySet[Any]:
    """Everybody who may own an answer."""
    return holders_of(Role.EDITOR)
