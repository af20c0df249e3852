"""What a notice is about, and how much it presses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """A breach goes out at night, too; anything else waits for working hours."""

    INFO = "info"
    WARNING = "warning"
    BREACH = "breach"


@dataclass(frozen=True, slots=True)
class Topic:
    """What people and teams choose by. ``label`` and ``help`` are translatable words; ``roles``
    are the roles whom it concerns (empty: everybody)."""

    key: str
    label: Any
    help: Any = ""
    roles: frozenset[str] = frozenset()

    def concerns(self, roles: frozenset[Any]) -> bool:
        """Whether somebody with ``roles`` is ever told anything about it."""
        return not self.roles or bool(self.roles & {str(role) for role in roles})
