"""What has been changed about the promise, how far the tickets have followed, and which moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from klingdesk.core.roles import Role
from klingdesk.moments import date_words
from klingdesk.pages import desk_page, desk_render
from tickets.models import PromiseChange
from tickets.models.labels import ClockKind, PromiseCause
from tickets.selectors.promise_changes import all_changes, change_get, clocks_behind, moved_tickets

PER_PAGE = 50
MOST_DAYS = 10
"""In the list; the page of a change shows all."""


@dataclass(frozen=True, slots=True)
class ChangedThing:
    """One thing that was edited, before and after, in words; empty when there was nothing."""

    what: str
    old: str
    new: str


@desk_page(Role.MANAGER)
def promise_changes_page(request: HttpRequest) -> HttpResponse:
    """All changes, newest first."""
    page = Paginator(all_changes(), PER_PAGE).get_page(request.GET.get("page"))
    rows = []
    for change in page.object_list:
        things = changed_things(change)
        rows.append(
            {"change": change, "things": things[:MOST_DAYS], "more": len(things[MOST_DAYS:])}
        )
    context = {
        "title": _("Changes of the promise"),
        "tab": "changes",
        "page": page,
        "rows": rows,
    }
    return desk_render(request, "admin/promise/changes.html", context)


@desk_page(Role.MANAGER)
def promise_change_page(request: HttpRequest, change_id: int) -> HttpResponse:
    """One change: what was edited, how far it is, and the tickets that it has moved."""
    change = change_get(change_id)
    text = request.GET.get("after", "")
    after = int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0
    moved = moved_tickets(change, user=request.user, after=after, most=PER_PAGE + 1)
    behind = clocks_behind(change) if change.done_at is None else 0
    context = {
        "title": _("Change %(number)s of the promise") % {"number": change.pk},
        "tab": "changes",
        "change": change,
        "things": changed_things(change),
        "behind": behind,
        "total": change.looked_at + behind,
        "moved": moved[:PER_PAGE],
        "after": after,
        "following": moved[PER_PAGE - 1].event if len(moved) > PER_PAGE else 0,
    }
    return desk_render(request, "admin/promise/change.html", context)


def changed_things(change: PromiseChange) -> list[ChangedThing]:
    """What was edited, out of the change's JSON."""
    if change.cause == PromiseCause.POLICY:
        return [
            ChangedThing(
                what=str(ClockKind(change.new["kind"]).label),
                old=_policy_words(change.old) if change.old else "",
                new=_policy_words(change.new),
            )
        ]
    old_days, new_days = change.old.get("days", {}), change.new.get("days", {})
    days = [
        ChangedThing(
            what=f"{day} {date_words(date.fromisoformat(day))}",
            old=_day_words(old_days.get(day)),
            new=_day_words(said),
        )
        for day, said in sorted(new_days.items())
    ]
    old_years, new_years = change.old.get("years", {}), change.new.get("years", {})
    years = [
        ChangedThing(
            what=_("Holiday notice for %(year)s") % {"year": year},
            old=old_years.get(year) or "",
            new=source or "",
        )
        for year, source in sorted(new_years.items())
    ]
    library = [
        ChangedThing(what=_("Holiday library"), old=change.old.get("library", ""), new=said)
        for said in [change.new.get("library")]
        if said
    ]
    return [*library, *years, *days]


def _policy_words(policy: Mapping[str, Any]) -> str:
    return _("version %(version)s: %(working_days)s working days, %(opens)s–%(closes)s") % policy


def _day_words(said: Mapping[str, Any] | None) -> str:
    if not said:
        return ""
    kind = _("working day") if said["is_working"] else _("day off")
    return _("%(kind)s (%(reason)s)") % {"kind": kind, "reason": said["reason"]}
