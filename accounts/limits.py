"""When a session is over. Pure: times are parameters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from accounts.sessions import SEEN, STARTED


def is_over(
    session: Mapping[str, Any], *, now: datetime, idle: timedelta, longest: timedelta
) -> bool:
    """Whether the person did nothing for ``idle``, or logged in ``longest`` ago or earlier."""
    stamp = now.timestamp()
    started, seen = session.get(STARTED, stamp), session.get(SEEN, stamp)
    return bool(stamp - started >= longest.total_seconds() or stamp - seen >= idle.total_seconds())
