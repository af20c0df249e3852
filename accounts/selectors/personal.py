"""What people have chosen for themselves."""

from __future__ import annotations

from typing import Any

from accounts.models import PersonalSettings


def language_of(person_id: Any) -> str:
    """The code of the language that a person has chosen; empty where there was no choice."""
    chosen = PersonalSettings.objects.filter(pk=person_id).values_list("language", flat=True)
    return chosen.first() or ""
