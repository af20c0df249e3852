"""The words of what leaves the desk: in the person's language, for programs in the desk's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.utils import translation

from notices.providers import language_of
from notices.rules.robots import Message
from notices.rules.topics import Severity
from notices.words import in_words, topic_of


def message_of(delivery: Any) -> Message:
    """What a delivery tells; its id is the same in every attempt."""
    payload = delivery.payload
    return message_for(
        code=payload["code"],
        params=payload["params"],
        severity=Severity(delivery.severity),
        at=delivery.created_at,
        path=payload["path"],
        key=delivery.key,
        language=language_of(delivery.recipient_id),
    )


def message_for(
    *,
    code: str,
    params: Mapping[str, Any],
    severity: Severity,
    at: datetime,
    path: str = "",
    key: UUID | None = None,
    language: str = "",
) -> Message:
    """A message in words, in the desk's language unless another is given. The link is absolute, and
    empty while the desk does not know where it can be reached from outside."""
    with translation.override(language or settings.LANGUAGE_CODE):
        text = in_words(code, params)
    base = settings.KLINGDESK_PUBLIC_URL.rstrip("/")
    return Message(
        id=key or uuid4(),
        code=code,
        topic=topic_of(code).key,
        severity=severity.value,
        text=text,
        link=f"{base}{path}" if base and path else "",
        params=params,
        created_at=at,
    )
