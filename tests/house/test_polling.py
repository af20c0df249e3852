"""What pages ask by themselves says so: it keeps no session of somebody who has left."""

from __future__ import annotations

import re
from pathlib import Path

from accounts.middleware import ASKED_BY_PAGE

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "static" / "desk"
TEMPLATES = ROOT / "templates"

BY_HAND = {
    "console.js": "words that somebody searched for and stopped typing",
    "drafts.js": "before a form goes that somebody sends",
    "palette.js": "somebody types",
    "tour.js": "somebody follows a tour",
}
"""Scripts that ask only when a person does something."""

LOADED_ANEW = {
    "desk.js": "whoever is logged out is shown the login",
    "exports.js": "once, when an export has ended",
    "tour.js": "somebody follows a tour",
    "working.js": "once, when what was waited for is there",
}
"""Scripts that load their page anew, which counts as a person: never again and again."""

TIMED = {"report.js", "toast.js"}
"""Scripts that do something again and again and ask for nothing."""


def scripts() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in SCRIPTS.glob("*.js")}


def test_the_header_is_the_one_that_the_desk_heeds() -> None:
    assert f'byItself = {{ "{ASKED_BY_PAGE}": "1" }}' in scripts()["polling.js"]


def test_every_script_that_asks_by_itself_says_so() -> None:
    for name, text in scripts().items():
        if name in BY_HAND:
            assert "deskPolling" not in text, f"{name} asks by itself, too"
            continue
        for call in re.finditer(r"\b(?:fetch|sendBeacon|XMLHttpRequest|EventSource)\b\s*\(", text):
            asked = text[max(0, call.start() - 200) : call.end() + 300]
            assert "byItself" in asked, f"{name}: {text[call.start() : call.end() + 60]}"


def test_what_is_loaded_or_done_again_and_again_is_known() -> None:
    found = scripts()
    loads = {name for name, text in found.items() if "location.reload(" in text}
    assert loads == LOADED_ANEW.keys()
    for name, text in found.items():
        if "setInterval(" in text:
            assert name in TIMED, f"{name} should use deskPolling.poll"
            assert "fetch(" not in text, name
            assert "htmx." not in text, name


def test_every_page_that_htmx_polls_has_the_script_that_says_so() -> None:
    """One place adds the header to all of them; it knows them by ``every`` in ``hx-trigger``."""
    base = (TEMPLATES / "admin" / "base_site.html").read_text(encoding="utf-8")
    assert "desk/polling.js" in base
    assert "htmx:configRequest" in scripts()["polling.js"]
    polls = 0
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "http-equiv" not in text.lower(), f"{path.name} loads itself anew"
        assert not re.search(r"hx-ext=|sse-connect|ws-connect|data-hx-trigger", text), path.name
        polls += len(re.findall(r'hx-trigger="[^"]*\bevery [^"]*"', text))
    assert polls >= 4
