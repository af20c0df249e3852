"""The rows in which the answers, fields and variables of a step are changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from kb.admin.flow_form_fields import DeskFields, text_area, text_line
from kb.admin.question_fields import TextField

KIND_WORDS = {
    "text": pgettext_lazy("kind of field", "Text"),
    "one_of": pgettext_lazy("kind of field", "One of several"),
    "choice": pgettext_lazy("kind of field", "One of several"),
    "count": pgettext_lazy("kind of field", "Whole number"),
    "amount": pgettext_lazy("kind of field", "Amount in yuan"),
    "date": pgettext_lazy("kind of field", "Day"),
    "datetime": pgettext_lazy("kind of field", "Day and time"),
    "account_id": pgettext_lazy("kind of field", "Account ID"),
    "mobile": pgettext_lazy("kind of field", "Telephone number"),
}
FIELD_KINDS = ("text", "choice", "count", "amount", "date", "datetime", "account_id", "mobile")
VARIABLE_KINDS = ("text", "one_of", *FIELD_KINDS[2:])
ONLY_FOR = {
    "options": ("one_of", "choice"),
    "ordered": ("one_of",),
    "min": ("count", "amount"),
    "max": ("count", "amount"),
    "max_length": ("text",),
    "when": ("date", "datetime"),
}
"""Parts of a field or variable that only some kinds have."""


class _Row(DeskFields):
    """``was`` is what the item was called when the page was loaded; blank for a new one."""

    was = forms.CharField(required=False, widget=forms.HiddenInput)
    order = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=999,
        label=gettext_lazy("order"),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    label = TextField(
        required=False, label=pgettext_lazy("flow field", "wording"), widget=text_line()
    )

    FIRST: tuple[str, ...] = ()
    MORE: tuple[str, ...] = ()

    def is_empty(self) -> bool:
        """Whether nothing was filled in: a row that was offered and not used."""
        given = self.cleaned_data
        names = ("was", "label", "value", "key", "next")
        return not any(given.get(name) for name in names) and not self.errors

    def first(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FIRST]

    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in self.MORE]

    def has_trouble_in_more(self) -> bool:
        return any(self[name].errors for name in self.MORE)


class ChoiceRow(_Row):
    next = forms.CharField(
        required=False, label=pgettext_lazy("flow field", "leads to"), widget=forms.Select()
    )
    value = TextField(
        required=False,
        label=pgettext_lazy("flow field", "value"),
        widget=text_line(),
        help_text=gettext_lazy("For programs and records; left empty it is made of the wording."),
    )
    FIRST = ("label", "next")
    MORE = ("value",)


class _AskedRow(_Row):
    key = TextField(
        required=False,
        label=pgettext_lazy("flow field", "name"),
        widget=text_line(),
        help_text=gettext_lazy(
            "For programs and for {{name}} in scripts; left empty it is made of the wording."
        ),
    )
    required = forms.BooleanField(
        required=False, initial=True, label=pgettext_lazy("flow field", "required")
    )
    help = TextField(required=False, label=pgettext_lazy("flow field", "help"), widget=text_area(2))
    options = TextField(
        required=False,
        label=gettext_lazy("to choose from"),
        widget=text_area(4),
        help_text=gettext_lazy(
            "One per line. What stands behind “=” is the value for programs; leave it out and it "
            "is made of the wording."
        ),
    )
    max_length = TextField(
        required=False,
        label=gettext_lazy("at most so many characters"),
        widget=text_line(inputmode="numeric"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, kinds in ONLY_FOR.items():
            if name in self.fields:
                self.fields[name].widget.attrs["data-only-for"] = " ".join(kinds)


class FieldRow(_AskedRow):
    kind = forms.ChoiceField(
        label=pgettext_lazy("flow field", "kind"),
        choices=[(kind, KIND_WORDS[kind]) for kind in FIELD_KINDS],
    )
    source = forms.CharField(
        required=False,
        label=pgettext_lazy("flow field", "filled in from"),
        widget=forms.Select(),
        help_text=gettext_lazy("What was asked before need not be typed again."),
    )
    FIRST = ("label", "kind", "options", "required")
    MORE = ("help", "source", "max_length", "key")


class VariableRow(_AskedRow):
    kind = forms.ChoiceField(
        label=pgettext_lazy("flow field", "kind"),
        choices=[(kind, KIND_WORDS[kind]) for kind in VARIABLE_KINDS],
    )
    error = TextField(
        required=False,
        label=pgettext_lazy("flow field", "words of a refusal"),
        widget=text_area(2),
        help_text=gettext_lazy("Said to the agent instead of the desk's own words."),
    )
    personal = forms.BooleanField(
        required=False, label=gettext_lazy("personal: never stands in a script")
    )
    ordered = forms.BooleanField(required=False, label=gettext_lazy("listed from low to high"))
    min = TextField(required=False, label=gettext_lazy("lowest value"), widget=text_line())
    max = TextField(required=False, label=gettext_lazy("highest value"), widget=text_line())
    when = forms.ChoiceField(
        required=False,
        label=gettext_lazy("may lie"),
        choices=[
            ("", gettext_lazy("in the past and in the future")),
            ("past", gettext_lazy("in the past only")),
            ("future", gettext_lazy("in the future only")),
        ],
    )
    FIRST = ("label", "kind", "options", "required")
    MORE = ("ordered", "min", "max", "when", "max_length", "help", "error", "personal", "key")


ROWS: dict[str, tuple[str, type[_Row]]] = {
    "choice": ("choices", ChoiceRow),
    "retry": ("choices", ChoiceRow),
    "collect": ("variables", VariableRow),
    "escalate": ("fields", FieldRow),
}
"""By kind of step: the list that it has, and the form of one item."""

MOST_ROWS = 40


def rows_of(kind: str) -> Any:
    """The formset for the list of a step of ``kind``."""
    return forms.formset_factory(
        ROWS[kind][1], extra=1, can_delete=True, max_num=MOST_ROWS, absolute_max=MOST_ROWS
    )
