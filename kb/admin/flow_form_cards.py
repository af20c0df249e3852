"""A flow as a list of steps in the order of a walk, for editors who do not read YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from kb.admin.flow_findings import FindingRow, FindingRows, finding_rows
from kb.admin.flow_form_fields import CAPTURED_WORDS, NEW, Offer
from kb.admin.flow_form_rows import KIND_WORDS
from kb.admin.flow_step_filling import Offers
from kb.admin.flow_words import place_words
from kb.flows.diagram import kind_words, ways_of
from kb.flows.difference import texts_of
from kb.flows.editing.steps import (
    EDITABLE,
    in_walking_order,
    is_editable,
    steps_of,
    ways,
)
from kb.flows.errors import FlowError
from kb.flows.lines import lines_of
from kb.flows.readable import Readable, readable
from kb.flows.source import read
from kb.flows.telling import KINDS, MISSING, UNREAD
from kb.models import StandardQuestion
from kb.selectors.flows import FlowText

MOST_NAME = 32
"""Characters of a step's text by which it is known in lists."""
_NAMEABLE = re.compile(r"[-a-zA-Z0-9_]+")
_OF_CARD = frozenset({"kind", "prompt", "script", "hint", "answer"})


@dataclass(frozen=True, slots=True)
class CardWay:
    """``number`` is that of the card it leads to; 0 when there is none."""

    label: str
    target: str
    name: str
    number: int


@dataclass(frozen=True, slots=True)
class Card:
    """One step. ``facts`` are its other texts with their places in words, ``asked`` what it asks
    for besides, one line each; ``leading`` are the other steps that lead to it."""

    key: str
    number: int
    kind: str
    words: str
    name: str
    prompt: str
    script: str
    answer: tuple[str, str] | None
    hint: str
    asked: list[str]
    facts: list[tuple[str, str]]
    ways: list[CardWay]
    findings: list[FindingRow]
    is_editable: bool
    is_start: bool
    leading: list[CardWay]
    line: int

    @property
    def has_errors(self) -> bool:
        return any(row.is_error for row in self.findings)


class Sheet:
    """The text to work on, as steps. Raises ``FlowErrors`` when it cannot be read."""

    def __init__(self, shown: FlowText) -> None:
        self.text = shown.text
        self.data: Mapping[str, Any] = read(shown.text, "yaml")
        self.steps = steps_of(self.data)
        self.reached, self.stray = in_walking_order(self.data)
        self.numbers = {key: n for n, key in enumerate([*self.reached, *self.stray], 1)}

    @cached_property
    def readable(self) -> Readable:
        return readable(self.data)

    @cached_property
    def titles(self) -> dict[str, str]:
        """Standard questions by key."""
        return dict(StandardQuestion.objects.order_by("title").values_list("key", "title"))

    def is_editable(self, key: str) -> bool:
        """Whether a form can show the step: its own address must be able to name it, too."""
        return is_editable(self.steps.get(key)) and _NAMEABLE.fullmatch(key) is not None

    def name(self, key: str) -> str:
        """What a step is known by: its question or script, or whose script it gives, in short."""
        step = self.steps.get(key)
        for part in ("prompt", "script", "answer", "question", "channel"):
            text = _text(step, part) if isinstance(step, Mapping) else ""
            if text:
                line = " ".join(self.titles.get(text, text).split())
                return line if len(line) <= MOST_NAME else f"{line[: MOST_NAME - 1]}…"
        return self.words(key)

    def words(self, key: str) -> str:
        """The kind of a step in words."""
        node, step = self.readable.draft.nodes.get(key), self.steps.get(key)
        if node is not None:
            return kind_words(node, _)
        kind = step.get("kind") if isinstance(step, Mapping) else None
        if isinstance(kind, str) and kind in KINDS:
            return _(KINDS[kind])
        return _(UNREAD) if key in self.steps else _(MISSING)

    def offered_steps(self) -> Offer:
        """All steps by number, to choose where something leads."""
        return [(key, f"{n}. {self.name(key)} · {key}") for key, n in self.numbers.items()]

    def offers(self, key: str) -> Offers:
        """What can be chosen in the form of the step ``key``."""
        new = [(f"{NEW}{kind}", _(KINDS[kind])) for kind in EDITABLE]
        variables = [
            (name, f"{label} · {name}") for other, name, label in self._variables() if other != key
        ]
        return Offers(
            steps=[*self.offered_steps(), (_("A new step"), new)],
            questions=[(each, title) for each, title in self.titles.items()],
            variables=list(dict(variables).items()),
        )

    def variable_names(self, *, without: str) -> frozenset[str]:
        """The variables that the other steps set."""
        return frozenset(name for other, name, _label in self._variables() if other != without)

    def _variables(self) -> Iterator[tuple[str, str, str]]:
        for key, own in self.readable.draft.declared.items():
            for variable in own:
                yield key, variable.key, variable.label

    def cards(self, findings: tuple[FlowError, ...]) -> tuple[list[Card], FindingRows]:
        """All steps in the order of the walk, those that it never meets last; and the findings."""
        rows = finding_rows(findings, text=self.text)
        by_step: dict[str, list[FindingRow]] = {}
        for row in rows.rows:
            by_step.setdefault(row.node, []).append(row)
        return [self._card(key, by_step.get(key, [])) for key in self.numbers], rows

    def card(self, key: str, findings: tuple[FlowError, ...]) -> Card | None:
        """One step; None when there is none."""
        own = tuple(each for each in findings if each.node == key)
        rows = finding_rows(own, text=self.text).rows
        return self._card(key, list(rows)) if key in self.steps else None

    @cached_property
    def _leading(self) -> dict[str, list[str]]:
        """For each step the other ones that lead to it."""
        found: dict[str, dict[str, None]] = {}
        for source, ways_out in self._ways.items():
            for _label, target in ways_out:
                if target != source:
                    found.setdefault(target, {})[source] = None
        return {target: list(sources) for target, sources in found.items()}

    @cached_property
    def _lines(self) -> dict[str, int]:
        """Where the steps stand in the text."""
        places = tuple(FlowError("", "", "", ("nodes", key)) for key in self.steps)
        return dict(zip(self.steps, lines_of(self.text, places), strict=True))

    @cached_property
    def _ways(self) -> dict[str, list[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = {}
        for way in ways_of(self.readable.draft.nodes, _):
            found.setdefault(way.source, []).append((way.label, way.target))
        for key in self.readable.unread:
            found[key] = [(way.label, way.target) for way in ways(self.steps[key])]
        return found

    def _card(self, key: str, findings: list[FindingRow]) -> Card:
        step = self.steps[key]
        plain: Mapping[str, Any] = step if isinstance(step, Mapping) else {}
        editable = self.is_editable(key)
        answer = _text(plain, "answer")
        return Card(
            key=key,
            number=self.numbers[key],
            kind=str(plain.get("kind", "")),
            words=self.words(key),
            name=self.name(key),
            prompt=_text(plain, "prompt"),
            script=_text(plain, "script"),
            answer=(answer, self.titles.get(answer, answer)) if answer else None,
            hint=_text(plain, "hint"),
            asked=list(_asked(plain, self.titles)) if editable else [],
            facts=[] if editable else _facts(step),
            ways=[self._way(label, target) for label, target in self._ways.get(key, [])],
            findings=findings,
            is_editable=editable,
            is_start=self.data.get("start") == key,
            leading=[self._way("", other) for other in self._leading.get(key, [])],
            line=self._lines[key] if not editable else 0,
        )

    def _way(self, label: str, target: str) -> CardWay:
        return CardWay(label, target, self.name(target), self.numbers.get(target, 0))


def _text(step: Mapping[str, Any], name: str) -> str:
    value = step.get(name)
    return value.strip() if isinstance(value, str) else ""


def _facts(step: Any) -> list[tuple[str, str]]:
    """All that is written in a step, for those that are only read."""
    return [(place_words(place), text) for place, text in texts_of(step) if place[:1] not in _APART]


_APART = {(name,) for name in _OF_CARD}


def _asked(step: Mapping[str, Any], titles: Mapping[str, str]) -> Iterator[str]:
    """What a step asks for and does besides its texts, in words."""
    for item in [*step.get("variables", []), *step.get("fields", [])]:
        words = [str(item.get("label", "")), str(KIND_WORDS.get(str(item.get("kind")), ""))]
        options = [str(each.get("label", "")) for each in item.get("options", [])]
        words += [" / ".join(options)] if options else []
        words += [] if item.get("required", True) else [_("may stay empty")]
        yield " · ".join(word for word in words if word)
    if step.get("kind") == "escalate":
        required = [
            str(CAPTURED_WORDS.get(each, each)) for each in step.get("requires", CAPTURED_WORDS)
        ]
        yield _("Always recorded: %(what)s") % {"what": "、".join(required) or "–"}
    for name in ("question", "channel", "queue", "sets"):
        if text := _text(step, name):
            told = titles.get(text, text) if name == "question" else text
            yield f"{place_words((name,))}: {told}"
    if step.get("tags"):
        yield f"{place_words(('tags',))}: {', '.join(step['tags'])}"
    prefill = step.get("prefill")
    for name, value in prefill.items() if isinstance(prefill, Mapping) else ():
        yield f"{place_words(('prefill',))}: {CAPTURED_WORDS.get(name, name)} ← {value}"
