"""The path of a run beside its present step, and what has been filled in on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from tickets.selectors.masking import masked_value
from tickets.selectors.runs import RunState


@dataclass(frozen=True, slots=True)
class PathLine:
    """One step: what was asked or read out, and the answer. ``number`` is set where a person
    answered, who may answer again."""

    text: str
    answer: str
    at: datetime
    number: int | None

    @property
    def is_automatic(self) -> bool:
        return self.number is None


@dataclass(frozen=True, slots=True)
class CollectedLine:
    label: str
    value: str


def path_lines(state: RunState) -> list[PathLine]:
    """All active steps, oldest first; without what only the machine needs to know."""
    return [
        PathLine(
            text=step.prompt or step.script,
            answer=step.label or _unnamed(step.kind),
            at=step.answered_at,
            number=None if step.automatic else step.number,
        )
        for step in state.steps
        if step.kind not in ("subflow", "end") or not step.automatic
    ]


def _unnamed(kind: str) -> str:
    match kind:
        case "collect":
            return _("Filled in")
        case "branch" | "table":
            return _("None of the special cases")
        case _:
            return _("Read out")


def collected_lines(state: RunState, *, plain: bool) -> list[CollectedLine]:
    """What has been filled in or worked out so far; masked unless ``plain``."""
    return [
        CollectedLine(
            each.variable.label,
            each.words
            if plain
            else masked_value(each.variable.kind, each.words, personal=each.variable.is_personal),
        )
        for each in state.collected
    ]
