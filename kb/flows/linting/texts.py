"""The texts of nodes, and what may stand in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kb.flows.automatic import TableNode
from kb.flows.errors import FlowError, finding
from kb.flows.parts import Tail
from kb.flows.paths import Location
from kb.flows.schema import (
    CHOOSING,
    CollectNode,
    EscalateNode,
    Node,
    RedirectNode,
    declared,
)
from kb.flows.scripts import VARIABLES, variables

INTERNAL_WORDS = ("二线", "工单", "建单", "标准问", "内部", "坐席", "流转", "口径")
# PostgreSQL takes no U+0000, and nobody can see the others; those of writing from the right make
# a text read otherwise than it is written.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_INTERNAL = re.compile("|".join(INTERNAL_WORDS))
_LISTING = (CollectNode, TableNode)
FILLED_IN = ("script", "prompt")
"""Texts of a node in which the flow's variables may stand."""


def texts(node: Node) -> Iterator[tuple[Tail, str]]:
    """Every text of ``node`` and its place."""
    own = vars(node)
    for name in ("script", "prompt", "hint"):
        text = own.get(name)
        if text is not None:
            yield (name,), text
    if isinstance(node, CHOOSING):
        for index, choice in enumerate(node.choices):
            yield ("choices", index, "label"), choice.label
    elif isinstance(node, RedirectNode):
        if node.channel is not None:
            yield ("channel",), node.channel
    elif isinstance(node, EscalateNode):
        for index, field in enumerate(node.fields):
            yield from _labelled(("fields", index), field)
    elif isinstance(node, _LISTING):
        name = "variables" if isinstance(node, CollectNode) else "outputs"
        for index, variable in enumerate(declared(node)):
            yield from _labelled((name, index), variable)
        if isinstance(node, TableNode):
            yield from _given(node)


def _labelled(at: Tail, item: object) -> Iterator[tuple[Tail, str]]:
    own = vars(item)
    for name in ("label", "help", "error"):
        text = own.get(name)
        if text is not None:
            yield (*at, name), text
    for index, option in enumerate(own.get("options") or ()):
        yield (*at, "options", index, "label"), option.label


def _given(node: TableNode) -> Iterator[tuple[Tail, str]]:
    for index, row in enumerate(node.rows):
        for name, value in row.give.items():
            if isinstance(value, str):
                yield ("rows", index, "give", name), value


def text_errors(at: Location, text: str, node: Node | None = None) -> Iterator[FlowError]:
    """Faults of one text: of ``node``, or of the flow itself."""
    if _CONTROL.search(text):
        yield finding(at, "control_character")
    if node is not None and at[2:] == ("script",):
        for word in sorted(set(_INTERNAL.findall(text))):
            yield finding(at, "internal_words", word=word)
    if "{{" in text or "}}" in text:
        yield from _brace_errors(at, text, node)


def _brace_errors(at: Location, text: str, node: Node | None) -> Iterator[FlowError]:
    """Whether the flow knows its own variables is seen to in ``linting.variables``."""
    promised = isinstance(node, EscalateNode) and node.promise and at[2:] == ("script",)
    flows_own = node is not None and len(at) == 3 and at[2] in FILLED_IN
    for name in variables(text):
        if name is None:
            yield finding(at, "unpaired_braces")
        elif name in VARIABLES:
            if not promised:
                yield finding(at, "variable_not_allowed", variable=name)
        elif not flows_own:
            yield finding(at, "variable_not_allowed", variable=name)
