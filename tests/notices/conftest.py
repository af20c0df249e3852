"""What the tests of the outbox share: texts of every severity, and webhooks that lead here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from notices.models import Webhook
from notices.rules.topics import Severity, Topic
from notices.services.webhooks import WebhookForm, add_webhook
from notices.words import _codes, register
from tests.conftest import NOW

TOPIC = Topic("test.topic", "Test topic")
SECRET_PARAM = "13800138000"


@pytest.fixture(autouse=True)
def texts() -> Iterator[None]:
    """Codes of the tests, gone afterwards: other tests look at all topics."""
    before = dict(_codes)
    for severity in Severity:
        register({f"test.{severity}": "%(title)s happened"}, topic=TOPIC, severity=severity)
    yield
    _codes.clear()
    _codes.update(before)


@pytest.fixture(autouse=True)
def this_machine(settings: Any) -> None:
    """Webhooks may lead to this machine."""
    settings.KLINGDESK_WEBHOOK_ALLOW = ["127.0.0.1/32"]
    settings.KLINGDESK_WEBHOOK_HTTPS_ONLY = True
    settings.KLINGDESK_PUBLIC_URL = "https://desk.example.com"
    settings.KLINGDESK_EMAIL_READY = True


@pytest.fixture
def client() -> Client:
    """A browser whose pages are in English, as the message ids are."""
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def webhook(manager: Any) -> Callable[..., Webhook]:
    """Make a webhook for the whole desk and the tests' topic."""

    def make(url: str, **changes: Any) -> Webhook:
        values: dict[str, Any] = {
            "name": "hook",
            "kind": "generic",
            "audience": "desk",
            "topics": [TOPIC.key],
            "url": url,
            **changes,
        }
        return add_webhook(acting_user=manager, form=WebhookForm(**values), now=NOW)[0]

    return make
