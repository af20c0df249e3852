"""Subscribers are told in order, at least once, signed; who fails is tried again, then paused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notices.channels.sealing import seal
from notices.models import Notice
from notices.rules.backoff import LONGEST_CLOSURE, MOST_ATTEMPTS, PATIENCE
from notices.rules.robots import signature
from tests.conftest import NOW
from tests.notices.targets import Target, answering, serving
from tests.tickets.services.steps import resolved, returned, taken
from tests.tickets.services.subscribers import (
    SECRET,
    a_subscription,
    bodies,
    happen,
    target,
    the_one,
    this_machine,
    told,
)
from tickets import tasks
from tickets.models import EventSubscription, FeedEntry, Ticket
from tickets.selectors.feed import feed_bounds
from tickets.selectors.subscriptions import MOST_EVENTS
from tickets.services import event_sending
from tickets.services.event_sending import BROKEN, LOST, claim_next_batch, send_claimed, send_due
from tickets.services.events import record
from tickets.services.feed import purge_feed, sequence_events
from tickets.services.notes import add_note
from tickets.services.subscriptions import go_on, switch_off
from tickets.services.transfers import transfer

__all__ = ["target", "this_machine"]

Make = Callable[..., Ticket]


# --- what is sent ---------------------------------------------------------------------------------


def test_events_arrive_signed_and_in_batches(
    make_ticket: Make, manager: Any, target: Target
) -> None:
    ticket = make_ticket()
    sequence_events(now=NOW)
    a_subscription(manager, url=target.url)
    start = feed_bounds().newest
    happen(ticket, MOST_EVENTS + 10)
    run = send_due(now=NOW)
    assert (run.requests, run.events, run.failed) == (2, MOST_EVENTS + 10, 0)
    first, second = target.received
    assert first.line.startswith("POST /hook?key=TOPSECRETKEY ")
    stamp = first.headers["x-klingdesk-timestamp"]
    assert first.headers["x-klingdesk-signature"] == signature(SECRET, stamp, first.body)
    assert first.headers["idempotency-key"] == first.headers["x-klingdesk-id"]
    assert first.headers["idempotency-key"] != second.headers["idempotency-key"]
    body = json.loads(first.body)
    assert body["next_after"] == start + MOST_EVENTS
    assert (body["oldest"], body["newest"]) == (1, start + MOST_EVENTS + 10)
    assert body["events"][0] == {
        "position": start + 1,
        "id": FeedEntry.objects.get(pk=start + 1).event_id,
        "code": "ticket.watched",
        "ticket": ticket.number,
        "at": "2026-03-04T10:30:00+08:00",
        "actor": None,
        "old": {},
        "new": {},
    }
    assert (the_one().position, the_one().last_told_at is not None) == (feed_bounds().newest, True)
    assert send_due(now=NOW).requests == 0


def test_nothing_that_people_wrote_or_that_names_the_user_is_sent(
    make_ticket: Make, manager: Any, advisor: Any, target: Target
) -> None:
    canary, account, phone = "CANARY-5f1e", "7310094856", "13971203945"
    subscription = a_subscription(manager, url=target.url)
    ticket = make_ticket(
        problem=f"{canary} {phone}", demand=canary, account_id=account, contact_value=phone
    )
    taken(ticket, advisor)
    add_note(number=ticket.number, acting_user=advisor, note=f"{canary} {phone}", now=NOW)
    missing = [{"field": "account_id", "label": canary, "why": f"{canary} {account}"}]
    who = {"ticket": ticket, "acting_user": advisor, "now": NOW, "note": canary}
    record(code="ticket.returned", new={"missing": missing, "returns": 1}, **who)
    corrections = {"account_id": account, "contact_value": phone, "problem": canary}
    record(code="ticket.completed", old=corrections, new=corrections, **who)
    sequence_events(now=NOW)
    send_due(now=NOW)
    sent = b"".join(request.body for request in target.received).decode()
    assert [code for _ticket, code in told(target)][-3:] == [
        "ticket.noted",
        "ticket.returned",
        "ticket.completed",
    ]
    assert '"returns":1' in sent
    assert [each for each in (canary, account, phone) if each in sent] == []
    assert subscription.name not in sent


def test_a_subscription_chooses_events_and_a_team(
    make_ticket: Make, manager: Any, advisor: Any, target: Target
) -> None:
    one, other = make_ticket(), make_ticket()
    a_subscription(manager, url=target.url, codes=["ticket.claimed", "ticket.transferred"])
    everything = feed_bounds().newest
    sequence_events(now=NOW)
    assert feed_bounds().newest > everything
    resolved(one, advisor)
    transfer(number=other.number, acting_user=manager, team="safety", reason="安全", now=NOW)
    sequence_events(now=NOW)
    send_due(now=NOW)
    assert told(target) == [
        (one.number, "ticket.claimed"),
        (other.number, "ticket.transferred"),
    ]
    assert the_one().position == feed_bounds().newest


def test_a_team_hears_of_its_tickets_and_of_those_that_leave_it(
    make_ticket: Make, manager: Any, target: Target
) -> None:
    stays, leaves = make_ticket(), make_ticket()
    sequence_events(now=NOW)
    a_subscription(manager, url=target.url, team=stays.team)
    transfer(number=leaves.number, acting_user=manager, team="safety", reason="安全", now=NOW)
    happen(leaves)
    happen(stays)
    send_due(now=NOW)
    assert told(target) == [
        (leaves.number, "ticket.transferred"),
        (stays.number, "ticket.watched"),
    ]


def test_what_does_not_match_is_passed_over_however_much_it_is(
    make_ticket: Make, manager: Any, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = make_ticket()
    monkeypatch.setattr("tickets.selectors.subscriptions.WINDOW", 5)
    a_subscription(manager, url=target.url, codes=["ticket.closed"], position=0)
    happen(ticket, 23)
    record(ticket=ticket, code="ticket.closed", acting_user=None, now=NOW)
    happen(ticket, 7)
    run = send_due(now=NOW)
    assert (run.requests, run.events) == (1, 1)
    assert the_one().position == feed_bounds().newest


# --- failures -------------------------------------------------------------------------------------


def test_a_failure_is_tried_again_later_and_blocks_nobody_else(
    make_ticket: Make, manager: Any, target: Target
) -> None:
    ticket = make_ticket()
    sequence_events(now=NOW)
    with serving(answering(503, b"busy with 13800138000")) as failing:
        bad = a_subscription(manager, url=failing.url, name="bad")
        a_subscription(manager, url=target.url, name="good")
        happen(ticket)
        assert (send_due(now=NOW).requests, len(failing.received)) == (1, 1)
        bad.refresh_from_db()
        assert (bad.failures, bad.failing_since is not None) == (1, True)
        assert "13800138000" not in bad.last_error
        assert NOW < bad.next_try_at <= NOW + timedelta(minutes=1)
        happen(ticket)
        assert send_due(now=NOW).requests == 1  # the good one alone
        assert len(failing.received) == 1
        failing.behave = answering(200)
        send_due(now=bad.next_try_at)
        # The first request again as it was, then what came since: in order, none skipped.
        first, again, then = failing.received
        assert first.headers["idempotency-key"] == again.headers["idempotency-key"]
        assert json.loads(first.body)["events"] == json.loads(again.body)["events"]
        assert len(json.loads(then.body)["events"]) == 1
        assert told(failing)[1:] == told(target)
    bad.refresh_from_db()
    assert (bad.failures, bad.failing_since, bad.last_error) == (0, None, "")


def test_the_order_of_a_ticket_survives_failures(
    make_ticket: Make, manager: Any, advisor: Any, target: Target
) -> None:
    answers = iter([503, 200, 500, 503, *[200] * 10])
    target.behave = lambda peer, request: answering(next(answers))(peer, request)
    a_subscription(manager, url=target.url, position=0)
    tickets = [make_ticket(), make_ticket()]
    now = NOW
    for ticket in tickets:
        returned(ticket, advisor)
        sequence_events(now=NOW)
        send_due(now=now)
        now += LONGEST_CLOSURE
    for _each in range(4):
        send_due(now=now)
        now += LONGEST_CLOSURE
    seen: dict[int, None] = {}
    for body in bodies(target):
        seen.update(dict.fromkeys(event["position"] for event in body["events"]))
    assert list(seen) == sorted(seen) == list(range(1, feed_bounds().newest + 1))


def test_who_fails_for_a_day_is_paused_and_people_are_told_once(
    make_ticket: Make, manager: Any, advisor: Any
) -> None:
    ticket = make_ticket()
    sequence_events(now=NOW)
    with serving(answering(500)) as failing:
        a_subscription(advisor, url=failing.url)
        happen(ticket)
        now = NOW
        while the_one().state == "on" and now < NOW + 2 * PATIENCE:
            send_due(now=now)
            now = the_one().next_try_at or now
        attempts = len(failing.received)
        send_due(now=now + PATIENCE)
        assert len(failing.received) == attempts
    assert PATIENCE <= now - NOW < PATIENCE + LONGEST_CLOSURE
    assert attempts == the_one().failures > MOST_ATTEMPTS
    assert (the_one().state, the_one().last_error) == ("paused", "HTTP 500")
    notices = Notice.objects.filter(code="subscriptions.paused")
    assert {notice.recipient_id for notice in notices} == {advisor.pk, manager.pk}
    assert notices[0].path == f"/admin/subscriptions/{the_one().pk}/"


def test_what_can_never_work_is_paused_at_once(make_ticket: Make, manager: Any) -> None:
    ticket = make_ticket()
    sequence_events(now=NOW)
    a_subscription(manager, url="https://10.0.0.1/")
    happen(ticket)
    assert send_due(now=NOW).failed == 1
    assert (the_one().state, the_one().last_error) == ("paused", "refused: address")
    assert Notice.objects.filter(code="subscriptions.paused").count() == 1


def test_a_mistake_of_ours_is_tried_again_and_said(
    make_ticket: Make, manager: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = make_ticket()
    sequence_events(now=NOW)
    a_subscription(manager)
    happen(ticket)

    def broken(*_args: Any, **_details: Any) -> None:
        raise RuntimeError("CANARY")

    monkeypatch.setattr(event_sending, "send_signed", broken)
    assert send_due(now=NOW).failed == 1
    assert (the_one().state, the_one().last_error, the_one().failures) == ("on", BROKEN, 1)


def test_events_that_are_gone_pause_a_subscription_instead_of_being_skipped(
    make_ticket: Make, manager: Any, target: Target
) -> None:
    ticket = make_ticket()
    sequence_events(now=NOW)
    subscription = a_subscription(manager, url=target.url, position=0)
    purge_feed(now=NOW + timedelta(days=61), days=30)
    oldest = feed_bounds().oldest
    happen(ticket)
    send_due(now=NOW)
    assert (the_one().state, the_one().last_error, target.received) == ("paused", LOST, [])
    go_on(acting_user=manager, subscription_id=subscription.pk, now=NOW)
    send_due(now=NOW)
    assert bodies(target)[0]["oldest"] == oldest == bodies(target)[0]["events"][0]["position"]


def test_switched_off_while_it_is_sent_to_it_stays_off(
    make_ticket: Make, manager: Any, target: Target
) -> None:
    subscription = a_subscription(manager, url=target.url, position=0)
    happen(make_ticket())
    claim = claim_next_batch(now=NOW)
    assert claim is not None
    switch_off(acting_user=manager, subscription_id=subscription.pk, now=NOW)
    target.behave = answering(500)
    EventSubscription.objects.update(failing_since=NOW - 2 * PATIENCE, failures=99)
    claim.subscription.refresh_from_db()
    assert not send_claimed(claim, now=NOW)
    assert the_one().state == "off"
    assert not Notice.objects.filter(code="subscriptions.paused").exists()


def test_claiming_costs_the_same_however_much_there_is(
    make_ticket: Make, manager: Any, target: Target
) -> None:
    ticket = make_ticket()
    a_subscription(manager, url=target.url, position=0)
    spent = []
    for count in (1, 49):
        happen(ticket, count)
        with CaptureQueriesContext(connection) as queries:
            send_due(now=NOW)
        spent.append(len(queries))
    # Claim: bounds, subscription, events, bounds, update, in a savepoint; mark; then nothing more
    # is due: bounds, subscription, in a savepoint.
    assert spent == [12, 12]


def test_the_tasks_tell_what_has_been_put_in_order(
    make_ticket: Make,
    manager: Any,
    target: Target,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hinted: list[str] = []
    monkeypatch.setattr(tasks, "hint_after_commit", hinted.append)
    make_ticket()
    tasks.sequence_events()
    assert hinted == []
    a_subscription(manager, url=target.url, position=0)
    tasks.sequence_events()
    assert hinted == []  # there was nothing new
    record(ticket=Ticket.objects.get(), code="ticket.watched", acting_user=None, now=NOW)
    tasks.sequence_events()
    assert hinted == ["tickets.send_events"]
    tasks.send_events()
    assert len(told(target)) == feed_bounds().newest


def test_redirects_are_no_way_in(make_ticket: Make, manager: Any, target: Target) -> None:
    target.behave = answering(302, b"", "Location: http://169.254.169.254/")
    a_subscription(manager, url=target.url, position=0)
    happen(make_ticket())
    assert send_due(now=NOW).failed == 1
    assert (len(target.received), the_one().last_error) == (1, "HTTP 302")


def test_a_key_that_is_gone_is_said(make_ticket: Make, manager: Any) -> None:
    a_subscription(manager, position=0)
    EventSubscription.objects.update(sealed_url="broken" + seal("x"))
    happen(make_ticket())
    assert send_due(now=NOW).failed == 1
    assert the_one().state == "paused"
    assert "key has changed" in the_one().last_error
