"""Who is who on the desk."""

from __future__ import annotations

from django.contrib.auth import get_user_model

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
