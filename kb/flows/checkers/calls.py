"""Hold the address, the method and the headers of a call against the list of endpoints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from kb.flows.checkers.results import Sheet
from kb.flows.checkers.rules import ENDPOINTS, HOST, Endpoint

JSON_TYPE = "application/json"
_LISTED = "、".join(endpoint.shown for endpoint in ENDPOINTS)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_VARIABLE_BASE = re.compile(r"(?:\$\{?\w+\}?|\{\{?[^{}]{1,60}\}?\}|<[^<>]{1,60}>|%\w+%)")


@dataclass(frozen=True, slots=True)
class Call:
    """A call as far as it is shown; ``headers`` (names in lower case) may not be, then None."""

    method: str | None
    url: str
    headers: dict[str, str] | None = None
    body: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes; ``foreign`` when it is an interface of which we have no rules."""

    endpoint: Endpoint | None = None
    foreign: bool = False


def check(sheet: Sheet, call: Call) -> Target:
    """Note what is amiss; gives the endpoint that is meant, if it can be told."""
    target = _target(sheet, call)
    if call.headers is not None and not target.foreign:
        _headers(sheet, call, target.endpoint)
    return target


def _target(sheet: Sheet, call: Call) -> Target:
    base, path = _split(call.url)
    if path is None:
        return Target()
    shown = f"{call.method} {path}" if call.method else path
    known = [endpoint for endpoint in ENDPOINTS if endpoint.path.fullmatch(_within(base, path))]
    meant = next((e for e in known if call.method in (None, e.method)), known[0] if known else None)
    ours = base is None or base == HOST
    if meant is None:
        code = "endpoint-unknown" if ours else "endpoint-foreign"
        where = shown if ours else f"{base}{path}"
        sheet.add(code, at="url", found=where, allowed=_LISTED)
        return Target(foreign=not ours)
    if not ours:
        sheet.add("host-unknown", at="url", found=base or "", allowed=HOST)
    if call.method and call.method != meant.method:
        sheet.add("method-wrong", at="method", found=shown, allowed=meant.shown)
    return Target(meant)


def _split(url: str) -> tuple[str | None, str | None]:
    """The host (None when a variable stands for it) and the path (None when there is none)."""
    plain = url.strip().strip("\"'`")
    variable = _VARIABLE_BASE.match(plain)
    if variable:
        path = plain[variable.end() :].partition("?")[0]
        return None, path or None
    if not _SCHEME.match(plain):
        if plain.startswith("/"):
            return None, plain.partition("?")[0]
        plain = f"https://{plain}"
    try:
        parts = urlsplit(plain)
        host = parts.hostname
    except ValueError:
        return None, None
    return (host, parts.path or "/") if host else (None, None)


def _within(base: str | None, path: str) -> str:
    """The path below the version, which a variable may hold."""
    if path.startswith("/v1/"):
        return path[3:]
    return path if base != HOST else ""


def _headers(sheet: Sheet, call: Call, endpoint: Endpoint | None) -> None:
    headers = call.headers or {}
    authorization = headers.get("authorization")
    if authorization is None:
        sheet.add("authorization-missing", at="Authorization")
    elif not authorization.lower().startswith("bearer"):
        sheet.add("authorization-scheme", at="Authorization")
    if not call.body or (endpoint is not None and not endpoint.body):
        return
    kind = headers.get("content-type")
    if kind is None:
        sheet.add("content-type", at="Content-Type", found="没有写", allowed=JSON_TYPE)
    elif not kind.lower().startswith(JSON_TYPE):
        sheet.add("content-type", at="Content-Type", found=kind, allowed=JSON_TYPE)
