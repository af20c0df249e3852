"""An account ID and a telephone number, planted and looked for: only where they are needed.

Everybody walks all addresses. Whoever does not work the ticket reads them nowhere, in no page, no
refusal and no export; no log holds them, and of all tables only those whose work needs them.
"""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from kb.selectors.search import search_questions
from tests.conftest import NOW
from tests.house.sites import Address
from tests.house.test_every_address import addresses  # noqa: F401 - the same world
from tickets.models import Ticket
from tickets.services.claims import claim
from tickets.services.completing import Corrections, complete
from tickets.services.notes import add_note
from tickets.services.privacy import reveal
from tickets.services.report_facts import refresh_facts
from tickets.services.returns import return_ticket

ACCOUNT = "7310094856"
PHONE = "13971203945"
PLANTED = (ACCOUNT, PHONE)

OTHERS = ("agent2", "advisor2", "other_advisor", "manager", "editor", "admin_person", "stranger")

NEEDED = {"tickets_ticket", "tickets_consultation", "tickets_ticketevent"}
"""The ticket and its contact; and the timeline, for what people wrote into their notes."""


def planted_in(text: str) -> list[str]:
    return [number for number in PLANTED if number in text]


@pytest.fixture
def ticket(
    addresses: list[Address],  # noqa: F811 - the fixture
    advisor: Any,
    agent: Any,
) -> Ticket:
    """The ticket of all addresses: handed over, taken, sent back and completed with the numbers."""
    found = Ticket.objects.get()
    who = {"number": found.number, "now": NOW}
    missing = [{"field": "problem", "label": "", "why": f"用户说是 {ACCOUNT}"}]
    return_ticket(acting_user=advisor, reason="资料不全", missing=missing, **who)
    corrections = Corrections(
        problem=f"我的号是 {ACCOUNT}，电话 {PHONE}",
        account_id=ACCOUNT,
        contact_channel="call_back",
        contact_value=PHONE,
        extra={"times": "2"},
    )
    complete(acting_user=agent, corrections=corrections, **who)
    claim(acting_user=advisor, **who)
    add_note(acting_user=advisor, note=f"回拨了 {PHONE}", **who)
    refresh_facts(now=NOW)
    return Ticket.objects.get()


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    """Everything that any logger has said, with its arguments and tracebacks."""
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    before = [(logger, logger.propagate, logger.level) for logger in loggers]
    for logger in loggers:
        logger.propagate = True
        logger.setLevel(logging.DEBUG)
    caplog.set_level(logging.DEBUG)
    yield lambda: caplog.text + str([record.args for record in caplog.records])
    for logger, propagate, level in before:
        logger.propagate = propagate
        logger.setLevel(level)


def client_of(user: Any) -> Client:
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user)
    return client


@pytest.mark.parametrize("who", [*OTHERS, None])
def test_nobody_else_reads_them_anywhere(
    who: str | None,
    request: pytest.FixtureRequest,
    addresses: list[Address],  # noqa: F811 - the fixture
    ticket: Ticket,
    logged: Callable[[], str],
) -> None:
    client = client_of(request.getfixturevalue(who) if who else None)
    found = []
    for address in addresses:
        if address.path == "/admin/logout/":
            continue
        response = client.get(address.path)
        found += [(address.path, number) for number in planted_in(_text(response))]
    assert found == []
    assert planted_in(logged()) == []


@pytest.mark.parametrize("who", ["agent2", "advisor2", "manager", "editor", None])
def test_no_refusal_and_no_action_gives_them_away(
    who: str | None,
    request: pytest.FixtureRequest,
    ticket: Ticket,
    logged: Callable[[], str],
) -> None:
    """Merging, completing, chasing, noting: what is answered holds what the person may see."""
    client = client_of(request.getfixturevalue(who) if who else None)
    cache.clear()
    path = f"/api/v1/tickets/{ticket.number}/"
    bodies: dict[str, dict[str, Any]] = {
        "claim": {},
        "release": {},
        "contact": {"kind": "call_back", "result": "no_answer"},
        "wait": {"note": "", "next_try_at": "2000-01-01"},
        "resolve": {},
        "return": {"reason": "缺", "missing": [{"why": ""}]},
        "complete": {"account_id": "x", "contact_value": "1"},
        "transfer": {"team": "nowhere", "reason": "转"},
        "merge": {"into": "T99999999", "reason": "重复"},
        "note": {"note": "好"},
        "chase": {},
        "watch": {},
        "reveal": {"what": ["account_id"]},
    }
    for name, body in bodies.items():
        with transaction.atomic():
            response = client.post(
                f"{path}{name}/", json.dumps(body), content_type="application/json"
            )
            transaction.set_rollback(True)
        assert planted_in(_text(response)) == [], (name, response.status_code)
    assert planted_in(logged()) == []


def test_exports_hold_none(ticket: Ticket, manager: Any) -> None:
    client = client_of(manager)
    period = {
        "from": (timezone.localtime(NOW) - timedelta(days=1)).date().isoformat(),
        "to": (timezone.localtime(NOW) + timedelta(days=1)).date().isoformat(),
    }
    report = client.get("/api/v1/reports/sla/", period)
    assert report.status_code == 200, report.content
    assert report.json()["handed_over"] == 1
    exports = [client.get("/api/v1/reports/sla/", {**period, "format": f}) for f in ("csv", "xlsx")]
    exports += [client.get("/admin/reports/groups/", period), report]
    listed = client.get("/admin/reports/sla/tickets/", {**period, "metric": "handed_over"})
    assert ticket.number in listed.content.decode()
    exports.append(listed)
    for response in exports:
        assert planted_in(_text(response)) == []
    listed = client.get("/api/v1/tickets/").json()["results"]
    assert [row["account_id"] for row in listed] == ["731****856"]


def test_a_reveal_is_read_by_whoever_asked_and_by_no_log(
    ticket: Ticket, manager: Any, logged: Callable[[], str]
) -> None:
    """The proof that the other tests look for something that is there."""
    body = {"what": ["account_id", "contact", "transcript"], "reason": "代为回拨"}
    shown = client_of(manager).post(
        f"/api/v1/tickets/{ticket.number}/reveal/", json.dumps(body), "application/json"
    )
    assert planted_in(_text(shown)) == list(PLANTED)
    assert planted_in(logged()) == []


def test_only_the_tables_that_need_them_hold_them(
    ticket: Ticket, agent: Any, manager: Any, logged: Callable[[], str]
) -> None:
    """Search log, notices, sessions, history of the admin: none of them does."""
    client = client_of(agent)
    for query in (ACCOUNT, f"我的号 {ACCOUNT} 被扣了两次", f"请打 {PHONE}"):
        client.get("/api/v1/kb/search/", {"q": query})
        client.post("/api/v1/kb/searches/", json.dumps({"query": query}), "application/json")
        client.post("/admin/console/search/", {"q": query})
    client.get("/api/v1/tickets/", {"account_id": ACCOUNT})
    client.get("/api/v1/tickets/", {"account_id": "nobody", "q": PHONE})
    reveal(number=ticket.number, acting_user=manager, reason="代为回拨", now=NOW)
    assert {table for table in _tables() if planted_in(_rows(table))} <= NEEDED
    assert planted_in(_rows("tickets_ticket")) == list(PLANTED)
    assert planted_in(logged()) == []


def test_the_search_index_knows_none(ticket: Ticket) -> None:
    for number in PLANTED:
        assert list(search_questions(number).hits) == []


def _text(response: Any) -> str:
    if response.streaming:
        return b"".join(response.streaming_content).decode("utf-8", "replace")
    if response.content.startswith(b"PK"):  # a workbook is a zip of XML
        with zipfile.ZipFile(io.BytesIO(response.content)) as book:
            return "".join(book.read(name).decode() for name in book.namelist())
    return str(response.content.decode("utf-8", "replace"))


def _tables() -> list[str]:
    return sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)})


def _rows(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(string_agg(row::text, chr(10)), '') FROM \"{table}\" AS row"
        )
        return str(cursor.fetchone()[0])
