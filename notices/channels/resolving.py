"""From a target to the addresses that may be called: every one is checked, just before."""

from __future__ import annotations

import socket
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

from notices.rules.targets import Allowed, Target, check_address

RESOLVE_SECONDS: Final = 3.0

Lookup = Callable[[str, int], list[str]]
"""Host and port → IP addresses as text; ``OSError`` when the name is unknown."""


class Unresolved(OSError):
    """The name is unknown, or nobody said what it means in time."""


def look_up(host: str, port: int) -> list[str]:
    """Ask the system's resolver; a name without an address raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_rest, address in found))


def checked_addresses(
    target: Target,
    *,
    allowed: Allowed,
    lookup: Lookup = look_up,
    seconds: float = RESOLVE_SECONDS,
) -> list[str]:
    """All addresses of ``target``. ``Refused`` when one of them must not be called: a name that
    means a public and a private machine means harm. ``Unresolved`` when there is none."""
    addresses = _in_time(target, lookup, seconds)
    if not addresses:
        raise Unresolved("the name has no address")
    for address in addresses:
        check_address(address, target=target, allowed=allowed)
    return addresses


def _in_time(target: Target, lookup: Lookup, seconds: float) -> list[str]:
    """The system's resolver has no time-out of ours: it is asked in a thread that may be left."""
    answers: SimpleQueue[list[str] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(lookup(target.host, target.port))
        except (OSError, UnicodeError) as error:
            answers.put(OSError(str(error)))

    Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise Unresolved("the name could not be looked up in time") from None
    if isinstance(answer, OSError):
        raise Unresolved("the name is unknown")
    return answer
