"""Errors that services raise and that every interface turns into words.

An interface (admin page, API, command) catches ``DeskError`` once and shows
``message``; nothing below the interfaces knows about HTTP or HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class DeskError(Exception):
    """Base of all errors a person can do something about.

    ``code`` is a stable, dotted identifier for programs; ``message`` is a
    translated sentence for people and says what to do next.
    """

    code = "error"

    def __init__(self, message: Any, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return str(self.message)


class Conflict(DeskError):
    """The state has moved on: somebody else acted first, or the action does not fit any more.

    ``state`` holds what is true now, ready to be shown.
    """

    code = "conflict"

    def __init__(
        self, message: Any, *, code: str | None = None, state: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.state: Mapping[str, Any] = state or {}


class Overtaken(Conflict):
    """The object has changed since the version that the caller named as the one it read."""

    code = "overtaken"


class NotAllowed(DeskError):
    """The acting user may see the object but not do this to it."""

    code = "not_allowed"


class NotFound(DeskError):
    """No such object, or none that the acting user may see (deliberately the same answer)."""

    code = "not_found"


class Gone(DeskError):
    """It was there and is not kept any more; ``state`` says what is."""

    code = "gone"

    def __init__(
        self, message: Any, *, code: str | None = None, state: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.state: Mapping[str, Any] = state or {}


class Invalid(DeskError):
    """Input that cannot be accepted; ``fields`` maps a field's name to its messages."""

    code = "invalid"

    def __init__(
        self,
        message: Any,
        *,
        code: str | None = None,
        fields: Mapping[str, list[Any]] | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.fields: Mapping[str, list[Any]] = fields or {}
