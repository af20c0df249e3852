"""The editor's page of one question, put together from where it stands and what is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kb.admin.content_words import Change, changes, person_words
from kb.admin.question_conflict import Meanwhile, content_of, published_words
from kb.admin.question_editing import Editing, Standpoint
from kb.admin.question_preview import phrasing_test, preview_of
from kb.admin.standing_words import CHIPS, StandingChip
from kb.models import Attachment, Flow, Revision, StandardQuestion
from kb.rules.lifecycle import DraftState, Standing, Step
from kb.selectors.flows import flows_reading
from klingdesk.pages import desk_render

LATEST_REVISIONS = 10


@dataclass(frozen=True, slots=True)
class Outdated:
    """Something was published since the draft was begun: who, when, and what it changed."""

    words: str
    changes: list[Change]


def show_page(
    request: HttpRequest,
    standpoint: Standpoint,
    editing: Editing,
    *,
    status: int = 200,
    conflict: Meanwhile | None = None,
    conflict_words: str = "",
) -> HttpResponse:
    """The page with ``editing`` in its form; nothing that was typed depends on anything else."""
    now = timezone.now()
    question, draft = standpoint.question, standpoint.draft
    content = editing.content()
    words = request.POST.get("words", "")
    context = {
        "title": question.title if question is not None else _("New standard question"),
        "question": question,
        "draft": draft,
        "draft_author": person_words(draft.author) if draft is not None else "",
        "outdated": _outdated(standpoint, request.user) if conflict is None else None,
        "chips": _chips(standpoint, question.standing(now=now) if question is not None else None),
        "editing": editing,
        "form": editing.form,
        "has_errors": editing.form.is_bound and not editing.is_valid(),
        "conflict": conflict,
        "conflict_words": conflict_words,
        "can": {step.value: True for step in standpoint.steps},
        "read_by": _read_by(standpoint),
        "publishes_unreleased": editing.form["status"].value() == Standing.UNRELEASED.value,
        "contrast_groups": _contrast_groups(),
        "revisions": _revisions(question),
        "open_disagreements": _open_disagreements(question),
        "attachment_rows": _attachment_rows(editing),
        "words": words,
        "trial": phrasing_test(words, content, key=question.key if question else ""),
        "preview": preview_of(content, standpoint, now=now),
        "action": _action(question),
    }
    return desk_render(request, "admin/kb/question.html", context, status=status)


def _read_by(standpoint: Standpoint) -> list[Flow]:
    """The flows that would go on without its answer; asked only where it can be retired."""
    if standpoint.question is None or Step.RETIRE not in standpoint.steps:
        return []
    key = standpoint.question.key
    return flows_reading([key]).get(key, [])


def _action(question: StandardQuestion | None) -> str:
    if question is None:
        return reverse("admin:kb_standardquestion_add")
    return reverse("admin:kb_standardquestion_change", args=[question.pk])


def _chips(standpoint: Standpoint, standing: Standing | None) -> list[StandingChip]:
    """The standing of what is published, and beside it the state of the draft."""
    chips = [CHIPS[standing]] if standing is not None else []
    if standpoint.revision and standpoint.draft_state is not None:
        words = {
            DraftState.DRAFT: _("has a draft"),
            DraftState.IN_REVIEW: _("draft in review"),
            DraftState.SCHEDULED: _("draft scheduled"),
        }
        chips.append(StandingChip(words[standpoint.draft_state], "desk-chip--info"))
    return chips


def _outdated(standpoint: Standpoint, user: Any) -> Outdated | None:
    if standpoint.draft is None or standpoint.base_revision == standpoint.revision:
        return None
    newest = standpoint.revision_row(standpoint.revision)
    if newest is None:
        return None
    old = content_of(standpoint.revision_row(standpoint.base_revision))
    new = content_of(newest)
    told = changes(old, new) if old is not None and new is not None else []
    return Outdated(published_words(newest, user=user), told)


def _contrast_groups() -> list[str]:
    groups = StandardQuestion.objects.exclude(contrast_group="").values_list(
        "contrast_group", flat=True
    )
    return sorted(set(groups))


def _revisions(question: StandardQuestion | None) -> list[tuple[Revision, str]]:
    if question is None:
        return []
    rows = question.revisions.select_related("author")[:LATEST_REVISIONS]
    return [(row, person_words(row.author)) for row in rows]


def _attachment_rows(editing: Editing) -> list[tuple[Any, Attachment | None]]:
    """Each row with its file."""
    forms = [(str(form["digest"].value() or ""), form) for form in editing.attachments.forms]
    known = Attachment.objects.defer("data").filter(digest__in=[digest for digest, _form in forms])
    files = {each.digest: each for each in known}
    return [(form, files.get(digest)) for digest, form in forms]


def _open_disagreements(question: StandardQuestion | None) -> list[Any]:
    if question is None:
        return []
    return list(question.disagreements.filter(decided_at=None))
