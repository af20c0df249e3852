"""Managers see whose contacts run, and give them to a colleague in an agent's place."""

from __future__ import annotations

import html
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.conftest import NOW
from tests.tickets.services.roundabout import begin_round, publish_round
from tickets.models import Consultation, ContactTransfer
from tickets.selectors import running
from tickets.services.consultations import finish_consultation

PAGE = "/admin/contacts/"


@pytest.fixture
def contact(agent: Any, questions: Any) -> int:
    publish_round()
    return begin_round(agent, "我的号码 13812345678，<b>打不开</b>")


@pytest.fixture
def browser(manager: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(manager)
    return client


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


def test_the_list_tells_whose_they_are_and_nothing_personal(
    browser: Client, contact: int, agent: Any, agent2: Any
) -> None:
    page = browser.get(PAGE)
    assert agent.username in text(page)
    assert "13812345678" not in text(page)
    assert "<b>打不开" not in page.content.decode()
    assert "takes no contacts any more" not in text(page)
    assert "No contact is running." in text(browser.get(f"{PAGE}?agent={agent2.username}"))
    agent.is_active = False
    agent.save()
    assert "takes no contacts any more" in text(browser.get(PAGE))


def test_a_contact_goes_to_a_colleague(
    browser: Client, contact: int, agent: Any, agent2: Any, manager: Any
) -> None:
    sent = {"to": agent2.username, "note": "下班了", "agent": agent.username}
    done = browser.post(f"{PAGE}{contact}/pass-on/", sent)
    assert done.headers["Location"] == f"{PAGE}?agent={agent.username}"
    moved = ContactTransfer.objects.get()
    assert (moved.from_agent, moved.to_agent, moved.by) == (agent, agent2, manager)
    assert [notice.code for notice in agent2.notices.all()] == ["contacts.passed_on"]
    assert [notice.code for notice in agent.notices.all()] == ["contacts.passed_by_other"]


@pytest.mark.parametrize("to", ["", "nobody", "agent"])
def test_a_refusal_keeps_what_was_typed(browser: Client, contact: int, to: str) -> None:
    page = browser.post(f"{PAGE}{contact}/pass-on/", {"to": to, "note": "交接说明"})
    assert page.status_code == 422
    assert 'value="交接说明"' in page.content.decode()
    assert f'id="to-{contact}-error"' in page.content.decode()
    assert not ContactTransfer.objects.exists()


def test_one_that_is_over_says_so(browser: Client, contact: int, agent: Any, agent2: Any) -> None:
    finish_consultation(
        consultation_id=contact,
        acting_user=agent,
        outcome="abandoned",
        now=NOW + timedelta(hours=1),
    )
    page = browser.post(f"{PAGE}{contact}/pass-on/", {"to": agent2.username})
    assert page.status_code == 409
    assert "already ended" in text(page)
    assert browser.post(f"{PAGE}999999/pass-on/", {"to": agent2.username}).status_code == 409


def test_a_get_from_the_login_page_changes_nothing(browser: Client, contact: int) -> None:
    assert browser.get(f"{PAGE}{contact}/pass-on/").headers["Location"] == PAGE


def test_many(
    browser: Client,
    agent: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    Consultation.objects.bulk_create(
        Consultation(agent=agent, channel="phone", utterance="x", started_at=NOW) for _n in range(4)
    )
    monkeypatch.setattr(running, "SHOWN", 3)
    with django_assert_max_num_queries(9):
        page = browser.get(PAGE)
    assert page.content.decode().count('name="to"') == 3
    assert "have run longest" in text(page)


@pytest.mark.parametrize("who", ["agent", "advisor", "editor"])
def test_it_is_for_managers(who: str, request: pytest.FixtureRequest, contact: int) -> None:
    client = Client()
    client.force_login(request.getfixturevalue(who))
    assert client.get(PAGE).status_code == 403
