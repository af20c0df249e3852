"""What was changed in how tickets are given out, newest first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model


@dataclass(frozen=True, slots=True)
class Trace:
    """One change; ``old`` is None for an addition, ``new`` for a deletion."""

    at: datetime
    by: Any
    old: dict[str, Any] | None
    new: dict[str, Any] | None


def traces_of(model: type[Model], *, row_id: int | None = None, most: int = 30) -> list[Trace]:
    """The latest changes of a table, or of one row of it. Entries of other pages are left out."""
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model)
    ).select_related("user")
    if row_id is not None:
        entries = entries.filter(object_id=str(row_id))
    found = []
    for entry in entries.order_by("-action_time", "-pk")[:most]:
        try:
            message = json.loads(entry.change_message)
        except ValueError:
            continue
        if isinstance(message, dict) and {"old", "new"} <= set(message):
            found.append(Trace(entry.action_time, entry.user, message["old"], message["new"]))
    return found
