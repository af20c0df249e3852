"""The content of a revision or draft in words, and what differs between two of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from kb.admin.base import instant_words
from kb.models import Category, Draft, Flow, FlowDraft, StandardQuestion
from kb.models.question import QuestionStatus
from kb.rules.word_diff import Piece, diff
from kb.services.content import QuestionContent

_LABELS = {
    "phrasings": _("phrasings"),
    "learned": _("learned phrasings"),
    "follow_ups": _("follow-ups"),
    "attachments": _("attachments"),
}
PARTS = (
    "title",
    "category",
    "status",
    "script",
    "fallback",
    "follow_ups",
    "attachments",
    "phrasings",
    "learned",
    "internal_note",
    "flow",
    "escalates",
    "contrast_group",
    "contrast_label",
    "owner",
    "effective_from",
    "expires_at",
    "review_due",
    "review_reason",
)
"""As in the form."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one part; ``name`` is the field of ``QuestionContent``."""

    name: str
    label: str
    pieces: tuple[Piece, ...]


def changed_names(old: QuestionContent, new: QuestionContent) -> list[str]:
    """The fields whose values differ, in the order of the form."""
    return [name for name in PARTS if getattr(old, name) != getattr(new, name)]


def changes(old: QuestionContent, new: QuestionContent) -> list[Change]:
    """Each part that differs, compared word by word, in the order of the form."""
    return [
        Change(
            name,
            label_of(name),
            tuple(diff(_in_words(name, getattr(old, name)), _in_words(name, getattr(new, name)))),
        )
        for name in changed_names(old, new)
    ]


def content_in_words(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Label and text of every part of a revision's content, in the order of the form."""
    read = QuestionContent.from_json(content)
    return [(label_of(name), _in_words(name, getattr(read, name))) for name in PARTS]


def label_of(name: str) -> str:
    """What the field ``name`` of ``QuestionContent`` is called on the page."""
    if name in _LABELS:
        return capfirst(str(_LABELS[name]))
    try:
        field = StandardQuestion._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    return capfirst(str(getattr(field, "verbose_name", name)))


def _in_words(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    match name:
        case "status":
            return str(dict(QuestionStatus.choices).get(value, value))
        case "category":
            return _title(Category.objects.filter(slug=value), value)
        case "flow":
            return _title(Flow.objects.filter(key=value), value)
        case "owner":
            owner = get_user_model().objects.filter(username=value).first()
            return person_words(owner) if owner is not None else str(value)
        case "follow_ups":
            return "\n".join(f"{item.question}\n  {item.script}" for item in value)
        case "attachments":
            return "\n".join(f"{item.title} ({item.digest[:8]})" for item in value)
    return _plain_words(value)


def _plain_words(value: Any) -> str:
    match value:
        case bool():
            return str(_("yes") if value else _("no"))
        case tuple():
            return "\n".join(value)
        case datetime():
            return instant_words(value)
    return str(value)


def _title(rows: Any, key: str) -> str:
    title = rows.values_list("title", flat=True).first()
    return str(title) if title is not None else key


def person_words(user: Any | None) -> str:
    """A person's name; None stands for the starter knowledge base."""
    if user is None:
        return str(_("the starter knowledge base"))
    return str(user.get_full_name() or user.get_username())


def who_words(person: Any | None, user: Any) -> str:
    """``person_words``, unless it is ``user``: then it was done in another window."""
    if person is not None and person.pk == user.pk:
        return str(_("You yourself (in another window)"))
    return person_words(person)


def saved_words(draft: Draft | FlowDraft, *, user: Any) -> str:
    """Who saved the draft that stands now, and when."""
    return str(_("%(who)s saved the draft (version %(version)d), %(time)s.")) % {
        "who": who_words(draft.author, user),
        "version": draft.version,
        "time": instant_words(draft.updated_at),
    }
