"""Real HTTP servers on this machine that behave well, badly, or not at all."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Behave = Callable[[socket.socket, "Received"], None]


@dataclass(slots=True)
class Received:
    """One request as it arrived."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Target:
    """A listening server, what it received, and how it behaves from now on."""

    port: int
    behave: Behave
    received: list[Received] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?key=TOPSECRETKEY"


def answering(status: int, body: bytes = b"", *headers: str) -> Behave:
    """Answer properly with this status."""

    def behave(peer: socket.socket, _request: Received) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
        peer.sendall("\r\n".join(lines).encode() + body)

    return behave


def silent(stop: threading.Event) -> Behave:
    """Take the request and never say anything."""

    def behave(_peer: socket.socket, _request: Received) -> None:
        stop.wait(30)

    return behave


def dripping(head: bytes, piece: bytes, stop: threading.Event) -> Behave:
    """Say ``head``, then ``piece`` again and again, slowly: no read ever times out."""

    def behave(peer: socket.socket, _request: Received) -> None:
        peer.sendall(head)
        with suppress(OSError):
            while not stop.wait(0.05):
                peer.sendall(piece)

    return behave


class Endless:
    """Send chunk after chunk, 10 GB if nobody hangs up; counts what went out."""

    def __init__(self, status: int = 200) -> None:
        self.sent = 0
        self._status = status

    def __call__(self, peer: socket.socket, _request: Received) -> None:
        peer.sendall(f"HTTP/1.1 {self._status} X\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        block = b"x" * 65_536
        chunk = f"{len(block):x}\r\n".encode() + block + b"\r\n"
        with suppress(OSError):
            while self.sent < 10 * 2**30:
                peer.sendall(chunk)
                self.sent += len(block)


@contextmanager
def serving(behave: Behave, tls: ssl.SSLContext | None = None) -> Iterator[Target]:
    """Serve on a port of this machine until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    target = Target(listener.getsockname()[1], behave)
    threading.Thread(target=_accept, args=(listener, target, tls), daemon=True).start()
    try:
        yield target
    finally:
        target.ended.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _accept(listener: socket.socket, target: Target, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            peer, _address = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(peer, target, tls), daemon=True).start()


def _serve(peer: socket.socket, target: Target, tls: ssl.SSLContext | None) -> None:
    with suppress(OSError), peer:
        secured: Any = tls.wrap_socket(peer, server_side=True) if tls else peer
        request = _read(secured)
        if request is not None:
            target.received.append(request)
            target.behave(secured, request)
        secured.close()


def _read(peer: socket.socket) -> Received | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = peer.recv(65_536)
        if not piece:
            return None
        data += piece
    head, _blank, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += peer.recv(65_536)
    return Received(first, headers, body)
