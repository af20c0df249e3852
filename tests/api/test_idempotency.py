"""One request, sent again: done once, with the same answer, whatever happened in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import ApiToken, KeptAnswer
from accounts.services.answers import forget_answers
from accounts.services.upkeep import forget_what_is_over
from kb.api.base import DeskView
from tests.api.conftest import CAPTURE, V1, Caller, hold_against_document
from tests.concurrency.threads import at_once, held, in_background, outcome
from tests.conftest import NOW
from tickets.models import Consultation, ContactAttempt, Ticket, TicketEvent
from tickets.services.claims import claim
from tickets.services.transfers import transfer

START = {"channel": "chat", "utterance": "扣了我两次", "question": "twice-charged"}


def keyed(caller: Caller, path: str, body: Any, key: str = "one") -> Any:
    response = caller.client.post(
        V1 + path,
        json.dumps(body),
        content_type="application/json",
        headers={**caller.headers, "idempotency-key": key},
    )
    hold_against_document(V1 + path, "post", response)
    return response


def test_the_same_key_is_the_same_contact(questions: Any, as_agent: Caller) -> None:
    first = keyed(as_agent, "consultations/", START)
    again = keyed(as_agent, "consultations/", START)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Consultation.objects.count() == 1
    assert keyed(as_agent, "consultations/", START, "two").json()["id"] != first.json()["id"]


def test_spaces_and_order_of_the_body_make_no_other_request(
    questions: Any, as_agent: Caller
) -> None:
    keyed(as_agent, "consultations/", START)
    again = keyed(as_agent, "consultations/", dict(reversed(START.items())))
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("change", ["body", "address"])
def test_a_key_belongs_to_one_request(change: str, questions: Any, as_agent: Caller) -> None:
    contact = keyed(as_agent, "consultations/", START).json()["id"]
    path = "consultations/" if change == "body" else f"consultations/{contact}/finish/"
    body = {**START, "utterance": "别的"} if change == "body" else {"outcome": "abandoned"}
    refused = keyed(as_agent, path, body)
    assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")
    assert Consultation.objects.filter(status="open").count() == 1


def test_keys_of_others_are_others(
    questions: Any, as_agent: Caller, calls: Callable[[Any], Caller], agent2: Any
) -> None:
    first = keyed(as_agent, "consultations/", START).json()["id"]
    assert keyed(calls(agent2), "consultations/", START).json()["id"] != first


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 129, "键"])
def test_keys_that_are_none(key: str, questions: Any, as_agent: Caller) -> None:
    sent = key.encode().decode("latin-1")
    refused = keyed(as_agent, "consultations/", START, sent)
    assert (refused.status_code, set(refused.json()["errors"])) == (400, {"Idempotency-Key"})
    assert not Consultation.objects.exists()


def test_a_refusal_keeps_nothing(questions: Any, as_agent: Caller) -> None:
    """What was wrong may be put right under the same key."""
    wrong = keyed(as_agent, "consultations/", {**START, "channel": "pigeon"})
    assert wrong.status_code == 400
    assert not KeptAnswer.objects.exists()
    assert keyed(as_agent, "consultations/", START).status_code == 201


def test_what_is_refused_later_is_answered_as_before(
    make_ticket: Callable[..., Ticket], advisor: Any, as_advisor: Caller
) -> None:
    """A contact that is logged twice by a caller who lost the first answer, resolved meanwhile."""
    number = make_ticket().number
    claim(number=number, acting_user=advisor, now=NOW)
    body = {"kind": "private_message", "result": "sent"}
    first = keyed(as_advisor, f"tickets/{number}/contact/", body)
    done = {"code": "fixed", "summary": "好了"}
    assert as_advisor.post(f"tickets/{number}/resolve/", done).status_code == 200
    again = keyed(as_advisor, f"tickets/{number}/contact/", body)
    assert again.content == first.content
    assert again.headers["ETag"] == first.headers["ETag"]
    assert ContactAttempt.objects.count() == 1
    assert as_advisor.post(f"tickets/{number}/contact/", body).status_code == 409


REVEAL = {"what": ["account_id", "contact", "transcript"], "reason": "代同事回拨"}


def test_a_ticket_that_left_the_callers_sight_is_not_told_again(
    make_ticket: Callable[..., Ticket], advisor: Any, manager: Any, as_advisor: Caller
) -> None:
    number = make_ticket().number
    claim(number=number, acting_user=advisor, now=NOW)
    note = {"note": "先核对流水"}
    first = keyed(as_advisor, f"tickets/{number}/note/", note)
    assert first.json()["account_id"] == "880001"
    assert keyed(as_advisor, f"tickets/{number}/note/", note).content == first.content
    transfer(number=number, acting_user=manager, reason="安全", team="safety", now=NOW)
    again = keyed(as_advisor, f"tickets/{number}/note/", note)
    assert (again.status_code, again.json()["code"]) == (404, "not_found")


def test_a_ticket_taken_and_lost_is_not_told_again(
    make_ticket: Callable[..., Ticket], manager: Any, as_advisor: Caller
) -> None:
    number = make_ticket().number
    assert keyed(as_advisor, "tickets/claim-next/", {}).json()["number"] == number
    transfer(number=number, acting_user=manager, reason="安全", team="safety", now=NOW)
    assert keyed(as_advisor, "tickets/claim-next/", {}).status_code == 404


def test_what_is_masked_by_now_is_not_told_in_full_again(
    make_ticket: Callable[..., Ticket], as_advisor: Caller
) -> None:
    number = make_ticket().number
    taken = keyed(as_advisor, f"tickets/{number}/claim/", {})
    assert taken.json()["masked"] is False
    assert as_advisor.post(f"tickets/{number}/release/").json()["masked"] is True
    again = keyed(as_advisor, f"tickets/{number}/claim/", {})
    assert (again.status_code, again.json()["code"]) == (409, "answer_lost")


def test_who_gave_a_ticket_away_is_told_so_again(
    make_ticket: Callable[..., Ticket], advisor: Any, as_advisor: Caller
) -> None:
    """The answer to what ends one's own sight: without it, sending again would be no help."""
    number = make_ticket().number
    claim(number=number, acting_user=advisor, now=NOW)
    body = {"team": "safety", "reason": "涉及账号安全"}
    for replayed in (None, "true"):
        answer = keyed(as_advisor, f"tickets/{number}/transfer/", body)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers.get("Idempotent-Replayed") == replayed


def test_a_contact_that_went_to_a_colleague_is_not_told_again(
    questions: Any, as_agent: Caller, agent2: Any
) -> None:
    contact = keyed(as_agent, "consultations/", START).json()["id"]
    passed = keyed(as_agent, f"consultations/{contact}/pass-on/", {"to": "agent2"}, "two")
    assert passed.status_code == 200
    again = keyed(as_agent, f"consultations/{contact}/pass-on/", {"to": "agent2"}, "two")
    assert (again.status_code, again.content) == (200, passed.content)
    assert keyed(as_agent, "consultations/", START).status_code == 404
    assert Consultation.objects.count() == 1


def test_what_is_shown_once_is_not_kept(
    make_ticket: Callable[..., Ticket], manager: Any, as_advisor: Caller
) -> None:
    number = make_ticket().number
    assert keyed(as_advisor, f"tickets/{number}/reveal/", REVEAL).json()["account_id"] == "880001"
    assert KeptAnswer.objects.get().sealed_body == ""
    again = keyed(as_advisor, f"tickets/{number}/reveal/", REVEAL)
    assert (again.status_code, again.json()["code"]) == (409, "shown_once")
    assert "880001" not in again.content.decode()
    assert keyed(as_advisor, f"tickets/{number}/reveal/", REVEAL, "two").status_code == 200
    assert TicketEvent.objects.filter(code="ticket.revealed").count() == 2
    transfer(number=number, acting_user=manager, reason="安全", team="safety", now=NOW)
    assert keyed(as_advisor, f"tickets/{number}/reveal/", REVEAL).status_code == 404


def test_an_answer_without_a_body(as_advisor: Caller) -> None:
    assert keyed(as_advisor, "tickets/claim-next/", {}).status_code == 204
    again = keyed(as_advisor, "tickets/claim-next/", {})
    assert (again.status_code, again.content) == (204, b"")


def test_rights_are_asked_each_time(questions: Any, as_agent: Caller, agent: Any) -> None:
    keyed(as_agent, "consultations/", START)
    ApiToken.objects.filter(user=agent).delete()
    assert keyed(as_agent, "consultations/", START).status_code == 401


def test_answers_are_kept_sealed(questions: Any, as_agent: Caller) -> None:
    keyed(as_agent, "consultations/", START)
    row = KeptAnswer.objects.values().get()
    assert "twice-charged" not in str(row)
    assert row["status"] == 201


def test_answers_are_forgotten(questions: Any, as_agent: Caller) -> None:
    keyed(as_agent, "consultations/", START)
    now = timezone.now()
    assert forget_answers(now=now + timedelta(hours=47, minutes=59), after_hours=48) == 0
    forget_what_is_over(now=now + timedelta(hours=48))
    assert not KeptAnswer.objects.exists()


def test_an_answer_that_cannot_be_read_any_more_is_no_second_doing(
    questions: Any, as_agent: Caller, settings: Any
) -> None:
    keyed(as_agent, "consultations/", START)
    settings.SECRET_KEY = "another-secret-key-of-this-desk"
    refused = keyed(as_agent, "consultations/", START)
    assert (refused.status_code, refused.json()["code"]) == (409, "answer_lost")
    assert Consultation.objects.count() == 1


def test_what_a_key_costs(questions: Any, as_agent: Caller, django_assert_num_queries: Any) -> None:
    """With a key: the hold, the look-up and the answer, and begin and end of the transaction."""
    keyed(as_agent, "consultations/", START, "warm")
    with django_assert_num_queries(8):
        # token; savepoint (2, in a test), hold, look-up, sight; nothing is written
        keyed(as_agent, "consultations/", START, "warm")
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.execute("SELECT 1")


# --- at once, and broken off ----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_done(questions: Any, agent: Any, calls: Any) -> None:
    callers = [calls(agent) for _ in range(8)]
    found = at_once(*(lambda each=each: _post(each) for each in callers))
    statuses = sorted(status for status, _body in found)
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert len({body for status, body in found if status == 201}) == 1
    assert all(json.loads(body)["code"] == "in_progress" for status, body in found if status == 409)
    assert Consultation.objects.count() == 1


def _post(caller: Caller, key: str = "one") -> tuple[int, bytes]:
    response = caller.client.post(
        V1 + "consultations/",
        json.dumps(START),
        content_type="application/json",
        headers={**caller.headers, "idempotency-key": key},
    )
    return response.status_code, response.content


@pytest.mark.django_db(transaction=True)
def test_the_second_is_told_to_come_back(questions: Any, agent: Any, calls: Any) -> None:
    first, second = calls(agent), calls(agent)
    with held(lambda: _post(first)) as commit:
        refused = outcome(in_background(lambda: keyed(second, "consultations/", START)))
        assert (refused.status_code, refused.json()["code"]) == (409, "in_progress")
        assert refused.headers["Retry-After"] == "1"
        status, body = commit()
    assert status == 201
    again = keyed(second, "consultations/", START)
    assert (again.status_code, again.content) == (201, body)


@pytest.mark.django_db(transaction=True)
def test_a_crash_before_the_commit_leaves_nothing(
    questions: Any, as_agent: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_given: Any) -> None:
        raise RuntimeError("power cut")

    as_agent.client.raise_request_exception = False
    monkeypatch.setattr("kb.api.once.keep_answer", broken)
    assert _post(as_agent)[0] == 500
    monkeypatch.undo()
    assert not Consultation.objects.exists()
    assert keyed(as_agent, "consultations/", START).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_a_crash_after_the_commit_loses_only_the_answer(
    questions: Any, as_agent: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: Any, **_more: Any) -> None:
        raise RuntimeError("power cut")

    as_agent.client.raise_request_exception = False
    with monkeypatch.context() as patched:
        patched.setattr(DeskView, "finalize_response", broken)
        assert _post(as_agent)[0] == 500
    contact = Consultation.objects.get()
    again = keyed(as_agent, "consultations/", START)
    assert (again.status_code, again.json()["id"]) == (201, contact.pk)
    assert Consultation.objects.count() == 1


KILLED = """
import os, signal, sys
import django
django.setup()
from django.test import Client
from kb.api.base import DeskView

def killed(*_given, **_more):
    os.kill(os.getpid(), signal.SIGKILL)

DeskView.finalize_response = killed
token, path, body = sys.argv[1:]
headers = {"authorization": f"Token {token}", "idempotency-key": "killed", "host": "127.0.0.1"}
Client(headers=headers).post(path, body, content_type="application/json")
"""


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_between_commit_and_answer(
    at_hand_over: Callable[..., int], agent: Any, calls: Callable[[Any], Caller]
) -> None:
    """A hand-over: the ticket is there once, and its caller learns its number after all."""
    path = f"consultations/{at_hand_over()}/escalate/"
    caller = calls(agent)
    name = connection.settings_dict["NAME"]
    url = f"{os.environ['DATABASE_URL'].rsplit('/', 1)[0]}/{name}"
    # The other process has the real time, and tokens end by it.
    _row, token = ApiToken.objects.create(agent, expiry=timedelta(days=3_000))
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), token, V1 + path, json.dumps(CAPTURE)],
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "klingdesk.settings"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    ticket = Ticket.objects.get()
    again = keyed(caller, path, CAPTURE, "killed")
    assert (again.status_code, again.json()["ticket"]["number"]) == (201, ticket.number)
    assert Ticket.objects.count() == 1
    assert TicketEvent.objects.filter(ticket=ticket, code="ticket.created").count() <= 1
