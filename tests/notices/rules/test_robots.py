"""Requests and answers of the four kinds of webhooks, against values worked out by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.rules.robots import (
    MOST_TEXT_BYTES,
    Kind,
    Message,
    objection,
    request_for,
    signature,
)

AT = datetime(2026, 3, 4, 2, 30, tzinfo=UTC)
SECONDS = "1772591400"
KEY = UUID("12345678-1234-5678-1234-567812345678")


def message(**changes: Any) -> Message:
    values: dict[str, Any] = {
        "id": KEY,
        "code": "sla.contact.breached",
        "topic": "tickets.breaches",
        "severity": "breach",
        "text": "工单 T00001234 超时",
        "link": "https://desk.example.com/admin/ticket/T00001234/",
        "params": {"ticket": "T00001234"},
        "created_at": AT,
    }
    return Message(**{**values, **changes})


def test_generic_is_signed_json_with_an_id_and_a_timestamp() -> None:
    request = request_for(Kind.GENERIC, message(), secret="s3cret", at=AT)
    assert json.loads(request.body) == {
        "id": str(KEY),
        "code": "sla.contact.breached",
        "topic": "tickets.breaches",
        "severity": "breach",
        "text": "工单 T00001234 超时",
        "link": "https://desk.example.com/admin/ticket/T00001234/",
        "params": {"ticket": "T00001234"},
        "created_at": "2026-03-04T02:30:00+00:00",
    }
    assert request.headers["X-Klingdesk-Timestamp"] == SECONDS
    assert request.headers["X-Klingdesk-Id"] == str(KEY)
    assert request.headers["Idempotency-Key"] == str(KEY)
    by_hand = hmac.new(b"s3cret", SECONDS.encode() + b"." + request.body, hashlib.sha256)
    assert request.headers["X-Klingdesk-Signature"] == f"v1={by_hand.hexdigest()}"
    assert "s3cret" not in repr(request)


def test_a_signature_known_from_elsewhere() -> None:
    # printf '1.{}' | openssl dgst -sha256 -hmac key
    expected = "v1=1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224"
    assert signature("key", "1", b"{}") == expected


def test_feishu_signs_nothing_with_timestamp_and_secret_as_the_key() -> None:
    request = request_for(Kind.FEISHU, message(), secret="fs", at=AT)
    body = json.loads(request.body)
    assert body["msg_type"] == "text"
    assert body["content"]["text"].startswith("工单 T00001234 超时\nhttps://desk")
    assert body["timestamp"] == SECONDS
    by_hand = hmac.new(f"{SECONDS}\nfs".encode(), b"", hashlib.sha256).digest()
    assert base64.b64decode(body["sign"]) == by_hand
    assert request.query == ""


def test_dingtalk_signs_in_the_address_in_milliseconds() -> None:
    request = request_for(Kind.DINGTALK, message(), secret="SECding", at=AT)
    query = parse_qs(request.query)
    assert query["timestamp"] == [SECONDS + "000"]
    by_hand = hmac.new(b"SECding", f"{SECONDS}000\nSECding".encode(), hashlib.sha256).digest()
    assert base64.b64decode(query["sign"][0]) == by_hand
    assert json.loads(request.body)["msgtype"] == "text"


@pytest.mark.parametrize("kind", [Kind.FEISHU, Kind.DINGTALK])
def test_robots_without_a_secret_are_not_signed(kind: Kind) -> None:
    request = request_for(kind, message(), secret="", at=AT)
    assert request.query == ""
    assert "sign" not in json.loads(request.body)


def test_wecom_has_no_signature() -> None:
    request = request_for(Kind.WECOM, message(), secret="", at=AT)
    assert json.loads(request.body) == {
        "msgtype": "text",
        "text": {
            "content": "工单 T00001234 超时\nhttps://desk.example.com/admin/ticket/T00001234/"
        },
    }


@given(st.text(max_size=3_000), st.sampled_from(["", "https://desk.example.com/x"]))
def test_robots_get_no_more_than_they_take_and_call_nobody(text: str, link: str) -> None:
    for kind in (Kind.FEISHU, Kind.WECOM, Kind.DINGTALK):
        body = json.loads(request_for(kind, message(text=text, link=link), secret="", at=AT).body)
        said = body["content"]["text"] if kind is Kind.FEISHU else body["text"]["content"]
        assert len(said.encode()) <= MOST_TEXT_BYTES
        assert "<" not in said
        assert said.endswith(link)


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        (Kind.GENERIC, 200, b""),
        (Kind.GENERIC, 204, b""),
        (Kind.GENERIC, 202, b"\xff not json"),
        (Kind.FEISHU, 200, b'{"code":0,"msg":"success"}'),
        (Kind.FEISHU, 200, b'{"StatusCode":0,"StatusMessage":"success"}'),
        (Kind.WECOM, 200, b'{"errcode":0,"errmsg":"ok"}'),
        (Kind.DINGTALK, 200, b'{"errcode":0,"errmsg":"ok"}'),
    ],
)
def test_taken(kind: Kind, status: int, body: bytes) -> None:
    assert objection(kind, status=status, body=body) == ""


@pytest.mark.parametrize(
    ("kind", "status", "body", "said"),
    [
        (Kind.GENERIC, 500, b"oops", "HTTP 500: oops"),
        (Kind.GENERIC, 302, b"", "HTTP 302"),
        (Kind.GENERIC, 404, b"\x00\x1b[31m\xffx", "HTTP 404: [31m\ufffdx"),
        (Kind.FEISHU, 200, b'{"code":19021,"msg":"sign match fail"}', "19021: sign match fail"),
        (Kind.FEISHU, 200, b"{}", "None: "),
        (Kind.WECOM, 200, b'{"errcode":93000,"errmsg":"invalid webhook url"}', "93000"),
        (Kind.DINGTALK, 200, b'{"errcode":310000,"errmsg":"sign not match"}', "310000"),
        (Kind.DINGTALK, 200, b'{"errcode":false}', "False: "),
        (Kind.DINGTALK, 200, b"<html>", "cannot be read"),
        (Kind.WECOM, 200, b"[0]", "cannot be read"),
    ],
)
def test_not_taken(kind: Kind, status: int, body: bytes, said: str) -> None:
    assert said in objection(kind, status=status, body=body)


@given(st.sampled_from(list(Kind)), st.integers(100, 599), st.binary(max_size=500))
def test_whatever_comes_back_is_judged(kind: Kind, status: int, body: bytes) -> None:
    said = objection(kind, status=status, body=body)
    assert len(said) < 300
    assert said.isprintable()
