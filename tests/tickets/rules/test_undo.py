"""What lasts of a timeline in which people took things back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.event_facts import FACTS, facts_of
from tickets.rules.undo import GRACE, HELD, OFFERED, UNDOES, UNDONE_BY, lasting, told, undone_ids


@dataclass(frozen=True)
class Event:
    pk: int
    code: str
    new: dict[str, Any] = field(default_factory=dict)


OTHERS = ("ticket.claimed", "ticket.contacted", "sla.moved", "ticket.waiting")


@st.composite
def timelines(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """One with slips that were taken back, and the same without them."""
    every: list[Event] = []
    plain: list[Event] = []
    for _turn in range(draw(st.integers(0, 12))):
        code = draw(st.sampled_from((*OTHERS, *UNDONE_BY)))
        done = Event(len(every) + 1, code)
        every.append(done)
        if code in UNDONE_BY and draw(st.booleans()):
            every.append(Event(len(every) + 1, UNDONE_BY[code], {UNDOES: [done.pk]}))
        else:
            plain.append(done)
    return every, plain


@given(timelines())
def test_what_was_taken_back_is_as_if_it_had_never_been(
    drawn: tuple[list[Event], list[Event]],
) -> None:
    every, plain = drawn
    assert lasting(every) == plain
    assert lasting(lasting(every)) == lasting(every)
    assert lasting(iter(every)) == plain


@given(timelines())
def test_a_timeline_loses_withdrawn_notes_and_nothing_else(
    drawn: tuple[list[Event], list[Event]],
) -> None:
    every, plain = drawn
    missing = [event for event in every if event not in told(every)]
    assert {event.code for event in missing} <= {"ticket.noted"}
    assert undone_ids(missing) == frozenset()
    assert all(event in told(every) for event in plain)


def test_events_of_an_earlier_time_name_nothing() -> None:
    assert (
        undone_ids([Event(1, "ticket.claimed", {UNDOES: [1]}), Event(2, "sla.met")]) == frozenset()
    )
    assert undone_ids([Event(3, UNDONE_BY["ticket.noted"])]) == frozenset()


def test_what_is_held_back_outlasts_what_can_be_undone() -> None:
    assert OFFERED + GRACE < HELD


def test_programs_learn_what_was_undone_but_no_words() -> None:
    for undoing in UNDONE_BY.values():
        facts = facts_of(undoing, {UNDOES: [4, 5], "note": "机密", "status": "assigned"})
        assert facts.pop(UNDOES) == [4, 5]
        assert facts in ({}, {"status": "assigned"})
        assert "note" not in FACTS[undoing]
