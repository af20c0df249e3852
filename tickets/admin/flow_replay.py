"""Finished runs of a flow played against its draft: which of them would end differently?

It goes on from page to page in portions, so that ten thousand runs hold up nobody else and
need no more memory than a thousand. What was found so far is carried by the page, signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.signing import BadSignature, dumps, loads
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from kb.flows.errors import FlowError
from kb.flows.hashing import definition_hash
from kb.flows.schema import FlowDefinition
from kb.models import Flow
from kb.selectors.flow_world import definition_of
from kb.selectors.flows import draft_of, flow_for, versions_of
from kb.services.flow_publishing import check_text
from klingdesk.core.errors import Conflict, Invalid
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render, is_htmx
from tickets.admin.flow_replay_tally import Tally
from tickets.admin.flow_words import DIFFERENCES, sides
from tickets.reports.reading import read_only
from tickets.selectors.flow_replay import CHUNK, Place, finished_count, replay_chunk

DRAFT = "draft"
USUAL = 200
MOST = 10_000
MOST_OFFERED = 50
"""Versions to choose from; older ones are only reached by an address."""
_SALT = "tickets.flow-replay"
_SECONDS = 3_600
"""So long a replay may be gone on with."""


@dataclass(frozen=True, slots=True)
class Target:
    """What runs are played against: the draft or a published version (its number as text)."""

    value: str
    definition: FlowDefinition


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: played up to ``most`` runs against ``target``."""

    target: Target
    most: int


@dataclass(slots=True)
class Progress:
    """``expected`` is the number of runs there are to play; ``place`` is None at the end."""

    expected: int
    tally: Tally
    place: Place | None


class _Refused(Invalid):
    """The draft has errors, so it cannot be walked."""

    def __init__(self, message: Any, findings: tuple[FlowError, ...]) -> None:
        super().__init__(message)
        self.findings = findings


@desk_page(Role.EDITOR)
def replay(request: HttpRequest, key: str) -> HttpResponse:
    """The first portion. ``against``: draft or a version's number; ``most``: number of runs.

    400 with the form as it was typed for what cannot be read, 422 for a draft with errors.
    """
    now = timezone.now()
    flow = flow_for(user=request.user, key=key)
    typed = {
        "against": request.GET.get("against") or _usual_target(flow),
        "most": request.GET.get("most") or str(USUAL),
    }
    try:
        asked = _asked(flow, typed, now)
    except _Refused as refused:
        found = [each.told(_) for each in refused.findings if each.severity == "error"]
        return _show(request, flow, typed, error=refused, findings=found, status=422)
    except Invalid as refused:
        return _show(request, flow, typed, error=refused, status=400)
    if asked is None:
        return _show(request, flow, typed)
    progress = Progress(finished_count(flow, most=asked.most), Tally(), None)
    _play(flow, asked, progress, now)
    return _show(request, flow, typed, asked=asked, progress=progress)


@desk_page(Role.EDITOR, methods=("POST",))
def replay_on(request: HttpRequest, key: str) -> HttpResponse:
    """The next portion of a replay, for the person who began it; it changes nothing.

    409 when the draft was changed meanwhile, 400 for a state that is not of this page.
    """
    now = timezone.now()
    flow = flow_for(user=request.user, key=key)
    typed = {"against": _usual_target(flow), "most": str(USUAL)}
    try:
        state = _state(request, flow)
        typed = {"against": state["against"], "most": str(state["most"])}
        asked = _asked(flow, typed, now)
        if asked is None or definition_hash(asked.target.definition) != state["digest"]:
            raise _changed()
    except _Refused:
        return _show(request, flow, typed, error=_changed(), status=409)
    except Conflict as refused:
        return _show(request, flow, typed, error=refused, status=409)
    except Invalid as refused:
        return _show(request, flow, typed, error=refused, status=400)
    started_at, run_id = state["place"]
    place = Place(datetime.fromisoformat(started_at), run_id)
    progress = Progress(state["expected"], Tally.from_json(state["tally"]), place)
    _play(flow, asked, progress, now)
    return _show(request, flow, typed, asked=asked, progress=progress)


def _usual_target(flow: Flow) -> str:
    if draft_of(flow) is not None:
        return DRAFT
    return str(flow.current.number) if flow.current is not None else ""


def _asked(flow: Flow, typed: dict[str, str], now: datetime) -> Asked | None:
    """What to play; None where there is neither a draft nor a version. ``Invalid`` by field."""
    fields: dict[str, list[Any]] = {}
    most = typed["most"].strip()
    if not (most.isascii() and most.isdigit() and 1 <= int(most[:9]) <= MOST):
        fields["most"] = [_("Write a whole number from 1 to %(most)d.") % {"most": MOST}]
    target = _target(flow, typed["against"], now) if typed["against"] else None
    if target is None and typed["against"]:
        fields["against"] = [_("Choose the draft or one of the versions that there are.")]
    if fields:
        raise Invalid(_("The runs cannot be played."), fields=fields)
    return Asked(target, int(most)) if target is not None else None


def _target(flow: Flow, value: str, now: datetime) -> Target | None:
    draft = draft_of(flow)
    if value == DRAFT and draft is not None:
        definition, findings = check_text(draft.text, now=now, key=flow.key)
        if definition is None or any(each.severity == "error" for each in findings):
            raise _Refused(
                _("The draft has errors, so no run can be played against it. Mend them first."),
                findings,
            )
        return Target(DRAFT, definition)
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        return None
    version = flow.versions.filter(number=int(value)).values_list("pk", flat=True).first()
    return Target(value, definition_of(version)) if version is not None else None


def _play(flow: Flow, asked: Asked, progress: Progress, now: datetime) -> None:
    with read_only():
        chunk = replay_chunk(
            flow=flow,
            definition=asked.target.definition,
            now=now,
            after=progress.place,
            most=min(CHUNK, asked.most - progress.tally.seen),
        )
    progress.tally.add(chunk)
    progress.place = chunk.place if progress.tally.seen < asked.most else None


def _state(request: HttpRequest, flow: Flow) -> dict[str, Any]:
    """What the page carries. ``Invalid`` when it is old, or of another person or flow."""
    try:
        state: dict[str, Any] = loads(request.POST.get("so_far", ""), salt=_SALT, max_age=_SECONDS)
    except BadSignature as forged:
        raise _lost() from forged
    if state["user"] != request.user.pk or state["flow"] != flow.key:
        raise _lost()
    return state


def _signed(request: HttpRequest, flow: Flow, asked: Asked, progress: Progress) -> str:
    place = progress.place
    if place is None:
        return ""
    state = {
        "user": request.user.pk,
        "flow": flow.key,
        "against": asked.target.value,
        "digest": definition_hash(asked.target.definition),
        "most": asked.most,
        "expected": progress.expected,
        "place": [place.started_at.isoformat(), place.run_id],
        "tally": progress.tally.as_json(),
    }
    return dumps(state, salt=_SALT, compress=True)


def _lost() -> Invalid:
    return Invalid(_("This replay cannot be gone on with: it is too old. Start it again."))


def _changed() -> Conflict:
    return Conflict(
        _("The draft was changed while runs were played against it. Start the replay again.")
    )


def _show(
    request: HttpRequest,
    flow: Flow,
    typed: dict[str, str],
    *,
    asked: Asked | None = None,
    progress: Progress | None = None,
    error: Conflict | Invalid | None = None,
    findings: list[tuple[str, str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    fields = error.fields if isinstance(error, Invalid) else {}
    context = {
        "title": flow.title,
        "flow": flow,
        "tab": "replay",
        "typed": typed,
        "targets": _offered(flow),
        "most_runs": MOST,
        "error": error,
        "against_errors": fields.get("against", []),
        "most_errors": fields.get("most", []),
        "findings": findings,
        "is_draft": typed["against"] == DRAFT,
        "is_part": is_htmx(request),
        **(_found(request, flow, asked, progress) if asked and progress else {}),
    }
    if is_htmx(request):
        return render(request, "admin/flows/_replayed.html", context, status=status)
    return desk_render(request, "admin/flows/replay.html", context, status=status)


def _found(request: HttpRequest, flow: Flow, asked: Asked, progress: Progress) -> dict[str, Any]:
    tally = progress.tally
    groups = []
    for kind, total, cases in tally.by_kind():
        title, meaning = DIFFERENCES[kind]
        rows = [{"number": number, "case": case, "sides": sides(case)} for case, number in cases]
        groups.append(
            {
                "kind": kind.value,
                "title": title,
                "meaning": meaning,
                "total": total,
                "rows": rows,
                "others": tally.others[kind],
            }
        )
    return {
        "tally": tally,
        "groups": groups,
        "expected": max(progress.expected, tally.seen),
        "so_far": _signed(request, flow, asked, progress),
    }


def _offered(flow: Flow) -> list[tuple[str, str]]:
    """What runs can be played against: value and label."""
    numbers = versions_of(flow).values_list("number", flat=True)[:MOST_OFFERED]
    offered = [(str(number), _("Version %(number)d") % {"number": number}) for number in numbers]
    if draft_of(flow) is not None:
        offered.insert(0, (DRAFT, _("the draft")))
    return offered


urlpatterns: list[URLPattern] = [
    path("kb-flows/<slug:key>/replay/", replay, name="flow_replay"),
    path("kb-flows/<slug:key>/replay/on/", replay_on, name="flow_replay_on"),
]
