"""docs/keyboard.md and the pages name the same keys, and no page gives one key two meanings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from klingdesk.palette.places import LEAVE, PLACES
from tickets.admin.ticket_actions import BUTTONS

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates" / "admin"
DIGITS = {"1", "9"}
"""How a run of numbers is told: from 1 to 9."""

SCRIPT = "console/_script.html"

# Which templates make up what a heading of the document is about.
SECTIONS: dict[str, tuple[str, ...]] = {
    "Console: finding an answer": ("console/home.html", "console/_panel.html", SCRIPT),
    "Console: a contact": (
        "console/_ask.html",
        "console/_ask_found.html",
        "console/_checked.html",
        "console/_controls.html",
        "console/_ended.html",
        "console/_outcome.html",
        "console/_step.html",
        "console/_withdrawn.html",
        SCRIPT,
    ),
    "Waiting users": ("console/_intake_list.html",),
    "Queue and day": ("queue/_filters.html", "queue/_take.html", "queue/page.html"),
    "Ticket": (
        "ticket/_facts.html",
        "ticket/_offer.html",
        "ticket/_undo.html",
        "ticket/_way.html",
        "ticket/page.html",
    ),
    "Inbox": ("notices/inbox.html",),
    "Lists with pages": ("desk_pages.html",),
    "Trying a decision flow": (
        "console/_checked.html",
        "kb/_flow_trial.html",
        "kb/_flow_trial_step.html",
        SCRIPT,
    ),
}
# What a template fills in itself.
FILLED = {
    "{{ number }}": DIGITS,
    "{{ forloop.counter }}": DIGITS,
    "{{ offer.key }}": {each.key for each in BUTTONS.values() if each.key},
    "{{ key }}": {"c"},
}


def told() -> dict[str, list[str]]:
    """Keys in the first column of the tables, by heading."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "docs" / "keyboard.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
            found[heading] = []
        elif line.startswith("| `"):
            found[heading] += re.findall(r"`([^`]+)`", line.split("|")[1])
    return found


def keys_in(name: str) -> set[str]:
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    found: set[str] = set()
    for given in re.findall(r'data-key(?:-told)?="([^"]+)"', text):
        found |= FILLED.get(given) or set(given.split(" "))
    if "key=id" in text:  # numbered scripts
        found |= DIGITS
    return found


@pytest.mark.parametrize("heading", SECTIONS)
def test_the_document_tells_the_keys_of_the_pages(heading: str) -> None:
    of_pages = set().union(*(keys_in(name) for name in SECTIONS[heading]))
    assert set(told()[heading]) == of_pages


@pytest.mark.parametrize("heading", SECTIONS)
def test_a_key_means_one_thing_in_one_place(heading: str) -> None:
    keys = [key for key in told()[heading] if key not in DIGITS]
    assert len(keys) == len(set(keys))


def test_no_template_with_keys_is_forgotten() -> None:
    known = {name for names in SECTIONS.values() for name in names}
    with_keys = {
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        if re.search(r"data-key(-told)?=", path.read_text(encoding="utf-8"))
    }
    assert with_keys - known == set()


def test_the_letters_of_the_pages_are_told() -> None:
    assert set(told()["Go to a page"]) == {each.key for each in (*PLACES, LEAVE) if each.key}


def test_actions_of_a_ticket_have_keys_of_their_own() -> None:
    # Watching and watching no more are never offered together.
    keys = [each.key for name, each in BUTTONS.items() if each.key and name != "unwatch"]
    assert len(keys) == len(set(keys))
    assert not set(keys) & {"g", "q", "n", "p", "j", "k", "x", "y", "d", "z"}
