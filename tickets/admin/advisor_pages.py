"""Advisors: who is there, how much is on their hands, what they know, when they are away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from klingdesk.core.errors import Conflict, DeskError, Invalid, NotFound
from klingdesk.core.roles import Role, roles_of
from klingdesk.moments import weekday_words
from klingdesk.pages import desk_page, desk_render
from tickets.admin.routing_parts import status_of, tabs
from tickets.admin.routing_words import profile_text
from tickets.models import AdvisorProfile
from tickets.selectors.advisors import (
    advisor_get,
    advisor_rows,
    leaves_of,
    profile_of,
    profile_version,
)
from tickets.selectors.traces import traces_of
from tickets.services.absences import record_absence, remove_absence
from tickets.services.advisors import WEEKDAYS, ProfileForm, save_profile

_A_MONDAY = date(2026, 1, 5)


@desk_page(Role.MANAGER, Role.ADVISOR)
def advisors(request: HttpRequest) -> HttpResponse:
    """Managers see all; an advisor gets their own page."""
    if Role.MANAGER not in roles_of(request.user):
        return redirect("admin:advisor", request.user.pk)
    context = {
        "title": _("Advisors"),
        "tabs": tabs(request),
        "rows": advisor_rows(now=timezone.now()),
    }
    return desk_render(request, "admin/routing/advisors.html", context)


@desk_page(Role.MANAGER, Role.ADVISOR, methods=("GET", "HEAD", "POST"))
def advisor(request: HttpRequest, person_id: int) -> HttpResponse:
    """One advisor; POST does what ``act`` says: ``profile``, ``leave`` or ``strike``."""
    person = advisor_get(person_id, user=request.user)
    if request.method != "POST":
        return _page(request, person)
    act = {"profile": _save, "leave": _record, "strike": _strike}.get(request.POST.get("act", ""))
    if act is None:
        raise BadRequest("unknown act")
    try:
        done = act(request, person)
    except (Invalid, Conflict, NotFound) as refused:
        return _page(request, person, refused=refused)
    messages.success(request, done)
    return redirect("admin:advisor", person.pk)


def _save(request: HttpRequest, person: Any) -> str:
    save_profile(
        person_id=person.pk,
        form=_typed(request),
        expected=request.POST.get("version", ""),
        acting_user=request.user,
        now=timezone.now(),
    )
    return _("Saved.")


def _record(request: HttpRequest, person: Any) -> str:
    days = {name: _day(request.POST.get(name, "")) for name in ("first_day", "last_day")}
    missing = {name: [_("Give a date.")] for name, day in days.items() if day is None}
    if missing or days["first_day"] is None or days["last_day"] is None:
        raise Invalid(_("The leave was not recorded."), fields=missing)
    record_absence(
        person_id=person.pk,
        first_day=days["first_day"],
        last_day=days["last_day"],
        reason=_text(request, "reason"),
        acting_user=request.user,
        now=timezone.now(),
    )
    return _("The leave is recorded.")


def _strike(request: HttpRequest, person: Any) -> str:
    given = request.POST.get("leave", "")
    own = {str(leave.pk): leave.pk for leave in leaves_of(person, now=timezone.now())}
    if given not in own:
        raise NotFound(_("This leave is not recorded any more."))
    remove_absence(absence_id=own[given], acting_user=request.user)
    return _("The leave is struck out.")


def _page(request: HttpRequest, person: Any, *, refused: DeskError | None = None) -> HttpResponse:
    act = request.POST.get("act", "") if refused is not None else ""
    errors = refused.fields if isinstance(refused, Invalid) else {}
    stored = profile_of(person)
    weekdays = _weekdays()
    is_manager = Role.MANAGER in roles_of(request.user)
    form = _typed(request) if act == "profile" else _as_form(stored)
    context = {
        "title": person.get_full_name() or person.get_username(),
        "tabs": tabs(request) if is_manager else [],
        "person": person,
        "is_manager": is_manager,
        "fields": _fields(form, errors if act == "profile" else {}, weekdays),
        "version": profile_version(stored),
        "profile_text": profile_text(stored, weekdays),
        "now_text": profile_text(stored, weekdays) if isinstance(refused, Conflict) else "",
        "leaves": leaves_of(person, now=timezone.now()),
        "leave_fields": _leave_fields(request, errors, is_typed=act == "leave"),
        "traces": [
            {
                "at": trace.at,
                "by": trace.by.get_username(),
                "old": profile_text(trace.old, weekdays) if trace.old else "",
                "new": profile_text(trace.new, weekdays) if trace.new else "",
            }
            for trace in traces_of(AdvisorProfile, row_id=person.pk, most=10)
        ]
        if is_manager
        else [],
        "refused": refused,
    }
    return desk_render(request, "admin/routing/advisor.html", context, status=status_of(refused))


def _fields(
    form: ProfileForm, errors: Mapping[str, Any], weekdays: list[str]
) -> list[dict[str, Any]]:
    rows: list[tuple[str, str, str, str]] = [
        ("skills", _("Skills"), form.skills, _("Short names parted by commas, as rules use them.")),
        (
            "capacity",
            _("Open tickets at most"),
            form.capacity,
            _("The desk assigns no more; 0: it assigns none."),
        ),
    ]
    for weekday in WEEKDAYS:
        words = _("For example 09:00-12:00, 13:30-18:00") if weekday == 0 else ""
        rows.append((f"hours-{weekday}", weekdays[weekday], form.hours.get(weekday, ""), words))
    return [
        {
            "name": name,
            "label": label,
            "value": value,
            "help": words,
            "errors": errors.get(name, []),
        }
        for name, label, value, words in rows
    ]


def _leave_fields(
    request: HttpRequest, errors: Mapping[str, Any], *, is_typed: bool
) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "label": label,
            "type": kind,
            "value": _text(request, name) if is_typed else "",
            "errors": errors.get(name, []) if is_typed else [],
        }
        for name, label, kind in (
            ("first_day", _("First day"), "date"),
            ("last_day", _("Last day"), "date"),
            ("reason", _("Reason"), "text"),
        )
    ]


def _typed(request: HttpRequest) -> ProfileForm:
    return ProfileForm(
        skills=_text(request, "skills"),
        capacity=_text(request, "capacity"),
        hours={weekday: _text(request, f"hours-{weekday}") for weekday in WEEKDAYS},
    )


def _as_form(stored: Mapping[str, Any]) -> ProfileForm:
    return ProfileForm(
        skills=", ".join(stored["skills"]),
        capacity=str(stored["capacity"]),
        hours={int(weekday): hours for weekday, hours in stored["hours"].items()},
    )


def _weekdays() -> list[str]:
    return [
        weekday_words(date.fromordinal(_A_MONDAY.toordinal() + weekday)) for weekday in WEEKDAYS
    ]


def _text(request: HttpRequest, name: str) -> str:
    return str(request.POST.get(name, "")).replace("\x00", "").strip()


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
