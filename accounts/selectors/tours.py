"""Which guided tours people have seen."""

from __future__ import annotations

from typing import Any

from accounts.models import PersonalSettings

TOURS_SEEN = "tours_seen"
"""Key in the session: read at the login, so that no page has to ask."""


def tours_seen(person_id: Any) -> list[str]:
    """Names of the tours that a person has walked or does not want."""
    rows = PersonalSettings.objects.filter(pk=person_id)
    return list(rows.values_list("tours_seen", flat=True).first() or ())
