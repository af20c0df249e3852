"""The forecast of breaches, and what would become of it with other people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from klingdesk.core.roles import Role
from klingdesk.moments import date_words
from klingdesk.pages import desk_page, desk_render
from tickets.admin.report_frame import TABS
from tickets.models import Team
from tickets.reports.as_of import facts_as_of
from tickets.reports.forecast import Inputs, WhatIf, forecast, read_inputs
from tickets.reports.period import today_at
from tickets.reports.reading import read_only
from tickets.rules.forecast import RUNS, Band, Forecast
from tickets.rules.forecast_days import WEEKS

MOST_ADVISORS = 50
LARGEST_SEED = 2**31 - 1


class WhatIfForm(forms.Form):
    """What is asked in the address; empty fields change nothing."""

    team = forms.TypedChoiceField(
        label=gettext_lazy("Team"), required=False, coerce=int, empty_value=None
    )
    more = forms.IntegerField(
        label=gettext_lazy("Advisors more (−1: one fewer)"),
        required=False,
        min_value=-MOST_ADVISORS,
        max_value=MOST_ADVISORS,
    )
    away = forms.TypedChoiceField(
        label=gettext_lazy("Team on leave"), required=False, coerce=int, empty_value=None
    )
    first = forms.DateField(
        label=gettext_lazy("First day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    last = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    seed = forms.IntegerField(
        label=gettext_lazy("Seed"),
        help_text=gettext_lazy("The same number draws the same days again. Empty: today's."),
        required=False,
        min_value=0,
        max_value=LARGEST_SEED,
    )

    def __init__(self, data: Any, teams: list[tuple[int, str]]) -> None:
        super().__init__(data, label_suffix="")
        for name, none in (("team", _("no change")), ("away", pgettext("on leave", "nobody"))):
            self.fields[name].choices = [("", none), *teams]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("more") and given.get("team") is None and "team" not in self.errors:
            self.add_error("team", _("Choose the team that these advisors belong to."))
        if given.get("away") is not None and not {"first", "last"} & set(self.errors):
            if given.get("first") is None or given.get("last") is None:
                self.add_error("first", _("Say from when until when the team is on leave."))
            elif given["first"] > given["last"]:
                self.add_error("first", _("The first day lies after the last day."))
        return given

    def what_if(self) -> WhatIf:
        given = self.cleaned_data
        return WhatIf(
            team=given["team"],
            more=given["more"] or 0,
            away=given["away"],
            first=given["first"],
            last=given["last"],
        )

    def seed_for(self, today: date) -> int:
        """As asked; else one a day, so that everybody who looks today sees the same."""
        seed: int | None = self.cleaned_data["seed"]
        return seed if seed is not None else today.toordinal()


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day, or (``label`` of the total) all of them. ``bars`` are in per cent of the picture."""

    label: str
    due: int | None
    there: float | None
    band: Band
    bar: Bar
    other: Band | None = None
    other_bar: Bar | None = None

    @property
    def change(self) -> float | None:
        return None if self.other is None else self.other.mean - self.band.mean


@dataclass(frozen=True, slots=True)
class Bar:
    """Where a band lies: from ``left`` over ``width`` (p10 to p90), its middle at ``middle``."""

    left: str
    width: str
    middle: str


@desk_page(Role.MANAGER)
def forecast_page(request: HttpRequest) -> HttpResponse:
    """Expected breaches of the next working days; with a question about people beside it.

    What cannot be read is answered with 400 and the form as it was typed.
    """
    now = timezone.now()
    with read_only():
        teams = list(Team.objects.order_by("pk").values_list("pk", "name"))
        form = WhatIfForm(request.GET, teams)
        is_valid = form.is_valid()
        inputs = read_inputs(now=now)
        as_of = facts_as_of()
    context: dict[str, Any] = {
        "title": _("Forecast"),
        "tabs": [
            {"label": label, "href": reverse(f"admin:{name}"), "current": name == "forecast"}
            for label, name in TABS
        ],
        "form": form,
        "inputs": inputs,
        "runs": RUNS,
        "weeks": WEEKS,
        "as_of": as_of,
    }
    if is_valid and inputs.is_measured and as_of is not None:
        what_if = form.what_if()
        seed = form.seed_for(today_at(now))
        found = forecast(inputs, seed=seed)
        other = forecast(inputs, seed=seed, what_if=what_if) if what_if.changes_anything else None
        rows = _rows(inputs, found, other)
        context |= {
            "seed": seed,
            "rows": rows[:-1],
            "total": rows[-1],
            "is_compared": other is not None,
            "answers": _answers(inputs.answers),
        }
    return desk_render(
        request, "admin/forecast/page.html", context, status=200 if is_valid else 400
    )


def _rows(inputs: Inputs, found: Forecast, other: Forecast | None) -> list[DayRow]:
    """A row for every day, then one for all of them."""
    others = [None] * len(found.days) if other is None else list(other.days)
    widest = max([band.p90 for band in (*found.days, *(o for o in others if o))] or [0]) or 1
    rows = [
        _row(date_words(day), inputs.due_on(number), inputs.there_on(number), band, widest, beside)
        for number, (day, band, beside) in enumerate(
            zip(inputs.plan.dates, found.days, others, strict=True)
        )
    ]
    total = other.total if other is not None else None
    widest = max(found.total.p90, total.p90 if total else 0) or 1
    return [*rows, _row(_("All five days"), None, None, found.total, widest, total)]


def _row(
    label: str, due: int | None, there: float | None, band: Band, widest: int, other: Band | None
) -> DayRow:
    return DayRow(
        label=label,
        due=due,
        there=there,
        band=band,
        bar=_bar(band, widest),
        other=other,
        other_bar=_bar(other, widest) if other is not None else None,
    )


def _bar(band: Band, widest: int) -> Bar:
    def share(value: int) -> float:
        return 100 * value / widest

    return Bar(
        left=f"{share(band.p10):.2f}",
        width=f"{max(share(band.p90 - band.p10), 0.6):.2f}",
        middle=f"{share(band.p50):.2f}",
    )


def _answers(sample: tuple[int, ...]) -> dict[str, Any]:
    """What one advisor answers on one working day, in words' numbers."""
    middle = sorted(sample)
    return {
        "days": len(middle),
        "mean": sum(middle) / len(middle),
        "least": middle[len(middle) // 10],
        "most": middle[-1 - len(middle) // 10],
    }


urlpatterns: list[URLPattern] = [path("reports/forecast/", forecast_page, name="forecast")]
