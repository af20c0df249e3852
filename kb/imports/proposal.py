"""Entries compared with what is known: what is new, changed, the same, in conflict.

A proposal is plain JSON, so that it can be stored, reviewed later and printed for programs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kb.imports.entries import Content, Entry, Reading, Section
from kb.imports.keys import key_for
from kb.imports.matching import Asked, Match, match
from kb.imports.merging import changes, joined, merged, normal, say_the_same
from kb.imports.wording import plain_title


class Kind(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    CONFLICTING = "conflicting"


class Reason(StrEnum):
    """Why an entry is in conflict."""

    SOURCES = "sources"
    DRAFT = "draft"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Known:
    """A question as it is. ``draft`` is what is being written, where there is something;
    ``is_written_here``: by a person, rather than left as an earlier import saved it."""

    key: str
    revision: int
    version: int
    published: Content | None
    draft: Content | None
    is_written_here: bool = False

    @property
    def content(self) -> Content:
        content = self.draft if self.draft is not None else self.published
        assert content is not None  # noqa: S101 - a question has the one or the other
        return content


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What entries are compared with. ``categories`` are titles by slug, in their order."""

    questions: Sequence[Known]
    categories: Mapping[str, str]
    hand_over_flow: str | None = None


UNSORTED = Section("待归类", "to-be-sorted", 900)
"""Where new questions go whose source says nothing about their group."""

FIRST_NEW_ORDER = 500


@dataclass(slots=True)
class _Group:
    """Everything that the sources say about one question; each variant is one way to say it."""

    variants: list[Entry]
    sources: list[list[Entry]] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        for at, known in enumerate(self.variants):
            if say_the_same(known, entry):
                self.variants[at] = joined(known, entry) if known.adds else known
                self.sources[at].append(entry)
                return
        self.variants.append(entry)
        self.sources.append([entry])


def propose(readings: Sequence[Reading], knowledge: Knowledge) -> dict[str, Any]:
    """The proposal: ``{entries, not_understood, counts}``.

    An entry has ``kind``, ``key``, ``title``, ``content`` (all of what the question would say),
    ``changes`` ({field, old, new}), ``sources`` ({file, line}), ``alternatives`` (further ways,
    each with content, changes and sources), ``reasons`` of a conflict, ``match`` ({by, score})
    and ``base`` ({revision, version}) of the question that it was compared with, ``category``
    ({slug, title, order, is_new}), and ``remarks`` ({code, line, text, params}).
    """
    groups = _groups(readings)
    among = [_asked(known.key, known.content, known.key) for known in knowledge.questions]
    wanted = [
        _asked(str(at), _words(group), group.variants[0].key) for at, group in enumerate(groups)
    ]
    found = match(wanted, among)
    builder = _Builder(knowledge)
    entries = [builder.entry(group, found.get(str(at))) for at, group in enumerate(groups)]
    unread = [
        {"file": reading.file, **remark.as_json()}
        for reading in readings
        for remark in reading.unread
    ]
    return completed({"entries": entries, "not_understood": unread})


def completed(proposal: dict[str, Any]) -> dict[str, Any]:
    """``proposal`` with its entries numbered from 1, and its ``counts`` as they are now."""
    for number, entry in enumerate(proposal["entries"], start=1):
        entry["number"] = number
    kinds = Counter(entry["kind"] for entry in proposal["entries"])
    proposal["counts"] = {
        **{kind.value: kinds[kind.value] for kind in Kind},
        "not_understood": len(proposal["not_understood"]),
    }
    return proposal


def _asked(id_: str, content: Mapping[str, Any], key: str) -> Asked[str]:
    wordings = (content["title"], *content["phrasings"])
    return Asked(id_, wordings, content["script"], key)


def _words(group: _Group) -> dict[str, Any]:
    entry = group.variants[0]
    wordings = [text for each in group.variants for text in each.wordings[1:]]
    return {"title": entry.title, "phrasings": wordings, "script": entry.script}


# --- one question, several places ----------------------------------------------------------------


def _groups(readings: Sequence[Reading]) -> list[_Group]:
    """The entries of all files by the question that they ask, in their order."""
    groups: list[_Group] = []
    for reading in readings:
        own = _groups_inside(reading.entries)
        wanted = [
            _asked(f"n{at}", _words(group), group.variants[0].key) for at, group in enumerate(own)
        ]
        among = [
            _asked(f"o{at}", _words(group), group.variants[0].key)
            for at, group in enumerate(groups)
        ]
        found = match(wanted, among)
        fresh = []
        for at, group in enumerate(own):
            same = found.get(f"n{at}")
            if same is None or _have_two_keys(group, groups[int(same.id[1:])]):
                fresh.append(group)
            else:
                for entry in (each for places in group.sources for each in places):
                    groups[int(same.id[1:])].add(entry)
        groups += fresh
    return groups


def _have_two_keys(one: _Group, other: _Group) -> bool:
    keys = {one.variants[0].key, other.variants[0].key} - {""}
    return len(keys) > 1


def _groups_inside(entries: Iterable[Entry]) -> list[_Group]:
    """In one file only equal wordings are one question: what is merely alike, it tells apart."""
    groups: list[_Group] = []
    places: dict[str, _Group] = {}
    for entry in entries:
        folded = [] if entry.key else [plain_title(text) for text in entry.wordings]
        group = next((places[text] for text in folded if text in places), None)
        if group is None:
            group = _Group([entry], [[entry]])
            groups.append(group)
        else:
            group.add(entry)
        for text in folded:
            places.setdefault(text, group)
    return groups


# --- against what is known ------------------------------------------------------------------------


class _Builder:
    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.known = {each.key: each for each in knowledge.questions}
        self.taken = set(self.known)
        self.categories = {
            plain_title(title): slug_ for slug_, title in knowledge.categories.items()
        }
        self.fresh: dict[str, Section] = {}

    def entry(self, group: _Group, found: Match[str] | None) -> dict[str, Any]:
        known = self.known[found.id] if found is not None else None
        first = group.variants[0]
        section = self._section(first, known)
        variants = [
            self._variant(entry, places, known, section)
            for entry, places in zip(group.variants, group.sources, strict=True)
        ]
        kind, reasons = self._kind(variants, known)
        head, *others = variants
        return {
            "kind": kind.value,
            "key": known.key if known is not None else self._new_key(first),
            "title": head["content"]["title"],
            **head,
            "alternatives": others if kind is Kind.CONFLICTING else [],
            "reasons": [reason.value for reason in reasons],
            "match": None if found is None else {"by": found.by, "score": found.score},
            "base": {
                "revision": known.revision if known is not None else 0,
                "version": known.version if known is not None else 0,
            },
            "category": self._category(section, head["content"]["category"]),
            "remarks": [remark.as_json() for entry in group.variants for remark in entry.remarks],
        }

    def _variant(
        self, entry: Entry, places: Sequence[Entry], known: Known | None, section: Section | None
    ) -> dict[str, Any]:
        current = known.content if known is not None else None
        content = merged(
            current,
            entry,
            category=section.slug if section is not None else None,
            hand_over_flow=self.knowledge.hand_over_flow,
        )
        return {
            "content": content,
            "changes": changes(current, content),
            "sources": [each.source.as_json() for each in places],
        }

    def _kind(
        self, variants: Sequence[Mapping[str, Any]], known: Known | None
    ) -> tuple[Kind, list[Reason]]:
        reasons = [Reason.SOURCES] if len(variants) > 1 else []
        if known is None:
            return (Kind.CONFLICTING if reasons else Kind.NEW), reasons
        if not any(variant["changes"] for variant in variants):
            return Kind.SAME, []
        if known.published is not None and not reasons:
            proposed = normal(variants[0]["content"])
            if proposed == normal(known.published):
                return Kind.SAME, []
        if known.draft is not None and known.is_written_here:
            reasons.append(Reason.DRAFT)
        if known.content.get("status") == "retired":
            reasons.append(Reason.RETIRED)
        return (Kind.CONFLICTING if reasons else Kind.CHANGED), reasons

    def _new_key(self, entry: Entry) -> str:
        free = entry.key and entry.key not in self.taken
        key = entry.key if free else key_for(entry.title, taken=self.taken)
        self.taken.add(key)
        return key

    # --- categories -----------------------------------------------------------------------------

    def _section(self, entry: Entry, known: Known | None) -> Section | None:
        """The group that the question would be in; None leaves it where it is."""
        if known is not None and (entry.adds or entry.section is None):
            return None
        stated = entry.section
        if stated is not None and stated.slug:
            if stated.slug not in self.knowledge.categories:
                self.fresh.setdefault(stated.slug, stated)
            return stated
        named = self._named_in(plain_title(entry.title))
        if stated is not None:
            fitting = self._named_in(plain_title(stated.title), least=0.6)
            if fitting is None:
                return self._known_or_new(stated.title)
            elsewhere = entry.adds and named is not None and fitting.title not in entry.title
            return named if elsewhere else fitting
        if named is not None:
            return named
        return self._known_or_new(UNSORTED.title)

    def _named_in(self, text: str, *, least: float = 0.0) -> Section | None:
        """The known category with the longest title in ``text``; ``least`` is its share of it."""
        names = [name for name in self.categories if len(name) > 1 and name in text]
        name = max(names, key=len, default="")
        if not name or len(name) < least * len(text):
            return None
        slug_ = self.categories[name]
        return Section(self.knowledge.categories[slug_], slug_)

    def _known_or_new(self, title: str) -> Section:
        slug_ = self.categories.get(plain_title(title))
        if slug_ is not None:
            return Section(self.knowledge.categories[slug_], slug_)
        for fresh in self.fresh.values():
            if plain_title(fresh.title) == plain_title(title):
                return fresh
        if title == UNSORTED.title and UNSORTED.slug not in self.knowledge.categories:
            self.fresh[UNSORTED.slug] = UNSORTED
            return UNSORTED
        taken = {*self.knowledge.categories, *self.fresh}
        order = FIRST_NEW_ORDER + 10 * len(self.fresh)
        section = Section(title[:60], key_for(title[:20], taken=taken)[:50], order)
        self.fresh[section.slug] = section
        return section

    def _category(self, section: Section | None, slug_: str) -> dict[str, Any]:
        is_new = section is not None and section.slug not in self.knowledge.categories
        title = self.knowledge.categories.get(slug_, "")
        if is_new and section is not None:
            title = section.title
        order = section.order if section is not None else 0
        return {"slug": slug_, "title": title, "order": order, "is_new": is_new}
