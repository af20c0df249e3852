"""Exports: asking for one, watching it being written, fetching the file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from klingdesk.core.errors import Conflict, DeskError, Gone, Invalid
from klingdesk.core.roles import Role, roles_of
from klingdesk.downloads import stream_file
from klingdesk.moments import moment_words, number_words
from klingdesk.pages import desk_page, desk_render
from tickets.admin.export_words import filters_in_words
from tickets.admin.report_frame import tabs
from tickets.exporting.download import download_of, present_state
from tickets.exporting.kinds import KINDS
from tickets.models import Export
from tickets.models.export import UNDONE, ExportState
from tickets.selectors.exports import error_words, export_get_for, exports_for
from tickets.services.exports import cancel_export, request_export

SHOWN = 50
_STATUS: dict[type[DeskError], int] = {Conflict: 409, Gone: 410, Invalid: 422}

_TONES = {
    ExportState.QUEUED: "",
    ExportState.RUNNING: "info",
    ExportState.DONE: "ok",
    ExportState.FAILED: "bad",
    ExportState.CANCELLED: "",
    ExportState.EXPIRED: "",
}


@dataclass(frozen=True, slots=True)
class Row:
    """``progress`` says how far it is, or what became of it; ``tone`` is the colour of its chip."""

    export: Export
    state: ExportState
    title: str
    filters: str
    tone: str
    progress: str
    is_undone: bool
    is_ready: bool


@desk_page(*Role)
def exports_page(request: HttpRequest) -> HttpResponse:
    """The person's exports, the latest first."""
    return _page(request)


@desk_page(*Role, methods=("POST",))
def export_new(request: HttpRequest) -> HttpResponse:
    """Begin the export of a page's table: ``kind``, the page's ``query``, ``format``."""
    posted = request.POST
    try:
        request_export(
            acting_user=request.user,
            kind=posted.get("kind", ""),
            query=posted.get("query", ""),
            file_format=posted.get("format", ""),
            language=get_language() or "",
            now=timezone.now(),
        )
    except (Conflict, Invalid) as refused:
        return _page(request, refused=refused)
    messages.success(
        request, _("The file is being written. You may leave this page and come back.")
    )
    return redirect("admin:exports")


@desk_page(*Role)
def exports_state(request: HttpRequest) -> HttpResponse:
    """How far the exports are, as JSON; 304 while nothing has changed."""
    state = [
        {
            "id": row.export.pk,
            "state": row.state,
            "progress": row.progress,
            "done": row.export.rows_done,
            "total": row.export.rows_total,
        }
        for row in _rows(request)
    ]
    etag = f'"{hashlib.sha256(json.dumps(state).encode()).hexdigest()[:20]}"'
    answer = JsonResponse({"exports": state}, headers={"ETag": etag})
    return get_conditional_response(request, etag=etag, response=answer) or answer


@desk_page(*Role)
def export_file(request: HttpRequest, export_id: int) -> HttpResponseBase:
    """The file, as long as there is one; else the list with the reason."""
    export = export_get_for(user=request.user, export_id=export_id)
    try:
        file = download_of(export, user=request.user, now=timezone.now())
    except (Conflict, Gone) as refused:
        return _page(request, refused=refused)
    return stream_file(file.pieces, name=file.name, media_type=file.media_type, size=file.size)


@desk_page(*Role, methods=("POST",))
def export_cancel(request: HttpRequest, export_id: int) -> HttpResponse:
    try:
        cancel_export(acting_user=request.user, export_id=export_id, now=timezone.now())
    except Conflict as refused:
        return _page(request, refused=refused)
    messages.success(request, _("The export was cancelled."))
    return redirect("admin:exports")


def _page(request: HttpRequest, *, refused: DeskError | None = None) -> HttpResponse:
    rows = _rows(request)
    status = _STATUS[type(refused)] if refused is not None else 200
    fields = refused.fields if isinstance(refused, Invalid) else {}
    is_manager = Role.MANAGER in roles_of(request.user)
    context = {
        "title": _("Exports"),
        "tabs": tabs("exports") if is_manager else [],
        "rows": rows,
        "is_working": any(row.is_undone for row in rows),
        "refused": refused,
        "reasons": [text for texts in fields.values() for text in texts],
    }
    return desk_render(request, "admin/exports/page.html", context, status=status)


def _rows(request: HttpRequest) -> list[Row]:
    now = timezone.now()
    return [_row(export, now) for export in exports_for(user=request.user)[:SHOWN]]


def _row(export: Export, now: datetime) -> Row:
    kind = KINDS.get(export.kind)
    state = ExportState(present_state(export, now=now))
    return Row(
        export=export,
        state=state,
        title=str(kind.title) if kind else export.kind,
        filters=filters_in_words(export.query),
        tone=_TONES[state],
        progress=_progress(export, state, now),
        is_undone=state in UNDONE,
        is_ready=state is ExportState.DONE,
    )


def _progress(export: Export, state: ExportState, now: datetime) -> str:
    match state:
        case ExportState.RUNNING if export.rows_total is not None:
            return _("%(done)s of %(total)s rows") % {
                "done": number_words(export.rows_done),
                "total": number_words(export.rows_total),
            }
        case ExportState.RUNNING:
            return _("The rows are being counted.")
        case ExportState.FAILED:
            return error_words(export.error)
        case ExportState.DONE if export.expires_at is not None:
            return _("%(rows)s rows, %(size)s, until %(until)s") % {
                "rows": number_words(export.rows_done),
                "size": filesizeformat(export.size or 0),
                "until": moment_words(export.expires_at, now=now),
            }
    return ""


urlpatterns: list[URLPattern] = [
    path("exports/", exports_page, name="exports"),
    path("exports/new/", export_new, name="export_new"),
    path("exports/state/", exports_state, name="exports_state"),
    path("exports/<int:export_id>/file/", export_file, name="export_file"),
    path("exports/<int:export_id>/cancel/", export_cancel, name="export_cancel"),
]
