"""The working-day calendar: a year at a glance, and the correction of a single day."""

from __future__ import annotations

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
from klingdesk.moments import exact_words
from klingdesk.pages import desk_page, desk_render
from tickets.admin.calendar_days import (
    day_in_words,
    look_of,
    neighbours,
    origin_words,
    year_months,
    year_numbers,
)
from tickets.admin.month_grid import weekday_heads
from tickets.admin.promise_effect import Edit, Effect, look_or_confirm
from tickets.admin.promise_forms import DayForm, DayJumpForm
from tickets.models import PromiseChange
from tickets.rules.notice_loading import DayOrigin, origin_of
from tickets.selectors.loaded_notices import LoadedCalendar, loaded_calendar
from tickets.services.promise_changes import YEARS, change_calendar, preview_calendar


@desk_page(Role.MANAGER)
def calendar_page(request: HttpRequest) -> HttpResponse:
    """``?year=`` shows it (this year unless told); ``?day=`` goes to the page of that day."""
    today = timezone.localdate()
    jump = DayJumpForm(request.GET) if "day" in request.GET else None
    if jump is not None and jump.is_valid():
        return redirect("admin:calendar_day", day=jump.cleaned_data["day"].isoformat())
    year = _year(request.GET.get("year", str(today.year)))
    refused = _("Choose a year from 2000 to 2100.") if year is None else ""
    shown = year or today.year
    loaded = loaded_calendar()
    months = year_months(loaded, shown, today=today)
    context = {
        "title": _("Calendar %(year)s") % {"year": str(shown)},
        "tab": "calendar",
        "year": shown,
        "before": shown - 1 if shown - 1 in YEARS else None,
        "after": shown + 1 if shown + 1 in YEARS else None,
        "months": months,
        "numbers": year_numbers(months),
        "heads": weekday_heads(),
        "known": loaded.calendar.is_known(shown),
        "notice": loaded.years.get(shown),
        "jump": jump or DayJumpForm(),
        "refused": refused,
    }
    status = 400 if refused or jump is not None else 200
    return desk_render(request, "admin/promise/calendar.html", context, status=status)


def _year(text: str) -> int | None:
    is_number = text.isascii() and text.isdecimal() and len(text) == 4
    return int(text) if is_number and int(text) in YEARS else None


@desk_page(Role.MANAGER, methods=("GET", "HEAD", "POST"))
def calendar_day_page(request: HttpRequest, day: str) -> HttpResponse:
    """What a day is and who says so. POST corrects it: the effect first, then the deed."""
    found = _day(day)
    loaded = loaded_calendar()
    origin = origin_of(found, calendar=loaded.calendar, notices=loaded.notices)
    corrected = origin is DayOrigin.CORRECTION
    if request.method != "POST":
        return _show_day(request, found, loaded, origin, DayForm(corrected=corrected))
    form = DayForm(request.POST, corrected=corrected)
    if not form.is_valid():
        return _show_day(request, found, loaded, origin, form, status=422)
    override = form.override(loaded.notices.get(found))
    try:
        done = look_or_confirm(request, _edit(request.user, found, override, form))
    except Invalid as error:
        form.take(error)
        return _show_day(request, found, loaded, origin, form, status=422)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return _show_day(request, found, loaded, origin, form, status=409)
    if isinstance(done, PromiseChange):
        messages.success(request, _("The calendar is corrected; the open tickets follow."))
        return redirect("admin:promise_change", change_id=done.pk)
    return _show_day(request, found, loaded, origin, form, effect=done, status=done.status)


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text or found.year not in YEARS:
        raise NotFound(_("The calendar has no such day."))
    return found


def _edit(user: Any, day: date, override: Override | None, form: DayForm) -> Edit:
    reason = form.cleaned_data["reason"]
    wanted: dict[str, Any] = {"overrides": {day: override}, "years": {}, "acting_user": user}

    def apply(now: datetime, after: int) -> PromiseChange:
        return change_calendar(**wanted, reason=reason, now=now, after=after)

    said = [override.is_working, override.reason] if override is not None else None
    return Edit(
        draft={"day": day.isoformat(), "said": said, "reason": reason},
        look=lambda now: preview_calendar(**wanted, now=now),
        apply=apply,
    )


def _show_day(
    request: HttpRequest,
    day: date,
    loaded: LoadedCalendar,
    origin: DayOrigin,
    form: DayForm,
    *,
    effect: Effect | None = None,
    status: int = 200,
) -> HttpResponse:
    said = loaded.calendar.day(day)
    before, after = neighbours(day)
    context = {
        "title": _("%(date)s in the calendar") % {"date": exact_words(day)},
        "tab": "calendar",
        "day": day,
        "said": said,
        "look": look_of(said),
        "words": day_in_words(said),
        "origin": origin_words(origin),
        "corrected": origin is DayOrigin.CORRECTION,
        "notice": _notice_words(loaded, day),
        "before": before if before.year in YEARS else None,
        "after": after if after.year in YEARS else None,
        "form": form,
        "effect": effect,
    }
    return desk_render(request, "admin/promise/day.html", context, status=status)


def _notice_words(loaded: LoadedCalendar, day: date) -> str:
    """What a loaded notice says about a day that is corrected; empty when it says nothing."""
    said = loaded.notices.get(day)
    if said is None:
        return ""
    words = _("working day") if said.is_working else _("day off")
    return _("%(kind)s (%(reason)s)") % {"kind": words, "reason": said.reason}
