"""The texts of notices: each app that sends some registers its codes here when it is ready."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_texts: dict[str, Any] = {}


def register(texts: Mapping[str, Any]) -> None:
    """``texts``: code → translatable sentence with ``%(name)s`` for its parameters."""
    _texts.update(texts)


def in_words(code: str, params: Mapping[str, Any]) -> str:
    """The sentence in the active language; an unknown code or a missing parameter shows itself."""
    text = str(_texts.get(code, code))
    try:
        return text % dict(params)
    except (KeyError, ValueError):
        return text
