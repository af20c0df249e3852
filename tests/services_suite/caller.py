"""Speaks JSON with a desk over a real socket; one connection, kept open."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any


class Caller:
    """``http.client`` and not ``urllib``: a proxy in the environment must not answer."""

    def __init__(self, port: int, token: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Content-Type": "application/json", "Accept-Language": "en"}
        self.token = token
        if token:
            self._headers["Authorization"] = f"Token {token}"

    def header(self, name: str, value: str) -> None:
        """Come with this header from now on."""
        self._headers[name] = value

    def cookie(self, session: str) -> None:
        """Come with a browser's session from now on."""
        self._headers["Cookie"] = f"sessionid={session}"

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """``path`` beginning with a slash is one of the site, else one of the API."""
        at = path if path.startswith("/") else f"/api/v1/{path}"
        data = None if body is None else json.dumps(body)
        self._connection.request(method, at, data, self._headers)
        response = self._connection.getresponse()
        text = response.read()
        is_json = "json" in response.headers.get("Content-Type", "")
        return Answer(response.status, json.loads(text) if is_json and text else text)

    def get(self, path: str, **query: Any) -> Answer:
        return self.send("GET", path + ("?" + urlencode(query) if query else ""))

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        return self.send("POST", path, body or {})

    def ok(self, answer: Answer, status: int = 200) -> Any:
        """The body of an answer that must have ``status``."""
        assert answer.status == status, (answer.status, answer.body)
        return answer.body


def logged_in(port: int, username: str, password: str) -> Caller:
    given = {"username": username, "password": password}
    plain = Caller(port)
    return Caller(port, plain.ok(plain.post("auth/token/", given))["token"])
