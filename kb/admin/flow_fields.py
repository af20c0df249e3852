"""Fields that a flow asks an agent to fill in: what is typed at a step, what a hand-over captures.

``templates/admin/console/_field.html`` draws them, at the console and where a flow is tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from kb.flows import schema
from kb.flows.engine import PASTED
from kb.flows.variables import CollectVariable, OneOfVariable, TextVariable

PREFIX = "values."
"""Begins the names of fields in which the values of a step are typed."""
MOST_TEXT = 5_000
"""Characters of a captured text."""
RADIOS_UP_TO = 5
"""Options of a choice that are shown side by side; more of them become a list to open."""
ONE_LINE = 200
"""Texts of a step that may be longer get a field of several lines."""
MOST_IN_ONE_LINE = 1_000
"""Further fields of a hand-over that may be longer get a field of several lines."""
MOST_PASTED = 2_400_000
"""Bytes of a pasted text as the form sends it: a little less than Django takes in one request."""
MOST_TYPED = 200
"""Of what is not free text: nothing that is accepted comes near it."""
WIDGETS = {"mobile": "phone", "account_id": "digits", "amount": "short", "date": "short"}


@dataclass(frozen=True, slots=True)
class CaptureField:
    """One field of the form. ``kind`` names its widget, ``options`` are (value, label)."""

    name: str
    label: str
    kind: str
    value: str
    required: bool
    help: str = ""
    errors: Sequence[Any] = ()
    options: Sequence[tuple[str, str]] = ()
    most: int = MOST_TEXT

    @property
    def id(self) -> str:
        return "id-" + self.name.replace(".", "-")

    @property
    def describedby(self) -> str:
        """Ids of the help and error texts that are shown, for ``aria-describedby``."""
        ids = [f"{self.id}-help"] if self.help else []
        return " ".join([*ids, f"{self.id}-error"] if self.errors else ids)

    @property
    def shown_value(self) -> str:
        """The value in words."""
        return dict(self.options).get(self.value, self.value)


def typed_text(post: QueryDict, name: str) -> str:
    """A posted text without U+0000, which no column holds; blank when it is not there."""
    return post.get(name, "").replace("\x00", "")


def typed_values(post: QueryDict) -> dict[str, str]:
    """What the form of a collecting or checking step sent, by name of the variable."""
    return {
        name.removeprefix(PREFIX): typed_text(post, name)
        for name in post
        if name.startswith(PREFIX)
    }


def variable_field(
    variable: CollectVariable, value: str, errors: Sequence[Any] = ()
) -> CaptureField:
    """The field of a variable of a collecting step."""
    kind = WIDGETS.get(variable.kind, variable.kind)
    options: list[tuple[str, str]] = []
    most = MOST_TYPED
    if isinstance(variable, OneOfVariable):
        options = [(option.value, option.label) for option in variable.options]
        kind = "radios" if len(options) <= RADIOS_UP_TO else "choice"
    elif isinstance(variable, TextVariable):
        most = variable.max_length
        kind = "long" if most > ONE_LINE else "text"
    return CaptureField(
        f"{PREFIX}{variable.key}",
        variable.label,
        kind,
        value,
        variable.required,
        help=variable.help or _example(variable.kind),
        errors=errors,
        options=options,
        most=most,
    )


def _example(kind: str) -> str:
    match kind:
        case "datetime":
            return _("For example 2026-11-20 15:30.")
        case "date":
            return _("For example 2026-11-20.")
        case "mobile":
            return _("A mobile number, or a landline with its area code.")
        case _:
            return ""


def pasted_field(value: str, errors: Sequence[Any] = ()) -> CaptureField:
    """The field of a step that checks a text; ``value`` is without secrets."""
    return CaptureField(
        f"{PREFIX}{PASTED}",
        _("The request, or what the interface answered"),
        "long",
        value,
        True,
        help=_("JSON, a curl command or code, as it came. Keys and signatures are taken out."),
        errors=errors,
    )


def extra_field(item: schema.CaptureField, value: str) -> CaptureField:
    """A field that a hand-over asks for on top of the four captured things."""
    kind = WIDGETS.get(item.kind, item.kind)
    options = [(option.value, option.label) for option in item.options or ()]
    if kind == "choice" and len(options) <= RADIOS_UP_TO:
        kind = "radios"
    if kind == "text" and item.max_length > MOST_IN_ONE_LINE:
        kind = "long"
    return CaptureField(
        f"extra.{item.key}",
        item.label,
        kind,
        value,
        item.required,
        help=item.help or "",
        options=options,
        most=item.max_length,
    )
