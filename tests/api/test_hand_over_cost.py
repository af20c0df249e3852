"""What one hand-over over HTTP sends to the database, statement by statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiToken

pytestmark = pytest.mark.django_db

STATEMENTS = (
    "accounts_apitoken",  # token, person and groups
    "tickets_consultation",  # the contact with its question and run, locked
    "tickets_runstep",  # what was answered: read under the lock
    "tickets_slapolicy",  # policies, calendar and the last change, of one moment
    "INSERT INTO tickets_ticket",  # ticket, clocks, event, contact
)


def test_a_hand_over_sends_five_statements(
    agent: Any, at_hand_over: Callable[..., int], settings: Any
) -> None:
    settings.KLINGDESK_RATES = dict.fromkeys(("agent",), 0)
    _record, token = ApiToken.objects.create(user=agent)
    client = Client(headers={"authorization": f"Token {token}"})
    body = {
        "problem": "扣了两次",
        "demand": "退回",
        "contact_channel": "private_message",
        "extra": {"times": "2"},
    }
    for account in ("700101", "700102"):  # the second one finds the flow in memory
        path = f"/api/v1/consultations/{at_hand_over()}/escalate/"
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(
                path, {**body, "account_id": account}, content_type="application/json"
            )
        assert answer.status_code == 201, answer.content
    sent = [
        query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))
    ]
    assert len(sent) == len(STATEMENTS), sent
    for statement, expected in zip(sent, STATEMENTS, strict=True):
        assert expected in statement
