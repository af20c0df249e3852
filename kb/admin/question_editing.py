"""One editor's page of one question: where it stands, and the form with its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core import signing
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from kb.admin.content_words import label_of
from kb.admin.question_form import AttachmentRows, FollowUpRows, QuestionForm, rows_in_order
from kb.models import Draft, Revision, StandardQuestion
from kb.rules.lifecycle import DraftState, Status, Step, open_steps
from kb.services.content import (
    AttachmentContent,
    FollowUpContent,
    QuestionContent,
    published_content,
)
from klingdesk.core.errors import Invalid, NotFound

FOLLOW_UPS, ATTACHMENTS = "follow_ups", "attachments"
_TEXTS = ("title", "script", "fallback", "internal_note", "contrast_label", "review_reason")
_OWN_ROWS = {FOLLOW_UPS, ATTACHMENTS}


@dataclass(frozen=True, slots=True)
class Standpoint:
    """A question as the database has it; everything is None for one that is not there yet."""

    question: StandardQuestion | None = None
    draft: Draft | None = None

    @property
    def draft_state(self) -> DraftState | None:
        return DraftState(self.draft.state) if self.draft is not None else None

    @property
    def draft_version(self) -> int:
        return self.draft.version if self.draft is not None else 0

    @property
    def revision(self) -> int:
        return self.question.revision_number if self.question is not None else 0

    @property
    def base_revision(self) -> int:
        """The published revision that the text in the form was begun on."""
        return self.draft.base_revision if self.draft is not None else self.revision

    @property
    def steps(self) -> frozenset[Step]:
        """The open steps; without a draft, submitting saves one first."""
        status = self.question.status if self.question is not None else Status.DRAFT.value
        steps = open_steps(status=status, draft=self.draft_state)
        return steps | {Step.SUBMIT} if self.draft is None else steps

    def published(self) -> QuestionContent | None:
        if self.question is None or self.question.revision_number == 0:
            return None
        return tidied(published_content(self.question))

    def content(self) -> QuestionContent:
        """What the form shows: the draft, else the published text, else nothing."""
        if self.draft is not None:
            return tidied(QuestionContent.from_json(self.draft.content))
        return self.published() or EMPTY

    def revision_row(self, number: int) -> Revision | None:
        if self.question is None:
            return None
        rows = self.question.revisions.select_related("author")
        return rows.filter(number=number).first()


EMPTY = QuestionContent(title="", category="", status=Status.ONLINE.value, script="")


def standpoint_of(*, user: Any, question_id: int) -> Standpoint:
    """The question and its draft, for an editor. ``NotFound`` for anything else."""
    visible = StandardQuestion.objects.visible_to(user).select_related("category", "flow", "owner")
    question = visible.filter(pk=question_id).first()
    if question is None:
        raise NotFound(_("There is no such standard question."))
    draft = Draft.objects.select_related("author").filter(question=question).first()
    return Standpoint(question, draft)


def tidied(content: QuestionContent) -> QuestionContent:
    """As the form gives it back: no blanks around, no empty lines, each phrasing once."""
    phrasings = _once(content.phrasings)
    return replace(
        content,
        **{name: getattr(content, name).strip() for name in _TEXTS},
        contrast_group=content.contrast_group.strip(),
        phrasings=phrasings,
        learned=tuple(text for text in _once(content.learned) if text not in phrasings),
        follow_ups=tuple(
            FollowUpContent(item.question.strip(), item.script.strip())
            for item in content.follow_ups
        ),
        attachments=tuple(
            AttachmentContent(item.digest, item.title.strip()) for item in content.attachments
        ),
        owner=content.owner or None,
        flow=content.flow or None,
        effective_from=_whole_seconds(content.effective_from),
        expires_at=_whole_seconds(content.expires_at),
    )


def _whole_seconds(moment: datetime | None) -> datetime | None:
    return moment.replace(microsecond=0) if moment is not None else None


def _once(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))


class Editing:
    """The form and its rows, either showing a content or holding what an editor has sent."""

    def __init__(
        self,
        form: QuestionForm,
        follow_ups: Any,
        attachments: Any,
        shown: QuestionContent | None = None,
    ) -> None:
        self.form = form
        self._shown = shown
        self.follow_ups = follow_ups
        self.attachments = attachments

    @classmethod
    def showing(
        cls, content: QuestionContent, standpoint: Standpoint, **typed: str | int | None
    ) -> Editing:
        """A form that shows ``content``; ``typed`` are the fields that are no content."""
        draft = standpoint.draft
        initial = {
            **_initial(content),
            "key": standpoint.question.key if standpoint.question is not None else "",
            "reason": draft.reason if draft is not None else "",
            "expected_revision": standpoint.base_revision,
            "expected_version": standpoint.draft_version,
            "loaded": _sealed(draft) if draft is not None else "",
            **typed,
        }
        follow_ups = [
            {"order": number, "question": item.question, "script": item.script}
            for number, item in enumerate(content.follow_ups, start=1)
        ]
        attachments = [
            {"order": number, "digest": item.digest, "title": item.title}
            for number, item in enumerate(content.attachments, start=1)
        ]
        return cls(
            QuestionForm(initial=initial, owner=content.owner),
            FollowUpRows(prefix=FOLLOW_UPS, initial=follow_ups),
            AttachmentRows(prefix=ATTACHMENTS, initial=attachments),
            shown=content,
        )

    @classmethod
    def sent(cls, data: QueryDict, standpoint: Standpoint) -> Editing:
        """What an editor has sent, whether it is right or not."""
        editing = cls(
            QuestionForm(data, owner=standpoint.content().owner),
            FollowUpRows(data, prefix=FOLLOW_UPS),
            AttachmentRows(data, prefix=ATTACHMENTS),
        )
        for part in (editing.form, editing.follow_ups, editing.attachments):
            part.is_valid()
        return editing

    def is_valid(self) -> bool:
        parts = (self.form, self.follow_ups, self.attachments)
        return all(part.is_valid() for part in parts)

    def content(self) -> QuestionContent:
        """What is shown; or as sent, and where something cannot be read, as much as there is."""
        if self._shown is not None:
            return self._shown
        value = self.form.value
        return tidied(
            QuestionContent(
                category=value("category") or "",
                status=value("status") or Status.ONLINE.value,
                flow=value("flow"),
                owner=value("owner"),
                escalates=bool(value("escalates")),
                contrast_group=value("contrast_group"),
                phrasings=tuple(value("phrasings").splitlines()),
                learned=tuple(value("learned").splitlines()),
                follow_ups=tuple(
                    FollowUpContent(row.get("question", ""), row.get("script", ""))
                    for row in rows_in_order(self.follow_ups)
                    if row.get("question") or row.get("script")
                ),
                attachments=tuple(
                    AttachmentContent(row["digest"], row.get("title", ""))
                    for row in rows_in_order(self.attachments)
                    if row.get("digest")
                ),
                effective_from=value("effective_from"),
                expires_at=value("expires_at"),
                review_due=value("review_due"),
                **{name: value(name) for name in _TEXTS},
            )
        )

    def loaded(self) -> QuestionContent | None:
        """What the draft said when the page was loaded; None when there was none."""
        sealed = self.form.value("loaded")
        if not sealed:
            return None
        try:
            return tidied(QuestionContent.from_json(signing.loads(sealed, salt=_SALT)))
        except (signing.BadSignature, TypeError, KeyError, ValueError):
            return None

    def refuse(self, error: Invalid) -> None:
        """Put the messages of a service at the fields that they speak of."""
        if not error.fields:
            self.form.add_error(None, str(error.message))
        for name, problems in error.fields.items():
            field = name if name in self.form.fields else None
            for problem in problems:
                about = f"{label_of(name)}: " if name in _OWN_ROWS else ""
                self.form.add_error(field, f"{about}{problem}")


_SALT = "kb.question.loaded"


def _sealed(draft: Draft) -> str:
    return signing.dumps(draft.content, salt=_SALT, compress=True)


def _initial(content: QuestionContent) -> Mapping[str, Any]:
    initial = {name: getattr(content, name) for name in QuestionForm.base_fields if name in _SHOWN}
    lines = {name: "\n".join(getattr(content, name)) for name in ("phrasings", "learned")}
    retired = content.status == Status.RETIRED
    return {**initial, **lines, "status": Status.ONLINE.value if retired else content.status}


_SHOWN = {
    *_TEXTS,
    "category",
    "contrast_group",
    "flow",
    "escalates",
    "owner",
    "effective_from",
    "expires_at",
    "review_due",
}
