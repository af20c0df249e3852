"""Limits on how often a token is used, by role, and on how often somebody asks for one."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle, SimpleRateThrottle

from accounts.addresses import counted
from accounts.models import ApiToken
from accounts.services.rates import Permit, Rate, permits
from klingdesk.core.roles import BOT_GROUP, is_bot, roles_of

WINDOW = 60
"""Seconds."""


class RoleThrottle(BaseThrottle):
    """So many requests a minute with all tokens of a person together; pages have no limit."""

    permit: Permit | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiToken):
            return True
        limit = _limit_of(request.user)
        if not limit:
            return True
        rate = Rate.in_blocks(limit, WINDOW)
        self.permit = permits.take(f"user:{request.user.pk}", rate, now=time.time())
        view.permit = self.permit
        return self.permit.granted

    def wait(self) -> float | None:
        return None if self.permit is None else float(self.permit.reset)


def _limit_of(user: Any) -> int:
    """Requests a minute, 0 for no limit: of several roles the highest."""
    rates: dict[str, int] = settings.KLINGDESK_RATES
    names = [role.value for role in roles_of(user)] or ([BOT_GROUP] if is_bot(user) else [])
    limits = [rates[name] for name in names]
    return 0 if not limits or 0 in limits else max(limits)


class PeerThrottle(SimpleRateThrottle):
    """Counts by the address of the peer (IPv6 by its network), for all processes together.

    The stock class believes any ``X-Forwarded-For`` unless the number of proxies is set, so that
    a guesser of passwords would only have to send another one each time.
    """

    scope = "token"
    permit: Permit | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        requests, seconds = self.parse_rate(self.get_rate())
        ident = self.get_ident(request)
        peer = hashlib.sha256((counted(ident) or ident).encode()).hexdigest()[:40]
        rate = Rate(requests or 0, seconds or WINDOW, block=1)
        self.permit = permits.take(f"{self.scope}:{peer}", rate, now=time.time())
        return self.permit.granted

    def wait(self) -> float | None:
        return None if self.permit is None else float(self.permit.reset)

    def get_ident(self, request: Request) -> str:
        if api_settings.NUM_PROXIES is None:
            return str(request.META.get("REMOTE_ADDR", ""))
        return str(super().get_ident(request))


def tell_rate(response: Response, permit: Permit | None) -> None:
    """``RateLimit-*`` as the IETF's draft names them; the reset is in seconds."""
    if permit is None:
        return
    response.headers["RateLimit-Limit"] = str(permit.limit)
    response.headers["RateLimit-Remaining"] = str(permit.remaining if permit.granted else 0)
    response.headers["RateLimit-Reset"] = str(permit.reset)
