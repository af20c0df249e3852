"""Rules between nodes: every way leads on, and to an end."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Set

from kb.flows.automatic import TableNode
from kb.flows.errors import FlowError, finding
from kb.flows.linting.draft import Draft, asks_nobody, is_automatic, takes_a_step

MOST_STEPS = 7
Edges = Mapping[str, Set[str]]


def graph_errors(draft: Draft) -> Iterator[FlowError]:
    """Faults between nodes."""
    known = draft.nodes.keys() | draft.unread
    edges: dict[str, dict[str, None]] = {key: {} for key in draft.nodes}
    loose = set(draft.unread)
    for key, node in draft.nodes.items():
        said = set()
        for way in node.exits():
            if way.next in known:
                edges[key][way.next] = None
                continue
            loose.add(key)
            if way.at not in said:
                said.add(way.at)
                yield finding(("nodes", key, *way.at), "dangling_next", target=way.next)
        if isinstance(node, TableNode) and node.next is None:
            for index, row in enumerate(node.rows):
                if row.next is None:
                    loose.add(key)
                    yield finding(("nodes", key, "rows", index), "row_without_next")
    targets: Edges = {key: own.keys() for key, own in edges.items()}
    start = draft.start
    if start is not None and start not in known:
        yield finding(("start",), "start_missing", target=start)
    elif start is not None and not draft.unread:
        reached = _reachable(start, targets)
        for key in draft.nodes:
            if key not in reached:
                yield finding(("nodes", key), "unreachable")
    yield from _exit_errors(draft, targets, loose)


def _reachable(start: str, edges: Edges) -> set[str]:
    seen = {start}
    queue = deque(seen)
    while queue:
        for target in edges.get(queue.popleft(), frozenset()):
            if target not in seen:
                seen.add(target)
                queue.append(target)
    return seen


def _backwards(edges: Edges) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for source, targets in edges.items():
        for target in targets:
            found.setdefault(target, set()).add(source)
    return found


def _exit_errors(draft: Draft, edges: Edges, loose: Set[str]) -> Iterator[FlowError]:
    """Nodes that never come to an end; loops in which nobody is asked are named as such."""
    nodes = draft.nodes
    backwards = _backwards(edges)
    ends = [key for key, node in nodes.items() if node.is_terminal]
    finishing = set(ends) | loose
    queue = deque(finishing)
    while queue:
        for source in backwards.get(queue.popleft(), ()):
            if source not in finishing:
                finishing.add(source)
                queue.append(source)
    looping: set[str] = set()
    for loop in _rounds(nodes, edges):
        looping.update(loop)
        code = "endless_rounds" if all(is_automatic(nodes[key]) for key in loop) else "endless_talk"
        yield finding(("nodes", loop[0]), code, loop=" → ".join((*loop, loop[0])))
    for key in nodes:
        if key not in finishing and key not in looping:
            yield finding(("nodes", key), "no_way_out")
    yield from _long_way(draft, backwards, [*ends, *loose])


def _rounds(nodes: Mapping[str, object], edges: Edges) -> Iterator[tuple[str, ...]]:
    """Loops of nodes that ask nobody; each node is in at most one of those given."""
    silent = {key for key, node in nodes.items() if asks_nobody(node)}  # type: ignore[arg-type]
    inner = {key: [to for to in edges[key] if to in silent] for key in nodes if key in silent}
    done: set[str] = set()
    for start in inner:
        trail = [start]
        ways = [iter(inner[start])]
        if start in done:
            continue
        done.add(start)
        while ways:
            target = next(ways[-1], None)
            if target is None:
                trail.pop()
                ways.pop()
            elif target in trail:
                yield tuple(trail[trail.index(target) :])
            elif target not in done:
                done.add(target)
                trail.append(target)
                ways.append(iter(inner[target]))


def _long_way(
    draft: Draft, backwards: Mapping[str, Set[str]], ends: list[str]
) -> Iterator[FlowError]:
    """The node that is farthest from an end, when that is too far: steps of people count."""
    steps = dict.fromkeys(ends, 0)
    queue = deque(ends)
    while queue:
        key = queue.popleft()
        for source in backwards.get(key, ()):
            taken = steps[key] + takes_a_step(draft.nodes[source])
            if taken < steps.get(source, len(draft.nodes) + 1):
                steps[source] = taken
                # Nodes without a step first, so that each is settled when it is its turn.
                (queue.append if taken > steps[key] else queue.appendleft)(source)
    farthest = max(steps, key=lambda key: steps[key], default=None)
    if farthest is not None and steps[farthest] > MOST_STEPS:
        place = ("nodes", farthest)
        yield finding(place, "long_way", steps=steps[farthest], most=MOST_STEPS)
