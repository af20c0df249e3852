"""Places in a definition, in words: ``node “ask”, choice 2, label``."""

from __future__ import annotations

Location = tuple[str | int, ...]

_ITEMS = {
    "choices": "choice",
    "fields": "field",
    "options": "option",
    "tags": "tag",
    "requires": "required item",
}


def in_words(location: Location) -> str:
    """Words for a location; counting starts at 1. The empty location is the flow itself."""
    if not location:
        return "flow"
    words: list[str] = []
    parts = list(location)
    while parts:
        part = parts.pop(0)
        if part == "nodes" and not words and parts:
            words.append(f"node “{parts.pop(0)}”")
        elif part in _ITEMS and parts and isinstance(parts[0], int):
            words.append(f"{_ITEMS[str(part)]} {int(parts.pop(0)) + 1}")
        else:
            words.append(str(part + 1) if isinstance(part, int) else part)
    return ", ".join(words)
