"""Closing gaps: a search in vain becomes a phrasing, a question, or nothing of ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from kb.models import Category, Draft, DraftSource, HandledGap, Phrasing, StandardQuestion
from kb.rules.keys import key_for
from kb.rules.lifecycle import DraftState, Status
from kb.rules.masking import has_placeholder
from kb.search.folding import fold
from kb.selectors.gaps import extendable_questions, searches_in_vain
from kb.services.content import QuestionContent, published_content
from kb.services.drafts import save_draft
from kb.services.publishing import existing_question, lock_draft, state_of
from klingdesk.core.errors import Conflict, Invalid, NotFound

PHRASING, QUESTION, IGNORED = "phrasing", "question", "ignored"


@transaction.atomic
def make_phrasing(
    *, group_key: str, words: str, question: str, acting_user: Any, now: datetime
) -> Draft:
    """Add ``words`` to a question's draft as a learned phrasing; the gap is dealt with then.

    ``question`` is its key or its title. A draft that is being written keeps all that it says;
    without one it is begun from what is published. Raises ``Invalid`` with field errors
    (``words``, ``question``), ``Conflict`` when the gap was dealt with meanwhile or when the
    draft waits for its review or its moment, ``NotFound`` for an unknown gap.
    """
    text = _usable(words, most=_length_of(Phrasing, "text"))
    key = _key_of(question)
    _deal_with(group_key, outcome=PHRASING, acting_user=acting_user, now=now)
    row = existing_question(key=key)
    draft = lock_draft(row, expected_version=None)
    if draft is not None and draft.state != DraftState.DRAFT:
        raise Conflict(
            _(
                "The draft of “%(title)s” is in review or scheduled; a phrasing would take it out "
                "of there. Publish it or send it back first."
            )
            % {"title": row.title},
            state=state_of(row, draft),
        )
    content = published_content(row) if draft is None else QuestionContent.from_json(draft.content)
    known = (content.title, *content.phrasings, *content.learned)
    if fold(text).text in {fold(each).text for each in known}:
        raise Invalid(
            _("Nothing was changed."),
            fields={"words": [_("“%(title)s” has this phrasing already.") % {"title": row.title}]},
        )
    return save_draft(
        key=key,
        content=replace(content, learned=(*content.learned, text)),
        acting_user=acting_user,
        now=now,
        expected_revision=row.revision_number,
        expected_version=draft.version if draft is not None else 0,
        reason=draft.reason if draft is not None else "",
        source=draft.source if draft is not None else DraftSource.GAP,
    )


@transaction.atomic
def make_question(
    *, group_key: str, words: str, category: str, acting_user: Any, now: datetime
) -> Draft:
    """Begin a question with ``words`` as its title; its key is made from them.

    ``category`` is a slug; empty takes the first one. Raises ``Invalid`` with field errors
    (``words``, ``category``), and as ``make_phrasing`` when the gap was dealt with.
    """
    title = _usable(words, most=_length_of(StandardQuestion, "title"))
    _deal_with(group_key, outcome=QUESTION, acting_user=acting_user, now=now)
    slugs = list(Category.objects.values_list("slug", flat=True))
    if not slugs or (category and category not in slugs):
        raise Invalid(
            _("The question was not begun."), fields={"category": [_("Choose a category.")]}
        )
    return save_draft(
        key=key_for(title, taken=set(StandardQuestion.objects.values_list("key", flat=True))),
        content=QuestionContent(
            title=title, category=category or slugs[0], status=Status.ONLINE.value, script=""
        ),
        acting_user=acting_user,
        now=now,
        expected_revision=0,
        expected_version=0,
        source=DraftSource.GAP,
    )


@transaction.atomic
def ignore_gap(*, group_key: str, acting_user: Any, now: datetime) -> None:
    """It is not ours to answer. Errors as for the others when the gap was dealt with."""
    _deal_with(group_key, outcome=IGNORED, acting_user=acting_user, now=now)


def _deal_with(group_key: str, *, outcome: str, acting_user: Any, now: datetime) -> None:
    """Note the decision, once: the second of two editors is told about the first one's."""
    handled = HandledGap.objects.select_for_update().filter(group_key=group_key).first()
    open_ones = searches_in_vain().filter(group_key=group_key)
    if not open_ones.exists():
        raise _dealt_with(handled)
    if handled is None:
        handled = HandledGap(group_key=group_key)
    handled.handled_at, handled.handled_by, handled.outcome = now, acting_user, outcome
    try:
        with transaction.atomic():
            handled.save()
    except IntegrityError as taken:
        first = HandledGap.objects.filter(group_key=group_key).first()
        raise _dealt_with(first) from taken


def _dealt_with(handled: HandledGap | None) -> Exception:
    if handled is None:
        return NotFound(_("There is no such gap any more: its searches were deleted by age."))
    person = handled.handled_by
    return Conflict(
        _("%(person)s has dealt with this gap already: %(outcome)s.")
        % {
            "person": person.get_full_name() or person.get_username(),
            "outcome": handled.get_outcome_display(),
        },
        state={"outcome": handled.outcome},
    )


def _usable(words: str, *, most: int) -> str:
    text = words.strip()
    problem: Any = None
    if not text:
        problem = _("Please fill this in.")
    elif has_placeholder(text):
        problem = _("Something was masked here. Put general words in its place, or take it out.")
    elif len(text) > most:
        problem = _("At most %(most)d characters.") % {"most": most}
    elif "\x00" in text:
        problem = _("This has a character that cannot be stored.")
    if problem is not None:
        raise Invalid(_("Nothing was changed."), fields={"words": [problem]})
    return text


def _key_of(question: str) -> str:
    """The key of the one question that is meant by a key, a title, or a part of a title."""
    wanted = question.strip().replace("\x00", "")
    if not wanted:
        raise _which(_("Choose a question, or name one."))
    extendable = extendable_questions()
    for condition in ({"key": wanted}, {"title": wanted}, {"title__icontains": wanted}):
        keys = list(extendable.filter(**condition).values_list("key", flat=True)[:4])
        if len(keys) == 1:
            return keys[0]
        if keys:
            raise _which(
                _("Several questions are called so; give the key: %(keys)s …")
                % {"keys": "、".join(keys[:3])}
            )
    raise _which(_("There is no such standard question, or it was retired."))


def _which(problem: Any) -> Invalid:
    return Invalid(_("Nothing was changed."), fields={"question": [problem]})


def _length_of(model: Any, field: str) -> int:
    return int(model._meta.get_field(field).max_length)
