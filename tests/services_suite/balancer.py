"""A TCP proxy in front of several webs, as nginx is: in turn, and not to one that is gone."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator, Sequence


class Balancer:
    """Each connection goes to the next web that takes it; what is under way dies with its web."""

    def __init__(self, targets: Sequence[int]) -> None:
        self._turn = itertools.cycle(targets)
        self._many = len(targets)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listener]
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    @classmethod
    @contextlib.contextmanager
    def to(cls, ports: Sequence[int]) -> Iterator[Balancer]:
        balancer = cls(ports)
        try:
            yield balancer
        finally:
            for each in balancer._open:
                with contextlib.suppress(OSError):
                    each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                server = self._connect()
                if server is None:
                    client.close()
                    continue
                self._open += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _connect(self) -> socket.socket | None:
        for _attempt in range(self._many):
            with contextlib.suppress(OSError):
                return socket.create_connection(("127.0.0.1", next(self._turn)), timeout=2)
        return None

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            source.settimeout(None)
            while data := source.recv(65_536):
                sink.sendall(data)
        # Both ways end together, so that whoever waits hears of it at once.
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
