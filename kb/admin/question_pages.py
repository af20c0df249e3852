"""Fragments beside the editor's form: the live preview, and the phrasing test.

Both are asked by POST, because texts are long; nothing is stored.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from kb.admin.question_editing import Editing, Standpoint, standpoint_of
from kb.admin.question_preview import phrasing_test, preview_of
from klingdesk.core.errors import NotFound
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page


@desk_page(Role.EDITOR, methods=("POST",))
def preview(request: HttpRequest) -> HttpResponse:
    """What is in the form, as agent and user would see it, and what it changes."""
    standpoint = _standpoint(request)
    content = Editing.sent(request.POST, standpoint).content()
    context = {"preview": preview_of(content, standpoint, now=timezone.now())}
    return render(request, "admin/kb/_question_preview.html", context)


@desk_page(Role.EDITOR, methods=("POST",))
def phrasings(request: HttpRequest) -> HttpResponse:
    """Where this question comes for some words, now and with the text of the form."""
    standpoint = _standpoint(request)
    content = Editing.sent(request.POST, standpoint).content()
    key = standpoint.question.key if standpoint.question is not None else ""
    trial = phrasing_test(request.POST.get("words", ""), content, key=key)
    return render(request, "admin/kb/_question_trial.html", {"trial": trial})


def _standpoint(request: HttpRequest) -> Standpoint:
    """The question that the form names; nothing for a new one, or one thrown away meanwhile."""
    number = request.POST.get("question", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return Standpoint()
    try:
        return standpoint_of(user=request.user, question_id=int(number))
    except NotFound:
        return Standpoint()


urlpatterns = [
    path("kb-questions/preview/", preview, name="kb_question_preview"),
    path("kb-questions/phrasings/", phrasings, name="kb_question_phrasings"),
]
