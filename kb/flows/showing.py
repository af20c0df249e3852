"""What a run shows where it stands: texts with their variables filled in, scripts of standard
questions as they are at this moment, and the capture form filled in beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kb.flows.schema import EscalateNode, Exit
from kb.flows.scripts import fill
from kb.flows.values import Json, in_words
from kb.flows.variables import OneOfVariable, Variable
from kb.flows.walking import Position
from kb.flows.world import NOWHERE, World


@dataclass(frozen=True, slots=True)
class Shown:
    """``script`` may be read out and copied, ``prompt`` and ``hint`` are for the agent.

    ``question`` is the standard question that the script was taken from; ``is_fallback`` says
    that its own script is not in force, so that this is what is said instead. The script of a
    hand-over still has the desk's variables in it (``{{due_date}}``).
    """

    kind: str
    prompt: str
    script: str
    hint: str
    question: str | None
    is_fallback: bool
    ways: tuple[Exit, ...]


@dataclass(frozen=True, slots=True)
class Prefilled:
    """What the capture form holds beforehand: captured things and fields, as text by name."""

    captured: Mapping[str, str]
    fields: Mapping[str, str]


def shown(here: Position, world: World = NOWHERE) -> Shown:
    """What is shown at ``here``; a script that has expired meanwhile is never among it."""
    node = here.node
    words = {
        each.variable.key: each.words for each in here.collected if not each.variable.is_personal
    }
    question = getattr(node, "answer", None)
    script, is_fallback = fill(node.script or "", words), False
    if question is not None:
        now = world.answers(question)
        script = now.script if now is not None else ""
        is_fallback = now is None or not now.in_force
    return Shown(
        kind=node.kind,
        prompt=fill(getattr(node, "prompt", None) or "", words),
        script=script,
        hint=getattr(node, "hint", None) or "",
        question=question,
        is_fallback=is_fallback,
        ways=here.ways,
    )


def prefilled(here: Position) -> Prefilled:
    """The capture form of the hand-over at ``here`` as the flow has filled it in already."""
    node = here.node
    if not isinstance(node, EscalateNode):
        return Prefilled({}, {})
    captured: dict[str, str] = {
        name: str(here.values[source])
        for name, source in node.prefill.items()
        if source in here.values
    }
    fields = {
        field.key: _typed(field.kind, here.variables[field.source], here.values[field.source])
        for field in node.fields
        if field.source is not None and field.source in here.values
    }
    return Prefilled(captured, fields)


def _typed(kind: str, variable: Variable, value: Json) -> str:
    """A value as a person would have typed it into a field of ``kind``."""
    if kind == "text" or (kind != "choice" and isinstance(variable, OneOfVariable)):
        return in_words(variable, value)
    return str(value)
