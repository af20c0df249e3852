"""Where a webhook may lead, as typed and as looked up."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.rules.targets import (
    Allowed,
    Refusal,
    Refused,
    check_address,
    is_public,
    parse_allowed,
    read_target,
)

NOBODY = Allowed()
PUBLIC = read_target("https://hooks.example.com/x", allowed=NOBODY, https_only=True)

PRIVATE = [
    *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "100.100.100.200", "0.0.0.1", "0.1.2.3", "192.0.0.1"),
    *("192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255"),
    *("240.0.0.1", "255.255.255.255", "192.88.99.1"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
    *("64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "100::1", "3fff::1", "5f00::1"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(Refused) as refused:
        check_address(address, target=PUBLIC, allowed=NOBODY)
    assert refused.value.why is Refusal.ADDRESS


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "203.208.1.1", "2606:4700::1111"])
def test_what_is_public_passes(address: str) -> None:
    check_address(address, target=PUBLIC, allowed=NOBODY)


@given(st.ip_addresses())
def test_only_what_python_and_our_lists_both_call_global_passes(address: object) -> None:
    given_address = ip_address(str(address))
    if is_public(given_address):
        assert given_address.is_global
        assert not given_address.is_multicast
        assert not given_address.is_private
        assert not given_address.is_reserved


@given(st.ip_addresses(v=4, network=ip_network("10.0.0.0/9")))
def test_what_was_allowed_passes_and_its_neighbour_does_not(address: object) -> None:
    allowed = parse_allowed([str(address)])
    check_address(str(address), target=PUBLIC, allowed=allowed)
    with pytest.raises(Refused):
        check_address(f"::ffff:{address}", target=PUBLIC, allowed=allowed)
    with pytest.raises(Refused):
        check_address(str(ip_address(str(address)) + 1), target=PUBLIC, allowed=allowed)


def test_a_name_that_was_allowed_may_be_anywhere() -> None:
    allowed = parse_allowed(["Chat.Internal."])
    target = read_target("http://chat.internal:9000/x", allowed=allowed, https_only=True)
    assert (target.trusted, target.port) == (True, 9000)
    check_address("10.0.0.1", target=target, allowed=allowed)


@pytest.mark.parametrize("item", ["a b", "10.0.0.0/33", "http://x", "10.0.0.1/8", "-x-", ""])
def test_what_is_neither_a_name_nor_a_network_cannot_be_allowed(item: str) -> None:
    with pytest.raises(ValueError, match="neither a host name nor a network"):
        parse_allowed([item])


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", Refusal.EMPTY),
        ("https://x.example.com/" + "a" * 1_000, Refusal.TOO_LONG),
        ("https://x.example.com/a b", Refusal.CHARACTERS),
        ("https://x.example.com/\r\nHost: y", Refusal.CHARACTERS),
        ("https://x.example.com\\@10.0.0.1/", Refusal.CHARACTERS),
        ("https://例子.example.com/", Refusal.CHARACTERS),
        ("ftp://x.example.com/", Refusal.SCHEME),
        ("file:///etc/passwd", Refusal.SCHEME),
        ("gopher://x.example.com/", Refusal.SCHEME),
        ("//x.example.com/", Refusal.SCHEME),
        ("http://x.example.com/", Refusal.HTTPS_ONLY),
        ("https://user@x.example.com/", Refusal.CREDENTIALS),
        ("https://user:pass@x.example.com/", Refusal.CREDENTIALS),
        ("https://x.example.com@10.0.0.1/", Refusal.CREDENTIALS),
        ("https://", Refusal.HOST),
        ("https:///x", Refusal.HOST),
        ("https://[::1", Refusal.HOST),
        ("https://[fe80::1%25eth0]/", Refusal.HOST),
        ("https://-x.example.com/", Refusal.HOST),
        ("https://x..example.com/", Refusal.HOST),
        ("https://x.example.com:abc/", Refusal.HOST),
        ("https://x.example.com:99999/", Refusal.HOST),
        ("https://x.example.com:0/", Refusal.PORT),
        ("https://x.example.com:22/", Refusal.PORT),
        ("https://x.example.com:5432/", Refusal.PORT),
        ("https://x.example.com:6379/", Refusal.PORT),
        ("https://x.example.com/#a", Refusal.FRAGMENT),
        ("https://x.example.com/#", Refusal.FRAGMENT),
    ],
)
def test_what_is_refused_as_typed(url: str, why: Refusal) -> None:
    with pytest.raises(Refused) as refused:
        read_target(url, allowed=NOBODY, https_only=True)
    assert refused.value.why is why


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://hooks.example.com", "hooks.example.com", 443, "/"),
        ("HTTPS://Hooks.Example.COM./a?b=c", "hooks.example.com", 443, "/a?b=c"),
        ("http://hooks.example.com:8080/x", "hooks.example.com", 8080, "/x"),
        ("https://[2606:4700::1111]/x", "2606:4700::1111", 443, "/x"),
    ],
)
def test_what_is_taken_apart(url: str, host: str, port: int, path: str) -> None:
    target = read_target(url, allowed=NOBODY, https_only=False)
    assert (target.host, target.port, target.path) == (host, port, path)
    assert path == "/" or path not in repr(target)  # it may hold a key


@given(st.text(max_size=60))
def test_whatever_is_typed_is_taken_or_refused(url: str) -> None:
    try:
        target = read_target(url, allowed=NOBODY, https_only=False)
    except Refused:
        return
    assert target.scheme in {"http", "https"}
    assert target.host
