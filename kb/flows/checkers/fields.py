"""Hold a request body against the table of rules and correct what needs no decision.

Knows kinds of rules, no model and no field: those are rows in ``rules``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from kb.flows.checkers import pictures
from kb.flows.checkers.folding import Folded
from kb.flows.checkers.literals import Unseen, Value
from kb.flows.checkers.results import Sheet
from kb.flows.checkers.rules import (
    ANY,
    FIELDS,
    MODELS,
    REMIX,
    RULES,
    Rule,
    Shape,
    Together,
    models_with,
    rules_for,
)

_TIMES = re.compile(r"[\s_]+")
_SIGNS = re.compile(r"[\s._-]+")
_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Spot:
    """A value in the body, the container that holds it and its path."""

    holder: dict[str, Value]
    key: str
    path: str

    @property
    def value(self) -> Value:
        return self.holder[self.key]


@dataclass(slots=True)
class FieldCheck:
    """One body under one model's rules. ``body`` is a copy that takes the corrections."""

    body: dict[str, Value]
    sheet: Sheet
    folded: Folded
    model: str = ""
    changed: bool = False
    rules: dict[str, Rule] = field(default_factory=dict)

    def run(self, *, remix: bool) -> str | None:
        """Check everything; gives the model if the body names one."""
        named = REMIX if remix else self._named_model()
        self.model = named or ""
        self.rules = rules_for(self.model)
        self._left_out("", self.body)
        for spot in self._spots("", self.body):
            self._spot(spot, remix=remix)
        for rule in self.rules.values():
            self._together(rule)
        return None if remix else named

    # --- the model -------------------------------------------------------------------------

    def _named_model(self) -> str | None:
        value = self.body.get("model")
        listed = "、".join(MODELS)
        if isinstance(value, Unseen):
            return None
        if value is None or value == "":
            self.sheet.add("model-missing", at="model", allowed=listed)
            return None
        if not isinstance(value, str):
            self._wrong_type(Spot(self.body, "model", "model"), "文字")
            return None
        if value in MODELS:
            return value
        same = [model for model in MODELS if _SIGNS.sub("", model) == _SIGNS.sub("", value.lower())]
        if len(same) == 1:
            self._set(self.body, "model", same[0])
        self.sheet.add(
            "model-unknown", at="model", found=value, allowed=listed, corrected=bool(same)
        )
        return same[0] if same else value

    # --- what is there, what is not ----------------------------------------------------------

    def _spots(self, above: str, holder: dict[str, Value]) -> Iterator[Spot]:
        """Every field; each is checked and corrected before what it holds is looked at."""
        for key in list(holder):
            path = f"{above}.{key}" if above else key
            yield Spot(holder, key, path)
            value = holder.get(key)
            if isinstance(value, list) and f"{_pattern(path)}[]" in _PARENTS:
                for index, item in enumerate(value):
                    if isinstance(item, dict):
                        yield from self._spots(f"{path}[{index}]", item)

    def _left_out(self, above: str, holder: dict[str, Value]) -> None:
        """Required fields and documented defaults, at the top or inside one item of a list."""
        for path, rule in self.rules.items():
            parent, _, key = path.rpartition(".")
            if parent != _pattern(above):
                continue
            where = f"{above}.{key}" if above else key
            if key in holder and holder[key] is not None and holder[key] != "":
                continue
            if rule.required:
                self.sheet.add("required-missing", at=where, question=rule.question)
            elif key not in holder and rule.default and rule.default not in rule.choices:
                only = len(rule.choices) == 1
                if only:
                    self._set(holder, key, rule.choices[0])
                self.sheet.add(
                    "default-not-allowed",
                    at=where,
                    found=rule.default,
                    allowed="、".join(rule.choices),
                    model=self.model,
                    question=rule.question,
                    severity=rule.left_out,
                    corrected=only,
                )

    def _spot(self, spot: Spot, *, remix: bool) -> None:
        pattern = _pattern(spot.path)
        if pattern == "model" and not remix:
            self._unseen(spot)
        elif rule := self.rules.get(pattern):
            self._known(spot, rule)
        elif remix and pattern in FIELDS:
            if "[" not in spot.path:
                self._drop(spot)
                self.sheet.add("field-inherited", at=spot.path, corrected=True)
        elif pattern in FIELDS:
            self._not_for_model(spot)
        else:
            self.sheet.add("field-unknown", at=spot.path)

    def _not_for_model(self, spot: Spot) -> None:
        # Of an unknown model nothing is known; items of a list that does not belong need no word.
        if self.model not in MODELS or "[" in spot.path:
            return
        rows = [rule for rule in _rows(spot.path) if rule.setting]
        if rows:
            self._drop(spot)
        self.sheet.add(
            "field-not-for-model",
            at=spot.path,
            allowed="、".join(models_with(spot.path)),
            model=self.model,
            question=_rows(spot.path)[0].question,
            corrected=bool(rows),
        )

    # --- one field that the model knows ------------------------------------------------------

    def _known(self, spot: Spot, rule: Rule) -> None:
        value = spot.value
        if self._unseen(spot):
            return
        if value is None or value == "":
            if not rule.required:  # the same as leaving it out
                self._drop(spot)
                self._wrong_type(
                    spot, _wanted(rule), corrected=True, question=rule.question, of=value
                )
        elif rule.shape is Shape.CHOICE:
            self._choice(spot, rule)
        elif rule.shape is Shape.LIST:
            self._list(spot, rule)
        elif not isinstance(value, str):
            self._wrong_type(spot, _wanted(rule), question=rule.question)
        elif rule.shape is Shape.TEXT:
            self._text(spot, rule, value)
        else:
            self._medium(spot, rule, value)

    def _unseen(self, spot: Spot) -> bool:
        value = spot.value
        if isinstance(value, Unseen):
            if not value.told:
                self.sheet.add("value-unseen", at=spot.path, found=value.source)
            return True
        return False

    def _text(self, spot: Spot, rule: Rule, value: str) -> None:
        count = self.folded.length(value)
        if not value.strip():
            self.sheet.add("required-missing", at=spot.path, question=rule.question)
        elif rule.most is not None and count > rule.most:
            self.sheet.add(
                "text-too-long",
                at=spot.path,
                found=f"{count} 个字符",
                allowed=f"{rule.most} 个字符",
                question=rule.question,
            )

    def _choice(self, spot: Spot, rule: Rule) -> None:
        value = spot.value
        written = _as_text(value, rule)
        if written is None:
            self._wrong_type(spot, _wanted(rule), question=rule.question)
            return
        if written in rule.choices:
            if written != value:
                self._wrong_type(spot, _wanted(rule), corrected=True, question=rule.question)
                self._set(spot.holder, spot.key, written)
            return
        if not isinstance(value, str):
            self._wrong_type(spot, _wanted(rule), question=rule.question)
        same = [choice for choice in rule.choices if choice == _usual(written)] or [
            *(rule.choices if len(rule.choices) == 1 else ())
        ]
        if same:
            self._set(spot.holder, spot.key, same[0])
        self.sheet.add(
            "value-not-allowed",
            at=spot.path,
            found=written,
            allowed="、".join(rule.choices),
            model=self.model or "这个接口",
            question=rule.question,
            corrected=bool(same),
        )

    def _list(self, spot: Spot, rule: Rule) -> None:
        value = spot.value
        if not isinstance(value, list):
            self._wrong_type(spot, _wanted(rule), question=rule.question)
            return
        if rule.most is not None and len(value) > rule.most:
            self.sheet.add(
                rule.too_many,
                at=spot.path,
                found=f"{len(value)} 项",
                allowed=f"{rule.most} 项",
                question=rule.question,
            )
        for index, item in enumerate(value):
            where = f"{spot.path}[{index}]"
            if isinstance(item, str):
                item = self._wrapped(value, index, spot.path)
                self.sheet.add(
                    "type-wrong",
                    at=where,
                    found="文字",
                    allowed=f'对象，例如 {{"{next(iter(item))}": …}}',
                    question=rule.question,
                    corrected=True,
                )
            if isinstance(item, dict):
                self._left_out(where, item)
            elif isinstance(item, Unseen):
                self.sheet.add("value-unseen", at=where, found=item.source)
            else:
                self.sheet.add(
                    "type-wrong",
                    at=where,
                    found=_kind(item),
                    allowed="对象",
                    question=rule.question,
                )

    def _medium(self, spot: Spot, rule: Rule, value: str) -> None:
        better = pictures.check(self.sheet, self.folded, at=spot.path, rule=rule, value=value)
        if better is not None:
            self._set(spot.holder, spot.key, better)
        if rule.same_size and pictures.is_url(value):
            size = self.body.get("size")
            allowed = size if isinstance(size, str) else "默认 720x1280"
            self.sheet.add("picture-must-match-size", at=spot.path, allowed=allowed)

    def _wrapped(self, items: list[Value], index: int, path: str) -> dict[str, Value]:
        """An address where an object should stand can only be the object's required field."""
        key = next(
            rule.path.rpartition(".")[2]
            for rule in self.rules.values()
            if rule.path.startswith(f"{path}[].") and rule.required
        )
        wrapped: dict[str, Value] = {key: items[index]}
        items[index] = wrapped
        self.changed = True
        return wrapped

    # --- fields that depend on others ----------------------------------------------------------

    def _together(self, rule: Rule) -> None:
        for tie, wanted in [(t, True) for t in rule.needs] + [(t, False) for t in rule.clashes]:
            mine = [v for v in self._values(rule.path) if tie.value in (ANY, v)]
            if mine and self._holds(tie) is not wanted:
                where = rule.path.partition("[")[0]
                self.sheet.add(tie.code, at=where, question=rule.question)
        if rule.uniform:
            seen = [v for v in self._values(rule.path) if isinstance(v, str)]
            urls = sum(pictures.is_url(v) for v in seen)
            if urls and any(pictures.is_encoded(v) for v in seen):
                self.sheet.add(
                    "pictures-mixed", at=rule.path.partition("[")[0], question=rule.question
                )

    def _holds(self, tie: Together) -> bool:
        present = self._values(tie.other)
        return any(v in tie.values or ANY in tie.values or isinstance(v, Unseen) for v in present)

    def _values(self, path: str) -> list[Value]:
        """All values at a path; an item without the field counts as its documented default."""
        top, _, key = path.partition("[].")
        value = self.body.get(top)
        if not key:
            return [] if value is None or value == "" else [value]
        rule = self.rules.get(path)
        items = value if isinstance(value, list) else []
        found = [
            item.get(key, rule.default if rule else None)
            for item in items
            if isinstance(item, dict)
        ]
        return [v for v in found if v is not None]

    # --- what all of them do ---------------------------------------------------------------------

    def _set(self, holder: dict[str, Value], key: str, value: Value) -> None:
        holder[key] = value
        self.changed = True

    def _drop(self, spot: Spot) -> None:
        spot.holder.pop(spot.key, None)
        self.changed = True

    def _wrong_type(
        self,
        spot: Spot,
        allowed: str,
        *,
        corrected: bool = False,
        question: str | None = None,
        of: Value = None,
    ) -> None:
        value = spot.holder.get(spot.key, of)
        self.sheet.add(
            "type-wrong",
            at=spot.path,
            found=f"{_kind(value)} {_source(value)}".strip(),
            allowed=allowed,
            question=question,
            corrected=corrected,
        )


_PARENTS = frozenset(path.rpartition(".")[0] for path in FIELDS if "[]." in path)


def _rows(path: str) -> list[Rule]:
    return [rule for rule in RULES if rule.path == path]


def _pattern(path: str) -> str:
    return _INDEX.sub("[]", path)


def _usual(written: str) -> str:
    """1920*1080, 1920 × 1080 and PRO are only other ways to write the documented values."""
    return _TIMES.sub("", written.lower()).replace("×", "x").replace("*", "x")


def _as_text(value: Value, rule: Rule) -> str | None:
    if isinstance(value, bool):
        if {"yes", "no"} == set(rule.choices):
            return "yes" if value else "no"
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    return value if isinstance(value, str) else None


def _wanted(rule: Rule) -> str:
    if rule.shape is Shape.CHOICE:
        return "文字，例如 " + json.dumps(rule.choices[0])
    return "数组" if rule.shape is Shape.LIST else "文字"


def _kind(value: Value) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "布尔值"
        case int() | float():
            return "数字"
        case str():
            return "文字" if value else "空文字"
        case list():
            return "数组"
        case dict():
            return "对象"
        case _:
            return "变量"


def _source(value: Value) -> str:
    return json.dumps(value) if isinstance(value, bool | int | float) else ""
