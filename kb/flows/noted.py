"""The checks of one answer, with everything they found: the engine keeps only what leads on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kb.flows.checkers import CheckResult, run
from kb.flows.checks import checked
from kb.flows.errors import NotNow
from kb.flows.world import Checked


class Checks:
    """Runs registered checkers for the engine and notes what they found, in order."""

    def __init__(self) -> None:
        self._noted: list[CheckResult] = []

    def __call__(self, name: str, pasted: str, *, now: datetime | None) -> Checked:
        if now is None:
            raise NotNow(name)
        result = run(name, pasted, now=now)
        self._noted.append(result)
        return checked(result)

    def of_last(self, count: int) -> list[dict[str, Any]]:
        """What the last ``count`` checks found, as a step keeps it: free of secrets."""
        return [_kept(result) for result in self._noted[len(self._noted) - count :]]


def _kept(result: CheckResult) -> dict[str, Any]:
    return {
        "findings": [
            {
                "field": each.field,
                "found": each.found,
                "allowed": each.allowed,
                "say": each.say,
                "severity": each.severity.value,
                "corrected": each.corrected,
            }
            for each in result.findings
        ],
        "corrected": result.corrected,
    }
