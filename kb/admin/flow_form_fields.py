"""The fields in which one step of a flow is changed, and the rows of its answers and fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from kb.admin.question_fields import TextField
from kb.flows.editing.steps import EDITABLE
from kb.flows.telling import KINDS

MOST_NUMBER = 2**31 - 1
NEW = "+"
"""Begins the values that stand for a step that is not there yet; its kind follows."""

Offer = list[tuple[str, Any]]
"""What a list to choose from offers: pairs of value and words, or of a heading and such pairs."""

CAPTURED_WORDS = {
    "problem": gettext_lazy("problem"),
    "demand": gettext_lazy("demand"),
    "account_id": gettext_lazy("account ID"),
    "contact": pgettext_lazy("captured", "how to reach the user"),
}


def text_area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def text_line(**attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", **attrs})


class DeskFields(forms.Form):
    """Labels as sentences begin; what a list to choose from does not offer can stay in it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for field in self.fields.values():
            field.label = capfirst(field.label or "")

    def offer(self, name: str, offered: Offer) -> None:
        """Let ``name`` be chosen; what is in it already is offered, too."""
        present = str(self[name].value() or "")
        known = {value for value, _words in _flat(offered)}
        gone = [(present, _("%(key)s (is not there)") % {"key": present})]
        extra = gone if present and present not in known else []
        self.fields[name].widget = forms.Select(choices=[("", "—"), *extra, *offered])


def _flat(offered: Offer) -> Iterable[tuple[str, Any]]:
    for value, words in offered:
        yield from words if isinstance(words, list) else [(value, words)]


class Seen(DeskFields):
    """The draft and the published version that the page was loaded with (0: none)."""

    expected_version = forms.IntegerField(
        widget=forms.HiddenInput, min_value=0, max_value=MOST_NUMBER
    )
    base_number = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=MOST_NUMBER)


class HeadForm(Seen):
    title = TextField(
        required=True, max_length=80, label=pgettext_lazy("flow field", "title"), widget=text_line()
    )
    start = forms.CharField(
        label=pgettext_lazy("flow field", "first step"), max_length=60, widget=forms.Select()
    )


class NewStepForm(Seen):
    kind = forms.ChoiceField(
        label=pgettext_lazy("flow field", "kind"),
        choices=[(kind, gettext_lazy(KINDS[kind])) for kind in EDITABLE],
        widget=forms.RadioSelect,
    )
    name = TextField(
        required=False,
        max_length=80,
        label=gettext_lazy("what the step is for"),
        widget=text_line(),
        help_text=gettext_lazy(
            "A few words, as in “ask where it was bought”: its key is made of them."
        ),
    )
    key = forms.RegexField(
        r"^[a-z0-9]+(?:-[a-z0-9]+)*$",
        required=False,
        max_length=60,
        label=gettext_lazy("key"),
        widget=text_line(),
        help_text=gettext_lazy(
            "Small letters, digits and hyphens; left empty it is made of the words."
        ),
        error_messages={"invalid": gettext_lazy("Small letters, digits and single hyphens only.")},
    )


class StepForm(Seen):
    """All that any step may have; a step of ``kind`` keeps what belongs to it."""

    kind = forms.CharField(widget=forms.HiddenInput)
    outcome = TextField(
        required=False,
        label=pgettext_lazy("flow field", "outcome"),
        widget=text_line(),
        help_text=gettext_lazy("“answered”, except in a flow that is part of others."),
    )
    promise = forms.BooleanField(
        required=False,
        label=gettext_lazy("the user is promised an answer"),
        help_text=gettext_lazy(
            "Without it, it is a report: recorded, and nobody answers the user."
        ),
    )
    prompt = TextField(
        required=False,
        label=pgettext_lazy("flow field", "question for the agent"),
        widget=text_area(3),
        help_text=gettext_lazy("What the agent is to find out or to do. Users never hear it."),
    )
    script = TextField(
        required=False,
        label=pgettext_lazy("flow field", "script"),
        widget=text_area(5),
    )
    answer = forms.CharField(
        required=False,
        label=gettext_lazy("or the script of a standard question"),
        widget=forms.Select(),
        help_text=gettext_lazy(
            "Read out as it is in force at that moment, instead of a script here."
        ),
    )
    hint = TextField(
        required=False,
        label=pgettext_lazy("flow field", "internal hint"),
        widget=text_area(3),
        help_text=gettext_lazy("For the desk only; no user ever sees it."),
    )
    question = forms.CharField(
        required=False,
        label=pgettext_lazy("flow field", "standard question"),
        widget=forms.Select(),
    )
    channel = TextField(
        required=False,
        label=pgettext_lazy("flow field", "who answers"),
        widget=text_line(),
        help_text=gettext_lazy("Another team or channel, when no standard question answers it."),
    )
    queue = TextField(
        required=False,
        label=pgettext_lazy("flow field", "hint for routing"),
        widget=text_line(),
        help_text=gettext_lazy("The key of a team or queue, or nothing."),
    )
    requires = forms.MultipleChoiceField(
        required=False,
        label=pgettext_lazy("flow field", "captured"),
        choices=list(CAPTURED_WORDS.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("A promise needs all four."),
    )
    tags = TextField(
        required=False,
        label=pgettext_lazy("flow field", "tags"),
        widget=text_line(),
        help_text=gettext_lazy("Small letters, digits and hyphens; commas between them."),
    )
    sets = TextField(
        required=False,
        label=gettext_lazy("keep the answer as"),
        widget=text_line(),
        help_text=gettext_lazy(
            "Only when a later step needs it: small letters and underscores, as in “bought_at”."
        ),
    )
    next = forms.CharField(
        required=False, label=pgettext_lazy("flow field", "leads to"), widget=forms.Select()
    )

    BY_KIND = {
        "say": ("prompt", "script", "answer", "hint", "next"),
        "choice": ("prompt", "script", "answer", "hint", "sets"),
        "retry": ("script", "answer", "prompt", "hint", "sets"),
        "collect": ("prompt", "script", "hint", "next"),
        "end": ("script", "answer", "outcome"),
        "redirect": ("script", "question", "channel"),
        "escalate": (
            *("prompt", "promise", "requires", "script"),
            *("question", "queue", "tags"),
        ),
    }

    def __init__(self, *args: Any, step_kind: str, **kwargs: Any) -> None:
        self.base_shown = self.BY_KIND[step_kind]
        super().__init__(*args, **kwargs)
        for name in list(self.fields):
            if name not in ("kind", *Seen.base_fields, *self.base_shown):
                del self.fields[name]
        if step_kind == "escalate":
            self.fields["question"].help_text = _(
                "The ticket is filed under it; empty: under that of the contact."
            )
        if step_kind in ("end", "redirect", "escalate", "say"):
            self.fields["script"].help_text = _("Read out to the user.")

    def shown(self) -> list[forms.BoundField]:
        """The fields of this kind in the order of the page."""
        return [self[name] for name in self.base_shown]
