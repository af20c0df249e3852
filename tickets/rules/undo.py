"""What can be taken back, for how long, and what then counts as if it had never been.

The timeline is never changed, so taking back is an event of its own: its ``new`` names under
``UNDOES`` the ids of the events that it takes back. Whoever draws conclusions from the timeline
draws them from ``lasting`` events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeVar

OFFERED: Final = timedelta(seconds=10)
"""For so long a person is offered to take it back."""

GRACE: Final = timedelta(seconds=2)
"""So much later it is still done: the click was in time, the way to the desk took its time."""

HELD: Final = timedelta(seconds=15)
"""So long nobody is told of it. Longer than ``OFFERED`` and ``GRACE`` by what the clocks of two
machines may differ."""

UNDOES: Final = "undoes"

UNDONE_BY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ticket.released": "ticket.release_undone",
        "ticket.transferred": "ticket.transfer_undone",
        "ticket.noted": "ticket.note_withdrawn",
    }
)
"""The event with which each of those that can be taken back is taken back."""

UNDOING: Final = frozenset(UNDONE_BY.values())


class Happening(Protocol):
    """What of an event matters here."""

    @property
    def pk(self) -> Any: ...
    @property
    def code(self) -> str: ...
    @property
    def new(self) -> Any: ...


Event = TypeVar("Event", bound=Happening)


def undone_ids(events: Iterable[Happening]) -> frozenset[int]:
    """The ids of those that were taken back."""
    return frozenset(
        pk
        for event in events
        if event.code in UNDOING and isinstance(event.new, Mapping)
        for pk in event.new.get(UNDOES, ())
    )


def told(events: Iterable[Event]) -> list[Event]:
    """What a timeline shows: a note that was withdrawn is not there, only its withdrawal."""
    every = list(events)
    gone = undone_ids(event for event in every if event.code == UNDONE_BY["ticket.noted"])
    return [event for event in every if event.pk not in gone]


def lasting(events: Iterable[Event]) -> list[Event]:
    """``events`` without what was taken back and without the taking back: what would have happened
    had nobody slipped. The order stays."""
    every = list(events)
    gone = undone_ids(every)
    return [event for event in every if event.pk not in gone and event.code not in UNDOING]
