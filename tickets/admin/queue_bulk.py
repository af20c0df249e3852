"""One change of many tickets: what became of each stands beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from klingdesk.core.errors import Invalid
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render
from tickets.admin.queue import query_of_list
from tickets.admin.queue_parts import list_url
from tickets.admin.ticket_undo import together_tag
from tickets.models.labels import Priority
from tickets.rules.ticket_number import format_number, parse_number
from tickets.selectors.list_choices import choices_for
from tickets.selectors.ticket_list import Filters
from tickets.services.bulk import Row, bulk_priority, bulk_transfer

FIELDS = ("do", "team", "person", "skill", "priority", "reason")
KINDS = ("team", "person", "priority")


@desk_page(Role.MANAGER, methods=("GET", "HEAD", "POST"))
def queue_bulk(request: HttpRequest) -> HttpResponse:
    """``do`` is ``team``, ``person`` or ``priority``; ``number`` once for each ticket.

    The answer is a line for each ticket. What cannot be as a whole (no reason, no such team)
    comes back with the form as it was filled in, and nothing has been changed then.
    """
    filters = Filters.of_query(request.POST.get("list", ""))
    if request.method != "POST":
        return redirect("admin:queue")
    typed = {name: request.POST.get(name, "").replace("\x00", "") for name in FIELDS}
    ids = [parse_number(number) for number in request.POST.getlist("number")]
    numbers = list(dict.fromkeys(format_number(pk) for pk in ids if pk is not None))
    key = uuid4()
    try:
        rows = _changed(request.user, typed, numbers, now=timezone.now(), undo_key=key)
    except Invalid as wrong:
        return _page(request, filters, typed, numbers, errors=wrong.fields, status=422)
    done = sum(row.ok for row in rows)
    if typed["do"] != "priority" and (tag := together_tag(key, done)):
        words = ngettext("%(number)d ticket passed on.", "%(number)d tickets passed on.", done)
        messages.success(request, words % {"number": done}, extra_tags=tag)
    return _page(request, filters, typed, numbers, rows=rows)


def _changed(
    user: Any, typed: Mapping[str, str], numbers: Sequence[str], *, now: datetime, undo_key: UUID
) -> list[Row]:
    reason, do = typed["reason"], typed["do"]
    if do not in KINDS:
        raise Invalid(_("Nothing was changed."), fields={"do": [_("Choose what to change.")]})
    if do == "priority":
        chosen = typed["priority"]
        priority = int(chosen) if chosen in {str(each) for each in Priority.values} else -1
        return bulk_priority(
            numbers=numbers, acting_user=user, priority=priority, reason=reason, now=now
        )
    if not typed[do]:
        what = _("Choose a team.") if do == "team" else _("Choose an advisor.")
        raise Invalid(_("Nothing was changed."), fields={do: [what]})
    return bulk_transfer(
        numbers=numbers,
        acting_user=user,
        reason=reason,
        now=now,
        team=typed["team"] if do == "team" else None,
        person=typed["person"] if do == "person" else None,
        skill=typed["skill"] or None,
        undo_key=undo_key,
    )


def _page(
    request: HttpRequest,
    filters: Filters,
    typed: Mapping[str, str],
    numbers: Sequence[str],
    *,
    rows: Sequence[Row] = (),
    errors: Mapping[str, Sequence[Any]] | None = None,
    status: int = 200,
) -> HttpResponse:
    done = sum(row.ok for row in rows)
    context = {
        "title": _("Change many tickets"),
        "rows": rows,
        "done": done,
        "failed": len(rows) - done,
        "typed": typed,
        "chosen": [row.number for row in rows if not row.ok] if rows else numbers,
        "errors": errors or {},
        "choices": choices_for(request.user, with_lists=False),
        "priorities": [(str(value), label) for value, label in Priority.choices],
        "list_query": filters.query(after=filters.after),
        "link_query": query_of_list(filters.query()),
        "list_url": list_url(filters.query(after=filters.after)),
    }
    return desk_render(request, "admin/queue/bulk.html", context, status=status)
