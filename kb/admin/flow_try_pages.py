"""Trying a flow: walked as an agent would walk it, and nothing of it is kept.

What was answered travels in the form, signed. Neither the walk nor what is typed on it is
written anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.debug import sensitive_post_parameters

from kb.admin.flow_fields import MOST_PASTED, typed_text, typed_values
from kb.admin.flow_sides import Side, first_choice, offered, side_of
from kb.admin.flow_trial import (
    TooLong,
    path_of,
    refusals_in_words,
    sealed,
    trial_context,
    typed_again,
    unsealed,
)
from kb.admin.flow_trial_capture import Typed, first_capture, typed_capture, would_be
from kb.flows.errors import (
    NothingToUndo,
    RunError,
    TooManyAnswers,
    UnknownChoice,
    ValuesRefused,
    WrongNode,
)
from kb.flows.schema import EscalateNode
from kb.flows.trial import Trial
from kb.flows.walking import Answer
from kb.flows.world import World
from kb.models import Flow
from kb.selectors.flow_world import world_at
from kb.selectors.flows import flow_for
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render, is_htmx


@dataclass(frozen=True)
class Shown:
    """What a page is about to show: the walk, what was typed, and a message about it."""

    trial: Trial
    typed: Typed | None = None
    status: int = 200
    level: str = "warn"
    notice: str = ""
    would_be: Any = None


@sensitive_post_parameters()
@desk_page(Role.EDITOR, methods=("GET", "HEAD", "POST"))
def try_flow(request: HttpRequest, key: str) -> HttpResponse:
    """The walk through ``?version=`` (a number, or ``draft``), from its start or as posted.

    A draft with errors is not walked: the page says which ones. 422 for what an agent would
    be refused, 409 for what does not fit where the walk stands.
    """
    flow = flow_for(user=request.user, key=key)
    now = timezone.now()
    chosen = request.GET.get("version") or first_choice(flow)
    side = side_of(flow, chosen, now=now)
    context = {
        "title": flow.title,
        "flow": flow,
        "tab": "try",
        "page_name": pgettext("flow page", "Try it"),
        "sides": offered(flow),
        "chosen": chosen,
        "side": side,
        "trial_url": f"{reverse('admin:kb_flow_try', args=[key])}?version={quote(chosen)}",
        "is_own": True,
    }
    if side is None:
        return _answer(request, context, status=404)
    if side.definition is None or (side.is_draft and side.has_errors):
        return _answer(request, context, status=409 if request.method == "POST" else 200)
    try:
        shown = _walked(request, flow, side, now=now)
        context |= _shown(request, flow, shown)
    except TooLong:
        context["problem"] = _(
            "More was answered than a trial can carry. Start again, and paste less."
        )
        return _answer(request, context, status=422)
    except RunError:
        context["problem"] = _(
            "This flow cannot be walked from its start: something that it refers to is missing."
        )
        return _answer(request, context, status=409)
    return _answer(request, context, status=shown.status)


def _answer(request: HttpRequest, context: dict[str, Any], *, status: int) -> HttpResponse:
    if is_htmx(request):
        return render(request, "admin/kb/_flow_trial.html", context, status=status)
    return desk_render(request, "admin/kb/flow_try.html", context, status=status)


def _walked(request: HttpRequest, flow: Flow, side: Side, *, now: datetime) -> Shown:
    assert side.definition is not None  # noqa: S101 - seen to by the page
    world = _remembering(world_at(now))
    start = Trial.begun(side.definition, world)
    if request.method != "POST" or request.POST.get("step") == "restart":
        return Shown(start)
    trail = request.POST.get("trail", "")
    carried = unsealed(trail, side.definition, world, key=flow.key, user=request.user)
    if carried is None:
        text = _("This trial could not be gone on with; it begins again.")
        return Shown(start, notice=text, status=409)
    trial = carried.refitted()
    if trial.answers[: len(carried.answers)] != carried.answers:
        text = _("The text was changed meanwhile. The trial goes on where its answers still fit.")
        return Shown(trial, notice=text, status=409)
    step = _STEPS.get(request.POST.get("step", ""), _answered)
    try:
        return step(trial, request.POST)
    except RunError as wrong:
        return Shown(trial, notice=_refusal_words(wrong), status=409)


def _remembering(world: World) -> World:
    """``world``, asked for each standard question and each flow only once."""
    return replace(world, answers=cache(world.answers), flows=cache(world.flows))


def _refusal_words(wrong: RunError) -> str:
    match wrong:
        case WrongNode():
            return _("The trial has moved on. Here is where it stands.")
        case UnknownChoice():
            return _("Choose one of the answers.")
        case TooManyAnswers():
            return _("This flow has gone round too often. Start it again.")
        case NothingToUndo():
            return _("There is nothing to go back to.")
        case _:
            return _("This flow cannot go on from here: something that it refers to is missing.")


def _answered(trial: Trial, post: QueryDict) -> Shown:
    node, value = typed_text(post, "node"), typed_text(post, "value")
    typed = typed_values(post)
    try:
        return Shown(trial.answered(Answer(node, value, typed)))
    except ValuesRefused as refused:
        texts = {f"values.{name}": text for name, text in typed.items()}
        errors = refusals_in_words(refused.refusals)
        return Shown(trial, Typed(texts, errors), status=422)


def _back(trial: Trial, post: QueryDict) -> Shown:
    return _again(trial.back(), trial)


def _jump(trial: Trial, post: QueryDict) -> Shown:
    index = post.get("index", "")
    if not (index.isascii() and index.isdigit() and len(index) < 6):
        raise NothingToUndo
    return _again(trial.back_to(int(index)), trial)


def _again(trial: Trial, before: Trial) -> Shown:
    here = trial.position
    return Shown(trial, typed_again(here, trial.dropped_at(here.node_key, before)))


def _hand_over(trial: Trial, post: QueryDict) -> Shown:
    here = trial.position
    if not isinstance(here.node, EscalateNode) or post.get("node") != here.node_key:
        raise WrongNode(expected=here.node_key, given=typed_text(post, "node"))
    typed = typed_capture(here.node, post)
    if typed.errors:
        return Shown(trial, typed, status=422)
    return Shown(trial, typed, would_be=would_be(trial, here.node, typed))


_STEPS: dict[str, Callable[[Trial, QueryDict], Shown]] = {
    "back": _back,
    "jump": _jump,
    "hand_over": _hand_over,
}


def _shown(request: HttpRequest, flow: Flow, shown: Shown) -> dict[str, Any]:
    trail = sealed(shown.trial, key=flow.key, user=request.user)
    context = trial_context(shown.trial, shown.typed or _known_already(shown.trial))
    return {
        **context,
        "trail": trail,
        "most_pasted": MOST_PASTED - len(trail),
        "notice": shown.notice,
        "would_be": shown.would_be,
        "stage": "would_be" if shown.would_be else context["stage"],
    }


def _known_already(trial: Trial) -> Typed | None:
    """At a hand-over, what its form begins with."""
    here = trial.position
    if not isinstance(here.node, EscalateNode):
        return None
    asked = [line for line in path_of(trial, here) if line.index is not None]
    return first_capture(here, [f"- {line.text} {line.answer}" for line in asked])


urlpatterns = [
    path("kb-flows/<slug:key>/try/", try_flow, name="kb_flow_try"),
]
