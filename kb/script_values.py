"""Where the values of script variables come from.

The knowledge base knows which variables there are, not what a promise is: the app that makes
promises registers itself here when it is ready.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

Provider = Callable[[datetime], Mapping[str, str]]

_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """``provider(now)`` gives values for variables of ``kb.flows.scripts.VARIABLES``."""
    if provider not in _providers:
        _providers.append(provider)


def values_at(now: datetime) -> dict[str, str]:
    """The values of all providers, for a script that is given at ``now``."""
    values: dict[str, str] = {}
    for provider in _providers:
        values.update(provider(now))
    return values
