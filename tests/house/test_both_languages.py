"""No Chinese is left on English pages, and none in the sources.

``test_every_address`` looks for English on the Chinese ones.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import time_machine
from django.test import Client

from tests.conftest import NOW
from tests.house.sites import Address
from tests.house.test_chinese_pages import CHINESE, Texts
from tests.house.test_every_address import (  # noqa: F401 - addresses: the same world
    NOT_PAGES,
    addresses,
    words_of,
)
from tests.house.test_translations import ROOT, key_of, messages, translations, used

# Words that the desk reads in Chinese whatever the language of its pages: parts of documents.
FORMATS = re.compile(r"问：|答：|放假|上班|周%\(")
ITS_OWN_NAME = {"中文", "简体中文"}


@pytest.mark.parametrize("role", ["advisor", "manager", "editor"])
def test_no_translation_on_any_english_page(
    role: str,
    request: pytest.FixtureRequest,
    addresses: list[Address],  # noqa: F811
    chinese: None,
) -> None:
    """Content is Chinese in both; what the catalogue holds must not be."""
    ours = {
        text for message in messages() for text in translations(message) if CHINESE.search(text)
    }
    client = Client(headers={"accept-language": "en"})
    client.force_login(request.getfixturevalue(role))
    left = {}
    with time_machine.travel(NOW, tick=False):
        for address in addresses:
            if address.path not in NOT_PAGES:
                said = words_of(client.get(address.path))
                left |= dict.fromkeys(ours & set(Texts(said).said) - ITS_OWN_NAME, address.path)
    assert left == {}


def test_sources_speak_english() -> None:
    """Texts are English in code and templates; Chinese comes from the catalogue alone."""
    assert [text for _context, text in used() if CHINESE.search(FORMATS.sub("", text))] == []
    templates = {
        str(path.relative_to(ROOT)): found
        for path in Path(ROOT / "templates").rglob("*.html")
        if (found := set(re.findall(r"[\u4e00-\u9fff]+", path.read_text(encoding="utf-8"))))
    }
    assert {path: left for path, words in templates.items() if (left := words - ITS_OWN_NAME)} == {}


def test_no_source_has_two_spellings_of_one_text() -> None:
    """“Log out” and “log out…” may both be right; the same words in two cases are an accident,
    unless one of them is a heading and the other a part of a sentence."""
    seen: dict[str, set[str]] = {}
    for message in messages():
        _context, text = key_of(message)
        seen.setdefault(text.casefold().strip(" .:…"), set()).add(text)
    odd = [
        sorted(texts)
        for texts in seen.values()
        if len({text.strip(" .:…") for text in texts if text[:1].isupper()}) > 1
    ]
    assert odd == []
