"""Published versions of a flow: who, when, why, with which warnings; and their texts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from kb.admin.content_words import person_words
from kb.admin.flow_findings import FindingRow, finding_rows
from kb.flows.errors import FlowError
from kb.models import Flow, FlowVersion
from kb.selectors.flows import draft_of, flow_for, text_of, version_for, versions_of
from kb.services.flow_drafts import save_flow_draft
from klingdesk.core.errors import Conflict
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render

PER_PAGE = 30


class AgainForm(forms.Form):
    expected_version = forms.IntegerField(min_value=0, max_value=2**31 - 1)


@dataclass(frozen=True, slots=True)
class VersionRow:
    number: int
    at: datetime
    by: str
    reason: str
    accepted: int
    is_current: bool


@desk_page(Role.EDITOR)
def versions(request: HttpRequest, key: str) -> HttpResponse:
    """All versions, the latest first."""
    flow = flow_for(user=request.user, key=key)
    rows = versions_of(flow).defer("definition", "source")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": flow.title,
        "flow": flow,
        "tab": "versions",
        "rows": [_row(version, flow) for version in page.object_list],
        "page": page,
    }
    return desk_render(request, "admin/kb/flow_versions.html", context)


@desk_page(Role.EDITOR)
def version_page(request: HttpRequest, key: str, version: int) -> HttpResponse:
    """One version: its text as it was written, and the warnings that were let stand."""
    flow = flow_for(user=request.user, key=key)
    return _show(request, flow, version_for(flow, version))


@desk_page(Role.EDITOR, methods=("POST",))
def make_draft(request: HttpRequest, key: str, version: int) -> HttpResponse:
    """Put a version's text into the draft. 409 when the draft is not the one that was shown."""
    flow = flow_for(user=request.user, key=key)
    shown = version_for(flow, version)
    form = AgainForm(request.POST)
    if not form.is_valid():
        problem = _("Nothing was done: the form was incomplete. Press the button again.")
        return _show(request, flow, shown, problem=problem, status=422)
    try:
        save_flow_draft(
            key=key,
            text=shown.source,
            acting_user=request.user,
            now=timezone.now(),
            expected_version=form.cleaned_data["expected_version"],
            base_number=text_of(flow).published,
        )
    except Conflict:
        problem = _(
            "Nothing was done: the draft was changed meanwhile. See below what stands now; press "
            "the button again if it is still right."
        )
        flow = flow_for(user=request.user, key=key)
        return _show(request, flow, shown, problem=problem, status=409)
    messages.success(
        request, _("The text of version %(number)d is the draft now.") % {"number": version}
    )
    return redirect("admin:kb_flow", key=key)


def _show(
    request: HttpRequest,
    flow: Flow,
    version: FlowVersion,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    draft = draft_of(flow)
    numbers = flow.versions.values_list("number", flat=True)
    context = {
        "title": _("Version %(number)d") % {"number": version.number},
        "flow": flow,
        "tab": "versions",
        "row": _row(version, flow),
        "source": version.source,
        "accepted": _accepted(version),
        "before": numbers.filter(number__lt=version.number).order_by("-number").first(),
        "after": numbers.filter(number__gt=version.number).order_by("number").first(),
        "draft": draft,
        "draft_by": person_words(draft.author) if draft is not None else "",
        "problem": problem,
    }
    return desk_render(request, "admin/kb/flow_version.html", context, status=status)


def _row(version: FlowVersion, flow: Flow) -> VersionRow:
    return VersionRow(
        number=version.number,
        at=version.created_at,
        by=person_words(version.author),
        reason=version.reason,
        accepted=len(version.accepted),
        is_current=version.pk == flow.current_id,
    )


def _accepted(version: FlowVersion) -> tuple[FindingRow, ...]:
    """The warnings that were let stand, in the reader's language."""
    found = [FlowError.from_data(each) for each in version.accepted]
    return finding_rows(found, text=version.source).rows


_OF = "kb-flows/<slug:key>/versions/"

urlpatterns = [
    path(_OF, versions, name="kb_flow_versions"),
    path(f"{_OF}<int:version>/", version_page, name="kb_flow_version"),
    path(f"{_OF}<int:version>/draft/", make_draft, name="kb_flow_version_draft"),
]
