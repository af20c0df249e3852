"""Two editors at once: who did what meanwhile, what of it clashes, and a text that keeps both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from kb.admin.base import instant_words
from kb.admin.content_words import Change, changed_names, changes, label_of, saved_words, who_words
from kb.admin.question_editing import Editing, Standpoint, tidied
from kb.models import Revision
from kb.services.content import QuestionContent

_CANNOT_TAKE = ("status",)
"""An editor says himself how his text is to be published."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened meanwhile: told in ``words``, and word by word."""

    words: str
    changes: list[Change]


@dataclass(slots=True)
class Meanwhile:
    """Everything that happened since the page was loaded.

    ``content`` is the editor's own text; parts that only others changed are theirs by now
    (``taken_over``). ``clashing`` are the parts that both changed: there, his own text stays.
    """

    content: QuestionContent
    happenings: list[Happening] = field(default_factory=list)
    taken_over: list[str] = field(default_factory=list)
    clashing: list[str] = field(default_factory=list)

    def _merge(self, old: QuestionContent, new: QuestionContent) -> None:
        for name in changed_names(old, new):
            mine, theirs = getattr(self.content, name), getattr(new, name)
            if mine == theirs or name in _CANNOT_TAKE:
                continue
            is_untouched = mine == getattr(old, name)
            if is_untouched:
                self.content = replace(self.content, **{name: theirs})
            told = self.taken_over if is_untouched else self.clashing
            if label_of(name) not in told:
                told.append(label_of(name))

    def add(self, words: str, *, old: QuestionContent | None, new: QuestionContent | None) -> None:
        """``old`` None: nobody knows what they began from, so theirs is compared with his."""
        if new is None:
            self.happenings.append(Happening(words, []))
            return
        self.happenings.append(Happening(words, changes(old or self.content, new)))
        if old is not None:
            self._merge(old, new)


def meanwhile(editing: Editing, standpoint: Standpoint, *, user: Any) -> Meanwhile:
    """What happened between the loading of the page and ``standpoint``."""
    found = Meanwhile(editing.content())
    expected_revision = editing.form.value("expected_revision")
    expected_version = editing.form.value("expected_version")
    if standpoint.question is None and not (expected_revision or expected_version):
        return found
    if standpoint.question is None:
        found.add(_("The question was thrown away meanwhile."), old=None, new=None)
        return found
    base = content_of(standpoint.revision_row(expected_revision))
    newest = standpoint.revision_row(standpoint.revision)
    if standpoint.revision != expected_revision and newest is not None:
        found.add(published_words(newest, user=user), old=base, new=content_of(newest))
    if standpoint.draft_version != expected_version:
        if standpoint.draft is not None:
            old = editing.loaded() if expected_version else base
            found.add(saved_words(standpoint.draft, user=user), old=old, new=standpoint.content())
        elif standpoint.revision == expected_revision:
            found.add(_("The draft was thrown away meanwhile."), old=None, new=None)
    return found


def content_of(revision: Revision | None) -> QuestionContent | None:
    """What a revision said, as the form would show it."""
    return tidied(QuestionContent.from_json(revision.content)) if revision is not None else None


def published_words(revision: Revision, *, user: Any) -> str:
    """Who published a revision, when and why."""
    return _("%(who)s published revision %(number)d, %(time)s. Reason: %(reason)s") % {
        "who": who_words(revision.author, user),
        "number": revision.number,
        "time": instant_words(revision.created_at),
        "reason": revision.reason or "–",
    }
