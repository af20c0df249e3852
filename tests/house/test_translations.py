"""Every text that a person reads is in the Chinese catalogue, complete and not fuzzy."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES"
CATALOGUE = FOLDER / "django.po"
SCRIPTS = FOLDER / "djangojs.po"
# How many literals of each call make the key: those with a context take it first.
CALLS = {
    "_": False,
    "gettext": False,
    "gettext_lazy": False,
    "gettext_noop": False,
    "ngettext": False,
    "ngettext_lazy": False,
    "pgettext": True,
    "pgettext_lazy": True,
    "npgettext": True,
    "npgettext_lazy": True,
}
PLACE_HOLDER = re.compile(r"%\(\w+\)[sdr]|%[sd]|\{\w*\}")
_LITERAL = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_TEMPLATE_CALL = re.compile(rf"\b(n?p?gettext|_)\(\s*({_LITERAL})(?:\s*,\s*({_LITERAL}))?", re.S)

Key = tuple[str, str]
"""Context (empty for none) and source text of a message."""


@cache
def catalogue(path: Path = CATALOGUE) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def key_of(message: Message) -> Key:
    text = message.id[0] if isinstance(message.id, tuple) else message.id
    return message.context or "", text


def messages(*paths: Path) -> list[Message]:
    """The messages of catalogues (ours for pages unless others are named) without headers."""
    return [message for path in paths or (CATALOGUE,) for message in catalogue(path) if message.id]


def translations(message: Message) -> tuple[str, ...]:
    texts = message.string if isinstance(message.string, tuple) else (message.string,)
    return tuple(text or "" for text in texts)


@cache
def in_python() -> dict[Key, str]:
    """Every text that code marks, with a file it stands in."""
    return dict(_read_python())


@cache
def in_templates() -> dict[Key, str]:
    return dict(_read_templates())


def _read_python() -> Iterator[tuple[Key, str]]:
    for folder in ("klingdesk", "notices", "accounts", "kb", "tickets"):
        for path in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and (key := _key_in(node)):
                    yield key, str(path)


def _key_in(call: ast.Call) -> Key | None:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if name not in CALLS:
        return None
    wanted = call.args[:2] if CALLS[name] else call.args[:1]
    texts = [item.value for item in wanted if isinstance(item, ast.Constant)]
    if len(texts) != len(wanted) or not texts:
        return None
    return (texts[0], texts[1]) if CALLS[name] else ("", texts[0])


def _read_templates() -> Iterator[tuple[Key, str]]:
    for path in (ROOT / "templates").rglob("*.html"):
        source = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        for name, first, second in _TEMPLATE_CALL.findall(source):
            texts = [ast.literal_eval(text.removeprefix("u")) for text in (first, second) if text]
            yield ((texts[0], texts[1]) if CALLS[name] else ("", texts[0])), str(path)


def used() -> dict[Key, str]:
    """Every text that code and templates mark, with a file it stands in."""
    return {key: path for key, path in (in_python() | in_templates()).items() if key[1]}


def test_the_readers_find_texts_in_code_and_templates() -> None:
    assert len(in_python()) > 100
    assert len(in_templates()) > 100
    assert ("weekday", "Mon") in used()


def test_no_text_is_missing_from_the_catalogue() -> None:
    known = {key_of(message) for message in messages()}
    assert {key: path for key, path in used().items() if key not in known} == {}


def test_no_translation_is_empty_or_fuzzy() -> None:
    unfinished = [
        key_of(message)
        for message in messages(CATALOGUE, SCRIPTS)
        if message.fuzzy or not all(text.strip() for text in translations(message))
    ]
    assert unfinished == []


def test_translations_keep_their_place_holders() -> None:
    broken = []
    for message in messages(CATALOGUE, SCRIPTS):
        source = message.id[-1] if isinstance(message.id, tuple) else message.id
        wanted = sorted(PLACE_HOLDER.findall(source))
        broken += [
            (key_of(message), text)
            for text in translations(message)
            if sorted(PLACE_HOLDER.findall(text)) != wanted
        ]
    assert broken == []


def test_no_translation_is_left_over() -> None:
    """A text that nobody shows any more leaves the catalogue too."""
    shown = used()
    assert [key for key in map(key_of, messages()) if key not in shown] == []
    assert not catalogue().obsolete


def test_chinese_texts_are_set_like_chinese() -> None:
    """Chinese punctuation beside Chinese, and a space between Chinese and Latin letters or
    digits, as everywhere in the interface; the format of dates alone has none (3月9日)."""
    beside = re.compile(
        r"""[\u4e00-\u9fff][,;:!?()"'A-Za-z0-9]|[,;:!?()"'A-Za-z0-9][\u4e00-\u9fff]"""
    )
    texts = (
        text
        for message in messages(CATALOGUE, SCRIPTS)
        if message.context not in ("date format", "month of a calendar")
        for text in translations(message)
    )
    # What a place holder brings is another text's business.
    assert [text for text in texts if beside.search(PLACE_HOLDER.sub("", text))] == []
