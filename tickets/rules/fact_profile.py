"""What became of a ticket, as one small number that reports group by: its profile.

Very many tickets share few profiles, so sums are kept by profile, and what each number counts is
asked of a profile: ``Pattern``. docs/metrics.md tells the numbers.

    bits 0-2   the contact clock, a ``Fate``      bits 3-5   the resolve clock, a ``Fate``
    bits 6-7   why the first one was breached     bits 8-9   why the second one was (``Cause``)
    bits 10-   the ``Flag``s

A clock that still runs is breached as soon as it is past due, which no event tells: what is
stored says ``RUNNING`` and ``at_reading`` decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag

CONTACT_SHIFT, RESOLVE_SHIFT = 0, 3
CONTACT_CAUSE_SHIFT, RESOLVE_CAUSE_SHIFT = 6, 8
_FATE_BITS, _CAUSE_BITS = 0b111, 0b11


class Fate(IntEnum):
    """What became of one clock. ``DROPPED``: stopped without a verdict."""

    NONE = 0
    RUNNING = 1
    MET = 2
    BREACHED = 3
    DROPPED = 4


class Cause(IntEnum):
    """What a ticket was waiting for at the instant at which its promise was broken."""

    ASSIGNMENT = 0
    CONTACT = 1
    USER = 2
    DETAILS = 3


class Flag(IntFlag):
    """What has ever happened to a ticket, or is so now."""

    PROMISE = 1 << 10
    CHASED = 1 << 11
    RETURNED = 1 << 12
    REOPENED = 1 << 13
    SOLVED_ONCE = 1 << 14
    MERGED = 1 << 15
    CANCELLED = 1 << 16
    ANSWERED = 1 << 17
    SOLVED = 1 << 18


CAUSES = {
    "new": Cause.ASSIGNMENT,
    "queued": Cause.ASSIGNMENT,
    "waiting": Cause.USER,
    "returned": Cause.DETAILS,
}
"""By the status at that instant; in every other one somebody had the ticket in hand."""

OVERDUE = Fate.BREACHED - Fate.RUNNING
"""What a clock's part of the profile grows by when it turns out to be past due."""


def cause_of(status: str) -> Cause:
    """What a ticket in ``status`` waits for."""
    return CAUSES.get(status, Cause.CONTACT)


def profile(
    contact: Fate, resolve: Fate, contact_cause: Cause, resolve_cause: Cause, flags: Flag
) -> int:
    """The number. A cause is kept only of a clock that is, or may yet be, breached."""
    found = contact << CONTACT_SHIFT | resolve << RESOLVE_SHIFT | flags
    if contact in (Fate.RUNNING, Fate.BREACHED):
        found |= contact_cause << CONTACT_CAUSE_SHIFT
    if resolve in (Fate.RUNNING, Fate.BREACHED):
        found |= resolve_cause << RESOLVE_CAUSE_SHIFT
    return int(found)


def at_reading(stored: int, *, contact_late: bool, resolve_late: bool) -> int:
    """The profile now: ``*_late`` says whether the due instant of a running clock has passed."""
    if contact_late and contact_fate(stored) is Fate.RUNNING:
        stored += OVERDUE << CONTACT_SHIFT
    if resolve_late and resolve_fate(stored) is Fate.RUNNING:
        stored += OVERDUE << RESOLVE_SHIFT
    return stored


def contact_fate(number: int) -> Fate:
    return Fate(number >> CONTACT_SHIFT & _FATE_BITS)


def resolve_fate(number: int) -> Fate:
    return Fate(number >> RESOLVE_SHIFT & _FATE_BITS)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Matches the profiles whose bits in ``mask`` are one of ``wanted``."""

    mask: int
    wanted: tuple[int, ...]

    def matches(self, number: int) -> bool:
        return number & self.mask in self.wanted


EVERYTHING = Pattern(0, (0,))


def with_contact(*fates: Fate) -> Pattern:
    return _clock(CONTACT_SHIFT, fates)


def with_resolve(*fates: Fate) -> Pattern:
    return _clock(RESOLVE_SHIFT, fates)


def breached_waiting_for(cause: Cause, *, resolve: bool = False) -> Pattern:
    """A breached promise, and what the ticket was waiting for at that instant."""
    fate, why = (
        (RESOLVE_SHIFT, RESOLVE_CAUSE_SHIFT) if resolve else (CONTACT_SHIFT, CONTACT_CAUSE_SHIFT)
    )
    return Pattern(
        _FATE_BITS << fate | _CAUSE_BITS << why, (int(Fate.BREACHED << fate | cause << why),)
    )


def with_flag(flag: Flag) -> Pattern:
    return Pattern(int(flag), (int(flag),))


def _clock(shift: int, fates: tuple[Fate, ...]) -> Pattern:
    return Pattern(_FATE_BITS << shift, tuple(int(fate << shift) for fate in fates))
