"""What a revision or a draft holds, as one value: to JSON and back without loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

from kb.models import StandardQuestion
from kb.rules.lifecycle import Status


@dataclass(frozen=True, slots=True)
class FollowUpContent:
    question: str
    script: str


@dataclass(frozen=True, slots=True)
class AttachmentContent:
    """An attachment by the digest of its bytes, under a customer-facing title."""

    digest: str
    title: str


@dataclass(frozen=True, slots=True)
class QuestionContent:
    """Everything of a standard question that a revision keeps.

    ``category`` and ``flow`` are a slug and a key, ``owner`` is a username. ``status`` is what
    it is published as: online, unreleased or retired.
    """

    title: str
    category: str
    status: str
    script: str
    fallback: str = ""
    internal_note: str = ""
    escalates: bool = False
    flow: str | None = None
    phrasings: tuple[str, ...] = ()
    learned: tuple[str, ...] = ()
    follow_ups: tuple[FollowUpContent, ...] = ()
    attachments: tuple[AttachmentContent, ...] = ()
    contrast_group: str = ""
    contrast_label: str = ""
    owner: str | None = None
    effective_from: datetime | None = None
    expires_at: datetime | None = None
    review_due: date | None = None
    review_reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """JSON-ready mapping; moments and dates as ISO strings."""
        data = asdict(self)
        for name in _MOMENTS:
            data[name] = value.isoformat() if (value := data[name]) else None
        for name in _LISTS:
            data[name] = list(data[name])
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> QuestionContent:
        """The inverse of ``as_json``; what an older revision did not have yet is empty."""
        values = {field.name: data[field.name] for field in fields(cls) if field.name in data}
        for name in _LISTS:
            values[name] = tuple(values.get(name) or ())
        values["follow_ups"] = tuple(FollowUpContent(**item) for item in values["follow_ups"])
        values["attachments"] = tuple(AttachmentContent(**item) for item in values["attachments"])
        for name, read in _MOMENTS.items():
            value = values.get(name)
            values[name] = read(value) if value else None
        return cls(**values)


_LISTS = ("phrasings", "learned", "follow_ups", "attachments")
_MOMENTS: dict[str, Any] = {
    "effective_from": datetime.fromisoformat,
    "expires_at": datetime.fromisoformat,
    "review_due": date.fromisoformat,
}


def published_content(question: StandardQuestion) -> QuestionContent:
    """What the row and its children say now (``status`` as it is)."""
    return QuestionContent(
        title=question.title,
        category=question.category.slug,
        status=question.status,
        script=question.script,
        fallback=question.fallback,
        internal_note=question.internal_note,
        escalates=question.escalates,
        flow=question.flow.key if question.flow else None,
        phrasings=_texts(question, learned=False),
        learned=_texts(question, learned=True),
        follow_ups=tuple(
            FollowUpContent(item.question, item.script) for item in question.follow_ups.all()
        ),
        attachments=tuple(
            AttachmentContent(item.attachment.digest, item.title)
            for item in question.attachments.select_related("attachment").defer("attachment__data")
        ),
        contrast_group=question.contrast_group,
        contrast_label=question.contrast_label,
        owner=question.owner.get_username() if question.owner else None,
        effective_from=question.effective_from,
        expires_at=question.expires_at,
        review_due=question.review_due,
        review_reason=question.review_reason,
    )


def _texts(question: StandardQuestion, *, learned: bool) -> tuple[str, ...]:
    rows = sorted(question.phrasings.all(), key=lambda row: row.pk)
    return tuple(row.text for row in rows if row.learned is learned)


def content_from_row(
    row: Mapping[str, Any], *, category: str, digests: Mapping[str, str]
) -> QuestionContent:
    """A row of ``kb/data/questions/*.yaml`` as content. Unknown keys raise ``TypeError``.

    ``digests`` gives the digest of each file that an attachment may name; another one raises
    ``KeyError``. ``disagreements`` are no content: they are read by ``starter``.
    """
    data = dict(row)
    data.pop("key")
    data.pop("disagreements", None)
    review: Mapping[str, Any] = data.pop("review", None) or {}
    contrast: Mapping[str, str] = data.pop("contrast", None) or {}
    follow_ups: Sequence[Mapping[str, str]] = data.pop("follow_ups", None) or ()
    attachments: Sequence[Mapping[str, str]] = data.pop("attachments", None) or ()
    return QuestionContent(
        category=category,
        status=data.pop("status", Status.ONLINE.value),
        phrasings=tuple(data.pop("phrasings", ())),
        follow_ups=tuple(FollowUpContent(**item) for item in follow_ups),
        attachments=tuple(
            AttachmentContent(digests[item["file"]], item["title"]) for item in attachments
        ),
        contrast_group=contrast.get("group", ""),
        contrast_label=contrast.get("label", ""),
        script=data.pop("script").strip(),
        fallback=(data.pop("fallback", None) or "").strip(),
        internal_note=(data.pop("internal_note", None) or "").strip(),
        review_due=review.get("due"),
        review_reason=(review.get("reason") or "").strip(),
        **data,
    )
