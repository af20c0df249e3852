"""A flow as a nested list: the picture for those who do not see it."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

from kb.flows.diagram import Diagram, DrawnNode, DrawnWay

MOST_DEPTH = 6
"""Lists in lists; what lies deeper begins a part of its own."""


@dataclass(slots=True)
class Step:
    """One node, and the answers by which it follows from the step before it in its list.

    ``forks`` are the ways on where there are several. ``is_repeated`` says that the node, and
    what follows from it, stands elsewhere.
    """

    labels: tuple[str, ...]
    node: DrawnNode
    is_repeated: bool = False
    forks: list[Fork] = field(default_factory=list)


@dataclass(slots=True)
class Fork:
    """The steps that follow from some answers of a node."""

    labels: tuple[str, ...]
    steps: list[Step]


@dataclass(slots=True)
class Part:
    """Steps that begin anew: at the start, far down, or where no way from the start leads."""

    steps: list[Step]
    is_reached: bool = True


def outline(diagram: Diagram) -> list[Part]:
    """Every node of ``diagram`` once, along its ways; a node met again is only named there."""
    return _Outline(diagram).parts()


class _Outline:
    def __init__(self, diagram: Diagram) -> None:
        self.start = diagram.start
        self.nodes = {node.key: node for node in diagram.nodes}
        self.ways: dict[str, list[DrawnWay]] = defaultdict(list)
        for way in diagram.ways:
            self.ways[way.source].append(way)
        self.placed: set[str] = set()
        self.deeper: deque[str] = deque()

    def parts(self) -> list[Part]:
        found: list[Part] = []
        if self.start is not None:
            self.deeper.append(self.start)
            found += self._pending(is_reached=True)
        entered = {way.target for ways in self.ways.values() for way in ways}
        # Those that nothing leads to come first: what follows from them stands below them.
        rest = [key for key in self.nodes if key not in self.placed]
        for key in sorted(rest, key=lambda each: each in entered):
            self.deeper.append(key)
            found += self._pending(is_reached=False)
        return found

    def _pending(self, *, is_reached: bool) -> list[Part]:
        found: list[Part] = []
        while self.deeper:
            key = self.deeper.popleft()
            if key not in self.placed:
                found.append(Part(self._steps(key, (), 1), is_reached))
        return found

    def _steps(self, key: str, labels: tuple[str, ...], depth: int) -> list[Step]:
        """From ``key`` on, up to a fork, an end, or a node that stands elsewhere already."""
        steps: list[Step] = []
        while True:
            step = Step(labels, self.nodes[key], is_repeated=key in self.placed)
            steps.append(step)
            self.placed.add(key)
            ways = self.ways[key]
            if step.is_repeated or not ways:
                return steps
            if len(ways) > 1:
                step.forks = [self._fork(way, depth) for way in ways]
                return steps
            key, labels = ways[0].target, ways[0].labels

    def _fork(self, way: DrawnWay, depth: int) -> Fork:
        if depth < MOST_DEPTH:
            return Fork(way.labels, self._steps(way.target, (), depth + 1))
        self.deeper.append(way.target)
        return Fork(way.labels, [Step((), self.nodes[way.target], is_repeated=True)])
