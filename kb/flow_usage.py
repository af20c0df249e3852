"""How much flows are walked.

The knowledge base publishes flows; who walks them is another app's business, and that app
registers itself here when it is ready.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FlowUsage:
    """Runs of one flow: begun within the last 30 days, and not finished yet."""

    runs_30_days: int = 0
    open_now: int = 0


Provider = Callable[[datetime], Mapping[str, FlowUsage]]

_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """``provider(now)`` gives the usage by key of the flow; flows never walked may be missing."""
    if provider not in _providers:
        _providers.append(provider)


def usage_at(now: datetime) -> dict[str, FlowUsage]:
    """Usage by key of the flow, of all providers together."""
    found: dict[str, FlowUsage] = {}
    for provider in _providers:
        for key, usage in provider(now).items():
            before = found.get(key, FlowUsage())
            found[key] = FlowUsage(
                runs_30_days=before.runs_30_days + usage.runs_30_days,
                open_now=before.open_now + usage.open_now,
            )
    return found
