"""What the rules are given: a flow, or as much of one as could be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from kb.flows.automatic import BranchNode, CheckNode, SubflowNode, TableNode
from kb.flows.schema import ANSWERED, FlowDefinition, Node, SayNode, declared
from kb.flows.variables import Variable


@dataclass(frozen=True)
class Draft:
    """``unread`` are keys of nodes that could not be read themselves: they exist, and may lead
    anywhere. ``start``, ``outcomes`` and ``schema_version`` are None when they could not be read.
    """

    start: str | None
    nodes: Mapping[str, Node]
    unread: frozenset[str] = frozenset()
    outcomes: tuple[str, ...] | None = ()
    schema_version: int | None = 2

    @cached_property
    def declared(self) -> Mapping[str, tuple[Variable, ...]]:
        """The variables that each node sets; those that set none are left out."""
        every = ((key, declared(node)) for key, node in self.nodes.items())
        return {key: own for key, own in every if own}

    @property
    def end_outcomes(self) -> tuple[str, ...]:
        """How an end of this flow may be called."""
        return self.outcomes or (ANSWERED,)


def draft_of(definition: FlowDefinition) -> Draft:
    return Draft(
        start=definition.start,
        nodes=definition.nodes,
        outcomes=definition.outcomes,
        schema_version=definition.schema_version,
    )


def is_automatic(node: Node) -> bool:
    """Whether ``node`` never waits for a person. A subflow may: it is looked into elsewhere."""
    return isinstance(node, (BranchNode, TableNode)) or (
        isinstance(node, CheckNode) and node.var is not None
    )


def asks_nobody(node: Node) -> bool:
    return isinstance(node, SayNode) or is_automatic(node)


def takes_a_step(node: Node) -> bool:
    """Whether a person has to do something here before it goes on."""
    return isinstance(node, SubflowNode) or not (is_automatic(node) or node.is_terminal)
