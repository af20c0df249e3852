"""Telling a person by e-mail, over the mail server of the settings."""

from __future__ import annotations

import logging
from email.utils import parseaddr
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage

from notices.channels.errors import SendError
from notices.rules.excerpt import safe_error
from notices.rules.robots import Message

log = logging.getLogger(__name__)

LONGEST_SUBJECT: Final = 120


def is_configured() -> bool:
    """Whether e-mail leaves the desk at all."""
    return bool(settings.KLINGDESK_EMAIL_READY)


def send_email(address: str, message: Message) -> None:
    """Send ``message``; ``SendError`` unless the server has taken it.

    The Message-ID is the delivery's key: what was sent twice, because the sender died before it
    could note it, mail programs show once.
    """
    if not is_configured():
        raise SendError("e-mail is not configured: set KLINGDESK_EMAIL_URL")
    subject = " ".join(message.text.split())
    if len(subject) > LONGEST_SUBJECT:
        subject = subject[: LONGEST_SUBJECT - 1] + "…"
    sender = settings.DEFAULT_FROM_EMAIL
    mail = EmailMessage(
        subject=subject,
        body="\n\n".join(part for part in (message.text, message.link) if part) + "\n",
        from_email=sender,
        to=[address],
        headers={
            "Message-ID": f"<{message.id}@{_domain(sender)}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    try:
        mail.send()
    except SMTPRecipientsRefused:
        raise SendError("the mail server refuses the recipient", is_line_down=False) from None
    except SMTPResponseException as error:
        text = f"SMTP {error.smtp_code}"
        raise SendError(text, is_line_down=error.smtp_code < 500) from error
    except (SMTPException, OSError, ValueError) as error:
        # The text of an error may quote the recipient.
        log.warning("e-mail not sent: %s", type(error).__name__)
        text = safe_error(f"SMTP {type(error).__name__}")
        raise SendError(text) from error


def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2] or "klingdesk.invalid"
