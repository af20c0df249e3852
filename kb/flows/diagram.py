"""A flow as a picture: nodes and ways, as Mermaid text and as an outline in words.

https://mermaid.js.org/syntax/flowchart.html. Whatever stands in a flow is somebody's text: no key
becomes an id, and of a label everything that means something to Mermaid or to HTML is written as
a number (``escaped``), so any flow gives text that its parser takes.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from kb.flows.automatic import BranchNode, CheckNode, SubflowNode, TableNode
from kb.flows.errors import FlowError
from kb.flows.findings import gettext_noop as _
from kb.flows.linting.draft import Draft, draft_of
from kb.flows.parts import Exit
from kb.flows.paths import Translate
from kb.flows.schema import EscalateNode, FlowDefinition, Node, RedirectNode
from kb.flows.telling import KINDS, MISSING, REPORT, UNREAD, condition_words
from kb.flows.variables import Variable

MOST_TEXT = 48
"""Characters of a node's text in the picture; all of it stands beside the picture."""
LINE_WIDTH = 32
"""Half-width cells of a line in the picture; breaking lines here is cheaper than in a browser,
which lays the picture out anew for each character it tries."""
MOST_LABEL = 30
MOST_LABELS = 3
"""Answers that are named where several of them lead from one node to the same other one."""

Mark = Literal["added", "removed", "changed"]

_ERRORS = _("errors: %(number)d")
_WARNINGS = _("warnings: %(number)d")
_ELSE = _("otherwise")
_AND_MORE = _("and %(number)d more")
_MARKS: Mapping[str, str] = {
    "added": _("is new"),
    "removed": _("is gone"),
    "changed": _("was changed"),
}
_SHAPES: Mapping[str, tuple[str, str]] = {
    "say": ("(", ")"),
    "choice": ("{{", "}}"),
    "retry": ("[/", "\\]"),
    "collect": ("[/", "/]"),
    "branch": ("{", "}"),
    "table": ("[(", ")]"),
    "check": ("[\\", "\\]"),
    "subflow": ("[[", "]]"),
    "end": ("([", "])"),
    "redirect": (">", "]"),
    "escalate": ("[", "]"),
}
_ARROWS: Mapping[str, str] = {"added": "==>", "removed": "-.->"}
_TOKEN = re.compile(r" ?[A-Za-z0-9_./:@-]+|.[，。、；：？！）”]*", re.DOTALL)
"""What a line is not broken in: words, and a sign with the punctuation after it."""
_PLAIN_MARKS = frozenset(" ,.!?'()[]+=/-")
"""Signs that mean nothing to Mermaid between quotes."""


@dataclass(frozen=True, slots=True)
class Way:
    """One answer that leads from ``source`` to ``target``."""

    source: str
    label: str
    target: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What to show as different from another version: marks of nodes, nodes that are only in
    the other one, ways that are only here and only there."""

    nodes: Mapping[str, Mark] = field(default_factory=dict)
    gone: Mapping[str, Node] = field(default_factory=dict)
    added: frozenset[Way] = frozenset()
    removed: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """``id`` is its name in the Mermaid text; ``kind`` is ``unread`` or ``missing`` where there
    is no node to speak of. ``classes`` are ``error`` or ``warning``, and a mark."""

    id: str
    key: str
    kind: str
    words: str
    text: str
    notes: tuple[str, ...]
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DrawnWay:
    """All answers that lead from one node to the same other one."""

    id: str
    source: str
    target: str
    labels: tuple[str, ...]
    mark: Mark | None


@dataclass(frozen=True, slots=True)
class Diagram:
    """``start`` is None where nothing says which node is the first one."""

    start: str | None
    nodes: tuple[DrawnNode, ...]
    ways: tuple[DrawnWay, ...]

    def mermaid(self) -> str:
        """The picture in Mermaid's language."""
        ids = {node.key: node.id for node in self.nodes}
        lines = ["flowchart TB"]
        for node in self.nodes:
            lines.append(f"  {node.id}{_box(node)}")
        for way in self.ways:
            arrow = _ARROWS.get(way.mark or "", "-->")
            label = _lines(way.labels)
            said = f'|"{label}"|' if label else ""
            lines.append(f"  {ids[way.source]} {way.id}@{arrow}{said} {ids[way.target]}")
        for node in self.nodes:
            # A class of its own for the kind: “end” alone is a word of the language.
            names = (f"kind-{node.kind}", *(f"is-{each}" for each in node.classes))
            lines += [f"  class {node.id} {name}" for name in names]
        return "\n".join(lines) + "\n"


def draw(
    flow: FlowDefinition | Draft,
    *,
    findings: Iterable[FlowError] = (),
    numbers: Mapping[str, Sequence[str]] | None = None,
    marks: Marks | None = None,
    translate: Translate = str,
) -> Diagram:
    """The picture of ``flow``; of one that cannot be read whole, what can be read of it.
    ``numbers`` are further lines of text by key of the node.

    Nodes that are led to and are not there are in it too, and so are those that are gone when
    ``marks`` tell of any.
    """
    draft = draft_of(flow) if isinstance(flow, FlowDefinition) else flow
    return _Drawing(draft, tuple(findings), numbers or {}, marks or Marks(), translate).whole()


def ways_of(nodes: Mapping[str, Node], translate: Translate = str) -> list[Way]:
    """Every answer of every node, in order; branches with their conditions in words."""
    variables = _variables(Draft(start=None, nodes=nodes))
    return [
        Way(key, way_label(node, way, variables, translate), way.next)
        for key, node in nodes.items()
        for way in node.exits()
    ]


def way_label(
    node: Node, way: Exit, variables: Mapping[str, Variable], translate: Translate = str
) -> str:
    """What a way out of ``node`` is called; blank where there is one way only."""
    if isinstance(node, CheckNode):
        return translate(way.label)
    if way.label:
        return way.label
    if isinstance(node, BranchNode):
        if not way.value.isdigit():
            return translate(_ELSE)
        return condition_words(node.rules[int(way.value) - 1].when, variables, translate)
    if isinstance(node, TableNode):
        return "" if len(node.rows) == 1 else way.value
    return way.value if isinstance(node, SubflowNode) else ""


def escaped(text: str) -> str:
    """``text`` for a label between quotes: whatever is not plain stands as a number."""
    return "".join(_plain(character) for character in text)


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if character in _PLAIN_MARKS or (character.isascii() and character.isalnum()):
        return character
    # Lone surrogates cannot be sent, control characters cannot be seen.
    if category in ("Cc", "Cs", "Cf", "Co", "Cn", "Zl", "Zp"):
        return " "
    return f"#{ord(character)};" if character.isascii() else character


def _box(node: DrawnNode) -> str:
    left, right = _SHAPES.get(node.kind, ("[", "]"))
    texts = (f"{node.words} · {node.key}", node.text, *node.notes)
    return f'{left}"{_lines(texts)}"{right}'


def _lines(texts: Iterable[str]) -> str:
    """``texts`` below each other as a label, none wider than ``LINE_WIDTH``."""
    return "<br/>".join(escaped(line) for text in texts for line in _broken(text))


def _broken(text: str) -> list[str]:
    """``text`` in lines; words of letters and digits stay whole where they fit."""
    lines = [""]
    for token in _TOKEN.findall(" ".join(text.split())):
        if _width(lines[-1] + token) <= LINE_WIDTH:
            lines[-1] += token
        elif _width(token) <= LINE_WIDTH:
            lines.append(token.lstrip())
        else:
            lines += [token[at : at + LINE_WIDTH] for at in range(0, len(token), LINE_WIDTH)]
    return [line for line in lines if line]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _shortened(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _variables(draft: Draft) -> dict[str, Variable]:
    found: dict[str, Variable] = {}
    for own in draft.declared.values():
        for variable in own:
            found.setdefault(variable.key, variable)
    return found


def kind_words(node: Node, translate: Translate = str) -> str:
    """What a node is, in words."""
    if isinstance(node, EscalateNode) and not node.promise:
        return translate(REPORT)
    return translate(KINDS[node.kind])


def _text_of(node: Node) -> str:
    """The one text that tells most about a node."""
    if isinstance(node, SubflowNode):
        return f"{node.flow} v{node.version}"
    if isinstance(node, TableNode):
        return ", ".join(each.label for each in node.outputs)
    if isinstance(node, CheckNode):
        return node.prompt or node.checker
    if isinstance(node, RedirectNode):
        return node.channel or node.question or node.script
    for name in ("prompt", "script", "answer"):
        if text := getattr(node, name, None):
            return str(text)
    return ""


class _Drawing:
    def __init__(
        self,
        draft: Draft,
        findings: tuple[FlowError, ...],
        numbers: Mapping[str, Sequence[str]],
        marks: Marks,
        translate: Translate,
    ) -> None:
        self.draft = draft
        self.findings = findings
        self.numbers = numbers
        self.marks = marks
        self.translate = translate

    def whole(self) -> Diagram:
        nodes: dict[str, Node] = {**self.draft.nodes}
        nodes |= {key: node for key, node in self.marks.gone.items() if key not in nodes}
        ways = self._ways()
        keys = [*nodes, *sorted(self.draft.unread - set(nodes))]
        keys += [way.target for way in ways]
        if self.draft.start is not None:
            keys.append(self.draft.start)
        drawn = [
            self._node(number, key, nodes.get(key))
            for number, key in enumerate(dict.fromkeys(keys))
        ]
        return Diagram(self.draft.start, tuple(drawn), ways)

    def _node(self, number: int, key: str, node: Node | None) -> DrawnNode:
        errors = sum(each.node == key and each.severity == "error" for each in self.findings)
        warnings = sum(each.node == key and each.severity == "warning" for each in self.findings)
        is_unread = key in self.draft.unread
        notes = list(self.numbers.get(key, ()))
        classes: list[str] = []
        if errors or (node is None and not is_unread):
            classes.append("error")
        elif warnings:
            classes.append("warning")
        notes += [self.translate(_ERRORS) % {"number": errors}] if errors else []
        notes += [self.translate(_WARNINGS) % {"number": warnings}] if warnings else []
        mark = self.marks.nodes.get(key)
        if mark is not None:
            classes.append(mark)
            notes.append(self.translate(_MARKS[mark]))
        if node is not None:
            kind, words = str(node.kind), kind_words(node, self.translate)
        else:
            kind, words = ("unread", UNREAD) if is_unread else ("missing", MISSING)
            words = self.translate(words)
        text = _shortened(_text_of(node), MOST_TEXT) if node is not None else ""
        return DrawnNode(f"n{number}", key, kind, words, text, tuple(notes), tuple(classes))

    def _ways(self) -> tuple[DrawnWay, ...]:
        """One arrow for all answers from one node to another; those with a mark apart."""
        every: list[tuple[Way, Mark | None]] = [
            (way, "added" if way in self.marks.added else None)
            for way in ways_of(self.draft.nodes, self.translate)
        ]
        every += [(way, "removed") for way in self.marks.removed]
        labels: dict[tuple[str, str, Mark | None], list[str]] = defaultdict(list)
        for way, mark in every:
            labels[way.source, way.target, mark].append(way.label)
        return tuple(
            DrawnWay(f"e{number}", source, target, self._joined(said), mark)
            for number, ((source, target, mark), said) in enumerate(labels.items())
        )

    def _joined(self, labels: Sequence[str]) -> tuple[str, ...]:
        said = [_shortened(label, MOST_LABEL) for label in labels if label.strip()]
        if len(said) <= MOST_LABELS:
            return tuple(said)
        rest = self.translate(_AND_MORE) % {"number": len(said) - MOST_LABELS + 1}
        return (*said[: MOST_LABELS - 1], rest)
