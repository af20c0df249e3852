"""What a walk asks the desk for, and nothing else: the time, standard questions, other flows,
checkers. The engine itself knows none of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from kb.flows.schema import FlowDefinition
    from kb.flows.values import Json


@dataclass(frozen=True, slots=True)
class ScriptNow:
    """What a standard question says at this moment, ready to be read out.

    ``script`` is its reference script while ``in_force``, else its fallback.
    """

    script: str
    in_force: bool
    title: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """Outcome of a check (found, clean, unreadable) and its results by name.

    ``pasted`` among them is the text as it may be kept: without keys and tokens.
    """

    outcome: str
    results: dict[str, Json] = field(default_factory=dict)


class Check(Protocol):
    def __call__(self, name: str, pasted: str, *, now: datetime | None) -> Checked: ...


Answers = Callable[[str], "ScriptNow | None"]
Flows = Callable[[str, int], "FlowDefinition | None"]


def _registered_check(name: str, pasted: str, *, now: datetime | None) -> Checked:
    from kb.flows.checks import run_check

    return run_check(name, pasted, now=now)


@dataclass(frozen=True, slots=True)
class World:
    """``now`` with its time zone; ``answers`` gives what a standard question says now
    (None: there is none), ``flows`` a version of another flow."""

    now: datetime | None = None
    answers: Answers = lambda key: None
    flows: Flows = lambda key, version: None
    check: Check = _registered_check


NOWHERE = World()
"""For flows that ask for nothing outside themselves."""
