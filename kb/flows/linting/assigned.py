"""What is certainly set where a run stands, on every way that leads there.

Forward data-flow over sets of facts: variables that are set, questions known to be in force.
A fact holds at a node when it holds on every edge that leads there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

from kb.flows.automatic import BranchNode, SubflowNode
from kb.flows.conditions import known_when
from kb.flows.linting.draft import Draft
from kb.flows.schema import CollectNode, Node
from kb.flows.variables import Variable

Facts = frozenset[str]
Brought = Mapping[str, Facts]
"""Which variables a subflow certainly brings along, by the outcome of its end."""
NOTHING: Facts = frozenset()


class Assigned:
    """``at[key]``: what is certain at a node; nodes that no way leads to are not in it."""

    def __init__(self, draft: Draft, brought: Mapping[str, Brought] | None = None) -> None:
        """``brought`` says what is certain after a subflow node, where that is known."""
        self._draft = draft
        self._bits: dict[str, int] = {}
        self._edges = {
            key: [
                (to, self._mask(sets), self._mask(drops))
                for to, sets, drops in edges(
                    node, draft.declared.get(key, ()), (brought or {}).get(key)
                )
            ]
            for key, node in draft.nodes.items()
        }
        self._at = self._solved()

    def holds(self, key: str, fact: str) -> bool:
        """Whether ``fact`` is certain at ``key``; True where no way leads."""
        if key not in self._at:
            return True
        return bool(self._at[key] & self._bits.get(fact, 0))

    def given(self, key: str) -> Facts:
        return frozenset(name for name in self._bits if self.holds(key, name))

    def way_without(self, key: str, fact: str) -> list[str]:
        """Nodes of a shortest way from the start to ``key`` on which ``fact`` never holds."""
        bit = self._bits.get(fact, 0)
        start = self._draft.start or ""
        came: dict[tuple[str, bool], tuple[str, bool] | None] = {(start, False): None}
        queue = deque(came)
        while queue:
            here = queue.popleft()
            if here == (key, False):
                return self._unwound(came, here)
            for to, sets, drops in self._edges.get(here[0], ()):
                after = (to, bool(sets & bit) or (here[1] and not drops & bit))
                if after not in came:
                    came[after] = here
                    queue.append(after)
        return [key]

    @staticmethod
    def _unwound(
        came: Mapping[tuple[str, bool], tuple[str, bool] | None], here: tuple[str, bool]
    ) -> list[str]:
        way: list[str] = []
        step: tuple[str, bool] | None = here
        while step is not None:
            way.append(step[0])
            step = came[step]
        return way[::-1]

    def _mask(self, facts: Facts) -> int:
        mask = 0
        for fact in facts:
            mask |= self._bits.setdefault(fact, 1 << len(self._bits))
        return mask

    def _solved(self) -> dict[str, int]:
        start = self._draft.start
        if start is None or start not in self._draft.nodes:
            return {}
        at = {start: 0}
        queue = deque([start])
        while queue:
            key = queue.popleft()
            here = at[key]
            for to, sets, drops in self._edges.get(key, ()):
                after = (here & ~drops) | sets
                known = at.get(to)
                after = after if known is None else known & after
                if after != known:
                    at[to] = after
                    queue.append(to)
        return at


def edges(
    node: Node, own: tuple[Variable, ...], brought: Brought | None = None
) -> Iterator[tuple[str, Facts, Facts]]:
    """The ways out of ``node``, which sets its ``own`` variables: where to, what is certain then,
    what is not any more."""
    if isinstance(node, SubflowNode):
        taken = frozenset(node.take)
        for outcome, target in node.outcomes.items():
            certain = taken if brought is None else brought.get(outcome, taken)
            yield target, certain, taken - certain
        return
    if isinstance(node, BranchNode):
        ruled_out = NOTHING
        for rule in node.rules:
            yield rule.next, ruled_out | known_when(rule.when, True), NOTHING
            ruled_out |= known_when(rule.when, False)
        yield node.otherwise, ruled_out, NOTHING
        return
    sets, drops = _set_by(node, own)
    for target in dict.fromkeys(way.next for way in node.exits()):
        yield target, sets, drops


def _set_by(node: Node, own: tuple[Variable, ...]) -> tuple[Facts, Facts]:
    """What ``node`` sets for certain, and what it may leave unset although it was set before."""
    if isinstance(node, CollectNode):
        blank = frozenset(each.key for each in own if not each.required)
        return frozenset(each.key for each in own) - blank, blank
    return frozenset(each.key for each in own), NOTHING
