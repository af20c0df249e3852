"""The form around a flow's text, and what a second editor is shown when the first was faster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kb.admin.base import instant_words
from kb.admin.content_words import saved_words, who_words
from kb.admin.flow_findings import Accepted, accepted_in
from kb.admin.question_fields import TextField
from kb.flows.source import SOURCE_LIMIT
from kb.rules.word_diff import Passage, diff, passages
from kb.selectors.flows import FlowText, versions_of
from kb.services.flow_publishing import MOST_REASON
from klingdesk.core.errors import Invalid

_COUNT: dict[str, Any] = {
    "widget": forms.HiddenInput,
    "min_value": 0,
    "max_value": 2**31 - 1,
}


class FlowForm(forms.Form):
    """``expected_version`` and ``base_number`` are what the writer saw: see ``FlowText``."""

    text = TextField(
        label=gettext_lazy("Text of the flow (YAML)"),
        required=False,
        strip=False,
        max_length=SOURCE_LIMIT,
        widget=forms.Textarea(
            attrs={
                "rows": 32,
                "wrap": "off",
                "spellcheck": "false",
                "autocomplete": "off",
                "autocapitalize": "off",
            }
        ),
    )
    reason = TextField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=MOST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Kept with the new version. Only publishing needs one."),
    )
    expected_version = forms.IntegerField(**_COUNT)
    base_number = forms.IntegerField(**_COUNT)

    @classmethod
    def showing(cls, shown: FlowText) -> FlowForm:
        return cls(
            initial={
                "text": shown.text,
                "expected_version": shown.version,
                "base_number": shown.base_number,
            }
        )

    def typed(self) -> str:
        """The text as it was sent, whatever else is wrong with the form."""
        if not self.is_bound:
            return str(self.initial["text"])
        sent = self.cleaned_data.get("text") if self.is_valid() else None
        return str(sent if sent is not None else _lines(str(self.data.get("text", ""))))

    @property
    def _sent(self) -> QueryDict:
        return self.data if isinstance(self.data, QueryDict) else QueryDict()

    def accepted(self) -> Accepted:
        return accepted_in(self._sent.getlist("accepted"))

    def counting_from(self, shown: FlowText) -> FlowForm:
        """The same with the present numbers: pressed again, it is a decision taken on them."""
        data = self._sent.copy()
        data["expected_version"] = str(shown.version)
        data["base_number"] = str(shown.published)
        return FlowForm(data)

    def refuse(self, error: Invalid) -> None:
        """Put the messages of a service at the fields that they speak of."""
        self.is_valid()
        for name, problems in error.fields.items():
            for problem in problems:
                self.add_error(name if name in self.fields else None, str(problem))
        if not error.fields:
            self.add_error(None, str(error))


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What others did since the page was loaded, and how what was typed differs from theirs."""

    words: list[str]
    passages: list[Passage]
    theirs: str


def meanwhile(form: FlowForm, shown: FlowText, *, user: Any) -> Meanwhile:
    """``shown`` is what stands now; ``form`` holds what was typed on what stood before."""
    words: list[str] = []
    began_on = form.cleaned_data.get("base_number") if form.is_valid() else None
    expected = form.cleaned_data.get("expected_version") if form.is_valid() else None
    if began_on != shown.published and shown.published:
        newest = versions_of(shown.flow).first()
        if newest is not None:
            words.append(published_words(newest, user=user))
    if shown.draft is not None and expected != shown.version:
        words.append(saved_words(shown.draft, user=user))
    elif shown.draft is None and expected:
        words.append(_("The draft is no longer there: it was published or thrown away meanwhile."))
    return Meanwhile(words, passages(diff(shown.text, form.typed())), shown.text)


def published_words(version: Any, *, user: Any) -> str:
    """Who published a version, when and why."""
    return _("%(who)s published version %(number)d, %(time)s. Reason: %(reason)s") % {
        "who": who_words(version.author, user),
        "number": version.number,
        "time": instant_words(version.created_at),
        "reason": version.reason or "–",
    }


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
