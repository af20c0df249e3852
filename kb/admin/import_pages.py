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
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kb.admin.import_progress import progress_of
from kb.admin.import_rows import closed_words, groups_of, hidden_numbers, passages_of
from kb.imports.entries import MOST_BYTES
from kb.imports.reading import FORMS
from kb.models import ImportBatch, ImportState
from kb.models.import_batch import WORKED_ON
from kb.services.exporting import MEDIA_TYPES, ExportForm, export_questions
from kb.services.import_apart import Offered
from kb.services.import_jobs import begin_comparison, begin_import, begin_saving, choices_of
from kb.services.import_words import told_problems
from kb.services.importing import MOST_FILES, default_choices, discard_import
from klingdesk.core.errors import Conflict, Invalid, NotFound
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render, is_htmx

PER_PAGE = 20
TONES: dict[str, str] = {
    ImportState.READING: "info",
    ImportState.REFUSED: "bad",
    ImportState.PROPOSED: "warn",
    ImportState.APPLYING: "info",
    ImportState.APPLIED: "ok",
    ImportState.DISCARDED: "",
}
_TAKE = "take-"


@desk_page(Role.EDITOR, methods=("GET", "HEAD", "POST"))
def imports(request: HttpRequest) -> HttpResponse:
    """The imports, newest first; POST keeps files to be read and opens the page of their import."""
    if request.method != "POST":
        return _list(request)
    try:
        batch = begin_import(
            files=[
                Offered(upload.name or "", upload.size or 0, upload.read)
                for upload in request.FILES.getlist("files")
            ],
            **_who(request),
        )
    except (Conflict, Invalid) as refused:
        return _list(request, refused=refused)
    return redirect("admin:kb_import", batch_id=batch.pk)


def _who(request: HttpRequest) -> dict[str, Any]:
    """Who asks, when, and in which language they are told what came of it."""
    return {
        "acting_user": request.user,
        "language": get_language() or "",
        "now": timezone.now(),
    }


def _list(request: HttpRequest, *, refused: Conflict | Invalid | None = None) -> HttpResponse:
    batches = ImportBatch.objects.select_related("created_by").defer("proposal", "choices")
    page = Paginator(batches, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": _("Imports and exports"),
        "page": page,
        "is_working": any(batch.state in WORKED_ON for batch in page.object_list),
        "rows": [{"batch": batch, "tone": TONES[batch.state]} for batch in page.object_list],
        "problem": str(refused) if refused is not None else "",
        "errors": [message for found in refused.fields.values() for message in found]
        if isinstance(refused, Invalid)
        else [],
        "accepted": ",".join(FORMS),
        "most_files": MOST_FILES,
        "most_megabytes": MOST_BYTES // 1024**2,
        "forms": [form.value for form in ExportForm],
    }
    return desk_render(request, "admin/kb/imports.html", context, status=_status(refused))


def _status(refused: Conflict | Invalid | None) -> int:
    if refused is None:
        return 200
    return 409 if isinstance(refused, Conflict) else 422


@desk_page(Role.EDITOR, methods=("GET", "HEAD", "POST"))
def proposal(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One import: how far it is, or its proposal; POST applies, discards or compares again, as
    ``action`` says."""
    if request.method != "POST":
        return _present(request, _batch(batch_id))
    action = request.POST.get("action", "apply")
    if action not in _ACTIONS:
        return redirect("admin:kb_import", batch_id=batch_id)
    try:
        return _ACTIONS[action](request, batch_id)
    except (Conflict, Invalid) as refused:
        batch = _batch(batch_id)
        if batch.state in WORKED_ON:
            return _working(request, batch, problem=str(refused), status=_status(refused))
        chosen = _ticked(request.POST)
        return _show(request, batch, chosen, problem=str(refused), status=_status(refused))


def _present(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    if batch.state in WORKED_ON:
        return _working(request, batch)
    if is_htmx(request):
        # What asked was the progress; there is another page now.
        return HttpResponse(headers={"HX-Refresh": "true"})
    return _show(request, batch, _chosen_before(batch))


def _chosen_before(batch: ImportBatch) -> dict[int, int]:
    """What was ticked when saving failed, else what an editor would most likely take."""
    if not batch.proposal:
        return {}
    return choices_of(batch) or default_choices(batch.proposal)


def _working(
    request: HttpRequest, batch: ImportBatch, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "title": _("Import %(number)s") % {"number": batch.pk},
        "batch": batch,
        "tone": TONES[batch.state],
        "progress": progress_of(batch, now=timezone.now()),
        "may_discard": batch.state == ImportState.READING,
        "problem": problem,
    }
    return desk_render(request, "admin/kb/import_working.html", context, status=status)


def _apply(request: HttpRequest, batch_id: int) -> HttpResponse:
    choices = _ticked(request.POST)
    if request.POST.get("rest"):
        hidden = hidden_numbers(_batch(batch_id))
        choices |= dict.fromkeys(hidden, 0)
    begin_saving(batch_id=batch_id, choices=choices, **_who(request))
    return redirect("admin:kb_import", batch_id=batch_id)


def _discard(request: HttpRequest, batch_id: int) -> HttpResponse:
    discard_import(batch_id=batch_id, acting_user=request.user, now=timezone.now())
    messages.success(request, _("The import was discarded. Nothing was changed."))
    return redirect("admin:kb_imports")


def _compare(request: HttpRequest, batch_id: int) -> HttpResponse:
    begin_comparison(batch_id=batch_id, **_who(request))
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
    everything = ImportBatch.objects.select_related("closed_by", "asked_by")
    # While a worker has it, its page asks every moment, and shows nothing of the documents.
    batch = everything.defer("proposal", "choices").filter(pk=batch_id).first()
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
    has_proposal = bool(batch.proposal)
    groups = groups_of(batch, choices) if has_proposal else []
    hidden = hidden_numbers(batch) if has_proposal else set()
    is_first = request.method != "POST" and not batch.choices
    context: dict[str, Any] = {
        "title": _("Import %(number)s") % {"number": batch.pk},
        "batch": batch,
        "is_open": batch.state == ImportState.PROPOSED,
        "tone": TONES[batch.state],
        "closed": closed_words(batch),
        "saved": len(batch.proposal.get("applied", ())),
        "problems": list(told_problems(batch.problems)),
        "groups": groups,
        "has_proposal": has_proposal,
        "passages": passages_of(batch) if has_proposal else [],
        "hidden": len(hidden),
        "takes_rest": is_first or bool(request.POST.get("rest")) or hidden <= choices.keys(),
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
        return _list(request, refused=Invalid(_("Choose YAML, XLSX or CSV.")))
    try:
        data = export_questions(form)
    except Invalid as invalid:
        return _list(request, refused=invalid)
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
