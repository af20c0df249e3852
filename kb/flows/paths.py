"""Places in a definition, in words: ``node “ask”, choice 2, label``."""

from __future__ import annotations

from collections.abc import Callable

from kb.flows.findings import gettext_noop as _

Location = tuple[str | int, ...]
Translate = Callable[[str], str]

_ITEMS = {
    "choices": _("choice %(number)d"),
    "fields": _("field %(number)d"),
    "options": _("option %(number)d"),
    "tags": _("tag %(number)d"),
    "requires": _("required item %(number)d"),
    "variables": _("variable %(number)d"),
    "rules": _("rule %(number)d"),
    "columns": _("column %(number)d"),
    "outputs": _("output %(number)d"),
    "rows": _("row %(number)d"),
}
_FLOW = _("flow")
_NODE = _("node “%(key)s”")


def in_words(location: Location, translate: Translate = str) -> str:
    """Words for a location; counting starts at 1. The empty location is the flow itself."""
    if not location:
        return translate(_FLOW)
    words: list[str] = []
    parts = list(location)
    while parts:
        part = parts.pop(0)
        if part == "nodes" and not words and parts:
            words.append(translate(_NODE) % {"key": parts.pop(0)})
        elif part in _ITEMS and parts and isinstance(parts[0], int):
            words.append(translate(_ITEMS[str(part)]) % {"number": int(parts.pop(0)) + 1})
        else:
            words.append(str(part + 1) if isinstance(part, int) else part)
    return ", ".join(words)
