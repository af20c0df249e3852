"""Standard questions: listed, filtered, and published through the one service that may."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from kb.admin.base import AnyFormSet, AnyInline, AnyModelAdmin, AnyModelForm, instant_words
from kb.admin.question_form import FollowUpForm, FollowUpFormSet, QuestionForm
from kb.models import FollowUp, StandardQuestion
from kb.services.publishing import FollowUpContent, publish_question
from klingdesk.core.errors import Conflict

LATEST_REVISIONS = 20
MOST_ATTEMPTS = 3


class FollowUpInline(AnyInline):
    model = FollowUp
    form = FollowUpForm
    formset = FollowUpFormSet
    extra = 1

    # Follow-ups are part of the question's content: who may change it may change them.
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("kb.view_standardquestion")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("kb.change_standardquestion")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("kb.change_standardquestion")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("kb.change_standardquestion")


@admin.register(StandardQuestion)
class StandardQuestionAdmin(AnyModelAdmin):
    form = QuestionForm
    inlines = (FollowUpInline,)
    list_display = ("title", "key", "category", "status", "flow", "review_due", "updated_at")
    list_filter = ("status", "category", ("review_due", admin.DateFieldListFilter), "escalates")
    list_select_related = ("category", "flow")
    search_fields = ("title", "key", "phrasings__text", "script")
    list_per_page = 50
    show_full_result_count = False
    save_on_top = True

    class Media:
        css = {"all": ["desk/knowledge.css"]}

    fieldsets = (
        (None, {"fields": ("title", "key", "category", "status")}),
        (_("Said to the user"), {"fields": ("script",)}),
        (_("For the desk only"), {"fields": ("internal_note",)}),
        (_("Found by"), {"fields": ("phrasings",)}),
        (_("Tier 2"), {"fields": ("flow", "escalates")}),
        (_("Lifetime"), {"fields": ("expires_at", "review_due", "review_reason")}),
        (_("Publish"), {"fields": ("reason", "expected_revision", "latest_revisions")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StandardQuestion]:
        return StandardQuestion.objects.visible_to(request.user, now=timezone.now())

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("key", "latest_revisions") if obj is not None else ("latest_revisions",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: tickets and revisions speak of it. A question is retired instead."""
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A revision that came in between check and publication is met by a second check.

        The second round sees it, so the form comes back with the conflict and all that was typed.
        """
        for _attempt in range(MOST_ATTEMPTS):
            with suppress(Conflict):
                return super().changeform_view(request, *args, **kwargs)
        return super().changeform_view(request, *args, **kwargs)

    def save_model(self, *args: Any, **kwargs: Any) -> None:
        """Nothing yet: the follow-ups belong to the same revision, see ``save_related``."""

    def save_related(
        self,
        request: HttpRequest,
        form: AnyModelForm,
        formsets: list[AnyFormSet],
        change: bool,
    ) -> None:
        assert isinstance(form, QuestionForm)  # noqa: S101 - the form of this very class
        follow_ups = [item for formset in formsets for item in _follow_ups(formset)]
        published = publish_question(
            key=form.instance.key,
            content=form.content(follow_ups),
            acting_user=request.user,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
            expected_revision=form.cleaned_data["expected_revision"] if change else 0,
        )
        form.instance.pk = published.pk

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        return str(form.cleaned_data["reason"])

    @admin.display(description=_("latest revisions"))
    def latest_revisions(self, question: StandardQuestion) -> SafeString | str:
        if not question.pk:
            return "–"
        rows = question.revisions.select_related("author")[:LATEST_REVISIONS]
        return format_html_join(
            "",
            '<div><a href="{}">{}</a> {} {} – {}</div>',
            (
                (
                    reverse("admin:kb_revision_change", args=[row.pk]),
                    row.number,
                    instant_words(row.created_at),
                    row.author or _("starter"),
                    row.reason,
                )
                for row in rows
            ),
        )


def _follow_ups(formset: AnyFormSet) -> list[FollowUpContent]:
    """The rows to keep, in the order that the editor gave them; those without one come last."""
    rows = [
        form.cleaned_data
        for form in formset.forms
        if form.cleaned_data and not form.cleaned_data.get("DELETE")
    ]
    return [
        FollowUpContent(question=row["question"].strip(), script=row["script"].strip())
        for row in sorted(rows, key=lambda row: (row["order"] is None, row["order"] or 0))
    ]
