"""How a run ended, how it would end elsewhere, and in what the two differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from kb.flows.automatic import TableNode
from kb.flows.engine import OutcomeKind, outcome
from kb.flows.parts import NEXT
from kb.flows.retracing import Stopped
from kb.flows.schema import CollectNode, EscalateNode, Node, RedirectNode
from kb.flows.scripts import variables
from kb.flows.walking import Position, Step


class Difference(StrEnum):
    """In what an ending differs, the gravest first; one that differs in several counts once."""

    REFUSED = "refused"
    NOT_ASKED = "not_asked"
    OUTCOME = "outcome"
    TICKET = "ticket"
    TARGET = "target"
    TOLD = "told"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Ending:
    """Where a run came to stand, without anything that a user said.

    ``outcome`` is None where it did not end. ``target`` is the question or channel of a redirect;
    ``question`` to ``fields`` are those of the ticket (captured things and fields by key);
    ``told`` what tables gave for it and was read out or handed over: label and words. ``text`` is
    what is asked or read out there, and makes no difference.
    """

    node: str
    outcome: OutcomeKind | None = None
    target: str = ""
    question: str = ""
    queue: str = ""
    tags: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    told: tuple[tuple[str, str], ...] = ()
    text: str = field(default="", compare=False)


def ending_of(here: Position) -> Ending:
    """The ending of a run that stands at ``here``."""
    node, text = here.node, _asked(here.node)
    ended = outcome(here)
    if ended is None:
        return Ending(here.node_key, text=text)
    if isinstance(node, RedirectNode):
        target = node.question or node.channel or ""
        return Ending(here.node_key, ended, target=target, told=_told(here), text=text)
    if isinstance(node, EscalateNode):
        return Ending(
            here.node_key,
            ended,
            question=node.question or "",
            queue=node.queue or "",
            tags=node.tags,
            requires=node.requires,
            fields=tuple(each.key for each in node.fields),
            told=_told(here),
            text=text,
        )
    return Ending(here.node_key, ended, told=_told(here), text=text)


def difference(was: Ending, would: Ending, stopped: Stopped | None) -> Difference | None:
    """In what ``would`` differs from ``was``, ``stopped`` as in ``Retraced``; None when in nothing.

    A run that was left at a node before it ended is the same when it would stand there again.
    """
    if stopped == "refused":
        return Difference.REFUSED
    if stopped is not None:
        return None if was == would else Difference.NOT_ASKED
    if was.outcome != would.outcome:
        return Difference.OUTCOME
    if _ticket(was) != _ticket(would):
        return Difference.TICKET
    if was.target != would.target:
        return Difference.TARGET
    if was.told != would.told:
        return Difference.TOLD
    return None if was.node == would.node else Difference.PLACE


def _ticket(ending: Ending) -> tuple[object, ...]:
    return (
        ending.question,
        ending.queue,
        frozenset(ending.tags),
        frozenset(ending.requires),
        frozenset(ending.fields),
    )


def _told(here: Position) -> tuple[tuple[str, str], ...]:
    """What tables gave on the way and some text told. The words are the flow's, not the user's."""
    given = {
        each.variable.key: (each.variable.label, each.words)
        for step in here.path
        if isinstance(step.node, TableNode)
        for each in step.values
    }
    if not given:
        return ()
    said = {name for step in here.path for name in _named(step.node.script)}
    said.update(_named(here.node.script))
    if isinstance(here.node, EscalateNode):
        said.update(each.source for each in here.node.fields)
    return tuple(words for name, words in given.items() if name in said)


def _named(script: str | None) -> frozenset[str | None]:
    return frozenset(variables(script)) if script and "{{" in script else frozenset()


@dataclass(frozen=True, slots=True)
class Turn:
    """One step of a path for people who may not know what was said in a contact: the node, its
    question, and the answer as far as it is one of the flow's own words."""

    node: str
    asked: str
    answered: str


def turns(path: tuple[Step, ...]) -> tuple[Turn, ...]:
    """``path`` without what was typed, and without what only leads in and out of subflows."""
    return tuple(
        Turn(
            step.node_key,
            _asked(step.node),
            "" if isinstance(step.node, CollectNode) else step.label,
        )
        for step in path
        if step.node.kind != "subflow" and not (step.node.kind == "end" and step.value == NEXT)
    )


def _asked(node: Node) -> str:
    return getattr(node, "prompt", None) or node.script or ""
