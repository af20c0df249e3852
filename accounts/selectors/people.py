"""The people of the desk by what they may do."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from klingdesk.core.roles import OF_ADMINISTRATORS, Role


def holders_of(role: Role) -> QuerySet[Any]:
    """Active accounts that have ``role``, by user name: those that ``roles_of`` says it of."""
    has_it = Q(groups__name=role.value)
    if role in OF_ADMINISTRATORS:
        has_it |= Q(is_superuser=True)
    people = get_user_model().objects.filter(has_it, is_active=True, is_staff=True)
    return people.distinct().order_by("username")
