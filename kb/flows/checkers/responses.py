"""What a task's response says: where the task stands, why it failed, how long its links live."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from kb.flows.checkers.literals import Value
from kb.flows.checkers.results import Sheet
from kb.flows.checkers.rules import DONE, ERROR_CODES, RESULT_DAYS, STATUS_WORDS, STATUSES

_CHINA = timezone(timedelta(hours=8))
_REMIX_OF = re.compile(r"/videos/([^/]+)/remix")
_LATEST = 4_102_444_800
"""The year 2100 in seconds; a greater number counts something else, such as milliseconds."""


def check(sheet: Sheet, response: dict[str, Value], *, now: datetime) -> None:
    """Note what the response means at ``now``."""
    status = response.get("status")
    if isinstance(status, str) and status:
        _status(sheet, response, status, now)
    elif "error" in response:
        _error(sheet, response)
    else:
        sheet.add("status-missing", at="status")


def check_remix(sheet: Sheet, url: str, response: dict[str, Value]) -> None:
    """A remix needs a finished task; the response may be that task's, or the remix's own."""
    status, task = response.get("status"), response.get("id")
    named = _REMIX_OF.search(url)
    if not isinstance(status, str) or not status or status == DONE or named is None:
        return
    if named[1] == task:
        sheet.add("remix-unfinished", at="status", found=status, allowed=DONE)
    elif not named[1].startswith("qvideo-"):  # a variable: either may be meant
        sheet.add("remix-perhaps-unfinished", at="status", found=status, allowed=DONE)


def _status(sheet: Sheet, response: dict[str, Value], status: str, now: datetime) -> None:
    code = STATUSES.get(status)
    if code is None:
        listed = "、".join(STATUSES)
        sheet.add("status-unknown", at="status", found=status, allowed=listed)
    elif status == "failed":
        _failure(sheet, response)
    else:
        sheet.add(code, at="status", found=status, meaning=STATUS_WORDS.get(status, ""))
    if status == DONE:
        _expiry(sheet, response, now)


def _failure(sheet: Sheet, response: dict[str, Value]) -> None:
    found = _error_code(response)
    code = ERROR_CODES.get(found, STATUSES["failed"])
    sheet.add(code, at="error.code", found=found or "没有写")


def _error(sheet: Sheet, response: dict[str, Value]) -> None:
    found = _error_code(response)
    sheet.add(ERROR_CODES.get(found, "error-unknown"), at="error", found=found or "没有写错误码")


def _error_code(response: dict[str, Value]) -> str:
    error = response.get("error")
    if isinstance(error, str):
        return error
    if not isinstance(error, dict):
        return ""
    for key in ("code", "type", "message"):
        if isinstance(found := error.get(key), str | int) and found:
            return str(found)
    return ""


def _expiry(sheet: Sheet, response: dict[str, Value], now: datetime) -> None:
    allowed = f"{RESULT_DAYS} 天"
    completed = _moment(response.get("completed_at"))
    if completed is None:
        sheet.add("result-undated", at="completed_at", allowed=allowed)
        return
    expires = completed + timedelta(days=RESULT_DAYS)
    stated = _moment(response.get("expires_at"))
    if now >= expires:
        sheet.add("result-expired", at="completed_at", found=_words(completed), allowed=allowed)
    elif stated is not None and now >= stated:
        sheet.add("result-expires-early", at="expires_at", found=_words(stated), allowed=allowed)
    else:
        until = min(expires, stated) if stated else expires
        sheet.add("result-valid", at="completed_at", found=_words(until), allowed=allowed)


def _moment(value: Value) -> datetime | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _LATEST:
        return None
    return datetime.fromtimestamp(value, tz=_CHINA)


def _words(moment: datetime) -> str:
    return f"{moment.astimezone(_CHINA):%Y-%m-%d %H:%M}"
