"""A flow changed by filling in forms, one step at a time; the text stays the truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from kb.admin.content_words import person_words
from kb.admin.flow_findings import finding_rows
from kb.admin.flow_form_cards import Sheet
from kb.admin.flow_form_fields import HeadForm, NewStepForm, Seen
from kb.admin.flow_form_saving import (
    Opened,
    Standing,
    counting_from,
    save_change,
    standing_now,
)
from kb.admin.flow_step_filling import NO_OFFERS, Filling
from kb.flows.editing.steps import (
    EDITABLE,
    StepInUse,
    is_editable,
    new_step,
    shape_errors,
    with_head,
    with_steps,
    without_step,
)
from kb.models import Flow
from kb.rules.keys import key_for
from kb.services.flow_publishing import check_text
from klingdesk.core.errors import Conflict, Invalid, NotFound
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render

FORM = "admin:kb_flow_form"
STEP = "admin:kb_flow_form_step"


# --- the whole flow ------------------------------------------------------------------------------


@desk_page(Role.EDITOR, methods=("GET", "HEAD", "POST"))
def flow_form(request: HttpRequest, key: str) -> HttpResponse:
    """All steps as cards; a POST changes the title or the first step."""
    opened = Opened.of(request.user, key)
    if request.method != "POST":
        return _show_all(request, opened)
    form = HeadForm(request.POST)
    if opened.sheet is None or not form.is_valid():
        return _show_all(request, opened, form, status=422)
    title, start = form.cleaned_data["title"], form.cleaned_data["start"]
    try:
        save_change(request, opened, form, lambda data: with_head(data, title=title, start=start))
    except Invalid as refused:
        return _show_all(request, opened, form, problem=str(refused), status=422)
    except Conflict as refused:
        now = Opened.of(request.user, key)
        again = HeadForm(counting_from(request.POST, now))
        return _show_all(request, now, again, problem=str(refused), status=409)
    return redirect(FORM, key=key)


@desk_page(Role.EDITOR, methods=("POST",))
def delete_flow_step(request: HttpRequest, key: str, step: str) -> HttpResponse:
    """Take a step out; 409 naming what leads to it while anything does."""
    opened = Opened.of(request.user, key)
    form = Seen(request.POST)
    if opened.sheet is None or not form.is_valid():
        return _show_all(request, opened, status=422)
    try:
        save_change(request, opened, form, lambda data: without_step(data, step))
    except StepInUse as used:
        return _show_all(request, opened, problem=_in_use(opened.sheet, used), status=409)
    except Invalid as refused:
        return _show_all(request, opened, problem=str(refused), status=422)
    except Conflict as refused:
        now = Opened.of(request.user, key)
        return _show_all(request, now, problem=str(refused), status=409)
    return redirect(FORM, key=key)


def _in_use(sheet: Sheet, used: StepInUse) -> str:
    if used.is_start:
        return _("This is the first step. Let the flow begin at another one first.")
    names = "、".join(f"{sheet.numbers[key]}. {sheet.name(key)}" for key in used.leading)
    return _("Other steps lead here. Lead them elsewhere first: %(steps)s") % {"steps": names}


def _show_all(
    request: HttpRequest,
    opened: Opened,
    form: HeadForm | None = None,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """The list of steps; for a text that cannot be read, why, and the way to the text."""
    shown, sheet = opened.shown, opened.sheet
    findings = check_text(shown.text, now=timezone.now(), key=shown.flow.key)[1]
    context: dict[str, Any] = {
        **_frame(opened),
        "page_name": pgettext("flow page", "Form"),
        "problem": problem,
    }
    if sheet is None:
        context["found"] = finding_rows(findings, text=shown.text)
        return desk_render(request, "admin/kb/flow_form.html", context, status=status)
    title, start = sheet.data.get("title"), sheet.data.get("start")
    if form is None:
        form = HeadForm(initial={**opened.seen, "title": title, "start": start})
    form.offer("start", sheet.offered_steps())
    context["cards"], found = sheet.cards(findings)
    context["found"] = found
    context["elsewhere"] = [row for row in found.rows if row.node not in sheet.steps]
    context["first_stray"] = sheet.stray[0] if sheet.stray else ""
    context["form"] = form
    return desk_render(request, "admin/kb/flow_form.html", context, status=status)


def _frame(opened: Opened) -> dict[str, Any]:
    shown = opened.shown
    return {
        "title": shown.flow.title,
        "flow": shown.flow,
        "tab": "form",
        "shown": shown,
        "sheet": opened.sheet,
        "draft_by": person_words(shown.draft.author) if shown.draft is not None else "",
    }


# --- a new step ----------------------------------------------------------------------------------


@desk_page(Role.EDITOR, methods=("GET", "HEAD", "POST"))
def new_flow_step(request: HttpRequest, key: str) -> HttpResponse:
    """Begin a step, which its own page then fills in."""
    opened = Opened.of(request.user, key)
    sheet = opened.sheet
    if sheet is None:
        return _show_all(request, opened, status=200 if request.method != "POST" else 422)
    if request.method != "POST":
        return _show_new(request, opened, NewStepForm(initial={**opened.seen, "kind": "choice"}))
    form = NewStepForm(request.POST)
    if not form.is_valid():
        return _show_new(request, opened, form, status=422)
    kind, typed = form.cleaned_data["kind"], form.cleaned_data["key"]
    if typed in sheet.steps:
        form.add_error("key", _("There is a step with this key. Choose another one."))
        return _show_new(request, opened, form, status=422)
    words = form.cleaned_data["name"] or kind
    step = typed or key_for(words, taken=sheet.steps, nameless=kind)
    try:
        save_change(request, opened, form, lambda data: with_steps(data, {step: new_step(kind)}))
    except Invalid as refused:
        return _show_new(request, opened, form, problem=str(refused), status=422)
    except Conflict as refused:
        now = Opened.of(request.user, key)
        again = NewStepForm(counting_from(request.POST, now))
        return _show_new(request, now, again, problem=str(refused), status=409)
    return redirect(STEP, key=key, step=step)


def _show_new(
    request: HttpRequest, opened: Opened, form: Form, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {**_frame(opened), "page_name": _("New step"), "form": form, "problem": problem}
    return desk_render(request, "admin/kb/flow_form_new.html", context, status=status)


# --- one step ------------------------------------------------------------------------------------


@desk_page(Role.EDITOR, methods=("GET", "HEAD", "POST"))
def flow_step(request: HttpRequest, key: str, step: str) -> HttpResponse:
    """One step in its form. 422 with errors at the fields, 409 with what stands now."""
    if request.method == "POST":
        return _change_step(request, key, step)
    opened = Opened.of(request.user, key)
    if opened.sheet is None:
        return _show_all(request, opened)
    written = opened.sheet.steps.get(step)
    if written is None:
        raise NotFound(_("There is no such step."))
    if not opened.sheet.is_editable(step):
        return redirect(_card(key, step))
    filling = Filling.showing(written, opened.sheet.offers(step), **opened.seen)
    return _show_step(request, opened, step, filling)


def _change_step(request: HttpRequest, key: str, step: str) -> HttpResponse:
    kind = request.POST.get("kind", "")
    if kind not in EDITABLE:
        raise NotFound(_("There is no such step."))
    try:
        opened = Opened.of(request.user, key)
    except NotFound:
        return _show_lost(request, key, step, request.POST)
    sheet = opened.sheet
    filling = Filling.sent(kind, request.POST, sheet.offers(step) if sheet else NO_OFFERS)
    if sheet is None or not filling.is_valid():
        return _show_step(request, opened, step, filling, status=422)
    written = sheet.steps.get(step, {})
    old = written if is_editable(written) and written["kind"] == kind else {}
    changed, fresh = filling.step(old, taken=sheet.steps, names=sheet.variable_names(without=step))
    filling.refuse(shape_errors(changed))
    if filling.has_errors:
        return _show_step(request, opened, step, filling, status=422)
    change = {step: changed, **fresh}
    try:
        save_change(
            request, opened, filling.form, lambda data: with_steps(data, change, after=step)
        )
    except Invalid as refused:
        return _show_step(request, opened, step, filling, problem=str(refused), status=422)
    except (Conflict, NotFound) as refused:
        return _show_conflict(request, key, step, changed, str(refused))
    return redirect(STEP, key=key, step=next(iter(fresh))) if fresh else redirect(_card(key, step))


def _card(key: str, step: str) -> str:
    return f"{reverse(FORM, kwargs={'key': key})}#step-{step}"


def _show_conflict(
    request: HttpRequest, key: str, step: str, typed: Mapping[str, Any], problem: str
) -> HttpResponse:
    """What was typed and what stands now; sent again, it is put on top of that."""
    try:
        now = Opened.of(request.user, key)
    except NotFound:
        return _show_lost(request, key, step, request.POST)
    offers = now.sheet.offers(step) if now.sheet is not None else NO_OFFERS
    filling = Filling.sent(request.POST["kind"], counting_from(request.POST, now), offers)
    standing = standing_now(now, step, typed, user=request.user)
    return _show_step(request, now, step, filling, problem=problem, standing=standing, status=409)


def _show_step(
    request: HttpRequest,
    opened: Opened,
    step: str,
    filling: Filling,
    *,
    problem: str = "",
    standing: Standing | None = None,
    status: int = 200,
) -> HttpResponse:
    shown, card = opened.shown, None
    if opened.sheet is not None:
        findings = check_text(shown.text, now=timezone.now(), key=shown.flow.key)[1]
        card = opened.sheet.card(step, findings)
    context = {
        **_frame(opened),
        "page_name": _("Step “%(key)s”") % {"key": step},
        "step": step,
        "card": card,
        "filling": filling,
        "problem": problem,
        "standing": standing,
    }
    return desk_render(request, "admin/kb/flow_form_step.html", context, status=status)


def _show_lost(request: HttpRequest, key: str, step: str, data: QueryDict) -> HttpResponse:
    """409: the flow is gone; what was typed is there to be copied."""
    filling = Filling.sent(str(data["kind"]), data, NO_OFFERS)
    context = {
        "title": key,
        "page_name": _("Step “%(key)s”") % {"key": step},
        "flow": Flow(key=key, title=key),
        "step": step,
        "filling": filling,
        "is_lost": True,
    }
    return desk_render(request, "admin/kb/flow_form_step.html", context, status=409)


urlpatterns = [
    path("kb-flows/<slug:key>/form/", flow_form, name="kb_flow_form"),
    path("kb-flows/<slug:key>/form/new/", new_flow_step, name="kb_flow_form_new"),
    path("kb-flows/<slug:key>/form/step/<slug:step>/", flow_step, name="kb_flow_form_step"),
    path(
        "kb-flows/<slug:key>/form/step/<slug:step>/delete/",
        delete_flow_step,
        name="kb_flow_form_delete",
    ),
]
