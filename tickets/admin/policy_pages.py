"""The two policies of the promise: what is in force, what was, and a new version."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from klingdesk.core.errors import Conflict, Invalid, NotFound
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render
from tickets.admin.promise_effect import Edit, Effect, look_or_confirm
from tickets.admin.promise_forms import PolicyForm
from tickets.models import PromiseChange, SlaPolicy
from tickets.models.labels import ClockKind
from tickets.selectors.sla import current_policy
from tickets.services.promise_changes import preview_policy, publish_policy


def policy_purpose(kind: str) -> str:
    """What the clock of a policy measures."""
    if kind == ClockKind.CONTACT:
        return _("Until the user has been answered: the promise that is read out. Never paused.")
    return _("Until the solution. Stands still while the ticket waits for the user.")


@desk_page(Role.MANAGER)
def sla_policies_page(request: HttpRequest) -> HttpResponse:
    """Both policies with all their versions."""
    rows = SlaPolicy.objects.select_related("author").order_by("kind", "-version")
    policies = []
    for kind, versions in groupby(rows, key=lambda row: row.kind):
        newest, *former = versions
        label, purpose = ClockKind(kind).label, policy_purpose(kind)
        policies.append({"label": label, "purpose": purpose, "newest": newest, "former": former})
    context = {"title": _("Policies of the promise"), "tab": "policies", "policies": policies}
    return desk_render(request, "admin/promise/policies.html", context)


@desk_page(Role.MANAGER, methods=("GET", "HEAD", "POST"))
def sla_policy_page(request: HttpRequest, kind: str) -> HttpResponse:
    """A new version of a policy. POST: the effect first, then the deed."""
    if kind not in ClockKind.values:
        raise NotFound(_("There is no SLA policy of this kind."))
    present = current_policy(kind)
    if request.method != "POST":
        initial = {name: getattr(present, name) for name in ("working_days", "opens", "closes")}
        return _show(request, present, PolicyForm(initial=initial))
    form = PolicyForm(request.POST)
    if not form.is_valid():
        return _show(request, present, form, status=422)
    try:
        done = look_or_confirm(request, _edit(request.user, kind, form))
    except Invalid as error:
        form.take(error)
        return _show(request, present, form, status=422)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return _show(request, present, form, status=409)
    if isinstance(done, PromiseChange):
        messages.success(request, _("The new version is in force; the open tickets follow."))
        return redirect("admin:promise_change", change_id=done.pk)
    return _show(request, present, form, effect=done, status=done.status)


def _edit(user: Any, kind: str, form: PolicyForm) -> Edit:
    given = form.cleaned_data
    wanted: dict[str, Any] = {
        "kind": kind,
        "working_days": given["working_days"],
        "opens": given["opens"],
        "closes": given["closes"],
        "acting_user": user,
    }

    def apply(now: datetime, after: int) -> PromiseChange:
        return publish_policy(**wanted, reason=given["reason"], now=now, after=after)

    return Edit(
        draft={
            "kind": kind,
            "working_days": given["working_days"],
            "opens": given["opens"].isoformat(),
            "closes": given["closes"].isoformat(),
            "reason": given["reason"],
        },
        look=lambda now: preview_policy(**wanted, now=now),
        apply=apply,
    )


def _show(
    request: HttpRequest,
    present: SlaPolicy,
    form: PolicyForm,
    *,
    effect: Effect | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "title": _("New version: %(policy)s") % {"policy": ClockKind(present.kind).label},
        "tab": "policies",
        "present": present,
        "purpose": policy_purpose(present.kind),
        "form": form,
        "effect": effect,
    }
    return desk_render(request, "admin/promise/policy.html", context, status=status)
