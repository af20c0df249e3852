"""The forms of the ticket page. They read types only; what is right is decided by the services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from klingdesk.core.errors import Invalid
from tickets.models import Ticket
from tickets.models.labels import ContactChannel, ContactResult, ResolutionCode
from tickets.rules.transitions import RESULTS, ContactKind
from tickets.rules.transitions import ContactResult as Result
from tickets.services.text import MOST_TEXT


def _text(label: Any, *, help_text: Any = "", rows: int = 3) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": rows}),
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


class NoteForm(ActionForm):
    note = _text(_("Note"), help_text=_("Internal: users never see it."))


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
        choices=[("", _("Choose…")), *ResolutionCode.choices],
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
    next_try_at = forms.DateTimeField(
        label=_("Next try"),
        required=False,
        help_text=_("Only when the user was not reached."),
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )
    note = _text(_("Note"), help_text=_("What was said. Internal: users never see it."))

    def __init__(self, *args: Any, channel: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = _outcomes(first=channel)  # type: ignore[attr-defined]

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


def form_for(action: str, ticket: Ticket, data: Any = None) -> ActionForm:
    """The form of an action, filled with ``data`` when there is any. ``KeyError`` if unknown."""
    auto_id = f"{action}-%s"
    if action == "contact":
        return ContactForm(data, auto_id=auto_id, channel=ticket.contact_channel)
    return _FORMS[action](data, auto_id=auto_id)


_FORMS: Mapping[str, type[ActionForm]] = {
    "claim": EmptyForm,
    "release": OptionalNoteForm,
    "note": NoteForm,
    "resolve": ResolveForm,
    "chase": ChaseForm,
    "reveal": EmptyForm,
}
