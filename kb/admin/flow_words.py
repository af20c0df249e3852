"""Places in a flow, in the words of the pages that show it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from kb.flows.difference import ORDER, Place

_WORDS: dict[str, Any] = {
    "title": pgettext_lazy("flow field", "title"),
    "question": pgettext_lazy("flow field", "standard question"),
    "start": pgettext_lazy("flow field", "first step"),
    "outcomes": pgettext_lazy("flow field", "outcomes"),
    "schema": pgettext_lazy("flow field", "schema"),
    "kind": pgettext_lazy("flow field", "kind"),
    "prompt": pgettext_lazy("flow field", "question for the agent"),
    "script": pgettext_lazy("flow field", "script"),
    "answer": pgettext_lazy("flow field", "script of the standard question"),
    "hint": pgettext_lazy("flow field", "internal hint"),
    "next": pgettext_lazy("flow field", "leads to"),
    "choices": pgettext_lazy("flow field", "answer"),
    "label": pgettext_lazy("flow field", "wording"),
    "value": pgettext_lazy("flow field", "value"),
    "sets": pgettext_lazy("flow field", "kept as"),
    "variables": pgettext_lazy("flow field", "filled in"),
    "required": pgettext_lazy("flow field", "required"),
    "options": pgettext_lazy("flow field", "option"),
    "help": pgettext_lazy("flow field", "help"),
    "error": pgettext_lazy("flow field", "words of a refusal"),
    "rules": pgettext_lazy("flow field", "condition"),
    "when": pgettext_lazy("flow field", "applies when"),
    "else": pgettext_lazy("flow field", "otherwise leads to"),
    "columns": pgettext_lazy("flow field", "column"),
    "outputs": pgettext_lazy("flow field", "output"),
    "rows": pgettext_lazy("flow field", "row"),
    "give": pgettext_lazy("flow field", "gives"),
    "checker": pgettext_lazy("flow field", "checker"),
    "found": pgettext_lazy("flow field", "something found, leads to"),
    "clean": pgettext_lazy("flow field", "nothing found, leads to"),
    "unreadable": pgettext_lazy("flow field", "not readable, leads to"),
    "flow": pgettext_lazy("flow field", "flow inside"),
    "version": pgettext_lazy("flow field", "version"),
    "outcome": pgettext_lazy("flow field", "outcome"),
    "channel": pgettext_lazy("flow field", "who answers"),
    "promise": pgettext_lazy("flow field", "promise"),
    "requires": pgettext_lazy("flow field", "captured"),
    "fields": pgettext_lazy("flow field", "further field"),
    "tags": pgettext_lazy("flow field", "tags"),
    "queue": pgettext_lazy("flow field", "hint for routing"),
    "prefill": pgettext_lazy("flow field", "filled in beforehand"),
    "from": pgettext_lazy("flow field", "filled in from"),
    ORDER: pgettext_lazy("flow field", "order"),
}
"""Keys of a definition; those that are not here are shown as they are written."""


def place_words(place: Place) -> str:
    """A place inside a node, as in “answer › yes › leads to”; blank is the node itself.

    Names of answers, variables and options stand at every second place of a list and are the
    author's own: they are never translated.
    """
    words: list[str] = []
    is_own = False
    for part in place:
        words.append(part if is_own and part != ORDER else str(_WORDS.get(part, part)))
        is_own = not is_own and part in _LISTS
    return " › ".join(words)


_LISTS = frozenset(
    {
        *("choices", "variables", "options", "rules", "columns", "outputs", "rows", "fields"),
        *("when", "give", "outcomes", "prefill", "take", "gives"),
    }
)


def mark_words(mark: str) -> str:
    """What happened to a node, for a chip."""
    words = {
        "added": pgettext("flow step", "New"),
        "removed": pgettext("flow step", "Removed"),
        "changed": pgettext("flow step", "Changed"),
    }
    return words[mark]


def unnamed_answer(kind: str) -> str:
    """What stands in a path where a step of ``kind`` has no answer in words of its own."""
    match kind:
        case "collect":
            return _("Filled in")
        case "branch" | "table":
            return _("None of the special cases")
        case _:
            return _("Read out")
