"""The tasks that send: known to beat, to workers and to whoever hints at them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.utils import timezone

from notices import providers
from notices.models import Delivery
from notices.models.labels import DeliveryState
from notices.services import notify
from notices.services.notifying import DELIVER
from notices.services.preferences import save_preferences
from notices.tasks import deliver, sweep_outbox
from tests.notices.conftest import TOPIC


@pytest.fixture
def told(agent: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An agent has been told of a breach by e-mail; the hints that were given."""
    hints: list[str] = []
    monkeypatch.setattr(providers, "_hint", hints.append)
    agent.email = "agent@example.com"
    agent.save()
    save_preferences(acting_user=agent, email_topics=[TOPIC.key])
    notify(recipients=[agent], code="test.breach", event="one", now=timezone.now())
    return hints


def test_beat_and_the_hint_name_tasks_that_exist(told: list[str]) -> None:
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert "notices.sweep_outbox" in scheduled
    assert told == [DELIVER]
    assert {DELIVER, "notices.sweep_outbox"} <= set(current_app.tasks)


def test_the_hint_sends(told: list[str], mailoutbox: list[Any]) -> None:
    deliver()
    assert len(mailoutbox) == 1


def test_the_sweep_sends_and_clears_away_what_is_old(
    told: list[str], mailoutbox: list[Any], settings: Any
) -> None:
    sweep_outbox()
    assert len(mailoutbox) == 1
    old = timezone.now() - timedelta(days=settings.KLINGDESK_DELIVERY_DAYS + 1)
    Delivery.objects.update(ended_at=old)
    sweep_outbox()
    assert not Delivery.objects.filter(state=DeliveryState.SENT).exists()


def test_without_anybody_to_hint_at_the_sweep_comes(
    agent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers, "_hint", None)
    providers.hint(DELIVER)


def test_a_desk_without_tickets_has_usual_hours() -> None:
    hours = providers.usual_hours()
    assert (hours.opens.hour, hours.closes.hour) == (9, 18)
