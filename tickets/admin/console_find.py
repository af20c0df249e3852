"""Finding the standard question behind a user's words, ready for the console's left column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from kb.models import StandardQuestion
from kb.rules.lifecycle import KNOWN_TO_AGENTS
from kb.search.documents import Hit
from kb.search.explain import Span
from kb.selectors.questions import question_tree, questions_by_keys
from kb.selectors.search import search_questions
from tickets.admin.console_standing import StandingBadge, standing_badge

MOST_TYPED = 400
"""Characters of a user's words that an address carries: 400 Chinese characters are 3,600 bytes
when percent-encoded, and web servers commonly refuse a request line of more than 4,094."""

NOTHING_FITS = "other"
"""Key of the standard question for what no other one covers; the hint needs it to exist, but
works without."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text; the template marks and escapes it."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One search result. ``phrasing`` is empty when the title itself matched best.

    ``badge`` says what an answer that is not in force is. ``synonyms`` are (as written, as
    searched), ``sounds`` (as written, as understood by its sound).
    """

    url: str
    category: str
    badge: StandingBadge | None
    title: list[Part]
    phrasing: list[Part]
    synonyms: tuple[tuple[str, str], ...]
    sounds: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ChoiceLink:
    """One of several questions that the words cannot tell apart, named by what does."""

    url: str
    label: str


@dataclass(frozen=True, slots=True)
class TreeItem:
    """A question in the tree."""

    url: str
    title: str
    badge: StandingBadge | None


def parts(text: str, spans: Sequence[Span]) -> list[Part]:
    """Cut ``text`` at its marked spans (half-open, in order, disjoint); nothing is lost."""
    cut: list[Part] = []
    position = 0
    for start, end in spans:
        if position < start:
            cut.append(Part(text[position:start], False))
        cut.append(Part(text[start:end], True))
        position = end
    if position < len(text):
        cut.append(Part(text[position:], False))
    return cut


def typed_words(request: HttpRequest) -> str:
    """The user's words in ``?q=``, trimmed and cut to ``MOST_TYPED`` characters."""
    return request.GET.get("q", "").replace("\x00", "")[:MOST_TYPED].strip()


def with_words(address: str, typed: str) -> str:
    """``address`` remembering the user's words."""
    return f"{address}?{urlencode({'q': typed})}" if typed else address


def question_url(key: str, typed: str) -> str:
    """Address of a standard question that remembers the words it was found by."""
    return with_words(reverse("admin:console_question", args=[key]), typed)


def found(*, user: Any, typed: str, now: datetime) -> dict[str, Any]:
    """Context of the left column: results for ``typed``, or the tree when nothing is typed."""
    if not typed:
        return {"typed": "", "tree": _tree(user=user, now=now)}
    result = search_questions(typed)
    keys = [hit.key for hit in result.hits]
    seen = questions_by_keys(user=user, keys=[*keys, NOTHING_FITS])
    known = {key: each for key, each in seen.items() if each.status in KNOWN_TO_AGENTS}
    rows = [_row(hit, known[hit.key], typed, now) for hit in result.hits if hit.key in known]
    choices = [
        ChoiceLink(question_url(choice.key, typed), choice.label)
        for choice in result.choices
        if choice.key in known
    ]
    return {
        "typed": typed,
        "results": rows,
        "choices": choices if len(choices) > 1 else [],
        "confident": result.confident,
        "nothing_fits_url": question_url(NOTHING_FITS, typed) if NOTHING_FITS in known else None,
    }


MOST_ASKED = 8
"""One for each of the keys 1 to 8; 9 is ``NOTHING_FITS``."""


def found_questions(*, user: Any, typed: str, now: datetime) -> list[StandardQuestion]:
    """The standard questions that ``typed`` may mean, the likeliest first, and ``NOTHING_FITS``."""
    if not typed:
        return []
    keys = [hit.key for hit in search_questions(typed, limit=MOST_ASKED).hits]
    seen = questions_by_keys(user=user, keys=[*keys, NOTHING_FITS])
    ordered = [seen[key] for key in dict.fromkeys([*keys, NOTHING_FITS]) if key in seen]
    return [each for each in ordered if each.status in KNOWN_TO_AGENTS]


def _row(hit: Hit, question: StandardQuestion, typed: str, now: datetime) -> ResultRow:
    by_title = hit.text == hit.title
    return ResultRow(
        url=question_url(hit.key, typed),
        category=question.category.title,
        badge=standing_badge(question, now=now),
        title=parts(hit.title, hit.text_spans if by_title else hit.title_spans),
        phrasing=[] if by_title else parts(hit.text, hit.text_spans),
        synonyms=hit.synonyms,
        sounds=hit.sounds,
    )


def _tree(*, user: Any, now: datetime) -> list[tuple[str, list[TreeItem]]]:
    return [
        (
            category.title,
            [
                TreeItem(question_url(each.key, ""), each.title, standing_badge(each, now=now))
                for each in category.questions.all()
            ],
        )
        for category in question_tree(user=user)
    ]
