"""A contact that began without a standard question: found, chosen, and the flow begins."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from tests.conftest import CANARY, NOW
from tickets.models import Consultation
from tickets.services.consultations import start_consultation

HTMX = {"HX-Request": "true"}


@pytest.fixture
def contact(agent: Any, questions: Any) -> Consultation:
    return start_consultation(
        acting_user=agent, channel="chat", utterance="扣了两次", question_key=None, now=NOW
    )


@pytest.fixture(autouse=True)
def logged_in(client: Client, agent: Any) -> None:
    client.force_login(agent)


def address(name: str, contact: Consultation) -> str:
    return reverse(f"admin:{name}", args=[contact.pk])


def test_the_page_offers_what_the_users_words_may_mean(
    client: Client, contact: Consultation
) -> None:
    page = client.get(address("console_contact", contact)).content.decode()
    assert 'data-stage="ask"' in page
    assert 'name="question" value="twice-charged" data-key="1"' in page
    assert CANARY not in page


def test_other_words_give_other_questions(client: Client, contact: Consultation) -> None:
    where = address("console_ask", contact)
    with time_machine.travel(NOW, tick=False):
        part = client.post(where, {"q": "扣了我两次"}, headers=HTMX).content.decode()
        whole = client.post(where, {"q": "扣了我两次"}).content.decode()
        nothing = client.post(where, {"q": "qqzzxx"}, headers=HTMX | {"accept-language": "en"})
    for shown in (part, whole):
        assert 'value="twice-charged"' in shown
    assert "<html" not in part
    assert 'value="扣了我两次"' in whole
    assert "No standard question found" in nothing.content.decode()


def test_the_users_words_stand_in_no_address(client: Client, contact: Consultation) -> None:
    where = address("console_ask", contact)
    page = client.get(address("console_contact", contact)).content.decode()
    assert f'hx-post="{where}"' in page
    assert f'method="post" action="{where}"' in page
    assert f'hx-get="{where}' not in page
    back = client.get(where, {"q": "扣了我两次"})
    assert (back.status_code, back["Location"]) == (302, address("console_contact", contact))


def test_a_choice_begins_the_flow(client: Client, contact: Consultation) -> None:
    done = client.post(
        address("console_choose", contact), {"question": "twice-charged"}, headers=HTMX
    )
    assert 'data-stage="step"' in done.content.decode()
    contact.refresh_from_db()
    assert contact.question is not None
    assert contact.question.key == "twice-charged"
    again = client.post(address("console_choose", contact), {"question": "price"}, headers=HTMX)
    assert again.status_code == 409


def test_a_question_that_is_not_there_any_more_says_so(
    client: Client, contact: Consultation
) -> None:
    gone = client.post(address("console_choose", contact), {"question": "gone"}, headers=HTMX)
    assert gone.status_code == 409
    assert 'data-stage="ask"' in gone.content.decode()
    nothing = client.post(address("console_choose", contact))
    assert nothing.status_code == 302


def test_a_colleague_neither_searches_nor_chooses(
    client: Client, contact: Consultation, agent2: Any
) -> None:
    client.force_login(agent2)
    assert client.post(address("console_ask", contact), {"q": "钱"}).status_code == 404
    post = client.post(address("console_choose", contact), {"question": "price"})
    assert post.status_code == 404
    contact.refresh_from_db()
    assert contact.question is None


def test_programs_choose_too(client: Client, contact: Consultation) -> None:
    where = reverse("api-consultation-question", args=[contact.pk])
    done = client.post(where, {"question": "twice-charged"}, content_type="application/json")
    assert done.status_code == 200
    assert done.json()["question"]["key"] == "twice-charged"
    assert done.json()["node"]["key"] == "pages"
    late = client.post(where, {"question": "price"}, content_type="application/json")
    assert (late.status_code, late.json()["code"]) == (409, "question_chosen")
