"""What is in the form, as the agent and the user would see it; and what a search would find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from kb.admin.base import instant_words
from kb.admin.content_words import Change, changes, label_of
from kb.admin.question_editing import Standpoint
from kb.admin.standing_words import CHIPS, StandingChip
from kb.flows.errors import ScriptError
from kb.models import (
    Attachment,
    Category,
    Flow,
    FollowUp,
    QuestionAttachment,
    StandardQuestion,
)
from kb.rules.lifecycle import Standing, Status
from kb.search.explain import Span
from kb.search.index import Contrast, Document, Hit
from kb.selectors.answers import Answer, answer_of
from kb.selectors.what_if import Trial, try_words
from kb.services.content import QuestionContent
from kb.services.content_rules import check_content
from klingdesk.core.errors import Invalid

SHOWN_HITS = 5
MOST_WORDS = 200
NOT_SAVED_KEY = "."
"""No question has this key: it stands for one that has none yet."""


@dataclass(frozen=True, slots=True)
class Preview:
    """``answer`` is None while a script cannot be shown; ``problems`` then say why.

    ``warning`` is what the agent is told about an answer that is not in force.
    """

    content: QuestionContent
    answer: Answer | None
    chip: StandingChip | None
    warning: str
    review_is_due: bool
    category: str
    flow: str
    waits_until: datetime | None
    problems: list[tuple[str, str]]
    is_published: bool
    changes: list[Change]


def preview_of(content: QuestionContent, standpoint: Standpoint, *, now: datetime) -> Preview:
    """How ``content`` would look, were it published at ``now``."""
    shown = _as_question(content, standpoint)
    try:
        answer: Answer | None = answer_of(shown, now=now)
    except ScriptError:
        answer = None
    published = standpoint.published()
    return Preview(
        content=content,
        answer=answer,
        chip=CHIPS[answer.standing] if answer is not None else None,
        warning=_warning(answer.standing, content) if answer is not None else "",
        review_is_due=content.review_due is not None
        and content.review_due <= timezone.localdate(now),
        category=_title(Category.objects.filter(slug=content.category)),
        flow=_title(Flow.objects.filter(key=content.flow)) if content.flow else "",
        waits_until=_waits_until(content, standpoint, now=now),
        problems=_problems(content),
        is_published=published is not None,
        changes=changes(published, content) if published is not None else [],
    )


def _warning(standing: Standing, content: QuestionContent) -> str:
    """In the words of the console."""
    match standing:
        case Standing.UNRELEASED:
            return _("This answer is not released: know it, but do not pass it on.")
        case Standing.SCHEDULED if content.effective_from is not None:
            date = instant_words(content.effective_from)
            return _("This answer takes effect %(date)s: do not pass it on before.") % {
                "date": date
            }
        case Standing.EXPIRED if content.expires_at is not None:
            date = instant_words(content.expires_at)
            return _("The reference script has been withdrawn: it expired %(date)s.") % {
                "date": date
            }
    return ""


def _as_question(content: QuestionContent, standpoint: Standpoint) -> StandardQuestion:
    """The content as a question that is never saved, with its parts already fetched."""
    question = StandardQuestion(
        pk=standpoint.question.pk if standpoint.question is not None else 0,
        title=content.title,
        status=content.status,
        script=content.script,
        fallback=content.fallback,
        effective_from=content.effective_from,
        expires_at=content.expires_at,
    )
    digests = [item.digest for item in content.attachments]
    files = {
        each.digest: each for each in Attachment.objects.defer("data").filter(digest__in=digests)
    }
    question.__dict__["_prefetched_objects_cache"] = {
        "follow_ups": [
            FollowUp(parent=question, question=item.question, script=item.script)
            for item in content.follow_ups
        ],
        "attachments": [
            QuestionAttachment(attachment=files[item.digest], title=item.title)
            for item in content.attachments
            if item.digest in files
        ],
        "disagreements": (
            list(standpoint.question.disagreements.all()) if standpoint.question is not None else []
        ),
    }
    return question


def _problems(content: QuestionContent) -> list[tuple[str, str]]:
    """What stands in the way of a publication: label of the field and message."""
    try:
        check_content(content)
    except Invalid as error:
        return [
            (label_of(name), str(text)) for name, texts in error.fields.items() for text in texts
        ]
    return []


def _waits_until(
    content: QuestionContent, standpoint: Standpoint, *, now: datetime
) -> datetime | None:
    """When it would take over from a text that is in force until then."""
    question = standpoint.question
    if question is None or content.status != Status.ONLINE or content.effective_from is None:
        return None
    in_force = question.standing(now=now) is Standing.IN_FORCE
    return content.effective_from if in_force and content.effective_from > now else None


def _title(rows: Any) -> str:
    return rows.values_list("title", flat=True).first() or ""


# --- the phrasing test --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text; the template marks and escapes it."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class HitRow:
    rank: int
    is_this: bool
    score: int
    title: list[Part]
    phrasing: list[Part]


@dataclass(frozen=True, slots=True)
class TrialRows:
    """One of the two searches: as it is now, or with the text of the form.

    ``rank`` and ``score`` are those of this question; ``choices`` are what the agent would be
    asked, because the words leave it open.
    """

    heading: str
    rank: int | None
    score: int
    confident: bool
    choices: list[str]
    rows: list[HitRow]


def phrasing_test(words: str, content: QuestionContent, *, key: str) -> dict[str, Any]:
    """Context of the phrasing test: both searches, and what the form's text would change."""
    words = words.replace("\x00", "").strip()[:MOST_WORDS]
    if not words:
        return {"words": ""}
    has_contrast = content.contrast_group and content.contrast_label
    document = Document(
        key=key or NOT_SAVED_KEY,
        title=content.title,
        phrasings=content.phrasings,
        learned=content.learned,
        contrast=Contrast(content.contrast_group, content.contrast_label) if has_contrast else None,
    )
    present, changed = try_words(words, document=document)
    before = _trial_rows(_("As it is now"), present, document.key)
    after = _trial_rows(_("With the text of this form"), changed, document.key)
    return {"words": words, "trials": [before, after], "effect": _effect(before, after)}


def _effect(before: TrialRows, after: TrialRows) -> str:
    told = {"before": before.rank, "after": after.rank, "old": before.score, "new": after.score}
    if before.rank is None and after.rank is not None:
        return _("With the text of this form these words would find it at rank %(after)d.") % told
    if before.rank is not None and after.rank is None:
        return _("With the text of this form these words would not find this question any more.")
    if before.rank != after.rank:
        return (
            _("The text of this form would move it from rank %(before)d to rank %(after)d.") % told
        )
    if before.score != after.score:
        return (
            _("It stays at rank %(after)d, but its score would go from %(old)d to %(new)d.") % told
        )
    return _("The text of this form changes nothing for these words.")


def _trial_rows(heading: str, trial: Trial, key: str) -> TrialRows:
    rows = [
        _hit_row(hit, rank=rank, key=key)
        for rank, hit in enumerate(trial.result.hits, start=1)
        if rank <= SHOWN_HITS or hit.key == key
    ]
    return TrialRows(
        heading=heading,
        rank=trial.rank,
        score=next((row.score for row in rows if row.is_this), 0),
        confident=trial.result.confident,
        choices=[choice.label for choice in trial.result.choices],
        rows=rows,
    )


def _hit_row(hit: Hit, *, rank: int, key: str) -> HitRow:
    by_title = hit.text == hit.title
    return HitRow(
        rank=rank,
        is_this=hit.key == key,
        score=round(hit.score * 100),
        title=_parts(hit.title, hit.text_spans if by_title else hit.title_spans),
        phrasing=[] if by_title else _parts(hit.text, hit.text_spans),
    )


def _parts(text: str, spans: Sequence[Span]) -> list[Part]:
    """``text`` cut at its marked spans (half-open, in order, disjoint); nothing is lost."""
    parts: list[Part] = []
    position = 0
    for start, end in (*spans, (len(text), len(text))):
        parts += [Part(text[position:start], False), Part(text[start:end], True)]
        position = end
    return [part for part in parts if part.text]
