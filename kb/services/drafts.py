"""Writing: drafts beside what is published, each save guarded by the version it began from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy as _

from kb.models import Category, Draft, DraftSource, StandardQuestion
from kb.rules.lifecycle import DraftState, Status, Step, open_steps
from kb.selectors.editors import active_editors
from kb.services.content import QuestionContent
from kb.services.content_rules import check_content, check_draft
from kb.services.notice_texts import question_path
from kb.services.publishing import (
    lock_draft,
    lock_question,
    owner_of,
    publish_question,
    save_row,
    state_of,
)
from klingdesk.core.errors import Conflict, Invalid, NotFound
from notices.services import notify


@transaction.atomic
def save_draft(
    *,
    key: str,
    content: QuestionContent,
    acting_user: Any,
    now: datetime,
    expected_revision: int | None = None,
    expected_version: int | None = None,
    reason: str = "",
    source: str = DraftSource.PERSON,
) -> Draft:
    """Keep ``content`` as the question's draft; nobody but editors sees it.

    A new key makes a question in the state draft. Incomplete content may be saved. Saving
    takes a draft out of review, or out of its schedule, since it is another text now. Who
    names the ``expected_revision`` has seen it: the draft counts as begun on it from then on.

    Raises ``Conflict`` when the published revision or the draft is no longer the one that the
    writer began from (``expected_version`` 0: there was no draft), with both in its state;
    ``Invalid`` with field errors for content that cannot even be a draft.
    """
    check_draft(content)
    question = lock_question(key=key, expected_revision=expected_revision)
    if question is None:
        question = StandardQuestion(
            key=key,
            title=content.title,
            category=Category.objects.get(slug=content.category),
            status=Status.DRAFT.value,
        )
        save_row(question)
    draft = lock_draft(question, expected_version=expected_version)
    if draft is None:
        draft = Draft(question=question, version=0, base_revision=question.revision_number)
    elif expected_revision is not None:
        draft.base_revision = expected_revision
    draft.content = content.as_json()
    draft.version += 1
    draft.state = DraftState.DRAFT.value
    draft.publish_at = None
    draft.source = source
    draft.reason = reason
    draft.author = acting_user
    draft.updated_at = now
    draft.save()
    _mirror(question, content=content, status=Status.DRAFT, now=now)
    return draft


@transaction.atomic
def submit_content(
    *,
    key: str,
    content: QuestionContent,
    acting_user: Any,
    now: datetime,
    expected_revision: int | None = None,
    expected_version: int | None = None,
    reason: str = "",
    source: str = DraftSource.PERSON,
) -> Draft:
    """Save ``content`` as the draft and ask for its review, both or neither.

    The errors are those of ``save_draft`` and ``submit_draft``.
    """
    draft = save_draft(
        key=key,
        content=content,
        acting_user=acting_user,
        now=now,
        expected_revision=expected_revision,
        expected_version=expected_version,
        reason=reason,
        source=source,
    )
    return submit_draft(key=key, acting_user=acting_user, now=now, expected_version=draft.version)


@transaction.atomic
def submit_draft(*, key: str, acting_user: Any, now: datetime, expected_version: int) -> Draft:
    """Ask for a review. The content must be fit for publication: ``Invalid`` otherwise."""
    draft = _locked_draft(key=key, step=Step.SUBMIT, expected_version=expected_version)
    check_content(QuestionContent.from_json(draft.content))
    draft.state = DraftState.IN_REVIEW.value
    draft.updated_at = now
    draft.author = acting_user
    draft.save(update_fields=["state", "updated_at", "author"])
    _mirror(draft.question, content=None, status=Status.IN_REVIEW, now=now)
    others = active_editors().exclude(pk=acting_user.pk if acting_user else None)
    _tell("kb.review_wanted", others, draft, now=now)
    return draft


@transaction.atomic
def send_back_draft(
    *, key: str, acting_user: Any, comment: str, now: datetime, expected_version: int
) -> Draft:
    """Give a draft in review, or a scheduled one, back to its writer, with what is to be done."""
    if not comment.strip():
        raise Invalid(
            _("Say what is to be changed."), fields={"comment": [_("Please fill this in.")]}
        )
    draft = _locked_draft(key=key, step=Step.SEND_BACK, expected_version=expected_version)
    draft.state = DraftState.DRAFT.value
    draft.publish_at = None
    draft.review_comment = comment.strip()
    draft.updated_at = now
    draft.save(update_fields=["state", "publish_at", "review_comment", "updated_at"])
    _mirror(draft.question, content=None, status=Status.DRAFT, now=now)
    writers = [draft.author] if draft.author not in (None, acting_user) else []
    _tell("kb.sent_back", writers, draft, now=now)
    return draft


@transaction.atomic
def discard_draft(*, key: str, acting_user: Any, now: datetime, expected_version: int) -> None:
    """Throw a draft away; a question that was never published goes with it.

    ``Conflict`` when something still refers to that question.
    """
    draft = _locked_draft(key=key, step=Step.DISCARD, expected_version=expected_version)
    question = draft.question
    state = state_of(question, draft)
    draft.delete()
    if question.revision_number == 0:
        try:
            question.delete()
        except ProtectedError as used:
            raise Conflict(
                _("Something else refers to this question, so it cannot be thrown away."),
                state=state,
            ) from used
    elif _is_still_given(question, now=now):
        question.replaced_at = None
        question.save(update_fields=["replaced_at", "updated_at"])


@transaction.atomic
def publish_draft(
    *, key: str, acting_user: Any | None, reason: str, now: datetime, expected_version: int
) -> StandardQuestion:
    """Publish a draft as it is. ``Conflict`` when something was published since it was begun."""
    draft = _locked_draft(key=key, step=Step.PUBLISH, expected_version=expected_version)
    return publish_question(
        key=key,
        content=QuestionContent.from_json(draft.content),
        acting_user=acting_user,
        reason=reason,
        now=now,
        expected_revision=draft.base_revision,
        replaces_draft=expected_version,
    )


def _locked_draft(*, key: str, step: Step, expected_version: int) -> Draft:
    question = lock_question(key=key, expected_revision=None)
    draft = lock_draft(question, expected_version=None) if question is not None else None
    if question is None or draft is None:
        raise NotFound(_("This draft is no longer there: it was published or discarded."))
    lock_draft(question, expected_version=expected_version)
    draft.question = question
    if step not in open_steps(status=question.status, draft=DraftState(draft.state)):
        raise Conflict(
            _("This draft has moved on. Load the page again to see where it stands."),
            state=state_of(question, draft),
        )
    return draft


def _tell(code: str, recipients: Iterable[Any], draft: Draft, *, now: datetime) -> None:
    notify(
        recipients=recipients,
        code=code,
        event=f"{code}:{draft.pk}:{draft.version}",
        params={"title": draft.content["title"], "comment": draft.review_comment},
        path=question_path(draft.question),
        now=now,
    )


def _mirror(
    question: StandardQuestion,
    *,
    content: QuestionContent | None,
    status: Status,
    now: datetime,
) -> None:
    """Let the row of a question that was never published say what its draft says.

    A published one keeps its text; only a schedule that fell away before its moment is taken
    back.
    """
    changed: dict[str, Any] = {}
    if question.revision_number == 0:
        changed["status"] = status.value
        if content is not None:
            changed["title"] = content.title
            changed["category"] = Category.objects.get(slug=content.category)
            changed["owner"] = owner_of(content)
            changed["review_due"] = content.review_due
            changed["review_reason"] = content.review_reason
    elif _is_still_given(question, now=now):
        changed["replaced_at"] = None
    if changed:
        for name, value in changed.items():
            setattr(question, name, value)
        question.save(update_fields=[*changed, "updated_at"])


def _is_still_given(question: StandardQuestion, *, now: datetime) -> bool:
    """Whether a schedule is to replace the published text and its moment has not come.

    Later that text stays withdrawn, whatever becomes of the draft: nobody holds it for right
    any more.
    """
    return question.replaced_at is not None and question.replaced_at > now
