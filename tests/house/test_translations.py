"""Every text that a person reads is in the Chinese catalogue, complete and not fuzzy."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
PLACE_HOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
_TEMPLATE_CALL = re.compile(
    r"""\b(?:gettext|ngettext|pgettext)\(\s*(u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))""", re.S
)
_TEMPLATE_UNDERSCORE = re.compile(r"""\b_\((u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))\)""", re.S)


def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def in_python() -> Iterator[tuple[str, str]]:
    for folder in ("klingdesk", "kb", "tickets"):
        for path in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.Call):
                    yield from ((str(path), text) for text in _texts(node))


def _texts(call: ast.Call) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if name not in CALLS or not call.args:
        return
    wanted = call.args[1:2] if name.startswith("pgettext") else call.args[:1]
    for argument in wanted:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value


def in_templates() -> Iterator[tuple[str, str]]:
    for path in (ROOT / "templates").rglob("*.html"):
        source = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        for pattern in (_TEMPLATE_CALL, _TEMPLATE_UNDERSCORE):
            for literal in pattern.findall(source):
                yield str(path), ast.literal_eval(literal.removeprefix("u"))


def used() -> dict[str, str]:
    return {text: path for path, text in [*in_python(), *in_templates()] if text}


def test_the_readers_find_texts_in_code_and_templates() -> None:
    assert len(dict(in_python())) > 10
    assert {path for path, _text in in_templates()}


def test_no_text_is_missing_from_the_catalogue() -> None:
    known = {
        message.id[0] if isinstance(message.id, tuple) else message.id for message in catalogue()
    }
    missing = {text: path for text, path in used().items() if text not in known}
    assert missing == {}


def test_no_translation_is_empty_or_fuzzy() -> None:
    unfinished = []
    for message in catalogue():
        if not message.id:
            continue
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.fuzzy or not all(texts):
            unfinished.append(message.id)
    assert unfinished == []


def test_translations_keep_their_place_holders() -> None:
    broken = []
    for message in catalogue():
        if not message.id:
            continue
        source = message.id[-1] if isinstance(message.id, tuple) else message.id
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = sorted(PLACE_HOLDER.findall(source))
        broken += [message.id for text in texts if sorted(PLACE_HOLDER.findall(text)) != wanted]
    assert broken == []


def test_no_translation_is_left_over() -> None:
    """A text that nobody shows any more leaves the catalogue too."""
    shown = set(used())
    left = [
        message.id
        for message in catalogue()
        if message.id
        and (message.id[0] if isinstance(message.id, tuple) else message.id) not in shown
    ]
    assert left == []
