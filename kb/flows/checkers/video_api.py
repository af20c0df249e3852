"""The checker ``video-api-request``: what a developer pasted, against the documented rules."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import datetime

from kb.flows.checkers import calls, responses
from kb.flows.checkers.corrected import as_json
from kb.flows.checkers.fields import FieldCheck
from kb.flows.checkers.folding import Folded, fold
from kb.flows.checkers.literals import Value
from kb.flows.checkers.pastes import Note, Paste, Place, read_paste
from kb.flows.checkers.redaction import redact
from kb.flows.checkers.results import CheckResult, Kind, Sheet, shown
from kb.flows.checkers.rules import Endpoint
from kb.flows.checkers.words import Severity

MOST_CHARACTERS = 200_000
"""Not counting Base64, which is set aside."""
MOST_WITH_BASE64 = 64_000_000
_KEPT_OF_TOO_LONG = 2_000
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CORRECTS = frozenset(
    {
        "json-quotes",
        "json-chinese-signs",
        "json-last-comma",
        "json-comment",
        "json-bare-key",
        "json-bare-word",
        "json-word",
        "json-line-break",
        "json-escape",
    }
)
"""Departures from JSON that writing the request anew mends without a guess."""
_REFUSED = _CORRECTS | {"json-number"}
"""Departures for which a service refuses what it is sent."""


def check(pasted: str, now: datetime) -> CheckResult:
    """Check a pasted request, response or both; never raises, whatever was pasted."""
    sheet = Sheet()
    text = _UNSTORABLE.sub("\ufffd", pasted)
    if not text.strip():
        sheet.add("empty")
        return _unreadable(sheet, "")
    folded = fold(text[:MOST_WITH_BASE64])
    if len(folded.text) > MOST_CHARACTERS or len(text) > MOST_WITH_BASE64:
        sheet.add(
            "too-long",
            found=f"{len(text)} 个字符",
            allowed=f"{MOST_CHARACTERS} 个字符（不算 Base64）",
        )
        start = redact(folded.text[:MOST_CHARACTERS])[:_KEPT_OF_TOO_LONG]
        return _unreadable(sheet, start)
    clean = redact(folded.text)
    paste = read_paste(clean)
    return _checked(sheet, paste, folded, clean, now)


def _unreadable(sheet: Sheet, pasted: str) -> CheckResult:
    return CheckResult(Kind.NOTHING, None, tuple(sheet.findings), None, pasted, readable=False)


def _checked(sheet: Sheet, paste: Paste, folded: Folded, clean: str, now: datetime) -> CheckResult:
    rewritten = _notes(sheet, paste)
    target = calls.check(sheet, paste.call) if paste.call else calls.Target()
    endpoint = target.endpoint
    remix = endpoint is not None and endpoint.remix
    model: str | None = None
    corrected: str | None = None
    if paste.request is not None and not target.foreign:
        body: dict[str, Value] = deepcopy(paste.request)
        check_of_fields = FieldCheck(body, sheet, folded)
        model = check_of_fields.run(remix=remix)
        if endpoint is None and sheet.has("model-missing") and set(body) == {"prompt"}:
            sheet.add("maybe-remix")
        if check_of_fields.changed or rewritten:
            corrected = as_json(check_of_fields.body)
    elif paste.call and not target.foreign:
        _no_body(sheet, paste, endpoint)
    if paste.response is not None:
        if remix and paste.call:
            responses.check_remix(sheet, paste.call.url, paste.response)
        responses.check(sheet, paste.response, now=now)
        model = model or _name(paste.response.get("model"))
    kind = _kind(paste, remix)
    if kind is Kind.NOTHING and not sheet.findings:
        sheet.add("not-in-rules" if paste.other else "nothing-found")
    readable = kind is not Kind.NOTHING and not sheet.has("json-broken", "too-deep")
    return CheckResult(
        kind, shown(model) if model else None, tuple(sheet.findings), corrected, clean, readable
    )


def _kind(paste: Paste, remix: bool) -> Kind:
    if remix:
        return Kind.REMIX
    if paste.request is not None or paste.call is not None:
        return Kind.REQUEST
    return Kind.RESPONSE if paste.response is not None else Kind.NOTHING


def _name(value: Value) -> str | None:
    return value if isinstance(value, str) and value else None


def _notes(sheet: Sheet, paste: Paste) -> bool:
    """Tell what was odd in the writing; true when writing the request anew mends some of it."""
    mends = False
    for note in [*paste.notes, *([paste.broken] if paste.broken else [])]:
        corrected = note.code in _CORRECTS and paste.request is not None
        mends = mends or corrected
        _tell(sheet, note, corrected=corrected)
    return mends


def _tell(sheet: Sheet, note: Note, *, corrected: bool) -> None:
    sheet.add(
        note.code,
        at=note.found if note.code == "key-repeated" else "",
        found=note.found,
        allowed=note.expected,
        corrected=corrected,
        severity=Severity.ERROR if note.sent and note.code in _REFUSED else None,
        place=_place(note.place),
    )


def _place(place: Place) -> str:
    within = "请求内容的" if place.in_body else ""
    return f"{within}第 {place.line} 行第 {place.column} 列"


def _no_body(sheet: Sheet, paste: Paste, endpoint: Endpoint | None) -> None:
    curl = paste.curl
    sends = endpoint is not None and paste.call is not None and paste.call.method == endpoint.method
    if curl is not None and curl.body_file is not None:
        sheet.add("body-in-file", found=curl.body_file)
    elif paste.body_start is not None:
        sheet.add("body-not-json", found=paste.body_start)
    elif paste.broken is None and endpoint is not None and endpoint.body and sends:
        sheet.add("body-missing", found=endpoint.shown)
