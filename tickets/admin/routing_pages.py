"""The routing rules: all in their order, and one to be added, changed, moved or deleted.

Every change is looked at before it is done: which of the latest tickets it sends elsewhere.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from klingdesk.core.errors import Conflict, DeskError, Invalid, NotFound
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render, is_htmx
from tickets.admin.routing_fields import filled, rule_fields
from tickets.admin.routing_parts import effect_of, form_of, seen_of, status_of, tabs
from tickets.admin.routing_words import condition_words, priority_word, rule_text
from tickets.models import RoutingRule, Team
from tickets.rules.routing import never_reached
from tickets.selectors.routing import (
    rule_get,
    rule_of,
    rule_rows,
    snapshot_of,
    table_version,
    taken_by_rule,
)
from tickets.selectors.traces import traces_of
from tickets.services.routing_rules import (
    RuleForm,
    add_rule,
    change_rule,
    delete_rule,
    move_rule,
    plan_move,
    plan_rule,
    plan_without,
)


@desk_page(Role.MANAGER)
def rules(request: HttpRequest) -> HttpResponse:
    """All rules in their order, and what was changed lately."""
    return _list(request)


@desk_page(Role.MANAGER)
def former_list(request: HttpRequest) -> HttpResponse:
    """Older notices point to where the rules were once."""
    return redirect("admin:routing")


@desk_page(Role.MANAGER, methods=("GET", "HEAD", "POST"))
def rule_new(request: HttpRequest) -> HttpResponse:
    """A new rule, at the end unless another place is given."""
    if request.method == "POST":
        return _post(request, None)
    rows = rule_rows()
    default = Team.objects.filter(is_default=True).values_list("slug", flat=True).first()
    form = RuleForm(place=len(rows) + 1, team=default or "")
    return _form_page(request, None, form, version=table_version(rows))


@desk_page(Role.MANAGER, methods=("GET", "HEAD", "POST"))
def rule_page(request: HttpRequest, rule_id: int) -> HttpResponse:
    """One rule. POST with ``look`` shows the effect, with ``confirm`` does what was shown."""
    row = rule_get(rule_id)
    if request.method == "POST":
        return _post(request, row)
    return _form_page(request, row, filled(row), version=table_version(rule_rows()))


@desk_page(Role.MANAGER, methods=("POST",))
def rule_act(request: HttpRequest, rule_id: int) -> HttpResponse:
    """``do`` is ``up``, ``down`` or ``delete``; what changes anything for the latest tickets, and
    every deletion, is shown first and done with ``confirm``."""
    act, version = request.POST.get("do", ""), request.POST.get("version", "")
    if act not in {"up", "down", "delete"}:
        raise BadRequest("unknown act")
    try:
        row = rule_get(rule_id)
        text = rule_text(snapshot_of(row))
        if version != table_version(rule_rows()):
            raise _stale()
        planned = (
            plan_without(rule_id=rule_id)
            if act == "delete"
            else plan_move(rule_id=rule_id, up=act == "up")
        )
        effect = effect_of(planned, user=request.user)
        if request.POST.get("confirm") != "1" and (act == "delete" or effect["moved"]):
            context = {
                "title": _("Delete the rule?") if act == "delete" else _("Move the rule?"),
                "tabs": tabs(request),
                "text": text,
                "rule_id": rule_id,
                "act": act,
                "version": version,
                "effect": effect,
            }
            return desk_render(request, "admin/routing/confirm.html", context)
        _do(request, rule_id, act, version)
    except (Conflict, NotFound) as refused:
        return _list(request, refused=refused)
    return redirect("admin:routing")


def _do(request: HttpRequest, rule_id: int, act: str, version: str) -> None:
    who: dict[str, Any] = {
        "acting_user": request.user,
        "rule_id": rule_id,
        "expected": version,
        "now": timezone.now(),
    }
    if act == "delete":
        delete_rule(**who)
        messages.success(request, _("The rule is deleted."))
    else:
        row = move_rule(**who, up=act == "up")
        messages.success(request, _("The rule is number %(number)d now.") % {"number": row.order})


def _post(request: HttpRequest, row: RoutingRule | None) -> HttpResponse:
    """Look at the effect of what was typed, or do it when it is what was looked at."""
    form, version = form_of(request.POST), request.POST.get("version", "")
    rule_id = row.pk if row is not None else None
    seen = seen_of(form, version)
    try:
        planned = plan_rule(form=form, rule_id=rule_id)
        present = table_version(rule_rows())
        if version != present:
            raise _stale()
        if request.POST.get("confirm") == "1" and request.POST.get("seen") == seen:
            _save(request, rule_id, form, version)
            return redirect("admin:routing")
    except (Invalid, Conflict) as refused:
        # The next look is at the rules as they are now; what was typed stays.
        version = table_version(rule_rows())
        return _form_page(request, row, form, version=version, refused=refused)
    shown = {
        "effect": effect_of(planned, user=request.user),
        "seen": seen,
        "is_other": request.POST.get("confirm") == "1",
    }
    if is_htmx(request) and not request.POST.get("refused"):
        return render(request, "admin/routing/_look.html", shown)
    return _form_page(request, row, form, version=version, shown=shown)


def _save(request: HttpRequest, rule_id: int | None, form: RuleForm, version: str) -> None:
    who: dict[str, Any] = {
        "acting_user": request.user,
        "form": form,
        "expected": version,
        "now": timezone.now(),
    }
    row = add_rule(**who) if rule_id is None else change_rule(**who, rule_id=rule_id)
    messages.success(request, _("Rule %(number)d is in force.") % {"number": row.order})


def _stale() -> Conflict:
    return Conflict(
        _("Somebody has changed the rules meanwhile. Look at them, then decide again."),
        code="stale",
    )


def _list(request: HttpRequest, *, refused: DeskError | None = None) -> HttpResponse:
    rows = rule_rows()
    tried, taken = taken_by_rule(user=request.user)
    hidden = never_reached([rule_of(row) for row in rows])
    context = {
        "title": _("Routing rules"),
        "tabs": tabs(request),
        "rows": [
            {
                "rule": row,
                "conditions": condition_words(snapshot_of(row)),
                "priority": priority_word(row.priority),
                "taken": taken[row.order],
                "hidden_by": hidden.get(row.order),
                "is_first": place == 0,
                "is_last": place == len(rows) - 1,
            }
            for place, row in enumerate(rows)
        ],
        "default": Team.objects.filter(is_default=True).first(),
        "ruleless": taken[None],
        "tried": tried,
        "version": table_version(rows),
        "traces": [
            {
                "at": trace.at,
                "by": trace.by.get_username(),
                "old": rule_text(trace.old) if trace.old else "",
                "new": rule_text(trace.new) if trace.new else "",
            }
            for trace in traces_of(RoutingRule)
        ],
        "refused": refused,
    }
    return desk_render(request, "admin/routing/rules.html", context, status=status_of(refused))


def _form_page(
    request: HttpRequest,
    row: RoutingRule | None,
    form: RuleForm,
    *,
    version: str,
    refused: DeskError | None = None,
    shown: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "title": _("A new rule") if row is None else _("Rule %(number)d") % {"number": row.order},
        "tabs": tabs(request),
        "row": row,
        "form": form,
        "fields": rule_fields(form, refused.fields if isinstance(refused, Invalid) else {}),
        "version": version,
        "refused": refused,
        **(shown or {}),
    }
    if is_htmx(request):
        response = render(
            request, "admin/routing/_rule_form.html", context, status=status_of(refused)
        )
        response["HX-Retarget"] = "#routing-form"
        response["HX-Reswap"] = "outerHTML"
        return response
    return desk_render(request, "admin/routing/rule.html", context, status=status_of(refused))
