"""The bounded POST against real servers: pinned, no redirects, bounded in time and memory."""

from __future__ import annotations

import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from notices.channels.http import MOST_BODY, Answer, Limits, Unreachable, post
from notices.channels.resolving import Unresolved, checked_addresses
from notices.rules.targets import Allowed, Refused, Target, parse_allowed, read_target
from tests.notices.targets import Endless, answering, dripping, serving, silent

HERE = parse_allowed(["127.0.0.0/8", "hooks.example.com"])
SHORT = Limits(connect=1.0, total=0.4)
BOUND = 5.0
"""Seconds within which everything here ends by far; without limits it would hang for 30."""


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def at(port: int, host: str = "127.0.0.1", scheme: str = "http") -> Target:
    url = f"{scheme}://{host}:{port}/hook?key=TOPSECRETKEY"
    return read_target(url, allowed=HERE, https_only=False)


def send(target: Target, limits: Limits = SHORT, **changes: Any) -> Answer:
    values: dict[str, Any] = {"body": b"{}", "headers": {"X-Test": "1"}, **changes}
    return post(target, ["127.0.0.1"], limits=limits, **values)


def test_a_good_server_gets_exactly_what_was_sent() -> None:
    with serving(answering(200, b"thanks")) as server:
        answer = send(at(server.port, "hooks.example.com"), query="sign=a%2Bb")
    assert answer == Answer(200, b"thanks")
    (request,) = server.received
    assert request.line == "POST /hook?key=TOPSECRETKEY&sign=a%2Bb HTTP/1.1"
    assert request.headers["host"] == f"hooks.example.com:{server.port}"
    assert request.headers["x-test"] == "1"
    assert request.body == b"{}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_answers_and_nobody_goes_there(status: int) -> None:
    with serving(answering(200)) as other:
        there = f"Location: http://127.0.0.1:{other.port}/"
        with serving(answering(status, b"", there)) as server:
            assert send(at(server.port)).status == status
        assert other.received == []


def test_a_status_of_failure_is_an_answer() -> None:
    with serving(answering(500, b"broken")) as server:
        assert send(at(server.port)) == Answer(500, b"broken")


def test_a_server_that_says_nothing_is_left_in_time(stop: threading.Event) -> None:
    began = time.monotonic()
    with serving(silent(stop)) as server, pytest.raises(Unreachable, match="no answer in time"):
        send(at(server.port))
    assert time.monotonic() - began < BOUND


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["status line", "headers", "for ever to be continued"],
)
def test_a_server_that_drips_is_left_in_time(
    stop: threading.Event, head: bytes, piece: bytes
) -> None:
    began = time.monotonic()
    with serving(dripping(head, piece, stop)) as server, pytest.raises(Unreachable):
        send(at(server.port))
    assert time.monotonic() - began < BOUND


def test_a_body_that_drips_ends_with_what_has_come(stop: threading.Event) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    began = time.monotonic()
    with serving(dripping(head, b"x", stop)) as server:
        answer = send(at(server.port))
    assert answer.status == 200
    assert len(answer.body) < 1000
    assert time.monotonic() - began < BOUND


def test_ten_gigabytes_cost_sixty_four_kilobytes() -> None:
    endless = Endless()
    tracemalloc.start()
    began = time.monotonic()
    with serving(endless) as server:
        answer = send(at(server.port), limits=Limits(total=3.0))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (answer.status, len(answer.body)) == (200, MOST_BODY)
    assert time.monotonic() - began < BOUND
    assert peak < 4 * 2**20
    assert endless.sent < 64 * 2**20  # what the kernel had taken when we hung up


def test_compressed_answers_are_not_unpacked() -> None:
    body = b"\x1f\x8b" + b"x" * 50
    with serving(answering(200, body, "Content-Encoding: gzip")) as server:
        assert send(at(server.port)).body == body


def test_what_is_no_http_is_no_answer() -> None:
    def shout(peer: socket.socket, _request: Any) -> None:
        peer.sendall(b"220 mail.example.com ESMTP\r\n")

    with serving(shout) as server, pytest.raises(Unreachable):
        send(at(server.port))


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable, match="refused") as error:
        send(at(port))
    assert "TOPSECRET" not in str(error.value)


def test_the_second_address_is_tried_when_the_first_does_not_answer() -> None:
    with serving(answering(204)) as server:
        target = at(server.port)
        answer = post(
            target, ["127.0.0.2", "127.0.0.1"], body=b"", headers={}, limits=Limits(total=3.0)
        )
    assert answer.status == 204


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answering(200)) as proxy, serving(answering(204)) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert send(at(server.port)).status == 204
    assert proxy.received == []


# --- TLS ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def tls_for(authority: trustme.CA, name: str) -> tuple[ssl.SSLContext, list[str | None]]:
    """A server's context with a certificate for ``name``, and the names it was asked for."""
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    context.sni_callback = lambda _socket, asked_for, _context: asked.append(asked_for)
    return context, asked


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))


def test_tls_asks_for_the_name_on_the_checked_address(authority: trustme.CA, trusted: None) -> None:
    context, asked = tls_for(authority, "hooks.example.com")
    with serving(answering(200), context) as server:
        answer = send(at(server.port, "hooks.example.com", "https"), Limits(total=5.0))
    assert answer.status == 200
    assert asked == ["hooks.example.com"]


def test_a_certificate_of_another_name_is_refused(authority: trustme.CA, trusted: None) -> None:
    context, _asked = tls_for(authority, "other.example.com")
    with (
        serving(answering(200), context) as server,
        pytest.raises(Unreachable, match="certificate is not valid"),
    ):
        send(at(server.port, "hooks.example.com", "https"), Limits(total=5.0))
    assert server.received == []


def test_an_unknown_authority_is_refused(authority: trustme.CA) -> None:
    context, _asked = tls_for(authority, "hooks.example.com")
    with (
        serving(answering(200), context) as server,
        pytest.raises(Unreachable, match="certificate is not valid"),
    ):
        send(at(server.port, "hooks.example.com", "https"), Limits(total=5.0))


def test_a_hand_shake_that_hangs_is_left_in_time(stop: threading.Event) -> None:
    """The server reads what it takes for the beginning of a request, and nothing follows."""
    began = time.monotonic()
    with (
        serving(silent(stop)) as server,
        pytest.raises(Unreachable, match="no answer in time"),
    ):
        send(at(server.port, "hooks.example.com", "https"))
    assert time.monotonic() - began < BOUND


# --- from the name to the address -----------------------------------------------------------------

PUBLIC = read_target("https://hooks.example.com/", allowed=Allowed(), https_only=True)


def test_every_address_must_be_public() -> None:
    def both(_host: str, _port: int) -> list[str]:
        return ["8.8.8.8", "127.0.0.1"]

    with pytest.raises(Refused):
        checked_addresses(PUBLIC, allowed=Allowed(), lookup=both)


def test_public_addresses_are_given_as_they_came() -> None:
    found = checked_addresses(
        PUBLIC, allowed=Allowed(), lookup=lambda _host, _port: ["8.8.8.8", "2606:4700::1111"]
    )
    assert found == ["8.8.8.8", "2606:4700::1111"]


def test_numbers_in_disguise_mean_this_machine() -> None:
    for host in ("2130706433", "0x7f.1", "127.1", "0177.0.0.1", "localhost"):
        target = read_target(f"https://{host}/", allowed=Allowed(), https_only=True)
        with pytest.raises((Refused, Unresolved)):
            checked_addresses(target, allowed=Allowed())


def test_a_resolver_that_hangs_is_left_in_time(stop: threading.Event) -> None:
    def hang(_host: str, _port: int) -> list[str]:
        stop.wait(30)
        return []

    began = time.monotonic()
    with pytest.raises(Unresolved, match="in time"):
        checked_addresses(PUBLIC, allowed=Allowed(), lookup=hang, seconds=0.2)
    assert time.monotonic() - began < BOUND


def test_an_unknown_name() -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise socket.gaierror("no such host")

    with pytest.raises(Unresolved, match="unknown"):
        checked_addresses(PUBLIC, allowed=Allowed(), lookup=unknown)
    with pytest.raises(Unresolved, match="no address"):
        checked_addresses(PUBLIC, allowed=Allowed(), lookup=lambda _host, _port: [])
