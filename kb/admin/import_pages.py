"""Imports and exports: upload, review of a proposal, and a file of everything published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kb.admin.import_rows import closed_words, groups_of, hidden_numbers, passages_of
from kb.imports.entries import MOST_BYTES
from kb.imports.reading import FORMS
from kb.models import ImportBatch, ImportState
from kb.services.exporting import MEDIA_TYPES, ExportForm, export_questions
from kb.services.importing import (
    MOST_FILES,
    GivenFile,
    apply_import,
    check_file_size,
    compare_again,
    default_choices,
    discard_import,
    store_import,
)
from klingdesk.core.errors import Conflict, Invalid, NotFound
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render

PER_PAGE = 20
_TAKE = "take-"


@desk_page(Role.EDITOR, methods=("GET", "HEAD", "POST"))
def imports(request: HttpRequest) -> HttpResponse:
    """The imports, newest first; POST reads files into a proposal and opens it."""
    if request.method != "POST":
        return _list(request)
    try:
        batch = store_import(files=_uploaded(request), acting_user=request.user, now=timezone.now())
    except Invalid as invalid:
        return _list(request, invalid=invalid, status=422)
    return redirect("admin:kb_import", batch_id=batch.pk)


def _uploaded(request: HttpRequest) -> list[GivenFile]:
    files = []
    for upload in request.FILES.getlist("files"):
        name = upload.name or ""
        check_file_size(name=name, size=upload.size or 0)
        files.append(GivenFile(name, upload.read()))
    return files


def _list(
    request: HttpRequest, *, invalid: Invalid | None = None, status: int = 200
) -> HttpResponse:
    batches = ImportBatch.objects.select_related("created_by").defer("proposal")
    page = Paginator(batches, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": _("Imports and exports"),
        "page": page,
        "problem": str(invalid) if invalid is not None else "",
        "errors": [message for found in invalid.fields.values() for message in found]
        if invalid is not None
        else [],
        "accepted": ",".join(FORMS),
        "most_files": MOST_FILES,
        "most_megabytes": MOST_BYTES // 1024**2,
        "forms": [form.value for form in ExportForm],
    }
    return desk_render(request, "admin/kb/imports.html", context, status=status)


@desk_page(Role.EDITOR, methods=("GET", "HEAD", "POST"))
def proposal(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One proposal; POST applies, discards or compares again, as ``action`` says."""
    if request.method != "POST":
        batch = _batch(batch_id)
        return _show(request, batch, default_choices(batch.proposal))
    action = request.POST.get("action", "apply")
    if action not in _ACTIONS:
        return redirect("admin:kb_import", batch_id=batch_id)
    try:
        return _ACTIONS[action](request, batch_id)
    except (Conflict, Invalid) as refused:
        batch = _batch(batch_id)
        status = 409 if isinstance(refused, Conflict) else 422
        chosen = _ticked(request.POST)
        return _show(request, batch, chosen, problem=str(refused), status=status)


def _apply(request: HttpRequest, batch_id: int) -> HttpResponse:
    choices = _ticked(request.POST)
    if request.POST.get("rest"):
        hidden = hidden_numbers(_batch(batch_id))
        choices |= dict.fromkeys(hidden, 0)
    apply_import(batch_id=batch_id, choices=choices, acting_user=request.user, now=timezone.now())
    messages.success(
        request,
        ngettext(
            "%(number)s draft was saved. Agents see nothing of it before it is published.",
            "%(number)s drafts were saved. Agents see nothing of them before they are published.",
            len(choices),
        )
        % {"number": len(choices)},
    )
    return redirect("admin:kb_import", batch_id=batch_id)


def _discard(request: HttpRequest, batch_id: int) -> HttpResponse:
    discard_import(batch_id=batch_id, acting_user=request.user, now=timezone.now())
    messages.success(request, _("The import was discarded. Nothing was changed."))
    return redirect("admin:kb_imports")


def _compare(request: HttpRequest, batch_id: int) -> HttpResponse:
    compare_again(batch_id=batch_id)
    messages.success(request, _("Compared with what is known now. Please review it again."))
    return redirect("admin:kb_import", batch_id=batch_id)


_ACTIONS = {"apply": _apply, "discard": _discard, "compare": _compare}


def _ticked(posted: QueryDict) -> dict[int, int]:
    """Number of an entry → what is taken of it; what is no number at all was not on the page."""
    chosen = {}
    for name, value in posted.items():
        number = name.removeprefix(_TAKE)
        if name.startswith(_TAKE) and _is_number(number) and _is_number(str(value)):
            chosen[int(number)] = int(str(value))
    return chosen


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 6


def _batch(batch_id: int) -> ImportBatch:
    batch = ImportBatch.objects.select_related("closed_by").filter(pk=batch_id).first()
    if batch is None:
        raise NotFound(_("There is no such import."))
    return batch


def _show(
    request: HttpRequest,
    batch: ImportBatch,
    choices: Mapping[int, int],
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    groups = groups_of(batch, choices)
    context: dict[str, Any] = {
        "title": _("Import %(number)s") % {"number": batch.pk},
        "batch": batch,
        "is_open": batch.state == ImportState.PROPOSED,
        "closed": closed_words(batch),
        "groups": groups,
        "passages": passages_of(batch),
        "hidden": len(hidden_numbers(batch)),
        "takes_rest": request.method != "POST" or bool(request.POST.get("rest")),
        "can_apply": any(group.count for group in groups if group.kind != "same"),
        "problem": problem,
    }
    return desk_render(request, "admin/kb/import.html", context, status=status)


@desk_page(Role.EDITOR)
def export(request: HttpRequest) -> HttpResponse:
    """Everything published as a file (``?format=yaml``, xlsx or csv)."""
    try:
        form = ExportForm(request.GET.get("format", ExportForm.YAML.value))
    except ValueError:
        return _list(request, invalid=Invalid(_("Choose YAML, XLSX or CSV.")), status=422)
    try:
        data = export_questions(form)
    except Invalid as invalid:
        return _list(request, invalid=invalid, status=422)
    day = timezone.localdate().isoformat()
    response = HttpResponse(data, content_type=MEDIA_TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="questions-{day}.{form.value}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


urlpatterns = [
    path("kb-imports/", imports, name="kb_imports"),
    path("kb-imports/export/", export, name="kb_export"),
    path("kb-imports/<int:batch_id>/", proposal, name="kb_import"),
]
