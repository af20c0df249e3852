"""Keeping answers true: what falls due is published, and whoever answers for it is told.

Nothing stale is given meanwhile: what may be told to a user is computed from the dates when it
is read. So this may run once a day, many times, twice at once, or not for a week.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from kb.models import Draft, StandardQuestion
from kb.rules.lifecycle import DraftState, Status
from kb.selectors.editors import active_editors
from kb.services.drafts import publish_draft
from kb.services.notice_texts import question_path
from klingdesk.core.errors import DeskError
from klingdesk.core.roles import Role
from notices.services import notify

log = logging.getLogger(__name__)

EXPIRES_SOON = timedelta(days=3)


@dataclass(slots=True)
class Upkeep:
    """What one run did: questions published, publications that failed, notices sent."""

    published: int = 0
    failed: int = 0
    notices: int = 0


def keep_answers_true(*, now: datetime) -> Upkeep:
    """Publish scheduled drafts whose moment has come, then tell owners what has fallen due."""
    done = Upkeep()
    editors = _Editors()
    _publish_scheduled(done, editors, now=now)
    known = StandardQuestion.objects.known_to_agents()
    online = known.filter(status=Status.ONLINE)
    today = timezone.localdate(now)
    due: tuple[tuple[str, QuerySet[StandardQuestion]], ...] = (
        ("kb.expired", online.filter(expires_at__lte=now)),
        (
            "kb.expires_soon",
            online.filter(expires_at__gt=now, expires_at__lte=now + EXPIRES_SOON),
        ),
        ("kb.review_due", known.filter(review_due__lte=today)),
    )
    for code, questions in due:
        for question in questions:
            done.notices += _tell(editors, code, question, now=now)
    return done


def _publish_scheduled(done: Upkeep, editors: _Editors, *, now: datetime) -> None:
    """Each in a transaction of its own: one that fails must not hold up the others."""
    due = Draft.objects.filter(state=DraftState.SCHEDULED.value, publish_at__lte=now)
    for draft in due.select_related("question", "author"):
        try:
            publish_draft(
                key=draft.question.key,
                acting_user=draft.author,
                reason=draft.reason,
                now=now,
                expected_version=draft.version,
            )
            done.published += 1
        except DeskError as refused:
            # Gone or changed since it was listed: somebody, or another run, was faster.
            if not Draft.objects.filter(
                pk=draft.pk, version=draft.version, state=DraftState.SCHEDULED.value
            ).exists():
                continue
            log.warning("scheduled text of %s not published: %s", draft.question.key, refused)
            done.failed += 1
            done.notices += notify(
                recipients=editors.answering_for(draft.question),
                code="kb.not_published",
                event=f"kb.not_published:{draft.pk}:{draft.version}",
                params={"title": draft.question.title, "reason": str(refused)},
                path=question_path(draft.question),
                now=now,
            )


def _tell(editors: _Editors, code: str, question: StandardQuestion, *, now: datetime) -> int:
    reason = question.review_reason.strip()
    if code == "kb.review_due":
        date = f"{question.review_due}"
        event = f"{code}:{question.pk}:{date}"
        code = code if reason else "kb.review_due_plain"
    else:
        moment = timezone.localtime(question.expires_at)
        date, event = f"{moment:%Y-%m-%d}", f"{code}:{question.pk}:{moment.isoformat()}"
    return notify(
        recipients=editors.answering_for(question),
        code=code,
        # A new date is a new event; the same one is told once.
        event=event,
        params={"title": question.title, "date": date, "reason": reason},
        path=question_path(question),
        now=now,
    )


class _Editors:
    """Who answers for a question: its owner, else every editor, else administrators.

    An owner who is no active editor any more cannot even open the page that a notice leads to.
    """

    def __init__(self) -> None:
        everybody = active_editors()
        self._able = {person.pk: person for person in everybody}
        editors = list(everybody.filter(groups__name=Role.EDITOR.value))
        self._all: list[Any] = editors or list(self._able.values())

    def answering_for(self, question: StandardQuestion) -> list[Any]:
        owner = self._able.get(question.owner_id)
        return [owner] if owner is not None else self._all
