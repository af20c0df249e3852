"""From a question to its shape in the API: what may be told, and what the desk knows besides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from kb.api.serializers import QuestionBody, StaffQuestionBody
from kb.api.sparse import CONTEXT
from kb.models import QuestionAttachment, StandardQuestion
from kb.rules.lifecycle import KNOWN_TO_AGENTS, Standing
from kb.selectors.answers import FALLBACK_FLOW, Answer, answer_of
from kb.selectors.questions import question_for
from klingdesk.core.errors import NotFound
from klingdesk.core.roles import is_bot, roles_of


def readable(*, user: Any, now: datetime) -> QuerySet[StandardQuestion]:
    """The questions that ``user`` may read over the API.

    A program that answers users learns of an announced answer only once it is effective: its
    title and phrasings would tell what is not out yet.
    """
    visible = StandardQuestion.objects.visible_to(user)
    return visible.exclude(effective_from__gt=now) if is_bot(user) else visible


def question_to_read(*, user: Any, key: str, now: datetime) -> StandardQuestion:
    """One of ``readable`` with everything its body needs, or ``NotFound``."""
    question = question_for(user=user, key=key)
    if is_bot(user) and question.standing(now=now) is Standing.SCHEDULED:
        raise NotFound(_("There is no such standard question, or it is not online any more."))
    return question


def question_row(
    question: StandardQuestion, *, now: datetime, only: frozenset[str] | None = None
) -> dict[str, Any]:
    """Without anything internal, whoever asks; ``only`` leaves out the other fields."""
    told = _told(question, answer_of(question, now=now))
    return dict(QuestionBody(told, context={CONTEXT: only}).data)


def question_body(
    question: StandardQuestion, *, user: Any, now: datetime, only: frozenset[str] | None = None
) -> dict[str, Any]:
    """With the internal texts only for somebody who has a role on the desk."""
    if not roles_of(user):
        return question_row(question, now=now, only=only)
    answer = answer_of(question, now=now)
    internal = {
        "internal_note": question.internal_note,
        "cautions": answer.cautions,
        "withheld_script": answer.withheld or None,
    }
    told = {**_told(question, answer), **internal}
    return dict(StaffQuestionBody(told, context={CONTEXT: only}).data)


def _told(question: StandardQuestion, answer: Answer) -> dict[str, Any]:
    ends = [end for end in (question.expires_at, question.replaced_at) if end is not None]
    return {
        "key": question.key,
        "title": question.title,
        "category": question.category,
        "status": question.status,
        "standing": answer.standing.value,
        "script": answer.script,
        "is_fallback": answer.is_fallback,
        "withdrawn": answer.standing in (Standing.EXPIRED, Standing.RETIRED),
        "follow_ups": answer.follow_ups,
        "attachments": [_attachment(item) for item in answer.attachments],
        "flow": _flow_key(question, answer),
        "escalates": question.escalates,
        "effective_from": question.effective_from,
        "expires_at": min(ends, default=None),
        "review_due": question.review_due,
    }


def _flow_key(question: StandardQuestion, answer: Answer) -> str | None:
    """As ``flow_of``, without a query for each question of a list."""
    if answer.is_in_force:
        return question.flow.key if question.flow else None
    return FALLBACK_FLOW if question.status in KNOWN_TO_AGENTS else None


def _attachment(item: QuestionAttachment) -> dict[str, str]:
    return {
        "title": item.title,
        "url": reverse("api-kb-attachment", args=[item.attachment.digest]),
        "media_type": item.attachment.media_type,
    }
