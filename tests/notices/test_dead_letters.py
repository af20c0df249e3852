"""What could not be delivered: seen by managers, sent again, or discarded with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from klingdesk.core.errors import Conflict, Invalid, NotAllowed
from notices.models import Delivery, Line, Webhook
from notices.models.labels import DeliveryState
from notices.services.dead_letters import discard, resend
from notices.services.outbox import deliver_due
from tests.conftest import NOW
from tests.notices.hooks import a_dead_letter, a_webhook
from tests.notices.targets import answering, serving


@pytest.fixture
def hook(manager: Any) -> Webhook:
    return a_webhook(manager)


def test_all_are_sent_again_with_the_same_keys(manager: Any, hook: Webhook) -> None:
    from notices.channels.sealing import seal

    letters = [a_dead_letter(hook, f"e{number}") for number in range(3)]
    Line.objects.create(key=f"webhook:{hook.pk}", failures=9, closed_until=NOW.replace(year=2030))
    with serving(answering(200)) as server:
        Webhook.objects.update(sealed_url=seal(server.url))
        assert resend(acting_user=manager, delivery_ids=None, now=NOW) == 3
        assert deliver_due(now=NOW).sent == 3
    keys = {request.headers["idempotency-key"] for request in server.received}
    assert keys == {str(letter.key) for letter in letters}
    with pytest.raises(Conflict):
        resend(acting_user=manager, delivery_ids=None, now=NOW)


def test_one_is_sent_again(manager: Any, hook: Webhook) -> None:
    first, second = a_dead_letter(hook, "1"), a_dead_letter(hook, "2")
    assert resend(acting_user=manager, delivery_ids=[first.pk], now=NOW) == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.attempts, first.due_at) == (DeliveryState.PENDING, 0, NOW)
    assert second.state == DeliveryState.DEAD


def test_nothing_is_sent_to_a_webhook_that_is_off(manager: Any, hook: Webhook) -> None:
    letter = a_dead_letter(hook)
    Webhook.objects.update(is_active=False)
    with pytest.raises(Conflict, match="switched off"):
        resend(acting_user=manager, delivery_ids=[letter.pk], now=NOW)


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 301])
def test_discarding_needs_a_reason(manager: Any, hook: Webhook, reason: str) -> None:
    letter = a_dead_letter(hook)
    with pytest.raises(Invalid) as refused:
        discard(acting_user=manager, delivery_ids=[letter.pk], reason=reason, now=NOW)
    assert list(refused.value.fields) == ["reason"]
    letter.refresh_from_db()
    assert letter.state == DeliveryState.DEAD


def test_who_discarded_it_and_why_is_kept(manager: Any, hook: Webhook) -> None:
    letter = a_dead_letter(hook)
    assert discard(acting_user=manager, delivery_ids=None, reason="群已解散", now=NOW) == 1
    letter.refresh_from_db()
    assert (letter.state, letter.ended_by, letter.reason) == (
        DeliveryState.DISCARDED,
        manager,
        "群已解散",
    )
    with pytest.raises(Conflict):
        discard(acting_user=manager, delivery_ids=[letter.pk], reason="again", now=NOW)


def test_only_managers(advisor: Any, hook: Webhook) -> None:
    a_dead_letter(hook)
    with pytest.raises(NotAllowed):
        resend(acting_user=advisor, delivery_ids=None, now=NOW)
    with pytest.raises(NotAllowed):
        discard(acting_user=advisor, delivery_ids=None, reason="x", now=NOW)
    assert Delivery.objects.filter(state=DeliveryState.DEAD).count() == 1


def test_the_page_lists_sends_and_discards(client: Client, manager: Any, hook: Webhook) -> None:
    first, second, third = (a_dead_letter(hook, str(number)) for number in range(3))
    client.force_login(manager)
    page = client.get(reverse("admin:dead_letters")).content.decode()
    assert page.count("HTTP 500") == 3
    deal = reverse("admin:dead_letters_deal")
    assert client.get(deal).status_code == 405
    assert client.post(deal, {"id": str(first.pk), "do": "resend"}).status_code == 302
    refused = client.post(deal, {"id": str(second.pk), "do": "discard", "reason": " "})
    assert refused.status_code == 422
    assert f'id="discard-{second.pk}-error"' in refused.content.decode()
    long = client.post(deal, {"do": "discard", "reason": "长" * 301})
    assert (long.status_code, "长" * 301 in long.content.decode()) == (422, True)
    assert client.post(deal, {"id": "x", "do": "resend"}).status_code == 302
    assert client.post(deal, {"do": "dance"}).status_code == 302
    client.post(deal, {"id": str(second.pk), "do": "discard", "reason": "不再需要"})
    client.post(deal, {"do": "resend"})
    states = dict(Delivery.objects.values_list("pk", "state"))
    assert states == {first.pk: "pending", second.pk: "discarded", third.pk: "pending"}
    assert client.post(deal, {"do": "resend"}).status_code == 409
    assert (
        "Everything has been delivered"
        in client.get(reverse("admin:dead_letters")).content.decode()
    )


def test_the_page_is_for_managers(client: Client, advisor: Any) -> None:
    client.force_login(advisor)
    assert client.get(reverse("admin:dead_letters")).status_code == 403
    assert client.post(reverse("admin:dead_letters_deal")).status_code == 403
