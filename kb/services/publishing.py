"""Publishing: the only way a standard question's text changes for the desk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from kb.models import (
    Attachment,
    Category,
    Draft,
    Flow,
    FollowUp,
    Phrasing,
    QuestionAttachment,
    Revision,
    SearchIndexVersion,
    StandardQuestion,
)
from kb.rules.lifecycle import DraftState, Status, Step, open_steps
from kb.services.content import QuestionContent, published_content
from kb.services.content_rules import check_content
from klingdesk.core.errors import Conflict, NotFound

_PLAIN = (
    "title",
    "status",
    "script",
    "fallback",
    "internal_note",
    "escalates",
    "contrast_group",
    "contrast_label",
    "effective_from",
    "expires_at",
    "review_due",
    "review_reason",
)


def bump_search_index() -> None:
    """Tell every process that its search index is out of date (same transaction as the change)."""
    changed = SearchIndexVersion.objects.filter(pk=1).update(number=F("number") + 1)
    if not changed:
        SearchIndexVersion.objects.create(pk=1, number=2)


@transaction.atomic
def publish_question(
    *,
    key: str,
    content: QuestionContent,
    acting_user: Any | None,
    reason: str,
    now: datetime,
    expected_revision: int | None = None,
    replaces_draft: int | None = None,
) -> StandardQuestion:
    """Write ``content`` as the question's new revision and make it the current text.

    ``acting_user`` None means the starter knowledge base. ``replaces_draft`` is the version of
    the draft that the content comes from (0: there was none); that draft is done then. Without
    it a draft that somebody is writing stays as it is. An answer in force is never taken away
    early: content that becomes effective later waits as a scheduled draft, and the text it
    replaces ends at that moment.

    Raises ``Conflict`` when ``expected_revision`` (0: none yet) or the draft is no longer the
    current one, with both in its state; ``Invalid`` with field errors for content that cannot
    be published.
    """
    check_content(content)
    question = lock_question(key=key, expected_revision=expected_revision) or StandardQuestion(
        key=key
    )
    draft = lock_draft(question, expected_version=replaces_draft)
    if _must_wait(question, content, now=now):
        if draft is not None and replaces_draft is None:
            raise Conflict(
                _("There is a draft of this question. Publish or discard it first."),
                state=state_of(question, draft),
            )
        return _schedule(question, content, acting_user=acting_user, reason=reason, now=now)
    question.replaced_at = None
    question.category = Category.objects.get(slug=content.category)
    question.flow = Flow.objects.get(key=content.flow) if content.flow else None
    question.owner = owner_of(content)
    for name in _PLAIN:
        setattr(question, name, getattr(content, name))
    question.revision_number += 1
    save_row(question)
    _replace_children(question, content)
    if draft is not None and replaces_draft is not None:
        draft.delete()
    elif draft is not None and draft.state == DraftState.SCHEDULED:
        # It was approved as the successor of another text: it needs a fresh look.
        draft.state = DraftState.DRAFT.value
        draft.publish_at = None
        draft.save(update_fields=["state", "publish_at"])
    Revision.objects.create(
        question=question,
        number=question.revision_number,
        content=content.as_json(),
        reason=reason,
        author=acting_user,
        created_at=now,
    )
    bump_search_index()
    return question


@transaction.atomic
def retire_question(
    *,
    key: str,
    acting_user: Any,
    reason: str,
    now: datetime,
    expected_revision: int | None = None,
) -> StandardQuestion:
    """Take a published question out of use: a revision of its own, its text stays on record.

    ``Conflict`` for one that was never published or is retired already.
    """
    question = existing_question(key=key, expected_revision=expected_revision)
    if Step.RETIRE not in open_steps(status=question.status, draft=None):
        raise Conflict(
            _("Only a question that is published can be retired."),
            state={"revision": question.revision_number},
        )
    content = replace(published_content(question), status=Status.RETIRED.value)
    return publish_question(
        key=key, content=content, acting_user=acting_user, reason=reason, now=now
    )


@transaction.atomic
def restore_revision(
    *,
    key: str,
    number: int,
    acting_user: Any,
    reason: str,
    now: datetime,
    expected_revision: int | None = None,
) -> StandardQuestion:
    """Publish what revision ``number`` said as a new revision; nothing in between is lost.

    ``NotFound`` for a number that the question does not have, and the errors of
    ``publish_question``: an old text can break a rule that came later.
    """
    existing_question(key=key, expected_revision=expected_revision)
    revision = Revision.objects.filter(question__key=key, number=number).first()
    if revision is None:
        raise NotFound(_("This question has no such revision."))
    return publish_question(
        key=key,
        content=QuestionContent.from_json(revision.content),
        acting_user=acting_user,
        reason=reason,
        now=now,
    )


def lock_questions(keys: Iterable[str] | None = None) -> list[StandardQuestion]:
    """The questions with ``keys`` (None: all) under locks, in the one order that is used for many.

    Whoever changes several in one transaction begins with this: publishing takes the lock of the
    search index, and to hold that while waiting for a question is a deadlock with its publisher.
    """
    questions = StandardQuestion.objects.select_for_update().order_by("pk")
    return list(questions if keys is None else questions.filter(key__in=list(keys)))


def lock_question(*, key: str, expected_revision: int | None) -> StandardQuestion | None:
    """The question's row under a lock, or None. ``Conflict`` when it has moved on."""
    question = StandardQuestion.objects.select_for_update().filter(key=key).first()
    found = question.revision_number if question is not None else 0
    if expected_revision is not None and found != expected_revision:
        raise Conflict(
            _("Somebody else published a newer revision. Compare it with yours and save again."),
            state={"revision": found},
        )
    return question


def lock_draft(question: StandardQuestion, *, expected_version: int | None) -> Draft | None:
    """The question's draft under a lock, or None. ``Conflict`` when it has moved on (0: none)."""
    draft = Draft.objects.select_for_update().filter(question_id=question.pk or 0).first()
    found = draft.version if draft is not None else 0
    if expected_version is not None and found != expected_version:
        raise Conflict(
            _("Somebody else saved this draft meanwhile. Compare it with yours and save again."),
            state=state_of(question, draft),
        )
    return draft


def state_of(question: StandardQuestion, draft: Draft | None) -> dict[str, Any]:
    """Where a question stands, for the state of a ``Conflict``."""
    return {
        "revision": question.revision_number,
        "version": draft.version if draft is not None else 0,
        "draft": draft.state if draft is not None else None,
    }


def existing_question(*, key: str, expected_revision: int | None = None) -> StandardQuestion:
    """As ``lock_question``; ``NotFound`` when there is none."""
    question = lock_question(key=key, expected_revision=expected_revision)
    if question is None:
        raise NotFound(_("There is no such standard question."))
    return question


def save_row(question: StandardQuestion) -> None:
    """Save; two editors making the same key at once are a ``Conflict`` for the second."""
    try:
        with transaction.atomic():
            question.save()
    except IntegrityError as taken:
        if question.pk is None:
            raise Conflict(
                _("Somebody else just created a question with this key."), state={"revision": 1}
            ) from taken
        raise


def _must_wait(question: StandardQuestion, content: QuestionContent, *, now: datetime) -> bool:
    return (
        question.status == Status.ONLINE
        and content.status == Status.ONLINE
        and content.effective_from is not None
        and content.effective_from > now
        and (question.effective_from is None or question.effective_from <= now)
    )


def _schedule(
    question: StandardQuestion,
    content: QuestionContent,
    *,
    acting_user: Any | None,
    reason: str,
    now: datetime,
) -> StandardQuestion:
    version = Draft.objects.filter(question=question).values_list("version", flat=True).first()
    Draft.objects.update_or_create(
        question=question,
        defaults={
            "content": content.as_json(),
            "state": DraftState.SCHEDULED.value,
            "version": (version or 0) + 1,
            "base_revision": question.revision_number,
            "reason": reason,
            "author": acting_user,
            "publish_at": content.effective_from,
            "updated_at": now,
        },
    )
    question.replaced_at = content.effective_from
    question.save(update_fields=["replaced_at", "updated_at"])
    return question


def owner_of(content: QuestionContent) -> Any | None:
    """The owner's account; None (every editor is told then) for a name without one."""
    if not content.owner:
        return None
    return get_user_model().objects.filter(username=content.owner, is_active=True).first()


def _replace_children(question: StandardQuestion, content: QuestionContent) -> None:
    question.phrasings.all().delete()
    Phrasing.objects.bulk_create(
        Phrasing(question=question, text=text, learned=learned)
        for texts, learned in ((content.phrasings, False), (content.learned, True))
        for text in texts
    )
    question.follow_ups.all().delete()
    FollowUp.objects.bulk_create(
        FollowUp(parent=question, order=order, question=item.question, script=item.script)
        for order, item in enumerate(content.follow_ups, start=1)
    )
    question.attachments.all().delete()
    digests = [item.digest for item in content.attachments]
    held = dict(Attachment.objects.filter(digest__in=digests).values_list("digest", "pk"))
    QuestionAttachment.objects.bulk_create(
        QuestionAttachment(
            question=question, attachment_id=held[item.digest], title=item.title, order=order
        )
        for order, item in enumerate(content.attachments, start=1)
    )
