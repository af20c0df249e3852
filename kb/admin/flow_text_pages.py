"""A flow's text: written with the lint beside it, kept as a draft, published, thrown away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from kb.admin.content_words import person_words
from kb.admin.flow_editing import FlowForm, Meanwhile, meanwhile
from kb.admin.flow_findings import finding_rows
from kb.admin.flow_new_pages import show_vanished
from kb.flows.errors import FlowError
from kb.models import Flow
from kb.selectors.flows import FlowText, flow_for, text_of
from kb.services.flow_drafts import discard_flow_draft, save_flow_draft
from kb.services.flow_publishing import FlowRefused, check_text, publish_flow
from klingdesk.core.errors import Conflict, Invalid, NotFound
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render


@desk_page(Role.EDITOR, methods=("GET", "HEAD", "POST"))
def flow_page(request: HttpRequest, key: str) -> HttpResponse:
    """The text and the steps. 422 with the findings or errors, 409 with both texts; whatever
    is answered, what was typed is still in the form."""
    if request.method != "POST":
        shown = text_of(flow_for(user=request.user, key=key))
        return _show(request, shown, FlowForm.showing(shown))
    form = FlowForm(request.POST)
    try:
        shown = text_of(flow_for(user=request.user, key=key))
    except NotFound:
        return show_vanished(request, key=key, text=form.typed())
    step = _STEPS.get(request.POST.get("step", ""))
    if step is None:
        return _show(request, shown, form)
    if not form.is_valid():
        return _show(request, shown, form, status=422)
    try:
        return step(request, shown.flow, form)
    except FlowRefused as refused:
        problem = str(refused)
        return _show(request, shown, form, problem=problem, findings=refused.findings, status=422)
    except Invalid as refused:
        form.refuse(refused)
        return _show(request, shown, form, status=422)
    except (Conflict, NotFound) as refused:
        return _show_conflict(request, key, form, str(refused))


@desk_page(Role.EDITOR, methods=("POST",))
def check(request: HttpRequest, key: str) -> HttpResponse:
    """The findings about the text of the form, as a fragment; nothing is kept."""
    flow = flow_for(user=request.user, key=key)
    form = FlowForm(request.POST)
    return render(request, "admin/kb/_flow_checked.html", _found(form, flow))


def _save(request: HttpRequest, flow: Flow, form: FlowForm) -> HttpResponse:
    draft = save_flow_draft(
        key=flow.key,
        text=form.cleaned_data["text"],
        acting_user=request.user,
        now=timezone.now(),
        expected_version=form.cleaned_data["expected_version"],
        base_number=form.cleaned_data["base_number"],
    )
    messages.success(
        request, _("The draft is saved (version %(number)d).") % {"number": draft.version}
    )
    return redirect("admin:kb_flow", key=flow.key)


def _publish(request: HttpRequest, flow: Flow, form: FlowForm) -> HttpResponse:
    base_number = form.cleaned_data["base_number"]
    text = form.cleaned_data["text"]
    version = publish_flow(
        key=flow.key,
        text=text,
        acting_user=request.user,
        reason=form.cleaned_data["reason"],
        now=timezone.now(),
        accepted=form.accepted(),
        expected_number=base_number,
        replaces_draft=form.cleaned_data["expected_version"],
    )
    words = {"number": version.number}
    if version.number != base_number:
        messages.success(
            request,
            _("Version %(number)d is published. New runs take it; those under way stay on theirs.")
            % words,
        )
        return redirect("admin:kb_flow_versions", key=flow.key)
    if version.source == text:
        messages.info(
            request, _("There is nothing to publish: this is version %(number)d.") % words
        )
        return redirect("admin:kb_flow", key=flow.key)
    # Only layout or comments differ: no version says those, so they are kept in the draft.
    _keep_layout(request, flow, form)
    messages.info(
        request,
        _(
            "There is nothing to publish: it asks and says the same as version %(number)d. "
            "What you changed in its layout or comments is kept as the draft."
        )
        % words,
    )
    return redirect("admin:kb_flow", key=flow.key)


def _keep_layout(request: HttpRequest, flow: Flow, form: FlowForm) -> None:
    save_flow_draft(
        key=flow.key,
        text=form.cleaned_data["text"],
        acting_user=request.user,
        now=timezone.now(),
        expected_version=form.cleaned_data["expected_version"],
    )


def _discard(request: HttpRequest, flow: Flow, form: FlowForm) -> HttpResponse:
    discard_flow_draft(
        key=flow.key,
        acting_user=request.user,
        expected_version=form.cleaned_data["expected_version"],
    )
    if Flow.objects.filter(key=flow.key).exists():
        messages.success(request, _("The draft is thrown away."))
        return redirect("admin:kb_flow", key=flow.key)
    messages.success(
        request, _("The flow “%(title)s” is gone with its draft.") % {"title": flow.title}
    )
    return redirect("admin:kb_flows")


_STEPS: dict[str, Callable[[HttpRequest, Flow, FlowForm], HttpResponse]] = {
    "save": _save,
    "publish": _publish,
    "discard": _discard,
}


def _found(
    form: FlowForm, flow: Flow, findings: tuple[FlowError, ...] | None = None
) -> dict[str, Any]:
    text = form.typed()
    if findings is None:
        findings = check_text(text, now=timezone.now(), key=flow.key)[1]
    return {"found": finding_rows(findings, text=text, accepted=form.accepted())}


def _show(
    request: HttpRequest,
    shown: FlowText,
    form: FlowForm,
    *,
    problem: str = "",
    findings: tuple[FlowError, ...] | None = None,
    conflict: Meanwhile | None = None,
    status: int = 200,
) -> HttpResponse:
    draft = shown.draft
    context = {
        "title": shown.flow.title,
        "flow": shown.flow,
        "tab": "text",
        "shown": shown,
        "draft_by": person_words(draft.author) if draft is not None else "",
        "is_behind": draft is not None and shown.base_number != shown.published,
        "form": form,
        "problem": problem,
        "conflict": conflict,
        **_found(form, shown.flow, findings),
    }
    return desk_render(request, "admin/kb/flow_text.html", context, status=status)


def _show_conflict(request: HttpRequest, key: str, form: FlowForm, problem: str) -> HttpResponse:
    try:
        shown = text_of(flow_for(user=request.user, key=key))
    except NotFound:
        return show_vanished(request, key=key, text=form.typed())
    told = meanwhile(form, shown, user=request.user)
    again = form.counting_from(shown)
    return _show(request, shown, again, problem=problem, conflict=told, status=409)


urlpatterns = [
    path("kb-flows/<slug:key>/", flow_page, name="kb_flow"),
    path("kb-flows/<slug:key>/check/", check, name="kb_flow_check"),
]
