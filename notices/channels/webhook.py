"""Telling a webhook: checked, signed, bounded, and judged by its answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from notices.channels.errors import SendError
from notices.channels.http import USUAL, Limits, Unreachable, post
from notices.channels.resolving import Lookup, Unresolved, checked_addresses, look_up
from notices.channels.sealing import Unsealable, unseal
from notices.rules.excerpt import safe_error
from notices.rules.robots import Kind, Message, objection, request_for
from notices.rules.targets import Allowed, Refused, Target, parse_allowed, read_target


def allowed_targets() -> Allowed:
    """What the operator trusts beside the public internet."""
    return parse_allowed(settings.KLINGDESK_WEBHOOK_ALLOW)


def readable_target(url: str) -> Target:
    """``url`` taken apart under the desk's settings. ``Refused`` when it may not be called."""
    return read_target(
        url, allowed=allowed_targets(), https_only=settings.KLINGDESK_WEBHOOK_HTTPS_ONLY
    )


def send_webhook(
    webhook: Any,
    message: Message,
    *,
    at: datetime,
    lookup: Lookup = look_up,
    limits: Limits = USUAL,
) -> None:
    """Tell ``message`` at the instant ``at``. ``SendError`` unless the target has taken it."""
    try:
        url, secret = unseal(webhook.sealed_url), unseal(webhook.sealed_secret)
    except Unsealable:
        raise SendError(
            "the desk's key has changed: enter the address anew", is_final=True
        ) from None
    kind = Kind(webhook.kind)
    try:
        target = readable_target(url)
        addresses = checked_addresses(target, allowed=allowed_targets(), lookup=lookup)
        request = request_for(kind, message, secret=secret, at=at)
        answer = post(
            target,
            addresses,
            body=request.body,
            headers=request.headers,
            query=request.query,
            limits=limits,
        )
    except Refused as refused:
        raise SendError(f"refused: {refused.why.value}", is_final=True) from None
    except (Unresolved, Unreachable) as error:
        raise SendError(str(error)) from error
    trouble = objection(kind, status=answer.status, body=answer.body)
    if trouble:
        raise SendError(safe_error(trouble, secrets=(target.path, secret)))
