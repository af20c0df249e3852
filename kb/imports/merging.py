"""What a question would say after an import: contents as JSON in, a content as JSON out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from kb.imports.entries import Content, Entry
from kb.imports.wording import agree, plain, plain_title, unique

AGREE = 0.85
"""Overlap of two scripts from which on they say the same in other words, figures being equal."""

NOTE_KNOWN = 0.7
"""Overlap of two lines of internal notes from which on the newer one adds nothing."""

BLANK: Mapping[str, Any] = {
    "title": "",
    "category": "",
    "status": "online",
    "script": "",
    "fallback": "",
    "internal_note": "",
    "escalates": False,
    "flow": None,
    "phrasings": [],
    "learned": [],
    "follow_ups": [],
    "attachments": [],
    "contrast_group": "",
    "contrast_label": "",
    "owner": None,
    "effective_from": None,
    "expires_at": None,
    "review_due": None,
    "review_reason": "",
}
"""A question about which nothing is known yet."""

_MOMENTS = ("effective_from", "expires_at")


def merged(
    current: Mapping[str, Any] | None,
    entry: Entry,
    *,
    category: str | None = None,
    hand_over_flow: str | None = None,
) -> Content:
    """``current`` (None: a new question) with what ``entry`` states.

    ``category`` is the slug for a new question, or one that the source states; None keeps it.
    ``hand_over_flow`` is proposed where a document hands over and no flow is chosen yet.
    """
    content = {**BLANK, **(current or {"title": entry.title})}
    if category is not None:
        content["category"] = category
    if not entry.adds:
        return {**content, **entry.given, "title": entry.title}
    given = entry.given
    if given["script"] and plain(given["script"]) != plain(content["script"]):
        content["script"] = given["script"]
    known = [content["title"], *content["phrasings"], *content["learned"]]
    content["phrasings"] = [*content["phrasings"], *unique(entry.wordings, known=known)]
    content["internal_note"] = _notes(content["internal_note"], given["internal_note"])
    content["follow_ups"] = _follow_ups(content["follow_ups"], given["follow_ups"])
    content["escalates"] = content["escalates"] or given["escalates"]
    if content["escalates"] and not content["flow"]:
        content["flow"] = hand_over_flow
    return content


def joined(first: Entry, second: Entry) -> Entry:
    """Two places of documents that agree about a question, as one entry: the first leads."""
    content = merged(merged(None, first), _without_script(second))
    given = {name: content[name] for name in first.given}
    remarks = [*first.remarks, *(each for each in second.remarks if each not in first.remarks)]
    return Entry(
        title=first.title,
        source=first.source,
        given=given,
        key=first.key,
        adds=True,
        section=first.section or second.section,
        remarks=tuple(remarks),
    )


def _without_script(entry: Entry) -> Entry:
    return Entry(entry.title, entry.source, {**entry.given, "script": ""}, adds=True)


def say_the_same(first: Entry, second: Entry) -> bool:
    """Whether two entries about one question may be one: nothing of either would be lost."""
    if first.adds and second.adds:
        one, other = first.script, second.script
        return not one or not other or agree(one, other, least=AGREE)
    if first.adds or second.adds:
        return False
    return first.title == second.title and first.given == second.given


def _notes(old: str, new: str) -> str:
    lines = [line for line in old.split("\n") if line.strip()]
    fresh = [
        line
        for line in new.split("\n")
        if line.strip() and not any(agree(line, known, least=NOTE_KNOWN) for known in lines)
    ]
    return "\n".join([old.rstrip(), *fresh]).strip() if fresh else old


def _follow_ups(
    old: Iterable[Mapping[str, str]], new: Iterable[Mapping[str, str]]
) -> list[dict[str, str]]:
    held = [dict(item) for item in old]
    for item in new:
        asked = plain_title(item["question"])
        same = next((each for each in held if plain_title(each["question"]) == asked), None)
        if same is None:
            held.append(dict(item))
        elif not agree(same["script"], item["script"], least=AGREE):
            same["script"] = item["script"]
    return held


def normal(content: Mapping[str, Any]) -> Content:
    """A content in which equal means the same to a reader: newlines, margins, instants."""
    full = {**BLANK, **content}
    for name in _MOMENTS:
        if full[name]:
            full[name] = datetime.fromisoformat(full[name]).astimezone(UTC).isoformat()
    return {name: _normal(value) for name, value in full.items()}


def _normal(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if isinstance(value, list | tuple):
        return [_normal(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _normal(item) for name, item in value.items()}
    return value


def changes(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``{field, old, new}`` for every part that differs; against None every part that says
    something."""
    before = normal(old if old is not None else {**BLANK, "status": None})
    after = normal(new)
    return [
        {"field": name, "old": before[name], "new": after[name]}
        for name in BLANK
        if before[name] != after[name]
    ]
