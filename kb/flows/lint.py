"""Rules between the keys of a node and between nodes (the shape itself is in ``schema``)."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence, Set

from kb.flows.errors import FlowError
from kb.flows.paths import Location, in_words
from kb.flows.schema import (
    CAPTURED,
    CaptureField,
    Choice,
    ChoiceNode,
    EscalateNode,
    Node,
    Option,
    RedirectNode,
    RetryNode,
    SayNode,
)
from kb.flows.scripts import VARIABLES, variables

RESERVED_FIELDS = frozenset({*CAPTURED, "contact_channel", "contact_value", "extra"})


# PostgreSQL takes no U+0000, and nobody can see the others.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def error(location: Location, code: str, message: str, **params: object) -> FlowError:
    return FlowError(in_words(location), code, message, location, params)


def node_errors(key: str, node: Node) -> Iterator[FlowError]:
    """Faults of one node taken alone."""
    at: Location = ("nodes", key)
    yield from _text_errors(at, node.model_dump(mode="json"), node)
    if isinstance(node, ChoiceNode | RetryNode):
        yield from _repeated((*at, "choices"), node.choices)
    elif isinstance(node, RedirectNode):
        if node.question is None and node.channel is None:
            yield error(at, "redirect_nowhere", "needs a question or a channel to redirect to")
    elif isinstance(node, EscalateNode):
        yield from _escalate_errors(at, node)


def _text_errors(at: Location, value: object, node: Node) -> Iterator[FlowError]:
    """Every text of the node: only the script of a promising escalate node has variables."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _text_errors((*at, key), inner, node)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _text_errors((*at, index), inner, node)
    elif isinstance(value, str):
        promises = isinstance(node, EscalateNode) and node.promise
        yield from text_errors(at, value, allowed=promises and at[2:] == ("script",))


def text_errors(at: Location, text: str, *, allowed: bool) -> Iterator[FlowError]:
    """Faults of one text; ``allowed`` says whether variables may stand in it."""
    if _CONTROL.search(text):
        yield error(at, "control_character", "holds a control character")
    for name in variables(text):
        if name is None:
            yield error(at, "unpaired_braces", "double braces without a partner")
        elif name not in VARIABLES:
            yield error(at, "unknown_variable", f"“{{{{{name}}}}}” is no variable", variable=name)
        elif not allowed:
            yield error(
                at,
                "variable_not_allowed",
                f"“{{{{{name}}}}}” is known only in the script of an escalate node that promises",
                variable=name,
            )


def _repeated(at: Location, items: Sequence[Choice | Option | CaptureField]) -> Iterator[FlowError]:
    """Items of one list must differ in their value (or key) and in their label."""
    name = "key" if items and isinstance(items[0], CaptureField) else "value"
    for attribute in (name, "label"):
        first: dict[str, int] = {}
        for index, item in enumerate(items):
            text: str = getattr(item, attribute)
            if text in first:
                yield error(
                    (*at, index, attribute),
                    f"repeated_{attribute}",
                    f"“{text}” is already the {attribute} of number {first[text] + 1}",
                    text=text,
                )
            first.setdefault(text, index)


def _escalate_errors(at: Location, node: EscalateNode) -> Iterator[FlowError]:
    missing = [name for name in CAPTURED if name not in node.requires]
    if node.promise and missing:
        yield error(
            (*at, "requires"),
            "promise_requires_all",
            f"a promise needs {', '.join(missing)} too: without them nobody can keep it",
            missing=missing,
        )
    for name in ("requires", "tags"):
        values: tuple[str, ...] = getattr(node, name)
        for index, value in enumerate(values):
            if value in values[:index]:
                yield error((*at, name, index), "repeated", f"“{value}” is there twice", text=value)
    yield from _repeated((*at, "fields"), node.fields)
    for index, field in enumerate(node.fields):
        place: Location = (*at, "fields", index)
        if field.key in RESERVED_FIELDS:
            yield error(
                (*place, "key"), "reserved_key", f"“{field.key}” is captured anyway", text=field.key
            )
        if field.kind == "choice":
            if field.options is None:
                yield error(place, "options_missing", "a field of kind choice needs options")
            else:
                yield from _repeated((*place, "options"), field.options)
        elif field.options is not None:
            yield error(
                (*place, "options"), "options_unused", "only a field of kind choice has options"
            )


def graph_errors(
    start: str | None, nodes: Mapping[str, Node], unread: Set[str]
) -> Iterator[FlowError]:
    """Faults between nodes.

    ``unread`` are keys of nodes that could not be read themselves: they exist, and may lead
    anywhere. ``start`` is ``None`` when it could not be read.
    """
    known = nodes.keys() | unread
    edges: dict[str, set[str]] = {key: set() for key in nodes}
    loose = set(unread)
    for key, node in nodes.items():
        for index, way in enumerate(node.exits()):
            if way.next in known:
                edges[key].add(way.next)
                continue
            loose.add(key)
            tail: Location = ("next",) if isinstance(node, SayNode) else ("choices", index, "next")
            yield error(
                ("nodes", key, *tail),
                "dangling_next",
                f"there is no node “{way.next}”",
                target=way.next,
            )
    if start is not None and start not in known:
        yield error(("start",), "start_missing", f"there is no node “{start}”", target=start)
    elif start is not None and not unread:
        reached = _reachable(start, edges)
        for key in nodes:
            if key not in reached:
                yield error(("nodes", key), "unreachable", "no way leads here from the start")
    yield from _exit_errors(nodes, edges, loose)


def _reachable(start: str, edges: Mapping[str, Set[str]]) -> set[str]:
    seen = {start}
    queue = deque(seen)
    while queue:
        for target in edges.get(queue.popleft(), frozenset()):
            if target not in seen:
                seen.add(target)
                queue.append(target)
    return seen


def _exit_errors(
    nodes: Mapping[str, Node], edges: Mapping[str, Set[str]], loose: Set[str]
) -> Iterator[FlowError]:
    """Nodes that never come to an end; loops in which nobody is asked are named as such."""
    backwards: dict[str, set[str]] = {}
    for source, targets in edges.items():
        for target in targets:
            backwards.setdefault(target, set()).add(source)
    finishing: set[str] = set()
    for key in nodes.keys() | loose:
        if key in loose or nodes[key].is_terminal:
            finishing |= _reachable(key, backwards)
    looping: set[str] = set()
    for loop in _say_loops(nodes):
        looping.update(loop)
        names = " → ".join((*loop, loop[0]))
        yield error(
            ("nodes", loop[0]),
            "endless_talk",
            f"goes round without asking anybody: {names}",
            loop=list(loop),
        )
    for key in nodes:
        if key not in finishing and key not in looping:
            yield error(("nodes", key), "no_way_out", "no way leads from here to an end")


def _say_loops(nodes: Mapping[str, Node]) -> Iterator[tuple[str, ...]]:
    """Loops made of say nodes only, each once. One exit each, so following it is enough."""
    done: set[str] = set()
    for start in nodes:
        trail: list[str] = []
        key = start
        while key not in done:
            node = nodes.get(key)
            if not isinstance(node, SayNode):
                break
            done.add(key)
            trail.append(key)
            key = node.next
        if key in trail:
            yield tuple(trail[trail.index(key) :])
