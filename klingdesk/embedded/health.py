"""Asks the desk over HTTP whether it is ready, and a port whether it is free."""

from __future__ import annotations

import errno
import http.client
import socket
from contextlib import closing

from klingdesk.embedded.trouble import Trouble

HOST = "127.0.0.1"


def refuse_taken_port(port: int) -> None:
    """``Trouble`` when we could not listen on ``port``; says what to do instead."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(1)
        except OSError as error:
            other = port + 1 if 1023 < port < 65535 else 8001
            reason = {
                errno.EADDRINUSE: "is taken by another program",
                errno.EACCES: "is reserved for root",
            }.get(error.errno or 0, f"cannot be used ({error.strerror})")
            raise Trouble(f"port {port} of {HOST} {reason}; try: PORT={other} make up") from None


def readiness(port: int) -> str | None:
    """``None`` when /readyz answers 200, else one line about what it said.

    http.client and not urllib: a proxy in the environment must not answer for the desk.
    """
    with closing(http.client.HTTPConnection(HOST, port, timeout=2)) as connection:
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            body = answer.read(300).decode(errors="replace").strip().replace("\n", " ")
        except (OSError, http.client.HTTPException) as error:
            return f"no answer yet ({type(error).__name__})"
    return None if answer.status == 200 else f"{answer.status} {body}"
