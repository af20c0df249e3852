"""Who is who on the desk."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from klingdesk.core.roles import Role

DEMO_GROUP = "demo people"
"""Members are demo people: their passwords are shown on a screen, so production refuses them."""


def demo_usernames() -> list[str]:
    """Demo people who can log in, by name."""
    return list(
        get_user_model()
        .objects.filter(groups__name=DEMO_GROUP, is_active=True)
        .order_by("username")
        .values_list("username", flat=True)
    )


def active_agents() -> QuerySet[Any]:
    """Everybody who takes contacts now, by name."""
    people: QuerySet[Any] = (
        get_user_model()
        .objects.filter(is_active=True, is_staff=True, groups__name=Role.AGENT.value)
        .order_by("first_name", "username")
    )
    return people


def name_of(person: Any) -> str:
    """What colleagues call somebody: the full name, or else the user name."""
    return str(person.get_full_name() or person.get_username())
