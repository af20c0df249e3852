"""The yearly holiday notice: read, compared with what was assumed, its effect shown, loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from klingdesk.core.calendar import Override
from klingdesk.core.errors import Conflict, Invalid, NotFound
from klingdesk.core.roles import Role
from klingdesk.moments import date_words
from klingdesk.pages import desk_page, desk_render
from tickets.admin.calendar_days import day_in_words
from tickets.admin.notice_words import doubt_in_words
from tickets.admin.promise_effect import Edit, Effect, look_or_confirm
from tickets.admin.promise_forms import NoticeForm, ReasonForm
from tickets.models import PromiseChange
from tickets.rules.holiday_notice import Notice, looks_like_table, read_notice, read_table
from tickets.rules.notice_loading import LineKind, LoadedDay, Loading, loading, overrides_of
from tickets.selectors.loaded_notices import LoadedCalendar, loaded_calendar
from tickets.services.promise_changes import YEARS, YearNotice, change_calendar, preview_calendar

_TONES = {
    LineKind.CHANGES: "warn",
    LineKind.SAME: "ok",
    LineKind.CORRECTION: "info",
    LineKind.TAKEN_BACK: "warn",
    LineKind.UNMENTIONED: "info",
}


@dataclass(frozen=True, slots=True)
class DayLine:
    """A day of the comparison in words."""

    date: date
    day: str
    before: str
    said: str
    after: str
    kind: str
    tone: str


@desk_page(Role.MANAGER, methods=("GET", "HEAD", "POST"))
def calendar_notice_page(request: HttpRequest) -> HttpResponse:
    """GET: the form and the loaded years. POST: what was read and its effect; then it is loaded."""
    loaded = loaded_calendar()
    if request.method != "POST":
        return _show(request, loaded, _empty_form(request, loaded))
    form = NoticeForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, loaded, form, status=422)
    form = form.with_text()
    given = form.cleaned_data
    notice = _read(given["text"], given["year"])
    if notice.errors:
        return _show(request, loaded, form, notice=notice, status=422)
    load = loading(
        year=given["year"],
        notice=overrides_of(notice.days),
        former=loaded.notice_of(given["year"]),
        calendar=loaded.calendar,
        corrections_win=given["corrections"] == "keep",
    )
    source = YearNotice(source=given["source"].strip(), text=given["text"])
    edit = _edit(request.user, load, {given["year"]: source}, given["reason"])
    return _look_or_load(request, loaded, form, notice, load, edit)


def _look_or_load(
    request: HttpRequest,
    loaded: LoadedCalendar,
    form: NoticeForm,
    notice: Notice,
    load: Loading,
    edit: Edit,
) -> HttpResponse:
    try:
        done = look_or_confirm(request, edit)
    except (Invalid, Conflict) as error:
        _take(form, error)
        status = 422 if isinstance(error, Invalid) else 409
        return _show(request, loaded, form, notice=notice, load=load, status=status)
    if isinstance(done, PromiseChange):
        text = _("The notice for %(year)s is loaded; the open tickets follow.")
        messages.success(request, text % {"year": str(form.cleaned_data["year"])})
        return redirect("admin:promise_change", change_id=done.pk)
    status = done.status
    return _show(request, loaded, form, notice=notice, load=load, effect=done, status=status)


@desk_page(Role.MANAGER, methods=("GET", "HEAD", "POST"))
def calendar_year_page(request: HttpRequest, year: int) -> HttpResponse:
    """A loaded year with its text. POST takes the notice back: the effect first, then the deed."""
    loaded = loaded_calendar()
    row = loaded.years.get(year)
    if row is None:
        raise NotFound(_("No notice is loaded for this year."))
    load = loading(year=year, notice=None, former=loaded.notice_of(year), calendar=loaded.calendar)
    form = ReasonForm(request.POST) if request.method == "POST" else ReasonForm()
    effect: Effect | None = None
    status = 200
    if form.is_bound and not form.is_valid():
        status = 422
    elif form.is_bound:
        edit = _edit(request.user, load, {year: None}, form.cleaned_data["reason"])
        try:
            done = look_or_confirm(request, edit)
        except (Invalid, Conflict) as error:
            _take(form, error)
            status = 422 if isinstance(error, Invalid) else 409
        else:
            if isinstance(done, PromiseChange):
                text = _("The notice for %(year)s is taken back; the open tickets follow.")
                messages.success(request, text % {"year": str(year)})
                return redirect("admin:promise_change", change_id=done.pk)
            effect, status = done, done.status
    context = {
        "title": _("Holiday notice for %(year)s") % {"year": str(year)},
        "tab": "notice",
        "row": row,
        "form": form,
        "lines": _lines(load) if effect is not None else [],
        "effect": effect,
    }
    return desk_render(request, "admin/promise/year.html", context, status=status)


def _take(form: ReasonForm, error: Invalid | Conflict) -> None:
    if isinstance(error, Invalid):
        form.take(error)
    else:
        form.add_error(None, str(error))


def _empty_form(request: HttpRequest, loaded: LoadedCalendar) -> NoticeForm:
    """For ``?year=``, else for the first year from this one on that nobody knows."""
    asked = request.GET.get("year", "")
    is_year = asked.isascii() and asked.isdecimal() and len(asked) == 4 and int(asked) in YEARS
    year = int(asked) if is_year else timezone.localdate().year
    while not is_year and loaded.calendar.is_known(year):
        year += 1
    names = {"year": str(year)}
    return NoticeForm(
        initial={
            "year": year,
            "source": _("State Council notice on the holidays of %(year)s") % names,
            "reason": _("Holiday notice for %(year)s") % names,
        }
    )


def _read(text: str, year: int) -> Notice:
    if looks_like_table(text):
        return read_table(text, year=year)
    return read_notice(text, year=year)


def _edit(user: Any, load: Loading, years: Mapping[int, YearNotice | None], reason: str) -> Edit:
    wanted: dict[str, Any] = {"overrides": load.overrides, "years": years, "acting_user": user}

    def apply(now: datetime, after: int) -> PromiseChange:
        return change_calendar(**wanted, reason=reason, now=now, after=after)

    return Edit(
        draft={
            "days": {day.isoformat(): _said(said) for day, said in load.overrides.items()},
            "years": {
                str(year): [notice.source, notice.text] if notice else None
                for year, notice in years.items()
            },
            "reason": reason,
        },
        look=lambda now: preview_calendar(**wanted, now=now),
        apply=apply,
    )


def _said(override: Override | None) -> list[Any] | None:
    return [override.is_working, override.reason] if override is not None else None


def _show(
    request: HttpRequest,
    loaded: LoadedCalendar,
    form: NoticeForm,
    *,
    notice: Notice | None = None,
    load: Loading | None = None,
    effect: Effect | None = None,
    status: int = 200,
) -> HttpResponse:
    text = form.cleaned_data.get("text", "") if form.is_bound else ""
    context = {
        "title": _("Holiday notice"),
        "tab": "notice",
        "form": form,
        "years": list(loaded.years.values()),
        "problems": [doubt_in_words(doubt, text) for doubt in notice.errors] if notice else [],
        "warnings": [doubt_in_words(doubt, text) for doubt in notice.warnings] if notice else [],
        "lines": _lines(load) if load else [],
        "changes": sum(day.kind in {LineKind.CHANGES, LineKind.TAKEN_BACK} for day in load.days)
        if load
        else 0,
        "disputed": load.disputed if load else 0,
        "effect": effect,
    }
    return desk_render(request, "admin/promise/notice.html", context, status=status)


def _lines(load: Loading) -> list[DayLine]:
    return [_line(day) for day in load.days]


def _line(day: LoadedDay) -> DayLine:
    said = "–"
    if day.said is not None:
        kind = _("working day") if day.said.is_working else _("day off")
        said = _("%(kind)s (%(reason)s)") % {"kind": kind, "reason": day.said.reason}
    return DayLine(
        date=day.date,
        day=date_words(day.date),
        before=day_in_words(day.before),
        said=said,
        after=day_in_words(day.after),
        kind=_kind_words(day.kind),
        tone=_TONES[day.kind],
    )


def _kind_words(kind: LineKind) -> str:
    match kind:
        case LineKind.CHANGES:
            return _("changes")
        case LineKind.SAME:
            return _("as assumed")
        case LineKind.CORRECTION:
            return _("correction stays")
        case LineKind.TAKEN_BACK:
            return _("no longer in the notice")
        case LineKind.UNMENTIONED:
            return _("not in the notice")
