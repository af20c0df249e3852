"""Typed readers for environment variables: the only place that touches ``os.environ``.

Each reader raises ``ImproperlyConfigured`` with one sentence that names the
variable, what was found and what is allowed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

Choice = TypeVar("Choice", bound=StrEnum)

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """The variable as it stands, without surrounding white space."""
    return os.environ.get(name, default).strip()


def flag(name: str, *, default: bool = False) -> bool:
    """A yes/no variable: 1/0, true/false, yes/no, on/off."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    value = raw.strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {raw!r}; write 1 or 0.")


def number(name: str, default: int, *, least: int | None = None, most: int | None = None) -> int:
    """A whole number within ``least`` and ``most`` (both included)."""
    raw = text(name)
    if not raw:
        return default
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {raw!r}; write a whole number.") from None
    if (least is not None and value < least) or (most is not None and value > most):
        if most is None:
            allowed = f"at least {least}"
        else:
            allowed = f"at most {most}" if least is None else f"from {least} to {most}"
        raise ImproperlyConfigured(f"{name} is {value}; it must be {allowed}.")
    return value


def listing(name: str, default: Iterable[str] = ()) -> list[str]:
    """A comma-separated list; empty items are dropped."""
    raw = os.environ.get(name)
    if raw is None:
        return list(default)
    return [item.strip() for item in raw.split(",") if item.strip()]


def choice(name: str, kind: type[Choice], default: Choice) -> Choice:
    """One of the values of a ``StrEnum``."""
    raw = text(name)
    if not raw:
        return default
    try:
        return kind(raw.lower())
    except ValueError:
        allowed = ", ".join(item.value for item in kind)
        raise ImproperlyConfigured(f"{name} is {raw!r}; it must be one of {allowed}.") from None


def choices(name: str, kind: type[Choice]) -> list[Choice]:
    """A comma-separated list of values of a ``StrEnum``; empty when not set."""
    found = []
    for item in listing(name):
        try:
            found.append(kind(item.lower()))
        except ValueError:
            allowed = ", ".join(value.value for value in kind)
            raise ImproperlyConfigured(f"{name} names {item!r}; allowed are {allowed}.") from None
    return found


def folder(name: str, default: Path) -> Path:
    """A folder's absolute path; it need not exist yet."""
    raw = text(name)
    return Path(raw).expanduser().resolve() if raw else default
