"""Keeping which guided tours a person has seen."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import PersonalSettings


@transaction.atomic
def remember_tour(*, acting_user: Any, name: str) -> list[str]:
    """Note that the tour ``name`` need not be offered again; all names of the person."""
    PersonalSettings.objects.get_or_create(user=acting_user)
    chosen = PersonalSettings.objects.select_for_update().get(user=acting_user)
    if name not in chosen.tours_seen:
        chosen.tours_seen = [*chosen.tours_seen, name]
        chosen.save(update_fields=["tours_seen"])
    return list(chosen.tours_seen)
