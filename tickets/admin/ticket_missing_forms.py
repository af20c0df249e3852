"""The two forms of a return to tier 1: saying what is missing, and completing it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kb.flows.schema import CAPTURED
from klingdesk.core.errors import Invalid
from tickets.admin.event_words import FIELDS
from tickets.admin.ticket_forms import ActionForm, reason_field
from tickets.models import Ticket
from tickets.models.labels import ConsultationStatus, ContactChannel
from tickets.selectors.masking import masked_text
from tickets.selectors.runs import run_state
from tickets.services.completing import Corrections
from tickets.services.returns import MOST_LABEL
from tickets.services.text import MOST_TEXT

OTHER = "other"
_AT = re.compile(r"missing\.(\d+)\.(\w+)")
_CORRECTED = ("problem", "demand", "account_id", "contact_channel", "contact_value")


class ReturnForm(ActionForm):
    """A box and a reason for each captured thing, and one line for anything else."""

    def __init__(self, data: Any, *, ticket: Ticket, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.things = [(name, str(_(FIELDS[name]))) for name in CAPTURED]
        self.things += [(item["key"], item["label"]) for item in ticket.extra]
        for key, label in self.things:
            self.fields[f"is.{key}"] = forms.BooleanField(label=label, required=False)
            self.fields[f"why.{key}"] = _line(_("Why: %(thing)s") % {"thing": label})
        self.fields["label"] = _line(gettext_lazy("Something else"), most=MOST_LABEL)
        self.fields[f"why.{OTHER}"] = _line(gettext_lazy("Why"))
        self.fields["reason"] = reason_field(
            help_text=gettext_lazy("The agent reads it above the form to be completed.")
        )

    def rows(self) -> list[tuple[Any, Any]]:
        """Box and reason of each thing, for the template."""
        return [(self[f"is.{key}"], self[f"why.{key}"]) for key, _label in self.things]

    @property
    def others(self) -> tuple[Any, Any, Any]:
        """The other fields, for the template."""
        return self["label"], self[f"why.{OTHER}"], self["reason"]

    def missing(self) -> list[dict[str, str]]:
        """What was chosen, as the service takes it."""
        clean = self.cleaned_data
        found = [{"field": key, "label": "", "why": clean[f"why.{key}"]} for key in self._chosen()]
        if clean["label"].strip() or clean[f"why.{OTHER}"].strip():
            found.append({"field": "", "label": clean["label"], "why": clean[f"why.{OTHER}"]})
        return found

    def _chosen(self) -> list[str]:
        """A reason without its box counts: whoever wrote it meant it."""
        clean = self.cleaned_data
        return [
            key for key, _label in self.things if clean[f"is.{key}"] or clean[f"why.{key}"].strip()
        ]

    def take(self, error: Invalid) -> None:
        """Errors of the n-th missing thing stand at its own line."""
        names = [*self._chosen(), OTHER]
        placed: dict[str, list[Any]] = {}
        for name, problems in error.fields.items():
            at = _AT.fullmatch(name)
            if at is None:
                placed[name] = problems
                continue
            key = names[min(int(at[1]), len(names) - 1)]
            own_line = at[2] == "why" or key != OTHER
            placed[f"why.{key}" if own_line else "label"] = problems
        super().take(Invalid(error.message, code=error.code, fields=placed))

    def typed(self) -> list[tuple[Any, str]]:
        lines = [
            (field.label, str(field.value()))
            for field in self
            if field.name.startswith(("why.", "label")) and field.value()
        ]
        return [*lines, *super().typed()]


class CompleteForm(ActionForm):
    """What tier 1 captured, to be corrected. Whoever sees it masked gets empty fields: what they
    leave empty stays as it is."""

    def __init__(self, data: Any, *, ticket: Ticket, plain: bool, **kwargs: Any) -> None:
        self._plain = plain
        self._shown: dict[str, str] = {}
        super().__init__(data, **kwargs)
        why = {item["field"]: item["why"] for item in ticket.missing if item.get("field")}
        for name in ("problem", "demand"):
            self._add(name, _area(FIELDS[name]), getattr(ticket, name), why.get(name))
        self._add("account_id", _short("Account ID"), ticket.account_id, why.get("account_id"))
        self._add("contact_channel", _channels(), ticket.contact_channel, why.get("contact"))
        self._add("contact_value", _short("Call-back number"), ticket.contact_value, None)
        for key, field, value in _further(ticket):
            self._add(f"extra.{key}", field, value, why.get(key))
        self.fields["note"] = reason_field(
            gettext_lazy("Note"),
            help_text=gettext_lazy("What you found out, or why it stands as it is."),
        )

    def _add(self, name: str, field: forms.Field, value: Any, why: str | None) -> None:
        if self._plain or name == "contact_channel":
            self._shown[name] = str(value)
            field.initial = str(value)
        if why is not None:
            shown = why if self._plain else masked_text(why)
            field.help_text = _("Missing: %(why)s") % {"why": shown}
            field.widget.attrs["data-missing"] = ""
        self.fields[name] = field

    def corrections(self) -> Corrections:
        """What differs from what was shown; where nothing was shown, what was typed."""
        changed = {
            name: str(value)
            for name, value in self.cleaned_data.items()
            if name != "note" and not self._same(self._shown.get(name, ""), str(value))
        }
        extra = {
            name.removeprefix("extra."): value
            for name, value in changed.items()
            if name.startswith("extra.")
        }
        return Corrections(**{n: changed[n] for n in _CORRECTED if n in changed}, extra=extra)

    @staticmethod
    def _same(shown: str, typed: str) -> bool:
        return shown.replace("\r\n", "\n").strip() == typed.replace("\r\n", "\n").strip()


def _line(label: Any, *, most: int = MOST_TEXT) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=most)


def _short(text: str) -> forms.CharField:
    return forms.CharField(
        label=_(text),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def _area(text: str) -> forms.CharField:
    return forms.CharField(
        label=_(text),
        required=False,
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _channels() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("How to reach the user"),
        required=False,
        choices=[("", _("Choose …")), *ContactChannel.choices],
    )


def _further(ticket: Ticket) -> list[tuple[str, forms.Field, Any]]:
    """The flow's own fields with what stands in them; the ticket's where the flow is gone."""
    known: Mapping[str, Any] = {item["key"]: item for item in ticket.extra}
    consultation = ticket.consultations.filter(status=ConsultationStatus.ESCALATED).first()
    state = run_state(consultation) if consultation is not None else None
    node = state.hand_over_node if state is not None else None
    if node is None:
        return [(key, _labelled(item["label"]), item["value"]) for key, item in known.items()]
    found: list[tuple[str, forms.Field, Any]] = []
    for asked in node.fields:
        value = known.get(asked.key, {}).get("value", "")
        options = [(option.value, option.label) for option in asked.options or ()]
        if not options:
            found.append((asked.key, _labelled(asked.label), value))
            continue
        chosen = next((each for each, label in options if label == value), "")
        field = forms.ChoiceField(
            label=asked.label, required=False, choices=[("", _("Choose …")), *options]
        )
        found.append((asked.key, field, chosen))
    return found


def _labelled(label: str) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=MOST_TEXT)
