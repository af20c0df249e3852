"""Notes, and who is told of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from klingdesk.core.errors import Conflict, Invalid
from klingdesk.core.roles import Role
from tests.conftest import NOW
from tests.tickets.services.steps import resolved, told
from tickets.models import Ticket
from tickets.services.notes import add_note


@pytest.fixture
def ticket(make_ticket: Callable[..., Ticket]) -> Ticket:
    return make_ticket()


def write(ticket: Ticket, user: Any, note: str) -> Ticket:
    return add_note(number=ticket.number, acting_user=user, note=note, now=NOW)


def test_people_who_are_named_are_told(
    ticket: Ticket, agent: Any, advisor: Any, advisor2: Any, manager: Any
) -> None:
    write(ticket, agent, "@advisor 请@advisor2看一下，@manager 知悉")
    assert ticket.events.get(code="ticket.noted").new == {
        "mentions": ["advisor", "advisor2", "manager"]
    }
    for person in (advisor, advisor2, manager):
        assert told(person) == ["tickets.mentioned"]


def test_whoever_names_themselves_is_not_told(ticket: Ticket, agent: Any) -> None:
    write(ticket, agent, "@agent 记得回看")
    assert told(agent) == []


def test_an_address_and_a_lone_sign_name_nobody(ticket: Ticket, agent: Any) -> None:
    write(ticket, agent, "用户邮箱 fan@advisor.com，单价 @ 5 元")
    assert ticket.events.get(code="ticket.noted").new == {}


@pytest.mark.parametrize(
    ("note", "names"),
    [
        ("@nobody 看一下", ["@nobody"]),
        ("@agent2 看一下", ["@agent2"]),
        ("@other_advisor @nobody @advisor", ["@other_advisor", "@nobody"]),
        ("@left 看一下", ["@left"]),
        ("@editor 看一下", ["@editor"]),
    ],
)
def test_names_that_lead_nowhere_are_told_and_nothing_is_saved(
    note: str,
    names: list[str],
    ticket: Ticket,
    agent: Any,
    agent2: Any,
    advisor: Any,
    other_advisor: Any,
    editor: Any,
    person: Callable[..., Any],
) -> None:
    left = person("left", Role.ADVISOR, team="tier2")
    left.is_active = False
    left.save()
    with pytest.raises(Invalid) as wrong:
        write(ticket, agent, note)
    message = str(wrong.value.fields["note"][0])
    assert ", ".join(names) in message
    assert ("@advisor," in message) is False
    assert not ticket.events.filter(code="ticket.noted").exists()
    assert told(advisor) == []


def test_a_character_that_the_database_refuses_is_left_out(
    ticket: Ticket, agent: Any, advisor: Any
) -> None:
    write(ticket, agent, "\x00 @advi\x00sor 请看一下\x00 ")
    event = ticket.events.get(code="ticket.noted")
    assert (event.note, event.new) == ("@advisor 请看一下", {"mentions": ["advisor"]})
    assert told(advisor) == ["tickets.mentioned"]
    with pytest.raises(Invalid) as wrong:
        write(ticket, agent, " \x00 ")
    assert list(wrong.value.fields) == ["note"]


def test_at_most_twenty_people(ticket: Ticket, agent: Any) -> None:
    with pytest.raises(Invalid) as many:
        write(ticket, agent, " ".join(f"@person{n}" for n in range(21)))
    assert "20" in str(many.value.fields["note"][0])


def test_no_notes_on_what_is_settled(ticket: Ticket, advisor: Any, agent: Any) -> None:
    resolved(ticket, advisor)
    with pytest.raises(Conflict):
        write(ticket, agent, "晚了")
