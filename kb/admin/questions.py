"""Standard questions: the list, and the one page on which an editor writes and publishes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from kb.admin.base import DeskModelAdmin
from kb.admin.question_editing import Editing, Standpoint, standpoint_of
from kb.admin.question_list import QuestionListMixin
from kb.admin.question_page import show_page
from kb.admin.question_steps import take_step
from kb.models import StandardQuestion
from klingdesk.core.errors import NotFound
from klingdesk.core.roles import Role, roles_of


@admin.register(StandardQuestion)
class StandardQuestionAdmin(QuestionListMixin, DeskModelAdmin):
    """Drafts and publication are nothing that the stock form knows, so the page is our own."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[StandardQuestion]:
        return StandardQuestion.objects.visible_to(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: tickets and revisions speak of it. A question is retired instead."""
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of one question, or of a new one; POST carries out a step."""
        if Role.EDITOR not in roles_of(request.user):
            raise PermissionDenied
        standpoint = _standpoint(request, object_id)
        if request.method == "POST":
            return take_step(request, standpoint)
        editing = Editing.showing(standpoint.content(), standpoint)
        return show_page(request, standpoint, editing)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Its history are its revisions."""
        if Role.EDITOR not in roles_of(request.user):
            raise PermissionDenied
        standpoint = _standpoint(request, object_id)
        if standpoint.question is None:
            raise Http404
        return redirect("admin:kb_question_revisions", key=standpoint.question.key)


def _standpoint(request: HttpRequest, object_id: str | None) -> Standpoint:
    """Where the question stands. Thrown away while somebody was writing: nothing, not a 404,
    so that what he sends is not lost.
    """
    if object_id is None:
        return Standpoint()
    try:
        number = int(object_id) if len(object_id) < 10 else 0
        return standpoint_of(user=request.user, question_id=number)
    except (ValueError, NotFound) as error:
        if request.method == "POST" and request.POST.get("expected_version", "0") != "0":
            return Standpoint()
        raise Http404(str(error)) from error
