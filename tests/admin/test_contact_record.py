"""One contact as a manager may read it, and the way there from the list behind a number."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.conftest import CANARY, NOW
from tests.tickets.services.roundabout import begin_round, publish_round
from tickets.models import Consultation, Ticket
from tickets.services.consultations import finish_consultation, start_consultation


def page(client: Client, contact: Consultation, status: int = 200) -> str:
    response = client.get(f"/admin/contacts/{contact.pk}/")
    assert response.status_code == status
    return html.unescape(response.content.decode())


def test_a_finished_contact_tells_how_it_went(boss: Client, agent: Any, questions: Any) -> None:
    contact = start_consultation(
        acting_user=agent,
        channel="phone",
        utterance="my number is 13912345678, twice charged",
        question_key="price",
        now=NOW,
    )
    finish_consultation(
        acting_user=agent,
        consultation_id=contact.pk,
        outcome="answered",
        now=NOW + timedelta(minutes=3),
    )
    told = page(boss, contact)
    assert "Answered" in told
    assert "twice charged" in told
    assert "13912345678" not in told
    assert "No step was recorded" in told
    assert CANARY not in told
    assert 'method="post"' not in told.split('id="content"')[-1].split("</main>")[0]


def test_a_handed_over_contact_leads_to_its_ticket_and_hides_the_account(
    boss: Client, make_ticket: Callable[..., Ticket]
) -> None:
    ticket = make_ticket()
    contact = Consultation.objects.get(ticket=ticket)
    told = page(boss, contact)
    assert f"/admin/ticket/{ticket.number}/" in told
    assert ticket.account_id not in told
    assert CANARY not in told


def test_a_running_one_shows_its_steps_and_leads_to_passing_it_on(
    boss: Client, agent: Any, questions: Any
) -> None:
    publish_round()
    contact = Consultation.objects.get(pk=begin_round(agent))
    told = page(boss, contact)
    assert f"/admin/contacts/?agent={agent.get_username()}" in told
    assert "How the contact went" in told


@pytest.mark.parametrize("who", ["agent", "advisor", "editor"])
def test_it_is_for_managers(
    who: str, request: pytest.FixtureRequest, agent: Any, questions: Any
) -> None:
    contact = start_consultation(
        acting_user=agent, channel="chat", utterance="", question_key="", now=NOW
    )
    client = Client()
    client.force_login(request.getfixturevalue(who))
    page(client, contact, status=403)


def test_a_number_that_is_none(boss: Client) -> None:
    assert boss.get("/admin/contacts/999999/").status_code == 404
