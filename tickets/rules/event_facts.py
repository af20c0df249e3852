"""What of an event may leave the desk: named facts, for each kind of event, and nothing else.

An event's old and new values also hold what people wrote (what is missing, what was completed)
and, with the hand-over's corrections, an account ID and a telephone number. So what goes out is
listed, not what stays: an event or a value that nobody listed here goes out without it. Notes
never do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

LONGEST_TEXT: Final = 150
"""Of a fact, as of a user name; nothing listed is longer."""

_PLACE: Final = frozenset({"status", "team", "assignee", "skill"})
_DUE: Final = frozenset({"clock", "due_at", "provisional", "policy", "change", "cause"})
_ALARM: Final = frozenset({"clock", "due_at"})

FACTS: Final[Mapping[str, frozenset[str]]] = {
    "ticket.handed_over": frozenset({"consultation", "due_at", "follows"}),
    "ticket.followed": frozenset({"ticket"}),
    "ticket.routed": frozenset({"status", "team", "skill", "reason", "rule"}),
    "ticket.rerouted": frozenset({"team", "skill", "priority", "reason", "rule"}),
    "ticket.assigned": frozenset({"status", "assignee", "reason", "load", "capacity", "skill"}),
    "ticket.claimed": frozenset({"status", "assignee"}),
    "ticket.released": frozenset({"status", "assignee", "reason"}),
    "ticket.transferred": _PLACE,
    "ticket.contacted": frozenset({"kind", "result", "at", "next_try_at"}),
    "ticket.waiting": frozenset({"status", "next_try_at"}),
    "ticket.resumed": frozenset({"status", "next_try_at"}),
    "ticket.returned": frozenset({"status", "assignee", "returns"}),
    "ticket.completed": frozenset({"status"}),
    "ticket.noted": frozenset({"mentions"}),
    "ticket.release_undone": _PLACE | {"undoes"},
    "ticket.transfer_undone": _PLACE | {"undoes"},
    "ticket.note_withdrawn": frozenset({"undoes"}),
    "ticket.chased": frozenset({"chases", "priority", "consultation"}),
    "ticket.prioritised": frozenset({"priority"}),
    "ticket.merged": frozenset({"status", "into"}),
    "ticket.merged_further": frozenset({"into"}),
    "ticket.absorbed": frozenset({"from", "priority", "chases"}),
    "ticket.resolved": frozenset({"status", "code"}),
    "ticket.reopened": frozenset({"status", "assignee", "reopened"}),
    "ticket.cancelled": frozenset({"status"}),
    "ticket.closed": frozenset({"status"}),
    "ticket.watched": frozenset(),
    "ticket.unwatched": frozenset(),
    "ticket.revealed": frozenset({"what"}),
    "sla.due_soon": _ALARM,
    "sla.last_call": _ALARM,
    "sla.breached": _ALARM,
    "sla.overdue_day": _ALARM,
    "sla.met": _ALARM,
    "sla.missed": _ALARM | {"cancelled"},
    "sla.moved": _DUE,
    "sla.recounted": _DUE,
    "sla.merged": frozenset({"clock", "due_at", "from", "into"}),
    "sla.dropped": frozenset(),
}
"""Names of the values that go out, old and new alike, by the event's code."""


PEOPLE: Final = frozenset({"assignee", "mentions"})
"""Facts that name people of the desk."""


def facts_of(code: str, values: Any, *, with_people: bool = True) -> dict[str, Any]:
    """Of an event's ``old`` or ``new`` what may go out: numbers, flags, short words, and lists of
    numbers and short words. Anything else under a listed name, as an earlier version may have
    written, is left out."""
    if not isinstance(values, Mapping):
        return {}
    listed = FACTS.get(code, frozenset()) - (frozenset() if with_people else PEOPLE)
    return {name: value for name, value in values.items() if name in listed and _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(each, str | int) and _is_plain(each) for each in value)
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT
    return value is None or isinstance(value, bool | int)
