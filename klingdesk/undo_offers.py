"""How a message of Django's carries the offer to take back what it tells of.

The message crosses a redirect in a cookie; its tags hold what would be undone and until when it
is offered. The service decides whether that is so, so nothing is gained by making one up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

_MARK: Final = "undo"


@dataclass(frozen=True, slots=True)
class UndoOffer:
    """``what`` is sent to the desk; ``seconds`` are left."""

    what: str
    seconds: int


def offer_tag(what: str, *, until: datetime) -> str:
    """The extra tag of the message."""
    return f"{_MARK}:{what}:{until.timestamp():.1f}"


def offer_in(tags: str | None, *, now: datetime) -> UndoOffer | None:
    """The offer that is still open in a message's extra tags."""
    mark, _colon, rest = (tags or "").partition(":")
    what, _colon, until = rest.rpartition(":")
    if mark != _MARK or not what:
        return None
    try:
        left = round(float(until) - now.timestamp())
    except (ValueError, OverflowError):
        return None
    return UndoOffer(what, left) if left > 0 else None
