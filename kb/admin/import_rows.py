"""A proposal as the import page shows it: groups, what each entry would change, what to check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from kb.admin.base import instant_words
from kb.admin.content_words import label_of
from kb.imports.entries import Code
from kb.imports.proposal import Kind, Reason
from kb.models import ImportBatch, StandardQuestion
from kb.models.question import QuestionStatus
from kb.rules.word_diff import Piece, diff
from kb.services.import_words import REASONS, words_of

MOST_SHOWN = 200
"""Entries of one kind that are shown in full; the others can only be taken as a whole."""

_TO_CHECK = {Code.NO_SCRIPT, Code.TITLE_NO_QUESTION, Code.HAND_OVER, Code.CUT, Code.PICTURE}


@dataclass(frozen=True, slots=True)
class Change:
    label: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to settle an entry: ``choice`` is the value of its box or radio button."""

    choice: int
    chosen: bool
    sources: str
    content: Mapping[str, Any]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    number: int
    key: str
    title: str
    category: str
    ways: tuple[Way, ...]
    is_chosen: bool
    reasons: tuple[str, ...]
    matched: str
    remarks: tuple[tuple[str, str], ...]
    """Style and words."""
    draft_address: str
    """Page of the question when the entry was saved as a draft."""


@dataclass(frozen=True, slots=True)
class Group:
    kind: str
    label: str
    count: int
    entries: tuple[Shown, ...]
    hidden: int


def groups_of(batch: ImportBatch, choices: Mapping[int, int]) -> list[Group]:
    """What wants a decision first; the same ones last."""
    labels = {
        Kind.CONFLICTING: _("In conflict"),
        Kind.CHANGED: _("Changed"),
        Kind.NEW: _("Not there yet"),
        Kind.SAME: _("The same as now"),
    }
    addresses = _draft_addresses(batch)
    groups = []
    for kind, label in labels.items():
        entries = [each for each in batch.proposal["entries"] if each["kind"] == kind]
        shown = tuple(
            _shown(each, choices, draft_address=addresses.get(each["number"], ""))
            for each in entries[:MOST_SHOWN]
        )
        groups.append(Group(kind.value, label, len(entries), shown, len(entries) - len(shown)))
    return groups


def _draft_addresses(batch: ImportBatch) -> dict[int, str]:
    """Address of the question's page by the number of each entry that was saved as a draft."""
    applied = batch.proposal.get("applied", {})
    keys = {
        each["key"]: each["number"]
        for each in batch.proposal["entries"]
        if str(each["number"]) in applied
    }
    rows = StandardQuestion.objects.filter(key__in=keys).values_list("key", "pk")
    return {keys[key]: reverse("admin:kb_standardquestion_change", args=[pk]) for key, pk in rows}


def hidden_numbers(batch: ImportBatch) -> set[int]:
    """Numbers of the new and changed entries for which there is no box on the page."""
    numbers: set[int] = set()
    for kind in (Kind.NEW, Kind.CHANGED):
        entries = [each for each in batch.proposal["entries"] if each["kind"] == kind]
        numbers |= {each["number"] for each in entries[MOST_SHOWN:]}
    return numbers


def passages_of(batch: ImportBatch) -> list[dict[str, Any]]:
    """What was not understood: file, line, why, and the text as it stands there."""
    return [
        {
            "place": _place(each),
            "why": words_of(each["code"], each["text"], each["params"]),
            "text": each["text"],
        }
        for each in batch.proposal["not_understood"]
    ]


def _shown(entry: Mapping[str, Any], choices: Mapping[int, int], *, draft_address: str) -> Shown:
    chosen = choices.get(entry["number"])
    ways = [entry, *entry["alternatives"]]
    compares = entry["kind"] != Kind.NEW and (
        entry["base"]["revision"] > 0 or entry["base"]["version"] > 0
    )
    return Shown(
        number=entry["number"],
        key=entry["key"],
        title=entry["title"],
        category=entry["category"]["title"] or entry["category"]["slug"],
        ways=tuple(
            Way(
                choice=at,
                chosen=chosen == at,
                sources=_("; ").join(_place(source) for source in way["sources"]),
                content=way["content"],
                changes=tuple(map(_change, way["changes"])) if compares else (),
            )
            for at, way in enumerate(ways)
        ),
        is_chosen=chosen is not None,
        reasons=tuple(str(REASONS[Reason(reason)]) for reason in entry["reasons"]),
        matched=_matched(entry),
        remarks=tuple(
            (
                "warn" if each["code"] in _TO_CHECK else "",
                words_of(each["code"], each["text"], each["params"]),
            )
            for each in entry["remarks"]
        ),
        draft_address=draft_address,
    )


def _place(source: Mapping[str, Any]) -> str:
    return _("%(file)s, line %(line)s") % {"file": source["file"], "line": source["line"]}


def _matched(entry: Mapping[str, Any]) -> str:
    """Why it was taken for a question that is there, where that is not certain."""
    found = entry["match"]
    if found is None or found["by"] != "likeness":
        return ""
    percent = round(found["score"] * 100)
    return _("Recognised by likeness (%(percent)s %%): check that it is the same question.") % {
        "percent": percent
    }


def _change(change: Mapping[str, Any]) -> Change:
    name = change["field"]
    old, new = _in_words(name, change["old"]), _in_words(name, change["new"])
    return Change(label_of(name), tuple(diff(old, new)))


def _in_words(name: str, value: Any) -> str:
    match value:
        case None | "":
            return ""
        case bool():
            return _("yes") if value else _("no")
        case list():
            return "\n".join(map(_item_words, value))
    if name == "status":
        return str(dict(QuestionStatus.choices).get(value, value))
    return str(value)


def _item_words(item: Any) -> str:
    if isinstance(item, str):
        return item
    if "digest" in item:
        return f"{item['title']} ({item['digest'][:8]})"
    return f"{item['question']}\n  {item['script']}"


def closed_words(batch: ImportBatch) -> str:
    """Who closed an import and when, or nothing while it is open."""
    if batch.closed_at is None:
        return ""
    person = batch.closed_by
    name = (person.get_full_name() or person.get_username()) if person is not None else ""
    return f"{name} · {instant_words(batch.closed_at)}".strip(" ·")
