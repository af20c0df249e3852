"""A TCP proxy that can fall silent: it keeps its connections and passes nothing on."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit


class Proxy:
    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._flows = threading.Event()
        self._flows.set()
        self._open: list[socket.socket] = [self._listener]
        self.url = ""
        threading.Thread(target=self._accept, daemon=True).start()

    @classmethod
    @contextlib.contextmanager
    def of(cls, url: str) -> Iterator[Proxy]:
        """A proxy to the server in ``url``; its own ``url`` leads through it."""
        parts = urlsplit(url)
        proxy = cls((parts.hostname or "127.0.0.1", parts.port or 5672))
        user = parts.netloc.rpartition("@")[0]
        port = proxy._listener.getsockname()[1]
        proxy.url = urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}"))
        try:
            yield proxy
        finally:
            proxy._flows.set()
            for each in proxy._open:
                with contextlib.suppress(OSError):
                    each.close()

    def freeze(self) -> None:
        self._flows.clear()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                server = socket.create_connection(self._target)
                self._open += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                self._flows.wait()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
