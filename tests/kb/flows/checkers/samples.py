"""Requests, responses and pictures that the tests of the checker share."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from PIL import Image

from kb.flows.checkers import CheckResult, run

NAME = "video-api-request"
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
PICTURE_URL = "https://pics.example.com/a.jpg"
VIDEO_URL = "https://pics.example.com/a.mp4"
URL = "https://api.qnaigc.com/v1/videos"
HEADERS = "-H 'Content-Type: application/json' -H 'Authorization: Bearer my-own-key-0001'"


def check(pasted: str, now: datetime = NOW) -> CheckResult:
    return run(NAME, pasted, now=now)


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.findings]


def violations(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.violations]


def said(result: CheckResult, code: str) -> str:
    return next(finding.say for finding in result.findings if finding.code == code)


def sora(**fields: Any) -> str:
    return json.dumps({"model": "sora-2", "prompt": "一只猫", **fields}, ensure_ascii=False)


def kling(model: str = "kling-v2-1", **fields: Any) -> str:
    body = {"model": model, "prompt": "一只猫", "seconds": "5", **fields}
    return json.dumps(body, ensure_ascii=False)


def o1(**fields: Any) -> str:
    return kling("kling-video-o1", **{"mode": "pro", **fields})


def curl(body: str, *, url: str = URL, options: str = HEADERS) -> str:
    return f"curl '{url}' {options} -d '{body}'"


def task(status: str | None = "completed", **fields: Any) -> str:
    body = {"id": "qvideo-root-1", "object": "video", "model": "sora-2", **fields}
    return json.dumps(body if status is None else {**body, "status": status})


def seconds_before(now: datetime = NOW, *, days: float) -> int:
    return int(now.timestamp() - days * 86_400)


def encoded(width: int = 400, height: int = 400, kind: str = "PNG", *, more: int = 0) -> str:
    """A picture in Base64, with ``more`` bytes behind it."""
    file = BytesIO()
    Image.new("RGB", (width, height), "orange").save(file, kind)
    return base64.b64encode(file.getvalue() + b"\0" * more).decode()
