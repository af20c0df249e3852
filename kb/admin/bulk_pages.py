"""Changes to many questions: asked first with what they are about, then told row by row."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kb.admin.content_words import person_words
from kb.admin.question_fields import DayField, TextField
from kb.admin.standing_words import CHIPS
from kb.models import StandardQuestion
from kb.selectors.editors import active_editors
from kb.selectors.flows import flows_reading
from kb.services.bulk import (
    MOST_ROWS,
    RowResult,
    assign_owner,
    retire_questions,
    set_review,
)
from klingdesk.core.errors import Invalid
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render


class Kind(StrEnum):
    OWNER = "owner"
    REVIEW = "review"
    RETIRE = "retire"


_ROW = re.compile(r"(?P<key>[-a-zA-Z0-9_]{1,80}):(?P<revision>[0-9]{1,9})")


class _ReasonForm(forms.Form):
    reason = TextField(
        label=gettext_lazy("Reason"),
        required=False,
        help_text=gettext_lazy("Kept with the revision of each question."),
    )


class OwnerForm(_ReasonForm):
    owner = forms.ChoiceField(label=gettext_lazy("Owner"), required=False)
    field_order = ("owner", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared so above
        people = active_editors()
        field.choices = [
            ("", _("Nobody (all editors are told)")),
            *((person.get_username(), person_words(person)) for person in people),
        ]

    def run(self, rows: dict[str, int], user: Any) -> list[RowResult]:
        return assign_owner(
            rows=rows,
            owner=self.cleaned_data["owner"],
            acting_user=user,
            reason=self.cleaned_data["reason"],
            now=timezone.now(),
        )


class ReviewForm(_ReasonForm):
    review_due = DayField(
        label=gettext_lazy("Review due"),
        help_text=gettext_lazy("Empty: no review any more."),
    )
    field_order = ("review_due", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _(
            "Why it is to be reviewed: its owner reads it on that day."
        )

    def run(self, rows: dict[str, int], user: Any) -> list[RowResult]:
        return set_review(
            rows=rows,
            review_due=self.cleaned_data["review_due"],
            acting_user=user,
            reason=self.cleaned_data["reason"],
            now=timezone.now(),
        )


class RetireForm(_ReasonForm):
    def run(self, rows: dict[str, int], user: Any) -> list[RowResult]:
        return retire_questions(
            rows=rows,
            acting_user=user,
            reason=self.cleaned_data["reason"],
            now=timezone.now(),
        )


_FORMS: dict[Kind, type[Any]] = {
    Kind.OWNER: OwnerForm,
    Kind.REVIEW: ReviewForm,
    Kind.RETIRE: RetireForm,
}
_TITLES = {
    Kind.OWNER: gettext_lazy("Assign an owner"),
    Kind.REVIEW: gettext_lazy("Set the review date"),
    Kind.RETIRE: gettext_lazy("Retire standard questions"),
}


def ask_first(
    request: HttpRequest, kind: Kind, questions: QuerySet[StandardQuestion]
) -> HttpResponse:
    """The page between the choice in the list and the change; nothing has happened yet."""
    chosen = list(questions[: MOST_ROWS + 1])
    problem = ""
    if len(chosen) > MOST_ROWS:
        chosen = []
        problem = _("Choose at most %(most)d questions.") % {"most": MOST_ROWS}
    form = _FORMS[kind]()
    return _ask(request, kind, form, chosen, back=request.GET.urlencode(), problem=problem)


@desk_page(Role.EDITOR, methods=("POST",))
def change_many(request: HttpRequest, kind: str) -> HttpResponse:
    """Do it, and tell what became of each row; 422 with the form again when nothing can be done."""
    rows = dict(_rows(request.POST.getlist("row")))
    back = request.POST.get("back", "")
    form = _FORMS[Kind(kind)](request.POST)
    problem: Any = ""
    if form.is_valid():
        try:
            results = form.run(rows, request.user)
        except Invalid as refused:
            problem = refused.message
            for name, messages in refused.fields.items():
                form.add_error(name, [str(message) for message in messages])
        else:
            return _tell(request, Kind(kind), results, back=back)
    questions = StandardQuestion.objects.visible_to(request.user).filter(key__in=rows)
    chosen = list(questions.select_related("category", "owner"))
    return _ask(
        request, Kind(kind), form, chosen, back=back, problem=problem, seen=rows, status=422
    )


def _rows(posted: Iterable[str]) -> Iterable[tuple[str, int]]:
    """``key:revision`` as the page sent it; anything else is no row of ours."""
    for text in posted:
        if (found := _ROW.fullmatch(text)) is not None:
            yield found["key"], int(found["revision"])


def _ask(
    request: HttpRequest,
    kind: Kind,
    form: forms.Form,
    chosen: list[StandardQuestion],
    *,
    back: str,
    problem: Any = "",
    seen: dict[str, int] | None = None,
    status: int = 200,
) -> HttpResponse:
    """``seen``: the revisions that the editor saw; without it, those of ``chosen``."""
    now = timezone.now()
    keys = [question.key for question in chosen] if kind is Kind.RETIRE else []
    read_by = flows_reading(keys) if keys else {}
    rows = [
        {
            "question": question,
            "chip": CHIPS[question.standing(now=now)],
            "owner": person_words(question.owner) if question.owner is not None else "–",
            "read_by": _("; ").join(flow.title for flow in read_by.get(question.key, ())),
            "seen": (seen or {}).get(question.key, question.revision_number),
        }
        for question in chosen
    ]
    context = {
        "title": _TITLES[kind],
        "kind": kind.value,
        "action": reverse(f"admin:kb_bulk_{kind.value}"),
        "form": form,
        "rows": rows,
        "problem": problem,
        **_way_back(back),
    }
    return desk_render(request, "admin/kb/room_bulk.html", context, status=status)


def _tell(request: HttpRequest, kind: Kind, results: list[RowResult], *, back: str) -> HttpResponse:
    ids = dict(
        StandardQuestion.objects.visible_to(request.user)
        .filter(key__in=[row.key for row in results])
        .values_list("key", "pk")
    )
    refused_first = sorted(results, key=lambda row: row.problem == "")
    context = {
        "title": _TITLES[kind],
        "rows": [{"result": row, "pk": ids.get(row.key)} for row in refused_first],
        "done": sum(not row.problem for row in results),
        "refused": sum(bool(row.problem) for row in results),
        **_way_back(back),
    }
    return desk_render(request, "admin/kb/room_bulk_done.html", context)


def _way_back(back: str) -> dict[str, str]:
    """To the list as it was filtered; ``back`` is only ever the query of that address."""
    address = reverse("admin:kb_standardquestion_changelist")
    return {"back": back, "back_address": f"{address}?{back}" if back else address}


urlpatterns: list[URLPattern] = [
    path(
        f"kb-room/bulk/{kind.value}/",
        change_many,
        {"kind": kind.value},
        name=f"kb_bulk_{kind.value}",
    )
    for kind in Kind
]
