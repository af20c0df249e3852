"""A chatbot's user who asks for a person: sent, seen, taken by one agent, or forgotten by none."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from klingdesk.core.errors import Conflict, NotAllowed
from klingdesk.core.roles import Role
from notices.models import Notice
from tests.api.conftest import Caller
from tests.concurrency.threads import at_once
from tests.conftest import CANARY, NOW
from tickets.models import Consultation, Intake
from tickets.services.anonymising import anonymise
from tickets.services.intake import (
    HandOff,
    expire_intakes,
    open_intake,
    take_intake,
    withdraw_intake,
)
from tickets.tasks import expire_intakes as expire_task

ACCOUNT = "7310094856"
PHONE = "13971203945"
SENT = {
    "external_id": "chat-1",
    "channel": "chat",
    "text": f"灵感值扣了两次，我的号是 {ACCOUNT}，打 {PHONE}",
    "account_id": ACCOUNT,
    "session": f"room-{PHONE}",
    "transcript": [
        {"who": "user", "text": f"我是 {ACCOUNT}", "at": "2026-03-04T10:20:00+08:00"},
        {"who": "bot", "text": "请稍等"},
    ],
}


@pytest.fixture
def as_bot(bot: Any, questions: Any) -> Caller:
    return Caller(bot)


def send(caller: Caller, **more: Any) -> Any:
    return caller.post("intake/", {**SENT, **more})


# --- the chatbot's side ---------------------------------------------------------------------------


def test_a_user_waits_with_the_questions_that_may_be_meant(as_bot: Caller, settings: Any) -> None:
    response = send(as_bot)
    body = response.json()
    assert response.status_code == 201
    assert (body["status"], body["masked"], body["consultation"]) == ("waiting", False, None)
    assert body["suggestions"][0]["key"] == "twice-charged"
    intake = Intake.objects.get()
    assert intake.expires_at == NOW + timedelta(minutes=settings.KLINGDESK_INTAKE_MINUTES)
    assert (intake.account_id, intake.transcript[1]["at"]) == (ACCOUNT, None)
    assert CANARY not in response.content.decode()


def test_the_same_number_is_the_same_user(as_bot: Caller) -> None:
    first, again = send(as_bot), send(as_bot)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    refused = send(as_bot, text="别的事")
    assert (refused.status_code, refused.json()["code"]) == (409, "external_id_used")
    assert refused.json()["state"] == {"id": first.json()["id"], "status": "waiting"}


def test_numbers_of_two_chatbots_are_apart(
    as_bot: Caller, bot: Any, calls: Callable[[Any], Caller], person: Any
) -> None:
    other = person("bot2")
    other.groups.set(bot.groups.all())
    send(as_bot)
    second = send(calls(other))
    assert second.status_code == 201
    assert as_bot.get(f"intake/{second.json()['id']}/").status_code == 404
    assert len(as_bot.get("intake/").json()["results"]) == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"channel": "fax"}, "channel"),
        ({"text": "   "}, "text"),
        ({"text": "x" * 5_001}, "text"),
        ({"external_id": ""}, "external_id"),
        ({"account_id": "abc"}, "account_id"),
        ({"transcript": [{"who": "agent", "text": "x"}]}, "transcript.0.who"),
        ({"transcript": [{"who": "bot", "text": "x"}] * 201}, "transcript"),
        ({"transcript": "x"}, "transcript"),
        ({"phone": PHONE}, "phone"),
    ],
)
def test_wrong_bodies_are_refused(more: dict[str, Any], field: str, as_bot: Caller) -> None:
    response = send(as_bot, **more)
    assert response.status_code == 400
    assert any(name.startswith(field) for name in response.json()["errors"])
    assert not Intake.objects.exists()


@pytest.mark.parametrize("who", ["agent", "advisor", "manager", "editor", "stranger"])
def test_people_send_nobody(
    who: str, request: pytest.FixtureRequest, questions: Any, calls: Callable[[Any], Caller]
) -> None:
    assert send(calls(request.getfixturevalue(who))).status_code == 403
    assert not Intake.objects.exists()


def test_the_chatbot_learns_that_somebody_came(as_bot: Caller, as_agent: Caller) -> None:
    number = send(as_bot).json()["id"]
    as_agent.post(f"intake/{number}/take/")
    body = as_bot.get(f"intake/{number}/").json()
    assert body["status"] == "taken"
    assert "agent" not in json.dumps(body)  # not who


def test_the_chatbot_takes_its_user_back(as_bot: Caller, as_agent: Caller) -> None:
    number = send(as_bot).json()["id"]
    assert as_bot.post(f"intake/{number}/withdraw/").json()["status"] == "withdrawn"
    assert as_bot.post(f"intake/{number}/withdraw/").status_code == 200
    refused = as_agent.post(f"intake/{number}/take/")
    assert (refused.status_code, refused.json()["code"]) == (409, "intake_over")
    assert refused.json()["state"] == {"status": "withdrawn"}


def test_nobody_else_withdraws_and_not_after_an_agent_came(
    as_bot: Caller, as_agent: Caller, as_manager: Caller
) -> None:
    number = send(as_bot).json()["id"]
    assert as_agent.post(f"intake/{number}/withdraw/").status_code == 403
    assert as_manager.post(f"intake/{number}/withdraw/").status_code == 403
    as_agent.post(f"intake/{number}/take/")
    refused = as_bot.post(f"intake/{number}/withdraw/")
    assert (refused.status_code, refused.json()["code"]) == (409, "intake_taken")
    assert '"agent"' not in refused.content.decode()
    assert "agent was" not in refused.json()["detail"]


# --- the agents' side -----------------------------------------------------------------------------


def test_who_it_is_shows_only_to_who_has_come(
    as_bot: Caller,
    as_agent: Caller,
    as_manager: Caller,
    calls: Callable[[Any], Caller],
    agent2: Any,
) -> None:
    number = send(as_bot).json()["id"]
    for looker in (as_agent, as_manager):
        for path in ("intake/", f"intake/{number}/"):
            text = looker.get(path).content.decode()
            assert ACCOUNT not in text
            assert PHONE not in text
            assert "灵感值扣了两次" in text
    taken = as_agent.post(f"intake/{number}/take/").json()
    assert (taken["account_id"], taken["masked"]) == (ACCOUNT, False)
    assert PHONE in taken["session"] + taken["text"]
    assert ACCOUNT not in as_manager.get(f"intake/{number}/").content.decode()
    assert calls(agent2).get(f"intake/{number}/").status_code == 404


def test_taken_the_contact_begins_with_the_words_and_the_question(
    as_bot: Caller, as_agent: Caller, agent: Any
) -> None:
    number = send(as_bot).json()["id"]
    taken = as_agent.post(f"intake/{number}/take/", {"question": "twice-charged"}).json()
    contact = Consultation.objects.get(pk=taken["consultation"])
    assert (contact.agent, contact.utterance, contact.channel) == (agent, SENT["text"], "chat")
    assert contact.question is not None
    assert as_agent.get(f"consultations/{contact.pk}/").json()["node"]["key"] == "pages"
    assert as_agent.get("intake/").json()["results"] == []


def test_a_question_that_is_none_takes_nobody(as_bot: Caller, as_agent: Caller) -> None:
    number = send(as_bot).json()["id"]
    assert as_agent.post(f"intake/{number}/take/", {"question": "nothing"}).status_code == 404
    assert Intake.objects.get().status == "waiting"
    assert not Consultation.objects.exists()


def test_the_second_agent_is_told_who_was_faster(
    as_bot: Caller, as_agent: Caller, calls: Callable[[Any], Caller], agent2: Any
) -> None:
    number = send(as_bot).json()["id"]
    as_agent.post(f"intake/{number}/take/")
    refused = calls(agent2).post(f"intake/{number}/take/")
    assert (refused.status_code, refused.json()["code"]) == (409, "intake_taken")
    assert refused.json()["state"] == {"status": "taken", "agent": "agent"}


def test_taking_twice_is_taking_once(as_bot: Caller, as_agent: Caller) -> None:
    number = send(as_bot).json()["id"]
    first, again = (as_agent.post(f"intake/{number}/take/").json() for _ in range(2))
    assert first["consultation"] == again["consultation"]
    assert Consultation.objects.count() == 1


def test_the_longest_wait_is_first_and_pages_go_on(
    as_bot: Caller, as_agent: Caller, at_now: time_machine.Traveller
) -> None:
    for number in range(3):
        send(as_bot, external_id=f"chat-{number}")
        at_now.shift(timedelta(seconds=10))
    page = as_agent.get("intake/", limit=2, fields="external_id").json()
    assert [row["external_id"] for row in page["results"]] == ["chat-0", "chat-1"]
    rest = as_agent.client.get(page["next"]).json()
    assert [row["external_id"] for row in rest["results"]] == ["chat-2"]


def test_what_the_list_costs(
    as_bot: Caller, as_agent: Caller, django_assert_num_queries: Any
) -> None:
    for number in range(5):
        send(as_bot, external_id=f"chat-{number}")
    as_agent.get("intake/")
    with django_assert_num_queries(2):  # token; rows with who sent and took them
        assert len(as_agent.get("intake/").json()["results"]) == 5


# --- nobody comes ---------------------------------------------------------------------------------


def test_nobody_comes_in_time_and_managers_are_told(
    as_bot: Caller, as_agent: Caller, manager: Any, at_now: time_machine.Traveller, settings: Any
) -> None:
    number = send(as_bot).json()["id"]
    at_now.shift(timedelta(minutes=settings.KLINGDESK_INTAKE_MINUTES))
    # Over at its minute, whether or not the sweep has been.
    assert as_agent.get("intake/").json()["results"] == []
    refused = as_agent.post(f"intake/{number}/take/")
    assert (refused.status_code, refused.json()["state"]) == (409, {"status": "expired"})
    expire_task()
    expire_task()
    assert as_bot.get(f"intake/{number}/").json()["status"] == "expired"
    told = Notice.objects.get(code="intake.expired")
    assert told.recipient == manager
    assert ACCOUNT not in str(told.params)


def test_the_sweep_leaves_who_still_waits_and_works_in_batches(as_bot: Caller) -> None:
    for number in range(5):
        send(as_bot, external_id=f"chat-{number}")
    later = NOW + timedelta(days=1)
    assert expire_intakes(now=NOW) == 0
    assert expire_intakes(now=later, batch=2) == 5
    assert expire_intakes(now=later, batch=2) == 0


def test_what_was_said_is_anonymised(
    as_bot: Caller, as_agent: Caller, at_now: time_machine.Traveller
) -> None:
    waits = send(as_bot).json()["id"]
    expire_intakes(now=NOW + timedelta(days=1))
    at_now.move_to(NOW + timedelta(days=2))
    taken = send(as_bot, external_id="chat-2").json()["id"]
    contact = as_agent.post(f"intake/{taken}/take/").json()["consultation"]
    anonymise(now=NOW + timedelta(days=366), after_days=365)
    gone = Intake.objects.get(pk=waits)
    assert (gone.account_id, gone.session, gone.transcript) == ("", "", [])
    assert ACCOUNT not in gone.text
    assert Intake.objects.get(pk=taken).anonymised_at is None  # its contact still runs
    as_agent.post(f"consultations/{contact}/finish/", {"outcome": "answered"})
    anonymise(now=NOW + timedelta(days=400), after_days=365)
    assert ACCOUNT not in str(Intake.objects.values().get(pk=taken))
    assert send(as_bot).status_code == 200  # known by its number still


# --- the state machine in the database ------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"status": "lost"},
        {"status": "taken", "ended_at": NOW},
        {"status": "expired"},
        {"ended_at": NOW},
        {"expires_at": NOW},
        {"anonymised_at": NOW},
    ],
)
def test_the_database_refuses_what_cannot_be(change: dict[str, Any], as_bot: Caller) -> None:
    send(as_bot)
    with pytest.raises(IntegrityError), transaction.atomic():
        Intake.objects.update(**change)


def test_services_refuse_who_may_not(as_bot: Caller, bot: Any, agent: Any) -> None:
    number = send(as_bot).json()["id"]
    with pytest.raises(NotAllowed):
        take_intake(intake_id=number, acting_user=bot, now=NOW)
    with pytest.raises(NotAllowed):
        open_intake(acting_user=agent, given=HandOff("1", "chat", "x"), now=NOW)
    with pytest.raises(NotAllowed):
        withdraw_intake(intake_id=number, acting_user=agent, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_of_many_agents_at_once_one_has_the_user(questions: Any, bot: Any, person: Any) -> None:
    agents = [person(f"agent-{number}", Role.AGENT) for number in range(6)]
    intake, _new = open_intake(acting_user=bot, given=HandOff("1", "chat", "人工"), now=NOW)
    found = at_once(
        *(
            lambda each=each: take_intake(intake_id=intake.pk, acting_user=each, now=NOW)
            for each in agents
        )
    )
    assert sum(isinstance(each, Intake) for each in found) == 1
    refused = [each.code for each in found if isinstance(each, Conflict)]
    assert refused == ["intake_taken"] * 5
    assert Consultation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_sent_twice_at_once_it_is_one_user(questions: Any, bot: Any) -> None:
    given = HandOff("1", "chat", "人工")
    found = at_once(*[lambda: open_intake(acting_user=bot, given=given, now=NOW)] * 5)
    assert sorted(is_new for _intake, is_new in found) == [False] * 4 + [True]
    assert Intake.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_sweep_and_an_agent_at_once_agree(
    questions: Any, bot: Any, agent: Any, manager: Any
) -> None:
    for number in range(5):
        intake, _new = open_intake(
            acting_user=bot, given=HandOff(str(number), "chat", "人工"), now=NOW
        )
        just, after = intake.expires_at - timedelta(seconds=1), intake.expires_at
        taking, _swept = at_once(
            lambda pk=intake.pk, at=just: take_intake(intake_id=pk, acting_user=agent, now=at),
            lambda at=after: expire_intakes(now=at),
        )
        intake.refresh_from_db()
        assert (intake.status == "taken") is isinstance(taking, Intake)
        expire_intakes(now=after)
        intake.refresh_from_db()
        assert intake.status in ("taken", "expired")


# --- the agents' page -----------------------------------------------------------------------------


@pytest.fixture
def page(client: Client, agent: Any) -> Client:
    client.force_login(agent)
    return client


def test_the_page_lists_who_waits_without_who_it_is(as_bot: Caller, page: Client) -> None:
    number = send(as_bot).json()["id"]
    html = page.get(reverse("admin:intake"), headers={"accept-language": "en"}).content.decode()
    assert "灵感值扣了两次" in html
    assert ACCOUNT not in html
    assert PHONE not in html
    assert reverse("admin:intake_take", args=[number]) in html
    assert 'value="twice-charged"' in html


def test_taking_on_the_page_opens_the_contact_with_what_was_said(
    as_bot: Caller, page: Client
) -> None:
    number = send(as_bot).json()["id"]
    address = reverse("admin:intake_take", args=[number])
    done = page.post(address, {"question": "twice-charged"}, follow=True)
    contact = Consultation.objects.get()
    assert done.redirect_chain[-1][0] == reverse("admin:console_contact", args=[contact.pk])
    html = done.content.decode()
    assert ACCOUNT in html
    assert "请稍等" in html


def test_the_hand_over_begins_with_the_account_that_the_chatbot_knew(
    as_bot: Caller, page: Client, agent: Any
) -> None:
    number = send(as_bot).json()["id"]
    taken = take_intake(intake_id=number, acting_user=agent, question_key="twice-charged", now=NOW)
    address = reverse("admin:console_contact", args=[taken.consultation_id])
    assert f'value="{ACCOUNT}"' not in page.get(address).content.decode()
    at_end = page.post(f"{address}answer/", {"node": "pages", "value": "no"}, follow=True)
    assert f'value="{ACCOUNT}"' in at_end.content.decode()


def test_too_late_on_the_page_says_so_and_shows_who_still_waits(
    as_bot: Caller, page: Client, agent2: Any
) -> None:
    number = send(as_bot).json()["id"]
    send(as_bot, external_id="chat-2", text="还有一位")
    take_intake(intake_id=number, acting_user=agent2, now=NOW)
    late = page.post(reverse("admin:intake_take", args=[number]))
    assert late.status_code == 409
    html = late.content.decode()
    assert "agent2" in html
    assert "还有一位" in html


def test_managers_look_on_and_take_nobody(as_bot: Caller, client: Client, manager: Any) -> None:
    number = send(as_bot).json()["id"]
    client.force_login(manager)
    html = client.get(reverse("admin:intake")).content.decode()
    assert "灵感值扣了两次" in html
    assert reverse("admin:intake_take", args=[number]) not in html
    assert client.post(reverse("admin:intake_take", args=[number])).status_code == 403


def test_the_list_refreshes_by_itself_as_a_fragment(as_bot: Caller, page: Client) -> None:
    send(as_bot)
    html = page.get(reverse("admin:intake"), headers={"hx-request": "true"}).content.decode()
    assert "<html" not in html
    assert "灵感值扣了两次" in html


def test_the_page_costs_the_same_for_many(
    as_bot: Caller, page: Client, django_assert_num_queries: Any
) -> None:
    send(as_bot)
    page.get(reverse("admin:intake"), headers={"hx-request": "true"})
    for number in range(2, 8):
        send(as_bot, external_id=f"chat-{number}")
    # session, user with roles; who waits, with the chatbot
    with django_assert_num_queries(3):
        page.get(reverse("admin:intake"), headers={"hx-request": "true"})
