"""Fields of the editor's forms: texts as they are kept, and moments as the browser asks them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

EARLIEST_YEAR = 2000


class TextField(forms.CharField):
    """Text whose lines end in ``\\n``: browsers send ``\\r\\n``, which would look like a change."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n").replace("\r", "\n")


class MomentInput(forms.DateTimeInput):
    """The browser's own input; seconds are shown only where there are any."""

    input_type = "datetime-local"

    def format_value(self, value: Any) -> str | None:
        if isinstance(value, datetime):
            return value.isoformat(timespec="seconds" if value.second else "minutes")
        return str(value) if value else None


class MomentField(forms.DateTimeField):
    """An instant, typed on the desk's clock, given in UTC."""

    widget = MomentInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=MomentInput(), required=False, **kwargs)

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        if moment is None:
            return None
        _check_year(moment)
        return moment.astimezone(UTC)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime) and timezone.is_aware(value):
            return timezone.make_naive(value)
        return value


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=DayInput(), required=False, **kwargs)

    def to_python(self, value: Any) -> date | None:
        day = super().to_python(value)
        if day is not None:
            _check_year(day)
        return day


class SeveralFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


def _check_year(when: date) -> None:
    if when.year < EARLIEST_YEAR:
        raise forms.ValidationError(_("Choose a date from %(year)d on.") % {"year": EARLIEST_YEAR})
