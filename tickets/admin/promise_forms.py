"""The forms of the promise's pages. They read types only; the services decide what is right."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kb.imports.decoding import decode
from kb.imports.entries import ReadingError
from klingdesk.core.calendar import Override
from tickets.admin.ticket_forms import ActionForm
from tickets.services.promise_changes import (
    MOST_DAY_REASON,
    MOST_REASON,
    MOST_SOURCE,
    MOST_WORKING_DAYS,
    YEARS,
)

MOST_FILE = 100 * 1024
FILE_FORMS = (".csv", ".txt")
_SAY_WHY = _("Say why: it stands in the history of every ticket that moves.")


class DayForm(ActionForm):
    """What a day is to be. ``corrected``: there is a correction that can be taken back."""

    aliases = {"overrides": "reason"}

    what = forms.ChoiceField(
        label=_("This day is"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what the day is."),
            "invalid_choice": _("Choose what the day is."),
        },
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=MOST_DAY_REASON,
        help_text=_("Stands wherever a due date is explained."),
        error_messages={"required": _SAY_WHY},
    )

    def __init__(self, *args: Any, corrected: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: list[tuple[str, Any]] = [("work", _("a working day")), ("off", _("a day off"))]
        if corrected:
            choices.append(("plain", _("what it is without the correction")))
        self.fields["what"].choices = choices  # type: ignore[attr-defined]

    def override(self, without: Override | None) -> Override | None:
        """What is to stand in the calendar; ``without`` is what stood there uncorrected."""
        what = self.cleaned_data["what"]
        if what == "plain":
            return without
        return Override(is_working=what == "work", reason=self.cleaned_data["reason"].strip())


class DayJumpForm(forms.Form):
    day = forms.DateField(
        label=_("Go to a day"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Give a date such as 2027-01-31.")},
    )

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day.year not in YEARS:
            raise forms.ValidationError(gettext("The calendar goes from 2000 to 2100."))
        return day


class ReasonForm(ActionForm):
    aliases = {"overrides": "reason", "years": "reason"}

    reason = forms.CharField(
        label=_("Reason"),
        max_length=MOST_REASON,
        help_text=_("Stands with the change, to which every ticket that moves refers."),
        error_messages={"required": _SAY_WHY},
    )


class NoticeForm(ReasonForm):
    """A notice as text, as a table, or as a file with either."""

    aliases = {"overrides": "text", "years": "source"}
    field_order = ("year", "source", "text", "file", "corrections", "reason")

    year = forms.IntegerField(
        label=_("Year"),
        min_value=YEARS.start,
        max_value=YEARS.stop - 1,
        error_messages={"required": _("Give the year of the notice.")},
    )
    source = forms.CharField(
        label=_("Source"),
        max_length=MOST_SOURCE,
        help_text=_("The notice's name and number, or its address."),
        error_messages={"required": _("Say where the notice comes from.")},
    )
    # Not stripped: errors are told by their lines.
    text = forms.CharField(
        label=_("Text of the notice, or a table"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text=_("A table has a line for each day: date, 放假 or 上班, reason."),
    )
    file = forms.FileField(
        label=_("Or a file (.csv or .txt, at most 100 KB)"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ",".join(FILE_FORMS)}),
        error_messages={"empty": _("The file is empty.")},
    )
    corrections = forms.ChoiceField(
        label=_("Days that the desk has corrected by hand"),
        choices=[
            ("keep", _("stay as they are")),
            ("replace", _("become what the notice says")),
        ],
        widget=forms.RadioSelect,
        initial="keep",
        error_messages={
            "required": _("Choose which one wins."),
            "invalid_choice": _("Choose which one wins."),
        },
    )

    def clean_text(self) -> str:
        """With plain newlines, so that the same text is the same however it came."""
        text: str = self.cleaned_data["text"]
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def clean_file(self) -> str:
        """The text of the file; empty when none was chosen."""
        upload = self.cleaned_data["file"]
        if upload is None:
            return ""
        if not (upload.name or "").lower().endswith(FILE_FORMS):
            raise forms.ValidationError(gettext("Choose a .csv or .txt file."))
        if (upload.size or 0) > MOST_FILE:
            raise forms.ValidationError(gettext("The file is larger than 100 KB."))
        try:
            return decode(upload.read(), file=upload.name)
        except ReadingError as error:
            raise forms.ValidationError(
                gettext("The file cannot be read as text: save it as UTF-8.")
            ) from error

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return given
        typed, uploaded = given["text"], given["file"]
        if typed.strip() and uploaded:
            self.add_error("file", gettext("Paste the text or choose a file, not both."))
        elif not typed.strip() and not uploaded:
            self.add_error("text", gettext("Paste the text of the notice, or choose a file."))
        else:
            given["text"] = uploaded or typed
        return given

    def with_text(self) -> NoticeForm:
        """The same with the text of the file in its field, so that the next POST has it."""
        form = NoticeForm({**self.data.dict(), "text": self.cleaned_data["text"]})  # type: ignore[attr-defined]
        form.is_valid()
        return form


class PolicyForm(ReasonForm):
    aliases = {"kind": "reason"}
    field_order = ("working_days", "opens", "closes", "reason")

    working_days = forms.IntegerField(
        label=_("Working days"),
        min_value=1,
        max_value=MOST_WORKING_DAYS,
        error_messages={"required": _("Give a number of working days.")},
    )
    opens = forms.TimeField(
        label=_("Opens"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={
            "required": _("Give a time such as 09:00."),
            "invalid": _("Give a time such as 09:00."),
        },
    )
    closes = forms.TimeField(
        label=_("Close of business"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={
            "required": _("Give a time such as 18:00."),
            "invalid": _("Give a time such as 18:00."),
        },
    )
