"""Publishing: the only way a standard question's text or a flow changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from kb.flows.hashing import definition_hash
from kb.flows.loader import definition_data
from kb.flows.schema import FlowDefinition
from kb.models import (
    Category,
    Flow,
    FlowVersion,
    FollowUp,
    Phrasing,
    Revision,
    SearchIndexVersion,
    StandardQuestion,
)
from kb.services.content_rules import check_content
from klingdesk.core.errors import Conflict


@dataclass(frozen=True, slots=True)
class FollowUpContent:
    question: str
    script: str


@dataclass(frozen=True, slots=True)
class QuestionContent:
    """Everything of a standard question that a revision keeps."""

    title: str
    category: str
    status: str
    script: str
    internal_note: str = ""
    escalates: bool = False
    flow: str | None = None
    phrasings: tuple[str, ...] = ()
    follow_ups: tuple[FollowUpContent, ...] = ()
    expires_at: datetime | None = None
    review_due: date | None = None
    review_reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """JSON-ready mapping; dates as ISO strings."""
        data = asdict(self)
        data["expires_at"] = self.expires_at.isoformat() if self.expires_at else None
        data["review_due"] = self.review_due.isoformat() if self.review_due else None
        data["phrasings"] = list(data["phrasings"])
        data["follow_ups"] = list(data["follow_ups"])
        return data


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
) -> StandardQuestion:
    """Write ``content`` as the question's new revision and make it the current text.

    ``acting_user`` None means the starter knowledge base. Raises ``Conflict`` when
    ``expected_revision`` (0: none yet) is no longer the current one, with that number in
    its state; ``Invalid`` with field errors for content that cannot be published.
    """
    check_content(content)
    category = Category.objects.get(slug=content.category)
    flow = Flow.objects.get(key=content.flow) if content.flow else None
    question = StandardQuestion.objects.select_for_update().filter(key=key).first()
    if question is None:
        question = StandardQuestion(key=key)
    elif expected_revision is not None and question.revision_number != expected_revision:
        raise Conflict(
            _("Somebody else published a newer revision. Compare it with yours and save again."),
            state={"revision": question.revision_number},
        )
    question.category = category
    question.flow = flow
    for name in (
        "title",
        "status",
        "script",
        "internal_note",
        "escalates",
        "expires_at",
        "review_due",
        "review_reason",
    ):
        setattr(question, name, getattr(content, name))
    question.revision_number += 1
    _save(question)
    _replace_children(question, content)
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


def _save(question: StandardQuestion) -> None:
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


def _replace_children(question: StandardQuestion, content: QuestionContent) -> None:
    question.phrasings.all().delete()
    Phrasing.objects.bulk_create(Phrasing(question=question, text=t) for t in content.phrasings)
    question.follow_ups.all().delete()
    FollowUp.objects.bulk_create(
        FollowUp(parent=question, order=order, question=item.question, script=item.script)
        for order, item in enumerate(content.follow_ups, start=1)
    )


@transaction.atomic
def publish_flow(
    *, definition: FlowDefinition, acting_user: Any | None, reason: str, now: datetime
) -> FlowVersion:
    """Store a new immutable version and make it current; the same content again changes nothing."""
    flow, _created = Flow.objects.select_for_update().get_or_create(
        key=definition.key, defaults={"title": definition.title}
    )
    digest = definition_hash(definition)
    latest = flow.versions.order_by("-number").first()
    if latest is not None and latest.digest == digest:
        return latest
    version = FlowVersion.objects.create(
        flow=flow,
        number=(latest.number if latest else 0) + 1,
        schema=definition.schema_version,
        definition=definition_data(definition),
        digest=digest,
        reason=reason,
        author=acting_user,
        created_at=now,
    )
    flow.title = definition.title
    flow.current = version
    flow.save(update_fields=["title", "current"])
    return version


def content_from_mapping(row: Mapping[str, Any], *, category: str) -> QuestionContent:
    """A row of ``kb/data/questions/*.yaml`` as content. Unknown keys raise ``TypeError``."""
    data = dict(row)
    data.pop("key")
    review: Mapping[str, Any] = data.pop("review", None) or {}
    follow_ups: Sequence[Mapping[str, str]] = data.pop("follow_ups", None) or ()
    return QuestionContent(
        category=category,
        phrasings=tuple(data.pop("phrasings", ())),
        follow_ups=tuple(FollowUpContent(**item) for item in follow_ups),
        script=data.pop("script").strip(),
        internal_note=(data.pop("internal_note", None) or "").strip(),
        review_due=review.get("due"),
        review_reason=(review.get("reason") or "").strip(),
        **data,
    )
