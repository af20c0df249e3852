"""Telling a webhook: checked, signed, bounded, and judged by its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from uuid import UUID

from django.conf import settings

from notices.channels.errors import SendError
from notices.channels.http import USUAL, Limits, Unreachable, post
from notices.channels.resolving import Lookup, Unresolved, checked_addresses, look_up
from notices.channels.sealing import Unsealable, unseal
from notices.rules.excerpt import safe_error
from notices.rules.robots import (
    Kind,
    Message,
    Request,
    objection,
    request_for,
    signed_request,
)
from notices.rules.targets import (
    Allowed,
    Refusal,
    Refused,
    Target,
    check_address,
    parse_allowed,
    read_target,
)


def allowed_targets() -> Allowed:
    """What the operator trusts beside the public internet."""
    return parse_allowed(settings.KLINGDESK_WEBHOOK_ALLOW)


def readable_target(url: str) -> Target:
    """``url`` taken apart under the desk's settings. ``Refused`` when it may not be called."""
    return read_target(
        url, allowed=allowed_targets(), https_only=settings.KLINGDESK_WEBHOOK_HTTPS_ONLY
    )


def addressable(url: str) -> Target:
    """``readable_target`` of an address that somebody types, with what else can be said of it
    without asking anybody; names are looked up whenever something is sent."""
    target = readable_target(url)
    try:
        ip_address(target.host)
    except ValueError:
        if target.host == "localhost" and not target.trusted:
            raise Refused(Refusal.ADDRESS) from None
    else:
        check_address(target.host, target=target, allowed=allowed_targets())
    return target


def send_webhook(
    webhook: Any,
    message: Message,
    *,
    at: datetime,
    lookup: Lookup = look_up,
    limits: Limits = USUAL,
) -> None:
    """Tell ``message`` at the instant ``at``. ``SendError`` unless the target has taken it."""
    kind = Kind(webhook.kind)
    way = _Way.to(webhook, lookup, limits)
    way.send(kind, request_for(kind, message, secret=way.secret, at=at))


def send_signed(
    target: Any,
    content: Mapping[str, Any],
    *,
    key: UUID,
    at: datetime,
    lookup: Lookup = look_up,
    limits: Limits = USUAL,
) -> None:
    """Send ``content`` as JSON to a program, signed as webhooks of our own kind are.

    ``target`` has ``sealed_url`` and ``sealed_secret``; ``key`` is the same in every attempt.
    ``SendError`` unless the target has taken it.
    """
    way = _Way.to(target, lookup, limits)
    way.send(Kind.GENERIC, signed_request(content, key=key, secret=way.secret, at=at))


@dataclass(frozen=True, slots=True)
class _Way:
    """To a target whose address and secret have been unsealed."""

    url: str = field(repr=False)
    secret: str = field(repr=False)
    lookup: Lookup
    limits: Limits

    @classmethod
    def to(cls, sealed: Any, lookup: Lookup, limits: Limits) -> _Way:
        try:
            url, secret = unseal(sealed.sealed_url), unseal(sealed.sealed_secret)
        except Unsealable:
            raise SendError(
                "the desk's key has changed: enter the address anew", is_final=True
            ) from None
        return cls(url, secret, lookup, limits)

    def send(self, kind: Kind, request: Request) -> None:
        try:
            target = readable_target(self.url)
            addresses = checked_addresses(target, allowed=allowed_targets(), lookup=self.lookup)
            answer = post(
                target,
                addresses,
                body=request.body,
                headers=request.headers,
                query=request.query,
                limits=self.limits,
            )
        except Refused as refused:
            raise SendError(f"refused: {refused.why.value}", is_final=True) from None
        except (Unresolved, Unreachable) as error:
            raise SendError(str(error)) from error
        trouble = objection(kind, status=answer.status, body=answer.body)
        if trouble:
            raise SendError(safe_error(trouble, secrets=(target.path, self.secret)))
