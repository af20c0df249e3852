"""Who tries to log in, as the lock-out counts them."""

from __future__ import annotations

import ipaddress
from typing import Any

from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle


def client_address(request: HttpRequest) -> str | None:
    """The caller's IP address; ``X-Forwarded-For`` counts only behind a proxy of ours.

    None when there is none (a socket) or it is no address.
    """
    given = BaseThrottle().get_ident(request) or ""  # type: ignore[arg-type]
    try:
        return str(ipaddress.ip_address(given.strip()))
    except ValueError:
        return None


def login_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The name that was typed, in lower case, so that ``ANNA`` and ``anna`` share their tries."""
    given = (credentials or {}).get("username") or ""
    return str(given).replace("\0", "")[:150].lower()
