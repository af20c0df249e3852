"""The outbox: written with the change, sent once, tried again, given up, never lost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from notices.channels.http import Limits
from notices.channels.webhook import send_webhook
from notices.models import Delivery, Line, Notice, Webhook
from notices.models.labels import DeliveryState
from notices.rules.backoff import LONGEST_WAIT, MOST_ATTEMPTS, PATIENCE
from notices.rules.robots import signature
from notices.selectors import outbox_lag
from notices.services import Telling, notify, notify_all, outbox
from notices.services.outbox import (
    LEASE,
    Ended,
    deliver_due,
    deliver_next,
    purge_deliveries,
)
from notices.services.preferences import save_preferences
from notices.services.webhooks import WebhookForm, add_webhook, switch_webhook
from tests.conftest import NOW
from tests.notices.conftest import SECRET_PARAM, TOPIC
from tests.notices.targets import Endless, answering, dripping, serving, silent

NIGHT = datetime.fromisoformat("2026-03-06T20:00+08:00")
OPENING = datetime.fromisoformat("2026-03-09T09:00+08:00")
DAY = timedelta(days=1)


def tell(*people: Any, event: str = "one", severity: str = "info", **changes: Any) -> int:
    given = {"now": NOW, "params": {"title": "标题"}, "path": "/admin/x/", **changes}
    return notify(recipients=people, code=f"test.{severity}", event=event, **given)


@pytest.fixture
def reader(agent: Any) -> Any:
    """An agent who wants everything by e-mail."""
    agent.email = "agent@example.com"
    agent.save()
    save_preferences(acting_user=agent, email_topics=[TOPIC.key])
    return agent


def the_delivery() -> Delivery:
    return Delivery.objects.get()


# --- writing --------------------------------------------------------------------------------------


def test_a_person_is_told_in_the_inbox_and_by_mail_once(reader: Any, editor: Any) -> None:
    assert tell(reader, editor) == 2
    assert tell(reader, editor) == 0
    delivery = the_delivery()
    assert (delivery.channel, delivery.target, delivery.recipient) == (
        "email",
        f"person:{reader.pk}",
        reader,
    )
    assert deliver_due(now=NOW).sent == 1
    assert deliver_due(now=NOW).sent == 0
    (sent,) = mail.outbox
    assert sent.to == ["agent@example.com"]
    assert sent.subject == "标题 happened"
    assert "https://desk.example.com/admin/x/" in sent.body
    assert sent.extra_headers["Message-ID"] == f"<{delivery.key}@localhost>"


def test_no_row_without_the_change(reader: Any) -> None:
    with transaction.atomic():
        tell(reader)
        assert Delivery.objects.exists()
        transaction.set_rollback(True)
    assert (Notice.objects.count(), Delivery.objects.count()) == (0, 0)


def test_people_without_an_account_or_an_address_get_no_mail(reader: Any, agent2: Any) -> None:
    reader.is_active = False
    reader.save()
    assert tell(reader, agent2) == 1
    assert Delivery.objects.count() == 0


def test_the_database_has_one_delivery_for_target_and_event(reader: Any) -> None:
    tell(reader)
    again = the_delivery()
    again.pk, again.key = None, "12345678-1234-5678-1234-567812345678"  # type: ignore[assignment]
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save(force_insert=True)


def test_many_events_cost_as_many_statements_as_one(
    reader: Any, editor: Any, django_assert_max_num_queries: Any
) -> None:
    def tellings(count: int, name: str) -> list[Telling]:
        return [
            Telling("test.breach", f"{name}:{n}", [reader, editor], params={"title": "x"})
            for n in range(count)
        ]

    for count in (1, 300):
        with django_assert_max_num_queries(5):
            assert notify_all(tellings=tellings(count, f"e{count}"), now=NOW) == 2 * count
    assert Delivery.objects.count() == 301


@pytest.mark.parametrize(
    ("severity", "due"), [("info", OPENING), ("warning", OPENING), ("breach", NIGHT)]
)
def test_only_a_breach_leaves_at_night(reader: Any, severity: str, due: datetime) -> None:
    tell(reader, severity=severity, now=NIGHT)
    assert the_delivery().due_at == due
    assert deliver_due(now=NIGHT).sent == (severity == "breach")
    assert deliver_due(now=OPENING).sent == (severity != "breach")


def test_personal_numbers_never_leave_and_are_never_kept(
    reader: Any, webhook: Callable[..., Webhook]
) -> None:
    with serving(answering(200)) as server:
        webhook(server.url)
        tell(reader, params={"title": f"回拨 {SECRET_PARAM}", "more": [SECRET_PARAM]})
        assert deliver_due(now=NOW).sent == 2
    kept = json.dumps(
        [*Notice.objects.values_list("params"), *Delivery.objects.values_list("payload")]
    )
    assert SECRET_PARAM not in kept
    assert SECRET_PARAM not in server.received[0].body.decode()
    assert SECRET_PARAM not in mail.outbox[0].subject + mail.outbox[0].body


def test_a_team_is_told_through_its_webhooks_and_the_desk_hears_all(
    webhook: Callable[..., Webhook], reader: Any
) -> None:
    url = "https://hooks.example.com/"
    mine = webhook(url, name="mine", audience="team:tier2")
    webhook(url, name="theirs", audience="team:safety")
    whole = webhook(url, name="whole")
    webhook(url, name="other topic", topics=["kb.answers"])
    off = webhook(url, name="off")
    Webhook.objects.filter(pk=off.pk).update(is_active=False)
    tell(reader, audiences=["team:tier2"])
    told = Delivery.objects.filter(channel="webhook").values_list("webhook", flat=True)
    assert set(told) == {mine.pk, whole.pk}


def test_a_webhook_is_not_told_what_happened_before_it_was_made(
    webhook: Callable[..., Webhook], reader: Any
) -> None:
    tell(reader)
    webhook("https://hooks.example.com/")
    tell(reader)  # as a sweep does that finds the same again
    assert not Delivery.objects.filter(channel="webhook").exists()
    tell(event="for nobody")
    tell(event="for nobody")
    assert Delivery.objects.filter(channel="webhook").count() == 1


# --- sending --------------------------------------------------------------------------------------


def test_a_webhook_gets_signed_json(webhook: Callable[..., Webhook], manager: Any) -> None:
    with serving(answering(200)) as server:
        webhook(server.url)
        tell(manager, severity="warning")
        assert deliver_due(now=NOW).sent == 1
    (request,) = server.received
    body = json.loads(request.body)
    assert body["id"] == str(the_delivery().key) == request.headers["x-klingdesk-id"]
    assert (body["code"], body["text"]) == ("test.warning", "标题 happened")
    assert body["link"] == "https://desk.example.com/admin/x/"
    assert the_delivery().ended_at >= NOW  # type: ignore[operator]


def test_the_signature_is_made_with_the_secret_that_was_shown(manager: Any) -> None:
    with serving(answering(200)) as server:
        form = WebhookForm("h", "generic", "desk", [TOPIC.key], server.url)
        _hook, secret = add_webhook(acting_user=manager, form=form, now=NOW)
        tell(manager)
        deliver_due(now=NOW)
    headers, body = server.received[0].headers, server.received[0].body
    expected = signature(secret, headers["x-klingdesk-timestamp"], body)
    assert headers["x-klingdesk-signature"] == expected


def test_a_failure_is_tried_again_later_with_the_same_key(
    webhook: Callable[..., Webhook], manager: Any
) -> None:
    with serving(answering(500, b"key=TOPSECRETKEY and 13800138000")) as server:
        webhook(server.url)
        tell(manager)
        assert deliver_next(now=NOW) is Ended.PUT_OFF
        failed = the_delivery()
        assert (failed.state, failed.attempts) == (DeliveryState.PENDING, 1)
        assert failed.last_error == "HTTP 500: key=‹*› and ‹#›"
        assert NOW < failed.due_at <= NOW + timedelta(seconds=20)
        assert deliver_next(now=NOW + timedelta(seconds=1)) is None
        server.behave = answering(200)
        assert deliver_next(now=NOW + timedelta(minutes=1)) is Ended.SENT
    keys = {request.headers["idempotency-key"] for request in server.received}
    assert keys == {str(failed.key)}
    assert len(server.received) == 2
    assert the_delivery().last_error == ""
    assert not Line.objects.filter(failures__gt=0).exists()


def test_after_its_attempts_it_is_dead_and_stays_so(
    webhook: Callable[..., Webhook], manager: Any
) -> None:
    at = NOW
    with serving(answering(503)) as server:
        webhook(server.url)
        tell(manager, severity="breach")
        while the_delivery().state != DeliveryState.DEAD:
            at += LONGEST_WAIT
            deliver_next(now=at)
        assert len(server.received) == MOST_ATTEMPTS
        assert deliver_next(now=at + DAY) is None
    assert (the_delivery().attempts, the_delivery().last_error) == (MOST_ATTEMPTS, "HTTP 503")


def test_a_retry_is_quiet_at_night_too(webhook: Callable[..., Webhook], manager: Any) -> None:
    evening = datetime.fromisoformat("2026-03-06T17:59:59+08:00")
    with serving(answering(500)) as server:
        webhook(server.url)
        tell(manager, now=evening)
        deliver_next(now=evening)
    assert the_delivery().due_at == OPENING


def test_a_private_target_is_dead_at_once_and_nobody_is_called(
    webhook: Callable[..., Webhook], manager: Any, settings: Any
) -> None:
    with serving(answering(200)) as server:
        webhook(server.url)
        tell(manager)
        settings.KLINGDESK_WEBHOOK_ALLOW = []
        settings.KLINGDESK_WEBHOOK_HTTPS_ONLY = False
        settings.ALLOWED_HOSTS = ["x"]
        assert deliver_next(now=NOW) is Ended.DEAD
        assert server.received == []
    assert the_delivery().last_error.startswith("refused: port")


def test_a_name_that_leads_inside_is_dead_at_once(
    webhook: Callable[..., Webhook], manager: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebound = partial(send_webhook, lookup=lambda _host, _port: ["169.254.169.254"])
    monkeypatch.setattr(outbox, "send_webhook", rebound)
    webhook("https://hooks.example.com/")
    tell(manager)
    assert deliver_next(now=NOW) is Ended.DEAD
    assert the_delivery().last_error == "refused: address"


def test_a_key_that_is_gone_is_said(
    webhook: Callable[..., Webhook], manager: Any, settings: Any
) -> None:
    webhook("https://hooks.example.com/")
    tell(manager)
    settings.SECRET_KEY = "another"
    settings.SECRET_KEY_FALLBACKS = []
    assert deliver_next(now=NOW) is Ended.DEAD
    assert "enter the address anew" in the_delivery().last_error


def test_the_former_key_still_opens(
    webhook: Callable[..., Webhook], manager: Any, settings: Any
) -> None:
    with serving(answering(200)) as server:
        webhook(server.url)
        tell(manager)
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another"
        assert deliver_next(now=NOW) is Ended.SENT
        assert len(server.received) == 1


def test_who_left_or_changed_their_mind_gets_nothing(reader: Any) -> None:
    tell(reader, event="one")
    save_preferences(acting_user=reader, email_topics=[])
    assert deliver_next(now=NOW) is Ended.DISCARDED
    save_preferences(acting_user=reader, email_topics=[TOPIC.key])
    tell(reader, event="two")
    reader.email = ""
    reader.save()
    assert deliver_next(now=NOW) is Ended.DISCARDED
    reader.email = "a@example.com"
    reader.save()
    tell(reader, event="three")
    reader.is_active = False
    reader.save()
    assert deliver_next(now=NOW) is Ended.DISCARDED
    assert mail.outbox == []
    assert all(Delivery.objects.values_list("reason", flat=True))


def test_what_waits_for_a_webhook_that_is_switched_off_is_discarded(
    webhook: Callable[..., Webhook], manager: Any
) -> None:
    hook = webhook("https://hooks.example.com/")
    tell(manager)
    switch_webhook(acting_user=manager, webhook_id=hook.pk, is_active=False, now=NOW)
    assert the_delivery().state == DeliveryState.DISCARDED
    # One that was claimed at that moment, and came back.
    Delivery.objects.update(state=DeliveryState.PENDING, ended_at=None, reason="")
    assert deliver_next(now=NOW) is Ended.DISCARDED


@pytest.mark.parametrize("kind", ["hangs", "drips", "ten gigabytes of error", "ten gigabytes"])
def test_a_hostile_target_costs_little_and_is_taken_or_put_off(
    webhook: Callable[..., Webhook], manager: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(
        outbox, "send_webhook", partial(send_webhook, limits=Limits(connect=1.0, total=1.0))
    )
    stop = Event()
    behave = {
        "hangs": silent(stop),
        "drips": dripping(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", stop),
        "ten gigabytes of error": Endless(500),
        "ten gigabytes": Endless(200),
    }[kind]
    began = time.monotonic()
    with serving(behave) as server:
        webhook(server.url)
        tell(manager)
        ended = deliver_next(now=NOW)
        stop.set()
    assert time.monotonic() - began < 10
    assert ended is (Ended.SENT if kind == "ten gigabytes" else Ended.PUT_OFF)
    assert len(the_delivery().last_error) <= 300
    expected = {"hangs": "no answer in time", "drips": "no answer in time", "ten gigabytes": ""}
    assert the_delivery().last_error == expected.get(kind, the_delivery().last_error)


# --- dying senders and broken targets -------------------------------------------------------------


def test_a_sender_that_dies_before_marking_is_replaced_with_the_same_key(
    webhook: Callable[..., Webhook], manager: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(answering(200)) as server:
        webhook(server.url)
        tell(manager)
        with monkeypatch.context() as dying:
            dying.setattr(outbox, "_mark", lambda *_args, **_changes: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                deliver_next(now=NOW)
        assert the_delivery().state == DeliveryState.SENDING
        assert deliver_next(now=NOW + LEASE - timedelta(seconds=1)) is None
        assert deliver_next(now=NOW + LEASE) is Ended.SENT
    assert len({request.headers["idempotency-key"] for request in server.received}) == 1
    assert (len(server.received), the_delivery().attempts) == (2, 2)


def test_a_delivery_that_kills_every_sender_is_dead_in_the_end(
    webhook: Callable[..., Webhook], manager: Any
) -> None:
    webhook("https://hooks.example.com/")
    tell(manager)
    Delivery.objects.update(state=DeliveryState.SENDING, attempts=MOST_ATTEMPTS, claimed_until=NOW)
    assert deliver_next(now=NOW) is None
    assert the_delivery().state == DeliveryState.DEAD
    assert the_delivery().last_error == "the sender died in every attempt"


def test_a_sender_that_was_stopped_for_too_long_changes_nothing(
    webhook: Callable[..., Webhook], manager: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook("https://hooks.example.com/")
    tell(manager)

    def stopped(*_args: Any, **_changes: Any) -> None:
        # Meanwhile another one has taken it over.
        Delivery.objects.update(attempts=2, claimed_until=NOW + 2 * LEASE)

    monkeypatch.setattr(outbox, "send_webhook", stopped)
    assert deliver_next(now=NOW) is Ended.TAKEN_OVER
    assert (the_delivery().state, the_delivery().attempts) == (DeliveryState.SENDING, 2)


def test_a_mistake_of_ours_holds_up_nobody(reader: Any) -> None:
    tell(reader, event="broken")
    Delivery.objects.update(payload={"topic": TOPIC.key})
    tell(reader, event="fine", now=NOW + timedelta(seconds=1))
    run = deliver_due(now=NOW + timedelta(seconds=1))
    assert (run.sent, run.put_off) == (1, 1)


def test_a_target_that_is_down_costs_one_attempt_now_and_then(
    webhook: Callable[..., Webhook], manager: Any, reader: Any
) -> None:
    with serving(answering(500)) as server:
        webhook(server.url)
        for number in range(20):
            tell(manager, event=f"e{number}")
        assert deliver_due(now=NOW).put_off == 1
        assert deliver_due(now=NOW + timedelta(seconds=1)).put_off == 0
        # Nobody else waits for it.
        tell(reader, event="mail")
        assert deliver_due(now=NOW + timedelta(seconds=1)).sent == 1
        assert outbox_lag(NOW + timedelta(seconds=5)) == 0
        assert len(server.received) == 1
        server.behave = answering(200)
        run = deliver_due(now=NOW + timedelta(minutes=1))
    assert run.sent == 21  # the twenty, and what the mail's event tells the desk


def test_what_waits_behind_a_target_that_is_down_for_a_day_is_given_up(
    webhook: Callable[..., Webhook], manager: Any
) -> None:
    with serving(answering(500)) as server:
        webhook(server.url)
        for number in range(3):
            tell(manager, event=f"e{number}", severity="breach")
        deliver_next(now=NOW)
        deliver_next(now=NOW + PATIENCE + timedelta(minutes=1))
        assert Delivery.objects.filter(state=DeliveryState.DEAD).count() == 2
        assert len(server.received) == 2
    dead = Delivery.objects.filter(state=DeliveryState.DEAD).first()
    assert dead is not None
    assert dead.last_error == "nothing got through since 2026-03-04 02:30 UTC"


def test_a_run_begins_nothing_new_after_its_time(reader: Any) -> None:
    tell(reader)
    assert deliver_due(now=NOW, seconds=0).sent == 0
    assert deliver_due(now=NOW).sent == 1


def test_the_lag_of_the_outbox(reader: Any) -> None:
    assert outbox_lag(NOW) == 0
    tell(reader)
    assert outbox_lag(NOW + timedelta(seconds=40)) == 40
    deliver_due(now=NOW + timedelta(seconds=40))
    assert outbox_lag(NOW + timedelta(seconds=50)) == 0


def test_old_deliveries_are_purged_but_no_dead_ones(reader: Any) -> None:
    tell(reader, event="sent")
    deliver_due(now=NOW)
    tell(reader, event="dead")
    Delivery.objects.filter(event="dead").update(state=DeliveryState.DEAD, ended_at=NOW)
    assert purge_deliveries(before=NOW) == 0
    assert purge_deliveries(before=NOW + DAY) == 1
    assert the_delivery().event == "dead"
