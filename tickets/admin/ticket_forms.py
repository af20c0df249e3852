"""The forms of the ticket page that are the same for every ticket.

They read types only; what is right is decided by the services.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from klingdesk.core.errors import Invalid
from tickets.models.labels import Channel, ContactChannel, ContactResult, Priority, ResolutionCode
from tickets.rules.transitions import RESULTS, ContactKind
from tickets.rules.transitions import ContactResult as Result
from tickets.services.text import MOST_TEXT

_CHOOSE = _("Choose …")
_REASON = _("Reason")


def _text(label: Any, *, help_text: Any = "", rows: int = 3) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def reason_field(label: Any = _REASON, *, help_text: Any = "") -> forms.CharField:
    return _text(label, help_text=help_text, rows=2)


def instant_field(label: Any, *, help_text: Any = "") -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=False,
        help_text=help_text,
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )


Options = Sequence[tuple[str, Any]]


def select_field(label: Any, options: Options = (), *, empty: Any = _CHOOSE) -> Any:
    """A list to choose from; nothing chosen is the service's business."""
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[("", empty), *options],
        error_messages={"invalid_choice": _("Choose one of the list.")},
    )


class ActionForm(forms.Form):
    """What was typed for one action; ``take`` puts a service's field errors at their fields."""

    # Names of the service's fields that the form shows under another name.
    aliases: Mapping[str, str] = {}

    def take(self, error: Invalid) -> None:
        placed = False
        for name, problems in error.fields.items():
            field = self.aliases.get(name, name)
            self.add_error(field if field in self.fields else None, [str(p) for p in problems])
            placed = True
        if not placed:
            self.add_error(None, error.message)

    def typed(self) -> list[tuple[Any, str]]:
        """Label and text of every text field that holds something: what must not get lost."""
        return [
            (field.label, str(field.value()))
            for field in self
            if isinstance(field.field.widget, forms.Textarea) and field.value()
        ]

    def offer(self, name: str, options: Options, *, empty: Any = _CHOOSE) -> None:
        """Fill the list of a field."""
        self.fields[name].choices = [("", empty), *options]  # type: ignore[attr-defined]


class NoteForm(ActionForm):
    note = _text(
        _("Note"),
        help_text=_("Internal: users never see it. @ and a user name tells that person."),
    )


class OptionalNoteForm(ActionForm):
    note = _text(_("Note"), help_text=_("What the next advisor should know."), rows=2)


class ChaseForm(ActionForm):
    note = _text(_("What the user said"), rows=2)


class EmptyForm(ActionForm):
    """An action that takes nothing but the click."""


class ResolveForm(ActionForm):
    code = forms.ChoiceField(
        label=_("Resolution"),
        required=False,
        choices=[("", _("Choose …")), *ResolutionCode.choices],
        error_messages={"invalid_choice": _("Choose a resolution.")},
    )
    summary = _text(
        pgettext_lazy("resolution", "Summary"),
        help_text=_("A sentence or two: what was done, what was said."),
    )


class ContactForm(ActionForm):
    """One choice says kind and result, so that only fitting pairs can be given."""

    aliases = {"kind": "outcome", "result": "outcome"}

    outcome = forms.ChoiceField(
        label=_("What became of it"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what became of it."),
            "invalid_choice": _("Choose what became of it."),
        },
    )
    at = instant_field(_("When it was"), help_text=_("Empty means just now."))
    next_try_at = instant_field(_("Next try"), help_text=_("Only when the user was not reached."))
    note = _text(_("Note"), help_text=_("What was said. Internal: users never see it."))
    resume = forms.BooleanField(label=_("And take the work up again"), required=False)

    def __init__(self, *args: Any, channel: str = "", waiting: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = _outcomes(first=channel)  # type: ignore[attr-defined]
        if not waiting:
            del self.fields["resume"]

    def kind_and_result(self) -> tuple[str, str]:
        kind, _colon, result = str(self.cleaned_data["outcome"]).partition(":")
        return kind, result


def _outcomes(*, first: str) -> list[tuple[str, str]]:
    """Every fitting pair of kind and result, those of the promised channel first."""
    kinds: Iterable[ContactKind] = sorted(RESULTS, key=lambda kind: kind.value != first)
    return [
        (
            f"{kind.value}:{result.value}",
            f"{ContactChannel(kind.value).label} · {ContactResult(result.value).label}",
        )
        for kind in kinds
        for result in Result
        if result in RESULTS[kind]
    ]


class WaitForm(ActionForm):
    note = _text(_("What is waited for"), rows=2)
    next_try_at = instant_field(
        _("Look again at"), help_text=_("It comes up in your day then, answered or not.")
    )


class ResumeForm(ActionForm):
    note = _text(_("Note"), rows=2)


class PriorityForm(ActionForm):
    priority = select_field(
        _("Priority"), [(str(value), label) for value, label in Priority.choices]
    )
    reason = reason_field()


class TransferForm(ActionForm):
    """To a team's queue or to a person; lists are filled in by ``ticket_offers``."""

    team = select_field(_("To the queue of a team"))
    person = select_field(_("Or to an advisor"))
    skill = forms.CharField(
        label=_("Skill that is needed"), required=False, max_length=40, help_text=_("Optional.")
    )
    reason = reason_field()


class MergeForm(ActionForm):
    aliases = {"into": "number"}

    candidate = forms.ChoiceField(
        label=_("Open tickets of this account"), required=False, widget=forms.RadioSelect
    )
    number = forms.CharField(
        label=_("Or another ticket number"), required=False, max_length=20, help_text=_("T00001234")
    )
    reason = reason_field(
        help_text=_("The other ticket goes on, with the earlier due date of both.")
    )

    def into(self) -> str:
        typed = str(self.cleaned_data["number"]).strip()
        return typed or str(self.cleaned_data["candidate"])


class ReasonForm(ActionForm):
    """For reopening and cancelling."""

    reason = reason_field()


class RevealForm(ActionForm):
    reason = reason_field(
        _("Why you need it"), help_text=_("It stands in the timeline with your name.")
    )


class FollowUpForm(ActionForm):
    """The user has come back too late to reopen: a contact of its own begins."""

    channel = forms.ChoiceField(
        label=pgettext_lazy("contact", "Channel"),
        choices=Channel.choices,
        widget=forms.RadioSelect,
        initial=Channel.PHONE,
        error_messages={"required": _("Choose phone or chat.")},
    )
    utterance = _text(_("What the user says"), rows=2)


PLAIN_FORMS: Mapping[str, type[ActionForm]] = {
    "claim": EmptyForm,
    "release": OptionalNoteForm,
    "note": NoteForm,
    "resolve": ResolveForm,
    "wait": WaitForm,
    "resume": ResumeForm,
    "chase": ChaseForm,
    "priority": PriorityForm,
    "transfer": TransferForm,
    "merge": MergeForm,
    "reopen": ReasonForm,
    "cancel": ReasonForm,
    "watch": EmptyForm,
    "unwatch": EmptyForm,
    "reveal": RevealForm,
    "follow_up": FollowUpForm,
}
