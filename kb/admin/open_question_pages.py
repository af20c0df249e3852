"""Open questions (待裁定): two statements side by side, decided by an editor with a reason."""

from __future__ import annotations

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
from kb.admin.content_words import person_words
from kb.admin.question_fields import TextField
from kb.admin.standing_words import CHIPS
from kb.models import Disagreement, StandardQuestion, Verdict
from kb.selectors.room import decided, undecided
from kb.services.disagreements import decide, open_disagreement, reopen
from klingdesk.core.errors import Conflict, Invalid, NotFound
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render

PER_PAGE = 20


class DecisionForm(forms.Form):
    verdict = forms.ChoiceField(
        label=gettext_lazy("Verdict"),
        choices=Verdict.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    reason = TextField(
        label=gettext_lazy("Reason"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What you relied on. It stays on record with your name."),
    )


class OpeningForm(forms.Form):
    question = forms.CharField(label=gettext_lazy("Standard question"), required=False)
    our_statement = TextField(
        label=gettext_lazy("Our answer says"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    our_source = TextField(label=gettext_lazy("Source of our answer"), required=False)
    their_statement = TextField(
        label=gettext_lazy("The other source says"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    their_source = TextField(label=gettext_lazy("The other source"), required=False)
    caution = TextField(
        label=gettext_lazy("Caution for agents"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "Agents see it beside the answer until this is decided: what to ask, what not to "
            "promise."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        titles = StandardQuestion.objects.order_by("category__order", "title")
        rows = titles.values_list("category__title", "key", "title")
        groups: dict[str, list[tuple[str, str]]] = {}
        for group, key, title in rows:
            groups.setdefault(group, []).append((key, title or key))
        self.fields["question"].widget = forms.Select(choices=[("", "—"), *groups.items()])


@desk_page(Role.EDITOR)
def open_questions(request: HttpRequest) -> HttpResponse:
    """What is undecided, oldest first; below it what was decided, latest first."""
    page = Paginator(decided(), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": _("Open questions"),
        "rows": [_row(each) for each in undecided()],
        "decided_rows": [_row(each) for each in page.object_list],
        "page": page,
    }
    return desk_render(request, "admin/kb/open_questions.html", context)


@desk_page(Role.EDITOR, methods=("GET", "HEAD", "POST"))
def new_open_question(request: HttpRequest) -> HttpResponse:
    """Write down two statements; ``?question=key`` begins with what that answer says now."""
    if request.method != "POST":
        key = request.GET.get("question", "").replace("\x00", "")
        question = StandardQuestion.objects.filter(key=key).first()
        given = {"question": key, "our_statement": question.script} if question else {}
        return _show_opening(request, OpeningForm(initial=given))
    form = OpeningForm(request.POST)
    if not form.is_valid():
        return _show_opening(request, form, status=422)
    values = dict(form.cleaned_data)
    try:
        open_disagreement(
            question_key=values.pop("question"),
            acting_user=request.user,
            now=timezone.now(),
            **values,
        )
    except Invalid as refused:
        _take(form, refused)
        return _show_opening(request, form, status=422)
    messages.success(request, _("The question is open; agents see the caution."))
    return redirect("admin:kb_open_questions")


def _show_opening(request: HttpRequest, form: OpeningForm, *, status: int = 200) -> HttpResponse:
    context = {"title": _("Open a question"), "form": form}
    return desk_render(request, "admin/kb/open_question_new.html", context, status=status)


@desk_page(Role.EDITOR, methods=("GET", "HEAD", "POST"))
def open_question(request: HttpRequest, disagreement: int) -> HttpResponse:
    """One of them, to decide. 422 with the errors, 409 with the verdict when others were faster."""
    if request.method != "POST":
        return _show(request, _one(disagreement), DecisionForm())
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _show(request, _one(disagreement), form, status=422)
    try:
        done = decide(
            disagreement_id=disagreement,
            verdict=form.cleaned_data["verdict"],
            reason=form.cleaned_data["reason"],
            acting_user=request.user,
            now=timezone.now(),
        )
    except Invalid as refused:
        _take(form, refused)
        return _show(request, _one(disagreement), form, status=422)
    except Conflict as refused:
        return _show(request, _one(disagreement), form, problem=_decided_words(refused), status=409)
    if done.verdict == Verdict.OURS:
        messages.success(
            request, _("Decided: the answer stands. Agents no longer see the caution.")
        )
        return redirect("admin:kb_open_questions")
    messages.warning(
        request,
        _("Decided, and agents no longer see the caution. Now change the answer: %(statement)s")
        % {"statement": _what_holds(done)},
    )
    return redirect("admin:kb_standardquestion_change", done.question_id)


@desk_page(Role.EDITOR, methods=("POST",))
def reopen_question(request: HttpRequest, disagreement: int) -> HttpResponse:
    """Put a decided one up again; the decision stays on record."""
    try:
        again = reopen(disagreement_id=disagreement, acting_user=request.user, now=timezone.now())
    except Conflict as refused:
        return _show(request, _one(disagreement), DecisionForm(), problem=str(refused), status=409)
    messages.success(request, _("The question is open again; agents see the caution."))
    return redirect("admin:kb_open_question", again.pk)


def _one(disagreement: int) -> Disagreement:
    rows = Disagreement.objects.select_related("question", "opened_by", "decided_by")
    found = rows.filter(pk=disagreement).first()
    if found is None:
        raise NotFound(_("There is no such open question."))
    return found


def _show(
    request: HttpRequest,
    disagreement: Disagreement,
    form: DecisionForm,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "title": _("Open question"),
        "row": _row(disagreement),
        "form": form,
        "problem": problem,
    }
    return desk_render(request, "admin/kb/open_question.html", context, status=status)


def _row(disagreement: Disagreement) -> dict[str, Any]:
    """One of them with its people and moments in words."""
    decided_at = disagreement.decided_at
    return {
        "it": disagreement,
        "question": disagreement.question,
        "chip": CHIPS[disagreement.question.standing(now=timezone.now())],
        "opened_at": instant_words(disagreement.opened_at),
        "opened_by": person_words(disagreement.opened_by),
        "days": (timezone.now() - disagreement.opened_at).days,
        "decided_at": instant_words(decided_at) if decided_at is not None else "",
        "decided_by": person_words(disagreement.decided_by) if decided_at is not None else "",
    }


def _decided_words(refused: Conflict) -> str:
    state = refused.state
    return _(
        "%(who)s decided this meanwhile, %(time)s: %(verdict)s. Reason: “%(reason)s”. Your "
        "decision was not saved; if you see it otherwise, open the question again."
    ) % {
        "who": person_words(state["decided_by"]),
        "time": instant_words(state["decided_at"]),
        "verdict": Verdict(state["verdict"]).label,
        "reason": state["reason"],
    }


def _what_holds(done: Disagreement) -> str:
    """What the answer is to say by the verdict."""
    return done.their_statement if done.verdict == Verdict.THEIRS else done.verdict_reason


def _take(form: forms.Form, refused: Invalid) -> None:
    for name, found in refused.fields.items():
        form.add_error(name, [str(message) for message in found])


urlpatterns = [
    path("kb-room/open-questions/", open_questions, name="kb_open_questions"),
    path("kb-room/open-questions/new/", new_open_question, name="kb_open_question_new"),
    path("kb-room/open-questions/<int:disagreement>/", open_question, name="kb_open_question"),
    path(
        "kb-room/open-questions/<int:disagreement>/reopen/",
        reopen_question,
        name="kb_open_question_reopen",
    ),
]
