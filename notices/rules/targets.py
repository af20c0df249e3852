"""Where a webhook may lead: nobody is to make the desk call what only the desk can reach.

An address is judged twice: as it is typed (``read_target``), and, after its name has been looked
up, by every IP address behind it (``check_address``). The lists follow the IANA special-purpose
address registries (RFC 6890 and its updates): only what is meant for the whole internet passes.
What an operator has allowed (``Allowed``) passes both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final
from urllib.parse import urlsplit

LONGEST_URL: Final = 1_000
PORTS: Final = frozenset({80, 443, 8080, 8443})
"""Where web servers listen; behind other ports databases and mail servers do."""

_CLOSED: Final = tuple(
    ip_network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24"),
        *("192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        # Outside of 2000::/3 nothing is global: loopback, IPv4-mapped, NAT64, local, multicast.
        *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
)
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_PLAIN: Final = re.compile(r"[!-~]+")
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


class Refusal(StrEnum):
    """Why a target is refused."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    CHARACTERS = "characters"
    SCHEME = "scheme"
    HTTPS_ONLY = "https_only"
    CREDENTIALS = "credentials"
    HOST = "host"
    PORT = "port"
    FRAGMENT = "fragment"
    ADDRESS = "address"


class Refused(ValueError):
    """A target that the desk does not call; ``why`` says the reason."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an operator trusts although it is not public: host names and networks."""

    names: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def has_name(self, host: str) -> bool:
        return host in self.names

    def has_address(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self.networks)


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart. ``path`` has the query; ``trusted`` was allowed by name or number."""

    scheme: str
    host: str
    port: int
    path: str = field(repr=False)
    trusted: bool


def parse_allowed(items: Iterable[str]) -> Allowed:
    """``chat.internal``, ``10.1.0.0/16``, ``10.1.2.3``. ``ValueError`` names what is neither."""
    names: set[str] = set()
    networks: list[IPv4Network | IPv6Network] = []
    for item in items:
        try:
            networks.append(ip_network(item))
        except ValueError:
            name = item.lower().rstrip(".")
            if "/" in item or not _HOST.fullmatch(name):
                raise ValueError(f"{item!r} is neither a host name nor a network") from None
            names.add(name)
    return Allowed(frozenset(names), tuple(networks))


def read_target(url: str, *, allowed: Allowed, https_only: bool) -> Target:
    """Take ``url`` apart. ``Refused`` when nothing must ever be sent there, whatever it means."""
    if not url:
        raise Refused(Refusal.EMPTY)
    if len(url) > LONGEST_URL:
        raise Refused(Refusal.TOO_LONG)
    if not _PLAIN.fullmatch(url) or "\\" in url:
        raise Refused(Refusal.CHARACTERS)
    try:
        parts = urlsplit(url)
        given = parts.port
    except ValueError:
        raise Refused(Refusal.HOST) from None
    if parts.scheme not in {"http", "https"}:
        raise Refused(Refusal.SCHEME)
    if "@" in parts.netloc:
        raise Refused(Refusal.CREDENTIALS)
    if parts.fragment or url.endswith("#"):
        raise Refused(Refusal.FRAGMENT)
    host = _host(parts.hostname or "")
    trusted = allowed.has_name(host) or _is_allowed_number(host, allowed)
    if https_only and parts.scheme != "https" and not trusted:
        raise Refused(Refusal.HTTPS_ONLY)
    port = given if given is not None else {"http": 80, "https": 443}[parts.scheme]
    if port not in PORTS and not (trusted and port >= 1024):
        raise Refused(Refusal.PORT)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, trusted)


def _host(host: str) -> str:
    """A name or a number in its usual form; ``Refused`` when it is neither."""
    if ":" in host:
        try:
            return str(IPv6Address(host)) if "%" not in host else _no_host()
        except ValueError:
            return _no_host()
    name = host.removesuffix(".")
    return name if len(name) <= 253 and _HOST.fullmatch(name) else _no_host()


def _no_host() -> str:
    raise Refused(Refusal.HOST)


def _is_allowed_number(host: str, allowed: Allowed) -> bool:
    try:
        return allowed.has_address(ip_address(host))
    except ValueError:
        return False


def check_address(text: str, *, target: Target, allowed: Allowed) -> None:
    """``Refused`` unless the IP address ``text`` behind ``target`` is public, or allowed."""
    try:
        address = ip_address(text)
    except ValueError:
        raise Refused(Refusal.ADDRESS) from None
    if isinstance(address, IPv6Address) and (address.scope_id or address.ipv4_mapped):
        raise Refused(Refusal.ADDRESS)
    if allowed.has_name(target.host) or allowed.has_address(address):
        return
    if not is_public(address):
        raise Refused(Refusal.ADDRESS)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address belongs to the whole internet, and to a single host of it."""
    if isinstance(address, IPv6Address) and address not in _GLOBAL_V6:
        return False
    if address.is_multicast or not address.is_global:
        return False
    return not any(address in network for network in _CLOSED)
