"""E-mail against real SMTP conversations and Django's settings."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from notices.channels.errors import SendError
from notices.channels.mail import LONGEST_SUBJECT, send_email
from notices.rules.robots import Message


def message(text: str = "一句话", link: str = "") -> Message:
    return Message(
        id=uuid4(),
        code="x",
        topic="x",
        severity="info",
        text=text,
        link=link,
        params={},
        created_at=datetime(2026, 3, 4, tzinfo=UTC),
    )


def test_no_header_can_be_put_into_a_subject() -> None:
    send_email("a@example.com", message("一\r\nBcc: b@example.com\n" + "长" * 200))
    (sent,) = mail.outbox
    assert "\n" not in sent.subject
    assert len(sent.subject) == LONGEST_SUBJECT
    assert sent.recipients() == ["a@example.com"]
    sent.message()


def test_without_configuration_it_says_so(settings: Any) -> None:
    settings.KLINGDESK_EMAIL_READY = False
    with pytest.raises(SendError, match="KLINGDESK_EMAIL_URL"):
        send_email("a@example.com", message())
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("raised", "text", "line_down"),
    [
        (smtplib.SMTPRecipientsRefused({"a@example.com": (550, b"a@example.com")}), "recip", False),
        (smtplib.SMTPDataError(554, b"a@example.com is spam"), "554", False),
        (smtplib.SMTPDataError(451, b"later"), "451", True),
        (smtplib.SMTPServerDisconnected("a@example.com"), "SMTPServerDisconnected", True),
        (ConnectionRefusedError("a@example.com"), "ConnectionRefusedError", True),
        (TimeoutError(), "TimeoutError", True),
    ],
)
def test_what_a_server_says_becomes_an_error_without_the_address(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, text: str, line_down: bool
) -> None:
    def refuse(*_args: Any) -> int:
        raise raised

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    with pytest.raises(SendError, match=text) as error:
        send_email("a@example.com", message())
    assert error.value.is_line_down is line_down
    assert "example.com" not in str(error.value)
