"""Read one curl line as the shell would: quotes, continuations, options."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

from kb.flows.checkers.literals import Departure, text_of

_START = re.compile(r"(?:(?<=[\s;&|$(`>])|\A)curl(?:\.exe)?(?=\s)")
_CARET = re.compile(r"\^(\r?\n|.)", re.S)
_PIECE = re.compile(
    r"(?P<ansi>\$'(?:[^'\\]|\\.)*+')"
    r"|(?P<single>'[^']*+')"
    r"|(?P<double>\"(?:[^\"\\]|\\.)*+\")"
    r"|(?P<joined>[\\^`][ \t]*+\r?\n)"
    r"|(?P<pair>\\.)"
    r"|(?P<open>[\"'])"
    r"|(?P<end>[;|&\n])"
    r"|(?P<rest>[^\\\"'$^`;|&\n]++|.)",
    re.S,
)
_ANOTHER_OPTION = re.compile(r"[ \t]*-{1,2}[A-Za-z]")
_LINE = re.compile(r"[^\n]*")

_DATA = frozenset({"data", "data-raw", "data-binary", "data-ascii", "json", "d"})
_FORMS = frozenset({"data-urlencode", "form", "form-string", "F"})
_HEADER = frozenset({"header", "H"})
_METHOD = frozenset({"request", "X"})
_URL = frozenset({"url"})
_OTHERS = """
    user proxy-user oauth2-bearer cookie cookie-jar output user-agent referer max-time
    connect-timeout proxy retry retry-delay retry-max-time write-out cacert cert key pass
    resolve range upload-file dump-header interface limit-rate max-redirs config trace
    trace-ascii noproxy u U b c o A e m x w E C D T K Y y r
"""
_WITH_VALUE = _DATA | _FORMS | _HEADER | _METHOD | _URL | frozenset(_OTHERS.split())


@dataclass(slots=True)
class CurlCall:
    """What a curl line sends. ``body`` is None without data; ``start``, ``end``: its place."""

    start: int
    end: int
    method: str | None = None
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    body_file: str | None = None
    form: bool = False
    get: bool = False
    windows: bool = False
    departures: list[Departure] = field(default_factory=list)

    def sends(self) -> str:
        """The method that curl uses."""
        if self.method:
            return self.method.upper()
        has_data = self.body is not None or self.body_file is not None or self.form
        return "POST" if has_data and not self.get else "GET"


def without_carets(text: str) -> str:
    """The text with the carets gone that browsers put into a curl line for the Windows prompt."""
    if '^"' not in text or _START.search(text) is None:
        return text
    return _CARET.sub(lambda match: " " if "\n" in match[1] else match[1], text)


def find_curl(text: str) -> CurlCall | None:
    """The first curl line that calls a video address, else the first one; None without any."""
    first: CurlCall | None = None
    at = 0
    for _ in range(20):
        start = _START.search(text, at)
        if start is None:
            break
        call = _read(text, start.start())
        if "/videos" in call.url:
            return call
        first = first or call
        at = max(call.end, start.end())
    return first


def _read(text: str, start: int) -> CurlCall:
    call = CurlCall(start=start, end=start)
    line = _command(text, call)
    try:
        words = shlex.split(line)
    except ValueError:  # an open quote, noted by _command
        words = line.split()
    _options(call, words[1:])
    return call


def _command(text: str, call: CurlCall) -> str:
    """The command on one line, in quotes that shlex understands; notes what is amiss."""
    call.windows = bool(re.compile(r"\^[ \t]*\r?\n").search(text, call.start))
    pieces: list[str] = []
    at = call.start
    while piece := _PIECE.match(text, at):
        at = piece.end()
        kind, found = piece.lastgroup, piece[0]
        if kind == "end" and not _goes_on(text, piece, call):
            break
        if kind == "ansi":
            pieces.append(shlex.quote(text_of(found[2:-1])))
        elif kind in ("joined", "end"):
            pieces.append(" ")
        elif kind == "open":
            _note_once(call, "curl-quotes", piece.start(), found)
            pieces.append(found)
        elif kind == "single":
            if call.windows:
                _note_once(call, "curl-windows-quotes", piece.start(), found)
            pieces.append(found)
        else:
            pieces.append(found)
    call.end = min(at, len(text))
    return "".join(pieces)


def _goes_on(text: str, piece: re.Match[str], call: CurlCall) -> bool:
    """A sign that ends the command, unless the next line is plainly a part of it."""
    if piece[0] == "&":  # an address without quotes; a shell would cut it here
        return text[piece.end() : piece.end() + 1] not in ("&", " ", "\n", "")
    if piece[0] == "\n" and _ANOTHER_OPTION.match(text, piece.end()):
        _note_once(call, "curl-line-end", piece.start())
        return True
    return False


def _note_once(call: CurlCall, code: str, at: int, found: str = "") -> None:
    if not any(departure.code == code for departure in call.departures):
        call.departures.append(Departure(code, at, found))


def _options(call: CurlCall, words: list[str]) -> None:
    rest = list(reversed(words))
    while rest:
        word = rest.pop()
        if word.startswith("--") and len(word) > 2:
            name, sign, value = word[2:].partition("=")
            if name in _WITH_VALUE and not sign:
                value = rest.pop() if rest else ""
            _option(call, name, value)
        elif word.startswith("-") and len(word) > 1:
            _short_options(call, word[1:], rest)
        elif word.strip() and not call.url:
            call.url = word.strip()


def _short_options(call: CurlCall, letters: str, rest: list[str]) -> None:
    """``-sSL``, ``-XPOST``, ``-d '…'``: the first letter with a value takes what follows."""
    for index, letter in enumerate(letters):
        if letter in _WITH_VALUE:
            value = letters[index + 1 :] or (rest.pop() if rest else "")
            _option(call, letter, value)
            return
        _option(call, letter, "")


def _option(call: CurlCall, name: str, value: str) -> None:
    if name in _DATA:
        if value.startswith("@") and name != "data-raw":
            call.body_file = value[1:]
        else:
            call.body = value if call.body is None else f"{call.body}&{value}"
        if name == "json":
            call.headers.setdefault("content-type", "application/json")
    elif name in _FORMS:
        call.form = True
    elif name in _HEADER:
        key, _, content = value.partition(":")
        call.headers[key.strip().lower()] = content.strip()
    elif name in _METHOD:
        call.method = value.strip() or None
    elif name in _URL:
        call.url = value.strip()
    elif name in ("G", "get"):
        call.get = True
    elif name in ("u", "user", "oauth2-bearer"):
        call.headers.setdefault("authorization", "Bearer" if name == "oauth2-bearer" else "Basic")
