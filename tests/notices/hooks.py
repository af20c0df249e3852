"""A webhook for tests that only need one to be there."""

from __future__ import annotations

from typing import Any

from notices.channels.sealing import seal
from notices.models import Delivery, Webhook
from notices.models.labels import DeliveryState
from tests.conftest import NOW


def a_webhook(person: Any) -> Webhook:
    return Webhook.objects.create(
        name="webhook",
        kind="generic",
        audience="desk",
        topics=["tickets.breaches"],
        host="hooks.example.com",
        sealed_url=seal("https://hooks.example.com/"),
        sealed_secret=seal("secret"),
        created_by=person,
        created_at=NOW,
        changed_by=person,
        changed_at=NOW,
    )


def a_dead_letter(hook: Webhook, event: str = "dead") -> Delivery:
    return Delivery.objects.create(
        channel="webhook",
        target=f"webhook:{hook.pk}",
        line=f"webhook:{hook.pk}",
        webhook=hook,
        event=event,
        severity="breach",
        payload={"code": "x.dead", "params": {}, "path": "", "topic": "other"},
        state=DeliveryState.DEAD,
        attempts=10,
        created_at=NOW,
        due_at=NOW,
        ended_at=NOW,
        last_error="HTTP 500",
    )
