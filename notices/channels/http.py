"""A POST to a place we do not trust: to the address that was checked, bounded in time and size.

The connection goes to an IP address that ``resolving`` has just checked, while ``Host``, SNI and
the certificate are those of the name: whoever owns the name cannot lead the second look-up
elsewhere, because there is none. Redirects are answers like any other. No proxy, no cookies, no
decompression.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from threading import Timer
from typing import Any, Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from notices.rules.targets import Target

MOST_BODY: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for the connection, and for everything from it to the end of the answer."""

    connect: float = 3.0
    total: float = 10.0


USUAL: Final = Limits()


@dataclass(frozen=True, slots=True)
class Answer:
    """``body`` is at most ``MOST_BODY`` bytes of it, and fewer if the rest took too long."""

    status: int
    body: bytes


class Unreachable(OSError):
    """No answer: refused, cut off, no valid certificate, or too slow."""


class _Line:
    """The one TCP connection of a request, and what ends it when the time is over.

    A time-out of the socket begins anew with every byte; so a watch shuts the connection down,
    whatever is being waited for: hand-shake, headers or body. It holds a duplicate, because the
    socket itself becomes another object when TLS begins.
    """

    def __init__(self, addresses: Sequence[str], port: int, limits: Limits) -> None:
        self._addresses, self._port, self._limits = addresses, port, limits
        self._until = time.monotonic() + limits.total
        self._twin: socket.socket | None = None
        self._watch: Timer | None = None
        self.is_late = False

    def open(self) -> socket.socket:
        """Connect to the first address that answers; ``OSError`` of the last one otherwise."""
        trouble: OSError = OSError("no address")
        for address in self._addresses:
            seconds = min(self._limits.connect, self._until - time.monotonic())
            if seconds <= 0:
                self.is_late = True
                break
            try:
                connected = socket.create_connection((address, self._port), timeout=seconds)
            except OSError as error:
                trouble = error
                continue
            return self._watched(connected)
        raise trouble

    def _watched(self, connected: socket.socket) -> socket.socket:
        left = max(self._until - time.monotonic(), 0.001)
        connected.settimeout(left)
        self._twin = connected.dup()
        self._watch = Timer(left, self._cut)
        self._watch.daemon = True
        self._watch.start()
        return connected

    def _cut(self) -> None:
        self.is_late = True
        if self._twin is not None:
            with suppress(OSError):
                self._twin.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            # It may be cutting just now: the number of a closed socket could be another's.
            self._watch.join()
        if self._twin is not None:
            self._twin.close()


class _Plain(HTTPConnection):
    """A connection over a line of ours instead of one to its host's name."""

    line: _Line

    def _new_conn(self) -> socket.socket:
        return self.line.open()


class _Secure(HTTPSConnection):
    line: _Line

    def _new_conn(self) -> socket.socket:
        return self.line.open()


def post(
    target: Target,
    addresses: Sequence[str],
    *,
    body: bytes,
    headers: Mapping[str, str],
    query: str = "",
    limits: Limits = USUAL,
) -> Answer:
    """Send ``body`` to one of ``addresses``, which have been checked. ``Unreachable`` without an
    answer in time; redirects, errors and the like are answers."""
    line = _Line(addresses, target.port, limits)
    connection = _connection(target, line)
    try:
        connection.request(
            "POST",
            _path(target, query),
            body=body,
            headers=dict(headers),
            preload_content=False,
            decode_content=False,
        )
        response = connection.getresponse()
        if line.is_late:
            # A connection that was cut looks like headers that have ended.
            raise TimeoutError
        return Answer(response.status, _beginning(response))
    except (OSError, HTTPError, HTTPException, ValueError) as error:
        raise Unreachable(_why(error, line)) from error
    finally:
        line.close()
        connection.close()


def _connection(target: Target, line: _Line) -> _Plain | _Secure:
    connection: _Plain | _Secure
    if target.scheme == "https":
        options: dict[str, Any] = {"ssl_context": ssl.create_default_context()}
        connection = _Secure(target.host, target.port, **options)
    else:
        connection = _Plain(target.host, target.port)
    connection.line = line
    return connection


def _path(target: Target, query: str) -> str:
    if not query:
        return target.path
    return f"{target.path}{'&' if '?' in target.path else '?'}{query}"


def _beginning(response: BaseHTTPResponse) -> bytes:
    """What can be read of the answer within the limits; a status that came is an answer already."""
    kept = bytearray()
    try:
        while len(kept) < MOST_BODY:
            piece = response.read(min(8_192, MOST_BODY - len(kept)), decode_content=False)
            if not piece:
                break
            kept += piece
    except (OSError, HTTPError, HTTPException, ValueError):
        pass
    return bytes(kept)


def _why(error: Exception, line: _Line) -> str:
    """In words that hold nothing of the request: a library may put its address into an error."""
    if line.is_late or isinstance(error, TimeoutError):
        return "no answer in time"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "its certificate is not valid"
        if isinstance(cause, ssl.SSLError):
            return "no secure connection could be made"
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
        cause = cause.__cause__ or cause.__context__
    return "the connection broke off" if isinstance(error, OSError) else "its answer is no HTTP"
