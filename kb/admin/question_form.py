"""The form in which an editor writes a standard question: its fields, and its rows of parts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from kb.admin.content_words import label_of, person_words
from kb.admin.question_fields import DayField, MomentField, SeveralFilesInput, TextField
from kb.flows.scripts import VARIABLES
from kb.models import Category, Flow
from kb.models.question import QuestionStatus
from kb.selectors.editors import active_editors
from kb.services.content_rules import MOST_TITLE, script_error

MOST_ROWS = 100
MOST_NUMBER = 2**31 - 1

VARIABLE_HELP = _("Variables: %(names)s. They are filled in when the script is given.")


def _script_help() -> str:
    names = "、".join(f"{{{{{name}}}}}" for name in sorted(VARIABLES))
    return str(VARIABLE_HELP) % {"names": names}


def _area(rows: int, **attrs: Any) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attrs})


class QuestionForm(forms.Form):
    """Fields are named like those of ``QuestionContent``; what it must satisfy is checked there.

    ``expected_revision`` and ``expected_version`` are the published revision and the draft that
    the page was loaded with (0: none); ``loaded`` is what that draft said.
    """

    key = forms.SlugField(
        max_length=80,
        required=False,
        label=_("key"),
        help_text=_("Small letters, digits and hyphens; left empty it is made from the title."),
    )
    title = TextField(required=False)
    category = forms.ChoiceField(required=False)
    status = forms.ChoiceField(
        label=_("publish as"),
        required=False,
        choices=[
            (QuestionStatus.ONLINE.value, QuestionStatus.ONLINE.label),
            (QuestionStatus.UNRELEASED.value, QuestionStatus.UNRELEASED.label),
        ],
        help_text=_("Not released: agents know the text, users are given the fallback."),
    )
    script = TextField(required=False, widget=_area(9))
    fallback = TextField(
        required=False,
        widget=_area(3),
        help_text=_("Read out while the script may not be given; empty: the general one."),
    )
    internal_note = TextField(
        required=False, widget=_area(5), help_text=_("For the desk only; no user ever sees it.")
    )
    phrasings = TextField(
        required=False,
        widget=_area(8),
        help_text=_("One per line: other wordings under which users ask the same."),
    )
    learned = TextField(
        required=False,
        widget=_area(4),
        help_text=_(
            "Taken from what users typed; they weigh less in the search. Move a line up to make "
            "it a phrasing of your own."
        ),
    )
    flow = forms.ChoiceField(required=False)
    escalates = forms.BooleanField(required=False)
    contrast_group = TextField(
        required=False,
        widget=forms.TextInput(attrs={"list": "contrast-groups", "autocomplete": "off"}),
        help_text=_("Questions that are easily taken for one another have the same group."),
    )
    contrast_label = TextField(
        required=False, help_text=_("Shown to agents as the choice that means this question.")
    )
    owner = forms.ChoiceField(
        required=False, help_text=_("Is told when the answer is due; empty: all editors are.")
    )
    effective_from = MomentField(
        help_text=_("Later than now: it waits, and what is online stays until then.")
    )
    expires_at = MomentField(help_text=_("From then on the fallback is given instead."))
    review_due = DayField()
    review_reason = TextField(required=False, widget=_area(2))
    uploads = forms.FileField(
        required=False,
        label=_("add pictures or videos"),
        widget=SeveralFilesInput(
            attrs={"accept": "image/png,image/jpeg,image/gif,image/webp,video/mp4,video/webm"}
        ),
        help_text=_("PNG, JPEG, GIF or WebP up to 5 MB, MP4 or WebM up to 20 MB."),
    )
    reason = TextField(
        required=False,
        max_length=300,
        label=_("reason for the change"),
        help_text=_("Kept with the revision; needed to publish or retire."),
    )
    comment = TextField(
        required=False,
        max_length=2000,
        widget=_area(2),
        label=_("what is to be changed"),
    )
    expected_revision = forms.IntegerField(
        widget=forms.HiddenInput, min_value=0, max_value=MOST_NUMBER
    )
    expected_version = forms.IntegerField(
        widget=forms.HiddenInput, min_value=0, max_value=MOST_NUMBER
    )
    loaded = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, owner: str | None = None, **kwargs: Any) -> None:
        """``owner`` stays on offer, even when that person is no active editor any more."""
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for name, field in self.fields.items():
            field.label = capfirst(field.label or label_of(name))
            if "list" not in field.widget.attrs and isinstance(field.widget, forms.TextInput):
                field.widget.attrs["autocomplete"] = "off"
        self.fields["script"].help_text = _script_help()
        nothing = ("", "—")
        self._offer("category", [nothing, *Category.objects.values_list("slug", "title")])
        self._offer("flow", [nothing, *Flow.objects.values_list("key", "title")])
        self._offer("owner", [nothing, *_owners(owner)])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared so above
        field.choices = choices

    def value(self, name: str) -> Any:
        """The cleaned value; where there is none, the text as it was typed (else ``None``)."""
        if name in self.cleaned_data:
            return self.cleaned_data[name]
        field = self.fields[name]
        if not isinstance(field, forms.CharField):
            return None
        raw = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
        return str(raw or "").replace("\x00", "")


def _owners(present: str | None) -> list[tuple[str, str]]:
    offered = {
        person.get_username(): f"{person_words(person)} ({person.get_username()})"
        for person in active_editors()
    }
    if present and present not in offered:
        offered[present] = str(_("%(name)s (no editor any more)") % {"name": present})
    return list(offered.items())


class _Row(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for field in self.fields.values():
            field.label = capfirst(field.label or "")

    order = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=32767,
        label=_("order"),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class FollowUpForm(_Row):
    question = TextField(required=False, label=_("the user asks next"))
    script = TextField(required=False, label=_("reference script"), widget=_area(3))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("DELETE"):
            return data
        question, script = data.get("question", ""), data.get("script", "")
        missing = {"question": script and not question, "script": question and not script}
        for name, is_missing in missing.items():
            if is_missing and name not in self.errors:
                self.add_error(name, str(_("A follow-up needs a question and a script.")))
        if (problem := script_error(script)) is not None:
            self.add_error("script", str(problem))
        return data


class AttachmentForm(_Row):
    digest = forms.RegexField(r"^[0-9a-f]{64}$", required=False, widget=forms.HiddenInput)
    title = TextField(
        required=False, label=_("title"), help_text=_("Users see it with the picture.")
    )

    def clean_title(self) -> str:
        title = str(self.cleaned_data["title"])
        if not title or len(title) > MOST_TITLE:
            raise forms.ValidationError(
                _("Every attachment needs a title of at most %(most)d characters.")
                % {"most": MOST_TITLE}
            )
        return title


def _rows(form: type[forms.Form], *, extra: int) -> Any:
    return forms.formset_factory(
        form, extra=extra, can_delete=True, max_num=MOST_ROWS, absolute_max=MOST_ROWS
    )


FollowUpRows = _rows(FollowUpForm, extra=1)
AttachmentRows = _rows(AttachmentForm, extra=0)


def rows_in_order(formset: Any) -> list[Mapping[str, Any]]:
    """What is in the rows that are to stay, in the order given; those without one come last.

    Rows with errors are there too, with what of them could be read.
    """
    rows = [
        (form.cleaned_data.get("order"), _row_values(form))
        for form in formset.forms
        if hasattr(form, "cleaned_data") and not form.cleaned_data.get("DELETE")
    ]
    return [row for order, row in sorted(rows, key=lambda row: (row[0] is None, row[0] or 0))]


def _row_values(form: forms.Form) -> dict[str, str]:
    names = [name for name in form.fields if name not in ("order", "DELETE")]
    raw = {name: str(form.data.get(form.add_prefix(name)) or "").strip() for name in names}
    return {name: str(form.cleaned_data.get(name, raw[name])) for name in names}


def title_of_file(name: str) -> str:
    """The title that an upload gets until its editor gives it a better one."""
    return PurePath(name.replace("\\", "/")).stem.replace("\x00", "")[:MOST_TITLE] or str(
        _("attachment")
    )
