"""The help's texts: Markdown under docs/help, a folder for each language, rendered once.

The same files are pages of the documentation site. Only what Markdown knows is let through: HTML
in a text is shown as text. A heading may end with ``{#anchor}``, which is the same in every
language, so that pages of the desk can point at it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from klingdesk.core.roles import Role
from klingdesk.help.tours import ORDER

FOR_EVERYBODY = "basics"
DEFAULT_LANGUAGE = "zh-hans"
_ANCHOR = re.compile(r"\s*\{#([a-z][a-z0-9-]*)\}\s*$")
_OTHER_PAGE = re.compile(r"([a-z]+)\.md(#[a-z0-9-]+)?")


@dataclass(frozen=True, slots=True)
class Section:
    anchor: str
    title: str
    html: SafeString


@dataclass(frozen=True, slots=True)
class Text:
    """One file: its title, what stands before the first section, and the sections."""

    title: str
    lead: SafeString
    sections: tuple[Section, ...]


def text_of(name: str, language: str) -> Text:
    """A role's text, or the one for everybody, in ``language`` or else in the desk's own."""
    known = language if (_folder() / language).is_dir() else DEFAULT_LANGUAGE
    return _read(name, known)


def pages_with(topic: str) -> tuple[Role, ...]:
    """The roles whose own page has a section about ``topic``; empty: it stands on every page."""
    return _pages_with(topic)


def languages() -> list[str]:
    return sorted(path.name for path in _folder().iterdir() if path.is_dir())


def _folder() -> Path:
    return Path(settings.BASE_DIR) / "docs" / "help"


@cache
def _pages_with(topic: str) -> tuple[Role, ...]:
    return tuple(
        role
        for role in ORDER
        if any(section.anchor == topic for section in _read(role.value, DEFAULT_LANGUAGE).sections)
    )


@cache
def _read(name: str, language: str) -> Text:
    source = (_folder() / language / f"{name}.md").read_text(encoding="utf-8")
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(source)
    title = ""
    parts: list[tuple[str, str, list[Token]]] = [("", "", [])]
    skip = 0
    for index, token in enumerate(tokens):
        if skip:
            skip -= 1
        elif token.type == "heading_open" and token.tag in ("h1", "h2"):
            words, anchor = _heading(tokens[index + 1].content)
            if token.tag == "h1":
                title = words
            else:
                parts.append((anchor, words, []))
            skip = 2
        else:
            parts[-1][2].append(_linked(token))
    rendered = [
        # Rendered with HTML switched off: the texts cannot bring any of their own.
        (anchor, words, mark_safe(markdown.renderer.render(inside, markdown.options, {})))  # noqa: S308
        for anchor, words, inside in parts
    ]
    return Text(title, rendered[0][2], tuple(Section(*each) for each in rendered[1:]))


def _heading(content: str) -> tuple[str, str]:
    found = _ANCHOR.search(content)
    return (content[: found.start()], found.group(1)) if found else (content, "")


def _linked(token: Token) -> Token:
    """Links between the files lead to the pages of the help that show them."""
    for child in token.children or ():
        found = _OTHER_PAGE.fullmatch(str(child.attrGet("href") or ""))
        if child.type == "link_open" and found:
            page = "" if found.group(1) == FOR_EVERYBODY else f"../{found.group(1)}/"
            child.attrSet("href", f"{page}{found.group(2) or ''}")
    return token
