"""The whole thread over HTTP on a production desk, and what a killed worker costs it: nothing."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from amqp.exceptions import PreconditionFailed
from kombu import Connection

from tests.faults.topology import eventually
from tests.services_suite.caller import Caller
from tests.services_suite.conftest import Production

pytestmark = pytest.mark.services

CAPTURE = {
    "problem": "生成一个视频，灵感值详情里有两条扣除",
    "demand": "退回多扣的一份",
    "contact_channel": "call_back",
    "contact_value": "13800138000",
    "extra": {"times_charged": 2, "charged_at": "2026-11-20 10:00", "work": "海边日落"},
}


def hand_over(tier1: Caller, account_id: str) -> str:
    """A contact from the first words to its ticket; the ticket's number."""
    start = {"channel": "phone", "utterance": "做一条视频扣了两份点数", "question": "double-charge"}
    begun = tier1.ok(tier1.post("consultations/", start), 201)
    contact = f"consultations/{begun['id']}/"
    answer = {"node": begun["node"]["key"], "value": "no"}
    outcome = tier1.ok(tier1.post(contact + "answer/", answer))["outcome"]
    assert outcome["kind"] == "tier2"
    body = {**CAPTURE, "account_id": account_id}
    return str(tier1.ok(tier1.post(contact + "escalate/", body), 201)["ticket"]["number"])


def status_of(caller: Caller, number: str) -> Any:
    return caller.ok(caller.get(f"tickets/{number}/"))["status"]


def test_the_desk_says_that_it_is_ready(production: Production) -> None:
    for port in production.ports:
        caller = Caller(port)
        assert caller.get("/healthz").status == 200
        said = caller.get("/readyz")
        assert said.status == 200, said.body
        login = caller.get("/admin/login/")
        assert login.status == 200
        assert b"/static/" in login.body


def test_the_queue_is_a_quorum_queue(production: Production, broker_url: str) -> None:
    """RabbitMQ refuses to declare an existing queue as another type, and names the one it has."""
    with Connection(broker_url) as connection:
        channel = connection.channel()
        found = channel.queue_declare("celery", passive=True)
        assert found.queue == "celery"
        with pytest.raises(PreconditionFailed, match="quorum"):
            channel.queue_declare(
                "celery", durable=True, auto_delete=False, arguments={"x-queue-type": "classic"}
            )


def test_from_words_to_resolved_over_two_webs_and_rabbitmq(production: Production) -> None:
    tier1, tier2 = production.caller("tier1", web=0), production.caller("tier2", web=1)
    found = tier1.ok(tier1.get("kb/search/", q="做一条视频扣了两份点数"))
    assert "double-charge" in [result["key"] for result in found["results"]]
    number = hand_over(tier1, "8800001")
    ticket = f"tickets/{number}/"
    eventually(lambda: status_of(tier1, number) == "queued", 20, "the worker has routed it")

    taken = tier2.ok(tier2.post("tickets/claim-next/"))
    assert (taken["number"], taken["account_id"]) == (number, "8800001")
    due = tier1.ok(tier1.get("sla/due/", **{"from": taken["created_at"]}))
    assert (due["due_at"], due["provisional"]) == (taken["due_at"], taken["provisional"])
    assert sum(day["counted"] for day in due["days"]) == 3
    assert tier1.post(ticket + "resolve/", {"code": "refunded", "summary": "x"}).status == 403
    early = tier2.post(ticket + "resolve/", {"code": "refunded", "summary": "已退回"})
    assert (early.status, early.body["code"]) == (409, "promise_open")
    tier2.ok(tier2.post(ticket + "contact/", {"kind": "call_back", "result": "reached"}))
    done = tier2.ok(tier2.post(ticket + "resolve/", {"code": "refunded", "summary": "已退回"}))
    assert (done["status"], done["breached"]) == ("resolved", False)
    assert [event["code"] for event in done["events"]] == [
        "ticket.handed_over",
        "ticket.routed",
        "ticket.claimed",
        "ticket.contacted",
        "sla.met",
        "ticket.resolved",
        "sla.met",
    ]
    assert tier2.post("tickets/claim-next/").status == 204


def test_a_worker_killed_under_fifty_hand_overs_loses_nothing(production: Production) -> None:
    token = production.caller("tier1")
    callers = [production.caller("tier1", web=n % 2) for n in range(4)]

    def some(number: int) -> list[str]:
        accounts = range(8_900_000 + number, 8_900_050, len(callers))
        return [hand_over(callers[number], str(account)) for account in accounts]

    with ThreadPoolExecutor(len(callers)) as pool:
        futures = [pool.submit(some, number) for number in range(len(callers))]
        eventually(lambda: routed(production) >= 5, 60, "some are routed")
        production.worker.kill()
        numbers = [number for future in futures for number in future.result(120)]
    assert len(set(numbers)) == 50

    production.worker = production.processes.worker("prefork")
    eventually(
        lambda: not production.rows("SELECT 1 FROM tickets_ticket WHERE status = 'new' LIMIT 1"),
        60,
        "nothing is left",
        production.worker,
    )
    assert {status_of(token, number) for number in numbers} == {"queued"}
    events = production.rows(
        "SELECT ticket_id FROM tickets_ticketevent JOIN tickets_ticket ON ticket_id = "
        "tickets_ticket.id WHERE code = 'ticket.routed' AND account_id LIKE '89000%%'"
    )
    assert sorted(Counter(events).values()) == [1] * 50


def routed(production: Production) -> int:
    rows = production.rows(
        "SELECT count(*) FROM tickets_ticket WHERE account_id LIKE '89000%%' AND status <> 'new'"
    )
    return int(str(rows[0][0]))
