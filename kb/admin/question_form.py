"""The form in which an editor writes a standard question; saving it publishes a revision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from kb.admin.base import AnyFormSet, AnyModelForm, instant_words
from kb.models import FollowUp, Revision, StandardQuestion
from kb.models.question import QuestionStatus
from kb.services.content_rules import check_content, script_error
from kb.services.publishing import FollowUpContent, QuestionContent
from klingdesk.core.errors import Invalid

_PLAIN = ("title", "status", "script", "internal_note", "escalates")
_LATER = ("expires_at", "review_due", "review_reason")


class FollowUpForm(AnyModelForm):
    class Meta:
        model = FollowUp
        fields = ("order", "question", "script")
        widgets = {"script": forms.Textarea(attrs={"rows": 3, "cols": 60})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["order"].required = False
        if self.instance.pk is None:
            self.initial.pop("order", None)
            self.fields["order"].initial = None

    def clean_script(self) -> str:
        script = str(self.cleaned_data["script"])
        if (problem := script_error(script)) is not None:
            raise forms.ValidationError(problem)
        return script


class FollowUpFormSet(AnyFormSet):
    """Follow-ups as rows of text: each publication replaces them, so posted ids mean nothing.

    Matching rows by id would refuse the second of two editors for ever, because the first one's
    publication has given every row a new id; and rows that the first one removed would vanish
    from the second one's page with what was typed in them.
    """

    def initial_form_count(self) -> int:
        return 0 if self.is_bound else super().initial_form_count()

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if self.is_bound:
            form.fields["id"] = forms.CharField(required=False, widget=forms.HiddenInput)


class QuestionForm(AnyModelForm):
    """``expected_revision`` is the revision that the editor began from (0: a new question)."""

    phrasings = forms.CharField(
        label=_("phrasings"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 10, "cols": 80}),
        help_text=_("One per line: other wordings under which users ask the same."),
    )
    reason = forms.CharField(
        label=_("reason for the change"),
        max_length=300,
        widget=forms.TextInput(attrs={"size": 80}),
        help_text=_("Kept with the revision."),
    )
    expected_revision = forms.IntegerField(
        label=_("revision"), widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1
    )

    class Meta:
        model = StandardQuestion
        fields = ("key", "category", *_PLAIN, "flow", *_LATER)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        question = self.instance
        self.fields["expected_revision"].initial = question.revision_number
        if question.pk:
            texts = question.phrasings.order_by("pk").values_list("text", flat=True)
            self.fields["phrasings"].initial = "\n".join(texts)

    def clean_phrasings(self) -> str:
        """Lines without blanks around them, empty ones left out, each once."""
        lines = (line.strip() for line in self.cleaned_data["phrasings"].splitlines())
        return "\n".join(dict.fromkeys(line for line in lines if line))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors:
            self._check_content()
            self._check_revision()
        return data

    def content(self, follow_ups: Iterable[FollowUpContent] = ()) -> QuestionContent:
        """The cleaned form as the service takes it."""
        data = self.cleaned_data
        flow = data["flow"]
        return QuestionContent(
            category=data["category"].slug,
            flow=flow.key if flow else None,
            phrasings=tuple(data["phrasings"].splitlines()),
            follow_ups=tuple(follow_ups),
            **{name: data[name] for name in (*_PLAIN, *_LATER)},
        )

    def _check_content(self) -> None:
        try:
            check_content(self.content())
        except Invalid as error:
            for field, problems in error.fields.items():
                self.add_error(field, [str(problem) for problem in problems])

    def _check_revision(self) -> None:
        """Stop when somebody published meanwhile: show what they changed, keep what was typed.

        The form then counts from the newer revision, so that saving once more is a decision
        taken after having read it; both texts stay in the revisions.
        """
        if not self.instance.pk:
            return
        expected = self.cleaned_data["expected_revision"]
        revisions = Revision.objects.filter(question_id=self.instance.pk).select_related("author")
        newest = revisions.order_by("-number").first()
        if newest is None or newest.number == expected:
            return
        base = revisions.filter(number=expected).first()
        lines = [_conflict_words(newest), *self._their_changes(newest, base)]
        self.add_error(None, [str(line) for line in lines])
        data = cast(QueryDict, self.data).copy()
        data[self.add_prefix("expected_revision")] = str(newest.number)
        self.data = data

    def _their_changes(self, newest: Revision, base: Revision | None) -> list[str]:
        """What they changed since this editor began, where it is not what this editor wrote."""
        before = base.content if base is not None else {}
        mine = self.content().as_json()
        changed = {
            name: value
            for name, value in newest.content.items()
            if value != before.get(name) and (name == "follow_ups" or value != mine.get(name))
        }
        return [f"{label}: {text or '–'}" for label, text in content_in_words(changed)]


def _conflict_words(newest: Revision) -> str:
    author = newest.author.get_full_name() or newest.author.get_username() if newest.author else ""
    return _(
        "Not saved: %(author)s published revision %(number)s at %(time)s (%(reason)s) while you "
        "were writing. Your text is still below. Compare, take over what you need, and save "
        "again; both texts stay in the revisions. What they changed:"
    ) % {
        "author": author or _("the starter knowledge base"),
        "number": newest.number,
        "time": instant_words(newest.created_at),
        "reason": newest.reason,
    }


_LABELS = {
    "phrasings": _("phrasings"),
    "follow_ups": _("follow-ups"),
}


def content_in_words(content: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """Label and text of every part of a revision's content, in the order of the form."""
    order = ("title", "category", "status", "script", "internal_note", "phrasings", "follow_ups")
    names = [name for name in order if name in content]
    names += [name for name in content if name not in order]
    return [(_label(name), _part_in_words(name, content[name])) for name in names]


def _part_in_words(name: str, value: Any) -> str:
    if name == "status":
        return str(dict(QuestionStatus.choices).get(value, value))
    return _in_words(value)


def _label(name: str) -> Any:
    if name in _LABELS:
        return _LABELS[name]
    try:
        return StandardQuestion._meta.get_field(name).verbose_name  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return name


def _in_words(value: Any) -> str:
    match value:
        case None | "":
            return ""
        case bool():
            return str(_("yes") if value else _("no"))
        case list():
            return "\n".join(map(_in_words, value))
        case {"question": question, "script": script}:
            return f"{question}\n  {script}"
        case _:
            return str(value)
