"""The same change to many questions at once: each a revision of its own, all in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kb.models import Draft, Revision, StandardQuestion
from kb.rules.lifecycle import PUBLISHED, Status, Step, open_steps
from kb.selectors.editors import active_editors
from kb.services.content import QuestionContent, published_content
from kb.services.publishing import (
    existing_question,
    lock_questions,
    publish_question,
    retire_question,
)
from klingdesk.core.errors import Conflict, DeskError, Invalid

MOST_ROWS = 200
MOST_REASON = int(Revision._meta.get_field("reason").max_length or 0)

_REQUIRED = _("Please fill this in.")
_NOTHING_DONE = _("Nothing was changed.")

Change = Callable[[QuestionContent], QuestionContent]


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row; ``problem`` is empty when it was done, else says why not."""

    key: str
    title: str
    problem: str = ""


@transaction.atomic
def assign_owner(
    *, rows: Mapping[str, int], owner: str, acting_user: Any, reason: str, now: datetime
) -> list[RowResult]:
    """Make ``owner`` (a user name; empty: nobody) answer for each question.

    ``rows`` maps the key of each question to the revision that the editor saw; a row that has
    moved on is refused, the others are done. ``Invalid`` with field errors when nothing can be.
    """
    errors = _reason_errors(reason)
    if owner and not active_editors().filter(username=owner).exists():
        errors["owner"] = [_("Choose an active editor.")]
    _check(rows, errors)
    return _each(
        rows,
        lambda key, seen: _revise(
            key,
            seen,
            lambda content: replace(content, owner=owner or None),
            acting_user=acting_user,
            reason=reason.strip(),
            now=now,
        ),
    )


@transaction.atomic
def set_review(
    *,
    rows: Mapping[str, int],
    review_due: date | None,
    acting_user: Any,
    reason: str,
    now: datetime,
) -> list[RowResult]:
    """Have each question reviewed by ``review_due`` for ``reason`` (None: no review any more).

    As ``assign_owner``.
    """
    errors = _reason_errors(reason)
    if review_due is not None and review_due < timezone.localdate(now):
        errors["review_due"] = [_("This day is over: choose a later one.")]
    _check(rows, errors)
    why = reason.strip() if review_due is not None else ""
    return _each(
        rows,
        lambda key, seen: _revise(
            key,
            seen,
            lambda content: replace(content, review_due=review_due, review_reason=why),
            acting_user=acting_user,
            reason=reason.strip(),
            now=now,
        ),
    )


@transaction.atomic
def retire_questions(
    *, rows: Mapping[str, int], acting_user: Any, reason: str, now: datetime
) -> list[RowResult]:
    """Take each question out of use. As ``assign_owner``."""
    _check(rows, _reason_errors(reason))

    def retire(key: str, seen: int) -> None:
        question = existing_question(key=key, expected_revision=seen)
        if question.status == Status.RETIRED:
            raise Conflict(_("It is retired already."))
        if Step.RETIRE not in open_steps(status=question.status, draft=None):
            raise Conflict(_("It was never published: discard its draft instead."))
        retire_question(
            key=key,
            acting_user=acting_user,
            reason=reason.strip(),
            now=now,
            expected_revision=seen,
        )

    return _each(rows, retire)


def _reason_errors(reason: str) -> dict[str, list[Any]]:
    if not reason.strip():
        return {"reason": [_REQUIRED]}
    if len(reason.strip()) > MOST_REASON:
        return {"reason": [_("At most %(most)d characters.") % {"most": MOST_REASON}]}
    return {}


def _check(rows: Mapping[str, int], errors: dict[str, list[Any]]) -> None:
    if not rows:
        raise Invalid(_("Choose at least one question."))
    if len(rows) > MOST_ROWS:
        raise Invalid(_("Choose at most %(most)d questions.") % {"most": MOST_ROWS})
    if errors:
        raise Invalid(_NOTHING_DONE, fields=errors)


def _each(rows: Mapping[str, int], act: Callable[[str, int], None]) -> list[RowResult]:
    """Act on row after row; one that is refused leaves no trace and does not stop the others."""
    titles = {question.key: question.title for question in lock_questions(rows)}
    results = []
    for key, seen in rows.items():
        problem = ""
        try:
            with transaction.atomic():
                act(key, seen)
        except DeskError as refused:
            problem = _in_words(refused)
        results.append(RowResult(key, titles.get(key, key), problem))
    return results


def _in_words(refused: DeskError) -> str:
    if isinstance(refused, Conflict) and "revision" in refused.state:
        return str(_("Somebody else published a newer revision meanwhile. Look at it first."))
    if isinstance(refused, Invalid):
        problems = [str(each) for found in refused.fields.values() for each in found]
        return " ".join([str(refused), *problems])
    return str(refused)


def _revise(
    key: str, seen: int, change: Change, *, acting_user: Any, reason: str, now: datetime
) -> None:
    """Change what is published, as a revision, and what is being written along with it."""
    question = existing_question(key=key, expected_revision=seen)
    draft = Draft.objects.select_for_update().filter(question=question).first()
    if question.status not in PUBLISHED:
        if draft is None:
            raise Conflict(_("It has neither a published text nor a draft."))
        content = _follow(draft, change, now=now)
        _show_in_list(question, content)
        return
    kept = _Kept.of(question, draft)
    publish_question(
        key=key,
        content=change(published_content(question)),
        acting_user=acting_user,
        reason=reason,
        now=now,
        expected_revision=seen,
    )
    if question.replaced_at is not None:
        # Publishing ends a schedule and a withdrawal, but this was no other text.
        StandardQuestion.objects.filter(pk=question.pk).update(replaced_at=question.replaced_at)
    if draft is not None:
        _follow(draft, change, now=now, kept=kept)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a publication of the same text must not take from a draft: its base and schedule."""

    base_is_current: bool
    state: str
    publish_at: datetime | None

    @classmethod
    def of(cls, question: StandardQuestion, draft: Draft | None) -> _Kept | None:
        if draft is None:
            return None
        current = draft.base_revision == question.revision_number
        return cls(current, draft.state, draft.publish_at)


def _follow(
    draft: Draft, change: Change, *, now: datetime, kept: _Kept | None = None
) -> QuestionContent:
    """Let a draft say the same, with its text, its writer and its place in the review kept.

    It stands on the new revision only if it stood on the one before: a draft that had missed
    somebody's publication must still be told of it.
    """
    content = change(QuestionContent.from_json(draft.content))
    draft.content = content.as_json()
    draft.version += 1
    changed = ["content", "version"]
    if kept is not None:
        draft.state, draft.publish_at = kept.state, kept.publish_at
        changed += ["state", "publish_at"]
        if kept.base_is_current:
            draft.base_revision += 1
            changed.append("base_revision")
    draft.save(update_fields=changed)
    return content


def _show_in_list(question: StandardQuestion, content: QuestionContent) -> None:
    """The row of a question that was never published says what its draft says."""
    question.owner = (
        active_editors().filter(username=content.owner).first() if content.owner else None
    )
    question.review_due = content.review_due
    question.review_reason = content.review_reason
    question.save(update_fields=["owner", "review_due", "review_reason", "updated_at"])
