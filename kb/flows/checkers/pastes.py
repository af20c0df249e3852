"""Find the request, the call around it and the task response in what was pasted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from kb.flows.checkers.calls import Call
from kb.flows.checkers.curl import CurlCall, find_curl, without_carets
from kb.flows.checkers.literals import MOST_DEPTH, Broken, Departure, Reader, Unseen, Value
from kb.flows.checkers.rules import TOP_FIELDS

MOST_TRIES = 400
_FENCE = re.compile(r"(?m)^[ \t]*```[^\n`]*$")
_CODE = re.compile(
    r"\b(?:import|require|const|let|var|def|function|await|async|return|print|new|with)\b[ ({]"
    r"|\b(?:requests|httpx|axios|http\.client|json|JSON|client|conn|session)\.\w+"
    r"|\b\w{1,40}\(\s*[{\"'`]|^[ \t]*[A-Za-z_][\w.]*\s*=[^=]|\b(?:dict|create)\(",
    re.M,
)
_OPEN = re.compile(r"(?P<call>\b(?:dict|create|generate)\s*\()|(?P<text>[\"'])?(?P<brace>\{)")
_ESCAPED = re.compile(r"\{(?:\\[nrt]|\\?\s)*+\\\"")
_KNOWN = re.compile(rf"[\"'“]?\b(?:{'|'.join(sorted(TOP_FIELDS))}|status|task_result)\b")
_RAW = re.compile(
    r"(?m)^[ \t>]*(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)[ \t]+(\S*/videos\S*)([ \t]+HTTP/[\d.]+)?"
)
_RAW_HEADER = re.compile(r"(?m)^[ \t>]*([A-Za-z][A-Za-z-]{1,40}):[ \t]*([^\r\n]*)")
_ADDRESS = re.compile(r"[\"'`](?P<url>[^\s\"'`]{0,300}?/videos(?:/[^\s\"'`]{0,200})?)[\"'`]")
_CODE_METHOD = re.compile(
    r"\b(?:requests|httpx|axios|session|client)\.(?P<a>get|post|put|patch|delete)\("
    r"|\bmethod[\"']?\s*[:=]\s*[\"'](?P<b>[A-Za-z]{3,7})[\"']"
    r"|\brequest\(\s*[\"'](?P<c>[A-Za-z]{3,7})[\"']",
    re.I,
)
_IN_CODE_TOO = frozenset({"key-repeated", "json-spread"})
_RESPONSE_ONLY = frozenset({"task_result", "created_at", "updated_at", "completed_at"})


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the pasted text, or in the request body when ``in_body``."""

    line: int
    column: int
    in_body: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A departure or a break, ready to be told."""

    code: str
    place: Place
    found: str = ""
    expected: str = ""
    sent: bool = False
    """Whether it stands in what is sent, so that the service refuses it."""


@dataclass(slots=True)
class Paste:
    """What was found. ``body_start`` holds how a body begins that is no JSON object."""

    request: dict[str, Value] | None = None
    response: dict[str, Value] | None = None
    call: Call | None = None
    curl: CurlCall | None = None
    body_start: str | None = None
    notes: list[Note] = field(default_factory=list)
    broken: Note | None = None
    other: bool = False
    """Whether there was JSON that is neither a request nor a response we know."""


@dataclass(slots=True)
class _Scan:
    """Reads every object literal of a text once, within a budget that keeps it linear."""

    text: str
    code: bool
    found: list[tuple[Value, list[Departure]]] = field(default_factory=list)
    broken: list[tuple[int, Broken]] = field(default_factory=list)

    def run(self) -> None:
        at, tries = 0, 0
        budget = 4 * len(self.text) + 10_000
        while tries < MOST_TRIES and budget > 0 and (start := _OPEN.search(self.text, at)):
            tries += 1
            value, end, cost = self._read(start)
            budget -= cost
            at = end if value is not None else start.end()

    def _read(self, start: re.Match[str]) -> tuple[Value, int, int]:
        begin = start.start("brace") if start["brace"] else start.end()
        quoted = start["text"] is not None and _ESCAPED.match(self.text, begin) is not None
        reader = Reader(self.text, start.start() if quoted else begin, code=self.code)
        value: Value
        try:
            value = reader.arguments() if start["call"] else reader.read()
        except Broken as problem:
            self.broken.append((begin, problem))
            return None, start.end(), problem.at - begin + 1
        if not start["call"] or any(key in TOP_FIELDS for key in _keys(value)):
            self.found.append((value, reader.departures))
            return value, max(reader.pos, start.end()), reader.pos - begin + 1
        return None, start.end(), reader.pos - begin + 1


def read_paste(text: str) -> Paste:
    """Everything that can be made out; never raises."""
    text = without_carets(_FENCE.sub(lambda match: " " * len(match[0]), text))
    paste = Paste()
    curl = find_curl(text)
    raw = None if curl else _RAW.search(text)
    if curl:
        _from_curl(paste, curl, text)
        outside = text[: curl.start] + " " + text[curl.end :]
        _scan(paste, outside, strict=True, body=False)
        return paste
    if raw:
        _from_raw(paste, raw, text)
    code = bool(_CODE.search(text)) and raw is None and text.strip()[:1] not in ("{", "[")
    _scan(paste, text, strict=not code, body=True, sent=raw is not None)
    if code and paste.call is None:
        _from_code(paste, text)
    return paste


def _from_curl(paste: Paste, curl: CurlCall, text: str) -> None:
    paste.curl = curl
    has_body = curl.body is not None or curl.body_file is not None
    paste.call = Call(curl.sends(), curl.url, curl.headers, body=has_body)
    for departure in curl.departures:
        paste.notes.append(Note(departure.code, _Source(text).place(departure.at), departure.found))
    if any(departure.code == "curl-quotes" for departure in curl.departures):
        paste.call = Call(curl.sends(), curl.url)
        _scan(paste, text[curl.start : curl.end], strict=True, body=True)
        return
    body = curl.body
    if body is None:
        paste.body_start = "是表单" if curl.form else None
        return
    if body.lstrip()[:1] not in ("{", "["):
        start = body.strip()[:40]
        paste.body_start = f"不是 JSON（开头是“{start}”）" if start else "是空的"
        return
    shift = text.find(body, curl.start, curl.end)
    source = _Source(text, shift) if shift >= 0 else _Source(body, 0, in_body=True)
    reader = Reader(body)
    try:
        value = reader.read()
        if reader.text[reader.pos :].strip():
            raise Broken(reader.pos + _blank(body[reader.pos :]), "内容到此结束")
    except Broken as problem:
        paste.broken = source.told(problem)
        return
    _departures(paste, reader.departures, source, sent=True)
    if isinstance(value, dict):
        paste.request = value
    else:
        paste.body_start = "是一个数组"


def _from_raw(paste: Paste, raw: re.Match[str], text: str) -> None:
    end = text.find("{", raw.end())
    head = text[raw.end() : end if end >= 0 else len(text)]
    headers = {m[1].lower(): m[2].strip() for m in _RAW_HEADER.finditer(head)}
    paste.call = Call(raw[1], raw[2], headers if raw[3] or headers else None, body=end >= 0)


def _from_code(paste: Paste, text: str) -> None:
    url = _ADDRESS.search(text)
    if url is None or paste.request is None:
        return
    method = _CODE_METHOD.search(text)
    name = next((g for g in method.groups() if g), None) if method else None
    paste.call = Call(name.upper() if name else None, url["url"])


def _scan(paste: Paste, text: str, *, strict: bool, body: bool, sent: bool = False) -> None:
    """Look for object literals; ``body`` says whether requests are looked for as well."""
    scan = _Scan(text, code=not strict)
    scan.run()
    inner: list[Note] = []
    for value, departures in scan.found:
        for candidate in _objects(value, 0, inner):
            kind = _kind(candidate)
            if kind == "request" and body and paste.request is None:
                paste.request = candidate
                told = departures if strict else [d for d in departures if d.code in _IN_CODE_TOO]
                _departures(paste, told, _Source(text), sent=sent)
            elif kind == "response" and paste.response is None:
                paste.response = candidate
        paste.other = paste.other or (strict and bool(value))
    if paste.request is None and paste.response is None and paste.broken is None:
        paste.broken = inner[0] if inner else _first_broken(scan, text)


def _first_broken(scan: _Scan, text: str) -> Note | None:
    """The break that matters: of an object that begins with a field we know."""
    near = [(s, p) for s, p in scan.broken if _KNOWN.match(text[s + 1 : s + 200].lstrip())]
    far = [(s, p) for s, p in scan.broken if _KNOWN.search(text[s : s + 2000])]
    deep = [(s, p) for s, p in scan.broken if p.code == "too-deep"]
    if text.strip()[:1] in ("{", "["):
        far = far or scan.broken
    chosen = near or far or deep
    return _Source(text).told(chosen[0][1]) if chosen else None


def _objects(value: Value, depth: int, broken: list[Note]) -> Iterator[dict[str, Value]]:
    """The outermost requests and responses inside a value, also inside texts that hold JSON."""
    if depth > MOST_DEPTH:
        return
    if isinstance(value, dict):
        if _kind(value):
            yield value
            return
        for item in value.values():
            yield from _objects(item, depth + 1, broken)
    elif isinstance(value, list):
        for item in value:
            yield from _objects(item, depth + 1, broken)
    elif isinstance(value, str) and value.lstrip()[:1] in ("{", "[") and depth < 3:
        try:
            inner = Reader(value).read()
        except Broken as problem:
            if _KNOWN.search(value[:2000]):
                broken.append(_Source(value, in_body=True).told(problem))
            return
        yield from _objects(inner, depth + 1, broken)


def _keys(value: Value) -> set[str]:
    return set(value) if isinstance(value, dict) else set()


def _kind(value: dict[str, Value]) -> str | None:
    keys = _keys(value)
    status = "status" in keys and not isinstance(value["status"], int | Unseen)
    if keys & _RESPONSE_ONLY or value.get("object") == "video" or (status and "prompt" not in keys):
        return "response"
    if keys & TOP_FIELDS:
        return "request"
    if isinstance(value.get("error"), dict):
        return "response"
    return None


@dataclass(frozen=True, slots=True)
class _Source:
    """Where positions count from: a text, or a body in it that begins at ``shift``."""

    text: str
    shift: int = 0
    in_body: bool = False

    def place(self, at: int) -> Place:
        """Line and column, both from 1."""
        at += self.shift
        before = self.text[:at]
        column = at - (before.rfind("\n") + 1) + 1
        return Place(before.count("\n") + 1, column, self.in_body)

    def told(self, problem: Broken) -> Note:
        at = problem.at + self.shift
        near = self.text[at : at + 30].strip()
        found = near.splitlines()[0] if near else "内容到头了"
        return Note(problem.code, self.place(problem.at), found, problem.expected, sent=True)


def _departures(paste: Paste, departures: list[Departure], source: _Source, *, sent: bool) -> None:
    """Each kind once, at its first place; repeated keys each."""
    told: set[tuple[str, str]] = set()
    for departure in departures:
        once = (departure.code, departure.found if departure.code == "key-repeated" else "")
        if once not in told:
            told.add(once)
            where = source.place(departure.at)
            paste.notes.append(Note(departure.code, where, departure.found, sent=sent))


def _blank(text: str) -> int:
    return len(text) - len(text.lstrip())
