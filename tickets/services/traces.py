"""Who changed how tickets are given out, when, and what was there before.

The rows are those of Django's own log of the administration: entries are only ever added here,
and no page changes or deletes one.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model


def leave_trace(
    *,
    of: Model,
    row_id: int,
    name: str,
    acting_user: Any,
    now: datetime,
    old: dict[str, Any] | None,
    new: dict[str, Any] | None,
) -> None:
    """Keep what became of a row: ``old`` is None when it was added, ``new`` when deleted."""
    flag = ADDITION if old is None else DELETION if new is None else CHANGE
    LogEntry.objects.create(
        user=acting_user,
        action_time=now,
        content_type=ContentType.objects.get_for_model(type(of)),
        object_id=str(row_id),
        object_repr=name[:200],
        action_flag=flag,
        change_message=json.dumps({"old": old, "new": new}, ensure_ascii=False),
    )
