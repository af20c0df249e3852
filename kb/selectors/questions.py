"""Reading standard questions: single ones, by keys, and the tree that an agent browses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from kb.models import Category, QuestionAttachment, StandardQuestion
from kb.rules.lifecycle import KNOWN_TO_AGENTS
from klingdesk.core.errors import NotFound


def _with_parts(questions: QuerySet[StandardQuestion]) -> QuerySet[StandardQuestion]:
    attachments = QuestionAttachment.objects.select_related("attachment").defer("attachment__data")
    return questions.select_related("category", "flow").prefetch_related(
        "follow_ups", Prefetch("attachments", queryset=attachments), "disagreements"
    )


def question_for(*, user: Any, key: str) -> StandardQuestion:
    """One question that ``user`` may see, with everything an answer needs.

    What of it may be told to a user is for ``answer_of`` to say. Raises ``NotFound`` for an
    unknown one, and for one that is not for this user.
    """
    visible = StandardQuestion.objects.visible_to(user)
    question = _with_parts(visible).filter(key=key).first()
    if question is None:
        raise NotFound(_("There is no such standard question, or it is not online any more."))
    return question


def answerable_question(*, user: Any, key: str) -> StandardQuestion:
    """As ``question_for``, but only what agents know: also for an editor no drafts."""
    question = question_for(user=user, key=key)
    if question.status not in KNOWN_TO_AGENTS:
        raise NotFound(_("There is no such standard question, or it is not online any more."))
    return question


def questions_by_keys(*, user: Any, keys: Iterable[str]) -> dict[str, StandardQuestion]:
    """Visible questions by key, with their category; missing keys are left out."""
    found = StandardQuestion.objects.visible_to(user).filter(key__in=list(keys))
    return {question.key: question for question in found.select_related("category")}


def question_tree(*, user: Any) -> QuerySet[Category]:
    """Categories in their order, each with the questions that agents know, for browsing."""
    visible = StandardQuestion.objects.visible_to(user).known_to_agents().order_by("pk")
    return (
        Category.objects.filter(questions__in=visible)
        .distinct()
        .prefetch_related(Prefetch("questions", queryset=visible))
    )
