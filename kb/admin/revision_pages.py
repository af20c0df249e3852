"""Revisions of one question: looked at as they were read, compared, and restored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kb.admin.base import instant_words
from kb.admin.content_words import changes, content_in_words, person_words
from kb.admin.question_editing import Standpoint, tidied
from kb.admin.question_fields import TextField
from kb.admin.question_preview import Preview, preview_of
from kb.models import Draft, Revision, StandardQuestion
from kb.models.question import QuestionStatus
from kb.selectors.questions import question_for
from kb.services.content import QuestionContent
from kb.services.publishing import restore_revision
from klingdesk.core.errors import Conflict, Invalid, NotFound
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render

PER_PAGE = 30
MOST_OFFERED = 200
"""Revisions to choose from in a comparison; older ones are reached by their own pages."""

DRAFT = "draft"


class RestoreForm(forms.Form):
    reason = TextField(
        label=gettext_lazy("Reason"),
        max_length=300,
        error_messages={"required": gettext_lazy("Please fill this in.")},
        help_text=gettext_lazy("Kept with the new revision."),
    )
    expected_revision = forms.IntegerField(
        widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1
    )


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison; ``value`` is what the address calls it."""

    value: str
    label: str
    content: QuestionContent


@desk_page(Role.EDITOR)
def revisions(request: HttpRequest, key: str) -> HttpResponse:
    """All revisions of one question: who, when, why."""
    question = question_for(user=request.user, key=key)
    page = Paginator(_revisions_of(question), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": _("Revisions"),
        "question": question,
        "rows": [_row(revision) for revision in page.object_list],
        "page": page,
        "sides": _offered(question),
        "chosen": _last_two(question),
        "draft": _draft_words(question),
    }
    return desk_render(request, "admin/kb/revision_list.html", context)


@desk_page(Role.EDITOR)
def revision_page(request: HttpRequest, key: str, revision: int) -> HttpResponse:
    """One revision as it was read when it was published, and what it changed."""
    question, shown = _fetch(request, key, revision)
    form = RestoreForm(initial={"expected_revision": question.revision_number})
    return _show(request, question, shown, form)


@desk_page(Role.EDITOR, methods=("POST",))
def restore(request: HttpRequest, key: str, revision: int) -> HttpResponse:
    """Publish the old text anew. 422 with the errors, 409 when somebody published meanwhile."""
    question, shown = _fetch(request, key, revision)
    form = RestoreForm(request.POST)
    if not form.is_valid():
        return _show(request, question, shown, form, status=422)
    try:
        restored = restore_revision(
            key=key,
            number=revision,
            acting_user=request.user,
            reason=form.cleaned_data["reason"].strip(),
            now=timezone.now(),
            expected_revision=form.cleaned_data["expected_revision"],
        )
    except Invalid as refused:
        found = [str(each) for every in refused.fields.values() for each in every]
        words = " ".join([str(refused), *found])
        return _show(request, question, shown, form, problem=words, status=422)
    except Conflict as refused:
        question, shown = _fetch(request, key, revision)
        return _show(
            request,
            question,
            shown,
            _counting_from(form, question),
            problem=_conflict_words(refused, question),
            status=409,
        )
    if restored.replaced_at is not None:
        text = _("Revision %(number)d is restored and takes effect %(time)s.") % {
            "number": revision,
            "time": instant_words(restored.replaced_at),
        }
    else:
        text = _("Revision %(number)d is restored as revision %(new)d.") % {
            "number": revision,
            "new": restored.revision_number,
        }
    messages.success(request, text)
    return redirect("admin:kb_question_revisions", key=key)


@desk_page(Role.EDITOR)
def compare(request: HttpRequest, key: str) -> HttpResponse:
    """Any two revisions (``old``, ``new``), or one and the draft, word by word.

    Without a choice: the last two. What is not there is answered by the same page, in words.
    """
    question = question_for(user=request.user, key=key)
    before, newest = _last_two(question)
    chosen = request.GET.get("old", before), request.GET.get("new", newest)
    old, new = (_side(question, value) for value in chosen)
    context = {
        "title": _("Compare revisions"),
        "question": question,
        "sides": _offered(question),
        "chosen": chosen,
        "old": old,
        "new": new,
        "changes": changes(old.content, new.content) if old and new else [],
    }
    status = 200 if old and new else 404
    return desk_render(request, "admin/kb/revision_compare.html", context, status=status)


def _fetch(request: HttpRequest, key: str, number: int) -> tuple[StandardQuestion, Revision]:
    question = question_for(user=request.user, key=key)
    revision = _revisions_of(question).filter(number=number).first()
    if revision is None:
        raise NotFound(_("This question has no such revision."))
    return question, revision


def _revisions_of(question: StandardQuestion) -> Any:
    return Revision.objects.filter(question=question).select_related("author")


def _show(
    request: HttpRequest,
    question: StandardQuestion,
    revision: Revision,
    form: RestoreForm,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    content = _content(revision.content)
    numbers = Revision.objects.filter(question=question)
    before = numbers.filter(number__lt=revision.number).order_by("-number").first()
    after = numbers.filter(number__gt=revision.number).order_by("number").first()
    now = timezone.now()
    preview = preview_of(content, Standpoint(question=question), now=revision.created_at)
    context = {
        "title": _("Revision %(number)d") % {"number": revision.number},
        "question": question,
        "row": _row(revision),
        "before": before,
        "after": after,
        "shown": _as_it_was_read(preview, question, at=revision.created_at),
        "problems": preview.problems,
        "parts": [(label, text) for label, text in content_in_words(revision.content) if text],
        "changes": changes(_content(before.content), content) if before is not None else [],
        "is_present": revision.number == question.revision_number,
        "is_over": content.expires_at is not None and content.expires_at <= now,
        "draft": _draft_words(question),
        "form": form,
        "problem": problem,
    }
    return desk_render(request, "admin/kb/revision_page.html", context, status=status)


def _as_it_was_read(preview: Preview, question: StandardQuestion, *, at: datetime) -> Preview:
    """Without what concerns today: the cautions of that moment, and no comparison."""
    answer = preview.answer
    if answer is not None:
        cautions = tuple(
            each.caution
            for each in question.disagreements.all()
            if each.opened_at <= at and (each.decided_at is None or each.decided_at > at)
        )
        answer = replace(answer, cautions=cautions)
    return replace(preview, answer=answer, problems=[], waits_until=None, is_published=False)


def _content(data: Any) -> QuestionContent:
    return tidied(QuestionContent.from_json(data))


def _row(revision: Revision) -> dict[str, Any]:
    status = revision.content.get("status", "")
    return {
        "number": revision.number,
        "at": revision.created_at,
        "by": person_words(revision.author),
        "reason": revision.reason,
        "status": dict(QuestionStatus.choices).get(status, status),
    }


def _draft_words(question: StandardQuestion) -> str:
    draft = Draft.objects.filter(question=question).select_related("author").first()
    if draft is None:
        return ""
    return _("%(who)s has a draft of it, saved %(time)s.") % {
        "who": person_words(draft.author),
        "time": instant_words(draft.updated_at),
    }


def _offered(question: StandardQuestion) -> list[tuple[str, str]]:
    """What can be compared: value and label."""
    rows = list(_revisions_of(question).defer("content")[:MOST_OFFERED])
    offered = [(str(row.number), _side_label(row, row.created_at, question)) for row in rows]
    if Draft.objects.filter(question=question).exists():
        offered.insert(0, (DRAFT, _("the draft")))
    return offered


def _last_two(question: StandardQuestion) -> tuple[str, str]:
    newest = question.revision_number
    return str(max(newest - 1, 1)), str(newest)


def _side_label(revision: Revision, at: datetime, question: StandardQuestion) -> str:
    words = {"number": revision.number, "time": instant_words(at)}
    if revision.number == question.revision_number:
        return _("Revision %(number)d of %(time)s (the present text)") % words
    return _("Revision %(number)d of %(time)s") % words


def _side(question: StandardQuestion, value: str) -> Side | None:
    if value == DRAFT:
        draft = Draft.objects.filter(question=question).first()
        return Side(DRAFT, _("the draft"), _content(draft.content)) if draft is not None else None
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        return None
    revision = _revisions_of(question).filter(number=int(value)).first()
    if revision is None:
        return None
    label = _side_label(revision, revision.created_at, question)
    return Side(value, label, _content(revision.content))


def _counting_from(form: RestoreForm, question: StandardQuestion) -> RestoreForm:
    """What was typed stays; restoring once more is a decision taken on the present revision."""
    return RestoreForm(
        {
            "reason": form.cleaned_data["reason"],
            "expected_revision": question.revision_number,
        }
    )


def _conflict_words(refused: Conflict, question: StandardQuestion) -> str:
    newest = _revisions_of(question).first()
    if "draft" in refused.state or newest is None:
        return str(refused)
    return _(
        "Not restored: %(who)s published revision %(number)d meanwhile, %(time)s (%(reason)s). "
        "Look at what changed; restore again if that is still right."
    ) % {
        "who": person_words(newest.author),
        "number": newest.number,
        "time": instant_words(newest.created_at),
        "reason": newest.reason,
    }


_OF = "kb-room/questions/<slug:key>/revisions/"

urlpatterns = [
    path(_OF, revisions, name="kb_question_revisions"),
    path(f"{_OF}compare/", compare, name="kb_question_compare"),
    path(f"{_OF}<int:revision>/", revision_page, name="kb_question_revision"),
    path(f"{_OF}<int:revision>/restore/", restore, name="kb_question_restore"),
]
