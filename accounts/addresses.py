"""Who tries to log in, as the lock-out counts them."""

from __future__ import annotations

import ipaddress
from typing import Any

from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle


def client_address(request: HttpRequest) -> str | None:
    """The caller's IP address as it is counted; ``X-Forwarded-For`` counts only behind a proxy
    of ours.

    None when there is none (a socket) or it is no address.
    """
    return counted(BaseThrottle().get_ident(request) or "")  # type: ignore[arg-type]


def counted(given: str) -> str | None:
    """The address under which tries are counted; None for what is none.

    Of IPv6 the network of 64 bits, by its first address: whoever has one address has all 2⁶⁴ of
    it. An IPv4 address that is written as IPv6 is the IPv4 address, and this machine is itself.
    """
    try:
        address = ipaddress.ip_address(given.strip())
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        if not address.is_loopback:
            return str(ipaddress.IPv6Address(int(address) >> 64 << 64))
    return str(address)


def login_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The name that was typed, in lower case, so that ``ANNA`` and ``anna`` share their tries."""
    given = (credentials or {}).get("username") or ""
    return str(given).replace("\0", "")[:150].lower()
