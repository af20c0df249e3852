"""What a number is: something counted, a share of what is counted, or hours that were taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tickets.rules.fact_profile import Pattern


class About(StrEnum):
    """What is counted, and when: all but the backlog belong to days of a period."""

    TICKETS = "tickets"
    BACKLOG = "backlog"
    CONTACTS = "contacts"
    SEARCHES = "searches"


@dataclass(frozen=True, slots=True)
class Measure:
    """Counts rows, and opens a list of as many. ``pattern`` picks them by their code; those of
    the backlog have none."""

    code: str
    label: Any
    definition: Any
    about: About
    pattern: Pattern | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """The sum of the measures ``of`` divided by the sum of those ``among``."""

    code: str
    label: Any
    definition: Any
    about: About
    of: tuple[str, ...]
    among: tuple[str, ...]

    def of_numbers(self, numbers: Mapping[str, int]) -> float | None:
        """0 to 1; None where there is nothing to have a share of."""
        whole = sum(numbers[code] for code in self.among)
        return sum(numbers[code] for code in self.of) / whole if whole else None


@dataclass(frozen=True, slots=True)
class Hours:
    """Working time that was taken; ``counted`` is the measure of the tickets that have one."""

    code: str
    label: Any
    definition: Any
    counted: str
    kind: int


PERCENTILES = (50, 80, 90, 95)


def by_code(measures: Sequence[Measure]) -> dict[str, Measure]:
    """``ValueError`` when two have the same code."""
    found = {measure.code: measure for measure in measures}
    if len(found) != len(measures):
        raise ValueError("two measures have the same code")
    return found
