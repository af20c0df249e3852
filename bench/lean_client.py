"""A client that costs next to nothing: it shares the cores with what is measured."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Mapping
from typing import Any

from bench.timing import must

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_AT_ONCE = 65_536


class LeanClient:
    """One connection, kept open. Requests are put together before the clock runs; of an answer the
    status is looked at, and as much is read as it has. ``http.client`` takes a millisecond of a
    processor for the same."""

    def __init__(self, port: int, credentials: str) -> None:
        """``credentials``: the header with a token, or the cookie of a session."""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = (
            f"Host: 127.0.0.1:{port}\r\n{credentials}\r\nAccept-Language: en\r\n"
            "Content-Type: application/json\r\n"
        )

    def get(self, path: str) -> bytes:
        """The request for a page, to be sent later."""
        return f"GET {path} HTTP/1.1\r\n{self._head}\r\n".encode()

    def post(self, path: str, body: Mapping[str, Any]) -> bytes:
        """The request to ``path`` of the API, to be sent later."""
        data = json.dumps(body).encode()
        length = f"Content-Length: {len(data)}\r\n\r\n"
        return f"POST /api/v1/{path} HTTP/1.1\r\n{self._head}{length}".encode() + data

    def send(self, request: bytes, status: int) -> None:
        """Until the whole answer is there. Another status ends the bench."""
        self._socket.sendall(request)
        answer = self._socket.recv(_AT_ONCE)
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        must(answer.startswith(b"HTTP/1.1 %d " % status), answer.decode(errors="replace"))
        length = must(_LENGTH.search(answer, 0, end), "an answer does not tell how long it is")
        missing = end + 4 + int(length[1]) - len(answer)
        while missing > 0:
            missing -= len(self._more())

    def _more(self) -> bytes:
        return must(self._socket.recv(_AT_ONCE), "the connection was closed within an answer")
