"""What is sent to a webhook, and whether its answer means that it was taken.

Four kinds. *Generic* is our own: JSON with an id and a timestamp, signed with HMAC-SHA256. The
others are the custom robots of group chats, as their makers document them:

- Feishu: ``timestamp`` (seconds) and ``sign`` in the body; the HMAC's key is timestamp, line feed
  and secret, over nothing.
- DingTalk: ``timestamp`` (milliseconds) and ``sign`` in the address; the HMAC's key is the secret,
  over timestamp, line feed and secret.
- WeCom: no signature, the key stands in the address.

All three take plain text and answer 200 also when they refuse.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

UNREADABLE: Final = "the robot's answer cannot be read"
MOST_TEXT_BYTES: Final = 2_000
"""WeCom takes 2,048 bytes, the others more."""


class Kind(StrEnum):
    GENERIC = "generic"
    FEISHU = "feishu"
    WECOM = "wecom"
    DINGTALK = "dingtalk"


SIGNED_BY_US: Final = frozenset({Kind.GENERIC})
"""Kinds whose secret the desk draws; the robots' own secrets are drawn by their makers."""

SIGNABLE: Final = frozenset({Kind.GENERIC, Kind.FEISHU, Kind.DINGTALK})


@dataclass(frozen=True, slots=True)
class Message:
    """What is told. ``id`` stays the same for every attempt; ``text`` is in the desk's language;
    ``link`` is the page to go to, or empty."""

    id: UUID
    code: str
    topic: str
    severity: str
    text: str
    link: str
    params: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """A POST; ``query`` is to be added to the address."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    query: str = field(default="", repr=False)


def request_for(kind: Kind, message: Message, *, secret: str, at: datetime) -> Request:
    """The request that tells ``message`` at the instant ``at``; signed if there is a ``secret``."""
    builder = {
        Kind.GENERIC: _generic,
        Kind.FEISHU: _feishu,
        Kind.WECOM: _wecom,
        Kind.DINGTALK: _dingtalk,
    }[kind]
    return builder(message, secret, at)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """``v1=`` and the hexadecimal HMAC-SHA256 over ``timestamp``, a full stop and ``body``."""
    signed = timestamp.encode() + b"." + body
    return "v1=" + hmac.new(secret.encode(), signed, "sha256").hexdigest()


def signed_request(content: Mapping[str, Any], *, key: UUID, secret: str, at: datetime) -> Request:
    """A request of our own kind: ``content`` as JSON, with ``key`` as its id in every attempt, and
    signed at the instant ``at``."""
    body = _json(content)
    timestamp = str(int(at.timestamp()))
    headers = {
        **_headers(key),
        "X-Klingdesk-Id": str(key),
        "X-Klingdesk-Timestamp": timestamp,
        "X-Klingdesk-Signature": signature(secret, timestamp, body),
    }
    return Request(body, headers)


def _generic(message: Message, secret: str, at: datetime) -> Request:
    content = {
        "id": str(message.id),
        "code": message.code,
        "topic": message.topic,
        "severity": message.severity,
        "text": message.text,
        "link": message.link,
        "params": dict(message.params),
        "created_at": message.created_at.isoformat(),
    }
    return signed_request(content, key=message.id, secret=secret, at=at)


def _feishu(message: Message, secret: str, at: datetime) -> Request:
    content: dict[str, Any] = {"msg_type": "text", "content": {"text": _spoken(message)}}
    if secret:
        timestamp = str(int(at.timestamp()))
        content |= {"timestamp": timestamp, "sign": _signed(f"{timestamp}\n{secret}", "")}
    return Request(_json(content), _headers(message.id))


def _wecom(message: Message, secret: str, at: datetime) -> Request:
    content = {"msgtype": "text", "text": {"content": _spoken(message)}}
    return Request(_json(content), _headers(message.id))


def _dingtalk(message: Message, secret: str, at: datetime) -> Request:
    content = {"msgtype": "text", "text": {"content": _spoken(message)}}
    query = ""
    if secret:
        timestamp = str(int(at.timestamp() * 1000))
        sign = _signed(secret, f"{timestamp}\n{secret}")
        query = urlencode({"timestamp": timestamp, "sign": sign})
    return Request(_json(content), _headers(message.id), query)


def _headers(key: UUID) -> dict[str, str]:
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Accept-Encoding": "identity",
        "User-Agent": "klingdesk-notices/1",
        "Idempotency-Key": str(key),
    }


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _signed(key: str, text: str) -> str:
    return b64encode(hmac.new(key.encode(), text.encode(), "sha256").digest()).decode()


def _spoken(message: Message) -> str:
    """Text and link within the robots' limits. Angle brackets become wide ones: ``<at …>`` and
    ``<@…>`` would call people."""
    text = message.text.replace("<", "＜").replace(">", "＞")
    link = f"\n{message.link}" if message.link else ""
    room = MOST_TEXT_BYTES - len(link.encode())
    raw = text.encode()
    if len(raw) > room:
        text = raw[: room - len("…".encode())].decode(errors="ignore") + "…"
    return text + link


def objection(kind: Kind, *, status: int, body: bytes) -> str:
    """What speaks against an answer; empty when the message was taken.

    ``body`` is the beginning of the answer; a generic target needs none.
    """
    if not 200 <= status < 300:
        said = _excerpt(body)
        return f"HTTP {status}: {said}" if said else f"HTTP {status}"
    if kind is Kind.GENERIC:
        return ""
    try:
        answer = json.loads(body)
    except ValueError:
        return UNREADABLE
    if not isinstance(answer, dict):
        return UNREADABLE
    names = ("code", "StatusCode") if kind is Kind.FEISHU else ("errcode",)
    code = next((answer[name] for name in names if name in answer), None)
    if code == 0 and not isinstance(code, bool):
        return ""
    said = answer.get("msg") or answer.get("errmsg") or ""
    return f"{code}: {_excerpt(str(said).encode())}"


def _excerpt(body: bytes, most: int = 200) -> str:
    text = body[: 4 * most].decode(errors="replace")
    shown = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(shown.split())[:most]
