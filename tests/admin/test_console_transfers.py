"""Passing a contact on and taking one over, as agents do it in the console."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from klingdesk.core.roles import Role
from tests.admin.dates import in_words
from tests.conftest import NOW
from tests.tickets.services.roundabout import ACCOUNT, TYPED, answered, begin_round, publish_round
from tickets.models import Consultation, ContactTransfer
from tickets.services.contact_transfers import MOST_NOTE, take_over

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def later() -> Iterator[None]:
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        yield


@pytest.fixture
def contact(agent: Any, questions: Any) -> int:
    publish_round()
    number = begin_round(agent, "我的号码 13812345678，<b>打不开</b>")
    answered(number, "no", TYPED)
    return number


def browser(person: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def address(name: str, *args: Any) -> str:
    return reverse(f"admin:{name}", args=args)


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


# --- the list of colleagues' contacts ------------------------------------------------------------


def test_a_colleague_sees_which_contacts_wait_and_nothing_personal(
    contact: int, agent: Any, agent2: Any
) -> None:
    page = browser(agent2).get(address("console")).content.decode()
    listed = in_words(page.split('id="parked"')[1])
    assert "标题 round" in listed
    assert "waiting since today 10:30" in listed
    assert "agent · Phone" in listed
    assert "我的号码 ‹#›，&lt;b&gt;打不开&lt;/b&gt;" in listed
    assert "13812345678" not in page
    assert ACCOUNT not in page
    assert browser(agent2).get(address("console_contact", contact)).status_code == 404
    own = browser(agent).get(address("console")).content.decode()
    assert "None at the moment." in own.split('id="parked"')[1]
    assert "Waiting for the user to try" in own


def test_it_is_found_by_account_id_with_and_without_htmx(contact: int, agent2: Any) -> None:
    client = browser(agent2)
    for headers in ({}, HTMX):
        page = text(
            client.post(address("console_parked"), {"account_id": ACCOUNT}, headers=headers)
        )
        assert "1 contact of this account." in page
        assert "7****5" in page
        none = text(
            client.post(address("console_parked"), {"account_id": "7712346"}, headers=headers)
        )
        assert "No contact of a colleague waits" in none
        wrong = text(
            client.post(address("console_parked"), {"account_id": "13812345678"}, headers=headers)
        )
        assert "This is a mobile number." in wrong
        assert "标题 round" in wrong, "the list stays where the search makes no sense"
    page = client.post(address("console_parked"), {"account_id": " "}).content.decode()
    assert "标题 round" in page.split('id="parked"')[1]
    assert client.get(address("console_parked")).headers["Location"] == address("console")


def test_only_agents_look_for_waiting_contacts(contact: int, manager: Any, advisor: Any) -> None:
    for person in (manager, advisor):
        for name, args in (("console_parked", ()), ("console_take_over", (contact,))):
            assert browser(person).post(address(name, *args)).status_code == 403


# --- taking over ---------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_contact_goes_on_where_it_stands(
    contact: int, agent2: Any, headers: dict[str, str]
) -> None:
    client = browser(agent2)
    sent = {"from": "agent", "note": "用户又来电"}
    response = client.post(address("console_take_over", contact), sent, headers=headers)
    goal = response.headers.get("HX-Redirect") or response.headers["Location"]
    assert goal == address("console_contact", contact)
    page = text(client.get(goal))
    assert 'name="node" value="reinstall"' in page
    path = page.split('aria-label="Path so far"')[1]
    assert "agent2 took over from agent" in path
    assert "用户又来电" in path
    assert path.count("answered by agent\n") + path.count("answered by agent<") == 2
    assert Consultation.objects.get().agent == agent2


def test_a_get_takes_nothing_over(contact: int, agent2: Any) -> None:
    response = browser(agent2).get(address("console_take_over", contact))
    assert response.headers["Location"] == address("console")
    assert not ContactTransfer.objects.exists()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_who_comes_second_is_told_and_keeps_the_note(
    contact: int, agent2: Any, person: Any, headers: dict[str, str]
) -> None:
    take_over(consultation_id=contact, acting_user=person("agent3", Role.AGENT), now=NOW)
    response = browser(agent2).post(
        address("console_take_over", contact),
        {"from": "agent", "note": "写了很久"},
        headers=headers,
    )
    page = text(response)
    assert response.status_code == 409
    assert "agent3 was faster: the contact is theirs now." in page
    assert "Your note: 写了很久" in page
    assert Consultation.objects.get().agent.username == "agent3"


def test_what_waits_no_longer_is_told(contact: int, agent2: Any) -> None:
    answered(contact, "no")
    response = browser(agent2).post(
        address("console_take_over", contact), {"from": "agent"}, headers=HTMX
    )
    assert response.status_code == 409
    assert "does not wait for its user" in text(response)


def test_a_note_that_is_too_long_stays_where_it_was_typed(contact: int, agent2: Any) -> None:
    note = "长" * (MOST_NOTE + 1)
    response = browser(agent2).post(
        address("console_take_over", contact),
        {"from": "agent", "note": note, "account_id": ACCOUNT},
        headers=HTMX,
    )
    page = text(response)
    assert response.status_code == 422
    assert note in page
    assert "At most 300 characters." in page
    assert f'name="account_id" value="{ACCOUNT}"' in page, "the search it came from stays"
    assert "<details open>" in page


# --- passing on ----------------------------------------------------------------------------------


def test_colleagues_are_asked_for_only_when_wanted(
    contact: int, agent: Any, agent2: Any, person: Any
) -> None:
    gone = person("gone", Role.AGENT)
    gone.is_active = False
    gone.save()
    client = browser(agent)
    page = client.get(address("console_contact", contact)).content.decode()
    assert "agent2" not in page
    for headers in ({}, HTMX):
        asked = client.get(address("console_pass_on", contact), headers=headers).content.decode()
        assert '<option value="agent2">' in asked
        assert 'value="gone"' not in asked
        assert 'value="agent"' not in asked
        assert ('id="contact"' in asked) is (not headers)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_contact_is_passed_on(
    contact: int, agent: Any, agent2: Any, headers: dict[str, str]
) -> None:
    client = browser(agent)
    sent = {"to": "agent2", "note": "我下班了"}
    response = client.post(address("console_pass_on", contact), sent, headers=headers)
    assert (response.headers.get("HX-Redirect") or response.headers["Location"]) == address(
        "console"
    )
    assert f"Contact {contact} is with agent2 now." in text(client.get(address("console")))
    assert client.get(address("console_contact", contact)).status_code == 404
    page = text(browser(agent2).get(address("console_contact", contact)))
    assert "agent passed it on to agent2" in page
    assert "我下班了" in page


def test_what_is_wrong_stands_at_its_field_with_what_was_typed(contact: int, agent: Any) -> None:
    response = browser(agent).post(
        address("console_pass_on", contact), {"to": "", "note": "还没写完"}, headers=HTMX
    )
    page = text(response)
    assert response.status_code == 422
    assert "Choose a colleague who is an active agent." in page
    assert 'value="还没写完"' in page
    assert 'name="node" value="reinstall"' in page, "the step itself stays"


def test_too_late_to_pass_it_on(contact: int, agent: Any, agent2: Any) -> None:
    client = browser(agent)
    client.post(address("console_finish", contact), {"outcome": "answered"})
    response = client.post(
        address("console_pass_on", contact), {"to": "agent2", "note": "晚了"}, headers=HTMX
    )
    assert response.status_code == 409
    assert "already ended" in text(response)
    assert client.get(address("console_pass_on", contact)).headers["Location"] == address(
        "console_contact", contact
    )


def test_a_stranger_s_contact_is_not_passed_on(contact: int, agent2: Any) -> None:
    client = browser(agent2)
    assert client.get(address("console_pass_on", contact)).status_code == 404
    assert client.post(address("console_pass_on", contact), {"to": "agent2"}).status_code == 404


def test_who_only_reads_does_not_pass_it_on_from_here(contact: int, person: Any) -> None:
    lead = person("lead", Role.AGENT, Role.MANAGER)
    response = browser(lead).get(address("console_pass_on", contact))
    assert response.headers["Location"] == address("console_contact", contact)
