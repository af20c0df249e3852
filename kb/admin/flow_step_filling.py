"""A step of a flow in its form and back: nothing of it is lost on the way, in either direction."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from kb.admin.flow_form_fields import NEW, Offer, StepForm
from kb.admin.flow_form_rows import ONLY_FOR, ROWS, rows_of
from kb.flows.editing.merging import merged_item, merged_step
from kb.flows.editing.same import name_of
from kb.flows.editing.steps import new_step
from kb.flows.errors import FlowError
from kb.flows.linting.nodes import RESERVED_FIELDS
from kb.flows.parts import VALUE
from kb.flows.schema import CAPTURED
from kb.flows.scripts import VARIABLES
from kb.flows.telling import KINDS
from kb.flows.variables import LEAST_COUNT, MOST_COUNT, MOST_TEXT
from kb.rules.keys import key_for

MOST_NAME = 40
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_BETWEEN_TAGS = re.compile(r"[\s,，、;；]+")
_STEP_DEFAULTS: dict[str, Any] = {"promise": True, "requires": list(CAPTURED)}
_ITEM_DEFAULTS: dict[str, Any] = {
    "required": True,
    "personal": False,
    "ordered": False,
    "max_length": MOST_TEXT,
}
_COUNT_DEFAULTS = {**_ITEM_DEFAULTS, "min": LEAST_COUNT, "max": MOST_COUNT}


class Offers:
    """What can be chosen: steps (and new ones), standard questions, variables set elsewhere."""

    def __init__(self, *, steps: Offer, questions: Offer, variables: Offer) -> None:
        self.steps = steps
        self.questions = questions
        self.variables = variables


NO_OFFERS = Offers(steps=[], questions=[], variables=[])
"""Of a text that cannot be read."""


class Filling:
    """The form of one step and the rows of its list, loaded or sent."""

    def __init__(self, kind: str, form: StepForm, rows: Any | None, offers: Offers) -> None:
        self.kind = kind
        self.form = form
        self.rows = rows
        self.empty_row = rows.empty_form if rows is not None else None
        """What the page makes further rows of; a formset makes another one at every look."""
        self._used: list[Any] = []
        for name, offered in (
            ("next", offers.steps),
            ("answer", offers.questions),
            ("question", offers.questions),
        ):
            if name in form.fields:
                form.offer(name, offered)
        for row in [*rows.forms, self.empty_row] if rows is not None else []:
            for name, offered in (("next", offers.steps), ("source", offers.variables)):
                if name in row.fields:
                    row.offer(name, offered)

    @classmethod
    def showing(cls, step: Mapping[str, Any], offers: Offers, **seen: int) -> Filling:
        """``step`` as it is written (see ``kb.flows.editing.steps.is_editable``)."""
        kind = str(step["kind"])
        form = StepForm(initial={**_step_initial(step), **seen}, step_kind=kind)
        if kind not in ROWS:
            return cls(kind, form, None, offers)
        name = ROWS[kind][0]
        initial = [_item_initial(item, number) for number, item in enumerate(step.get(name, []), 1)]
        return cls(kind, form, rows_of(kind)(initial=initial, prefix=name), offers)

    @classmethod
    def sent(cls, kind: str, data: QueryDict, offers: Offers) -> Filling:
        form = StepForm(data, step_kind=kind)
        rows = rows_of(kind)(data, prefix=ROWS[kind][0]) if kind in ROWS else None
        return cls(kind, form, rows, offers)

    @property
    def list_name(self) -> str:
        return ROWS[self.kind][0] if self.kind in ROWS else ""

    @property
    def kind_words(self) -> str:
        return _(KINDS[self.kind])

    @property
    def list_words(self) -> str:
        """The heading over the rows."""
        match self.list_name:
            case "choices":
                return _("Answers, and where each leads")
            case "variables":
                return _("What is filled in")
        return _("Further fields")

    def is_valid(self) -> bool:
        rows_fine = self.rows is None or self.rows.is_valid()
        return self.form.is_valid() and rows_fine

    @property
    def has_errors(self) -> bool:
        rows = self.rows
        in_rows = rows is not None and (any(map(bool, rows.errors)) or rows.non_form_errors())
        return self.form.is_bound and bool(self.form.errors or in_rows)

    # --- to the step ----------------------------------------------------------------------------

    def step(
        self, old: Mapping[str, Any], *, taken: Container[str], names: Container[str]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """``old`` with what was filled in, and the new steps that it leads to by key.

        ``taken`` are keys of steps, ``names`` those of variables that other steps set. Only for
        a form that is valid.
        """
        fresh: dict[str, Any] = {}

        def target(typed: str, words: str) -> str:
            if not typed.startswith(NEW):
                return typed
            kind = typed.removeprefix(NEW)
            key = key_for(words or kind, taken=_Both(fresh, taken), nameless=kind)
            fresh[key] = new_step(kind)
            return key

        given = {name: self.form.cleaned_data[name] for name in self.form.base_shown}
        given["kind"] = self.kind
        if "tags" in given:
            given["tags"] = [tag for tag in _BETWEEN_TAGS.split(given["tags"]) if tag]
        if "next" in given:
            given["next"] = target(given["next"], "")
        if self.rows is not None:
            items = self._items(names)
            for item in items:
                if "next" in item:
                    item["next"] = target(item["next"], str(item["label"]))
            given[self.list_name] = self._merged(old, items)
        return merged_step(old, given, _STEP_DEFAULTS), fresh

    def _merged(self, old: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Any:
        """Item by item, because what is left out means something else by kind."""
        before = old.get(self.list_name)
        found = []
        for item in items:
            defaults = _COUNT_DEFAULTS if item.get("kind") == "count" else _ITEM_DEFAULTS
            found.append(merged_item(before, item, defaults))
        return found

    def _items(self, names: Container[str]) -> list[dict[str, Any]]:
        """The rows that are to stay, in order, each with a name of its own."""
        assert self.rows is not None  # noqa: S101 - asked only where there are rows
        rows = [row for row in self.rows.forms if not _is_left_out(row)]
        orders = [row.cleaned_data.get("order") for row in rows]
        numbered = sorted(
            zip(orders, rows, strict=True), key=lambda each: (each[0] is None, each[0] or 0)
        )
        self._used = [row for _order, row in numbered]
        items = [_item(row.cleaned_data) for row in self._used]
        name = "value" if self.list_name == "choices" else "key"
        given = {str(item[name]) for item in items if item[name]}
        for item in items:
            if not item[name] and item["label"]:
                make = _value_for if name == "value" else _name_for
                item[name] = make(item["label"], given if name == "value" else _Both(given, names))
                given.add(item[name])
        return items

    # --- from the lint ---------------------------------------------------------------------------

    def refuse(self, findings: Sequence[FlowError]) -> None:
        """Put findings about the step as it was filled in at the fields that they speak of."""
        for found in findings:
            tail = found.location[2:]
            _place, message, remedy = found.told(_)
            words = _("%(problem)s – %(remedy)s") % {"problem": message, "remedy": remedy}
            self._form_at(tail).add_error(self._field_at(tail), words if remedy else message)

    def _form_at(self, tail: Sequence[Any]) -> forms.Form:
        is_row = len(tail) > 1 and tail[0] == self.list_name and isinstance(tail[1], int)
        return self._used[tail[1]] if is_row else self.form

    def _field_at(self, tail: Sequence[Any]) -> str | None:
        form = self._form_at(tail)
        inside = tail if form is self.form else tail[2:]
        name = {"from": "source"}.get(str(inside[0]), str(inside[0])) if inside else ""
        return name if name in form.fields else None


class _Both:
    def __init__(self, *parts: Container[str]) -> None:
        self._parts = parts

    def __contains__(self, name: object) -> bool:
        return any(name in part for part in self._parts)


def _is_left_out(row: Any) -> bool:
    return bool(row.cleaned_data.get("DELETE")) or row.is_empty()


def _step_initial(step: Mapping[str, Any]) -> dict[str, Any]:
    initial = {name: value.strip() for name, value in step.items() if isinstance(value, str)}
    return {
        **initial,
        "promise": step.get("promise", True),
        "requires": step.get("requires", list(CAPTURED)),
        "tags": ", ".join(step.get("tags", [])),
    }


def _item_initial(item: Mapping[str, Any], number: int) -> dict[str, Any]:
    initial = {
        name: value.strip() if isinstance(value, str) else value for name, value in item.items()
    }
    return {
        "required": True,
        **initial,
        "was": name_of(item) or "",
        "order": number,
        "source": item.get("from", ""),
        "options": _option_lines(item.get("options", [])),
    }


def _option_lines(options: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(f"{each.get('label', '')} = {each.get('value', '')}" for each in options)


def _item(typed: Mapping[str, Any]) -> dict[str, Any]:
    """One row as the item of a list; parts that its kind does not have are not there."""
    left_out = ("order", "DELETE", "source")
    item = {name: value for name, value in typed.items() if name not in left_out}
    if "source" in typed:
        item["from"] = typed["source"]
    if "options" in item:
        item["options"] = _options(item["options"])
    kind = item.get("kind")
    for name in ("min", "max", "max_length"):
        if name in item and (name == "max_length" or kind == "count"):
            item[name] = int(item[name]) if _NUMBER.fullmatch(item[name]) else item[name]
    for name, kinds in ONLY_FOR.items():
        if name in item and kind not in kinds:
            item[name] = None
    return item


def _options(lines: str) -> list[dict[str, str]]:
    """One option per line: ``wording = value``, or the wording alone."""
    options: list[dict[str, str]] = []
    pairs = [_option(line.strip()) for line in lines.splitlines() if line.strip()]
    given = {value for _label, value in pairs if value}
    for label, value in pairs:
        made = value or _value_for(label, given)
        given.add(made)
        options.append({"value": made, "label": label})
    return options


def _option(line: str) -> tuple[str, str]:
    label, sign, value = line.replace("＝", "=").rpartition("=")
    if sign and re.fullmatch(VALUE, value.strip()):
        return label.strip(), value.strip()
    return line, ""


def _value_for(label: str, taken: Container[str]) -> str:
    return key_for(label, taken=taken, nameless="answer")


def _name_for(label: str, taken: Container[str]) -> str:
    """A name as variables and fields have them: pinyin with underscores, a letter first."""
    spelled = key_for(label, nameless="field").replace("-", "_")
    base = spelled if spelled[0].isalpha() else f"n_{spelled}"
    number, name = 1, base[:MOST_NAME].rstrip("_")
    while name in taken or name in RESERVED_FIELDS or name in VARIABLES:
        number += 1
        ending = f"_{number}"
        name = base[: MOST_NAME - len(ending)].rstrip("_") + ending
    return name
