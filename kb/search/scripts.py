"""Which characters stand for themselves (Han, kana, hangul) and which make words."""

from __future__ import annotations

import re

# Han with extensions, iteration mark and zero; kana; hangul syllables.
IDEOGRAPHS = (
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U000323af"
)
UNIT = re.compile(rf"(?P<ideograph>[{IDEOGRAPHS}])|(?:(?![{IDEOGRAPHS}])[^\W_])+")
WORD_CHARACTER = rf"(?![{IDEOGRAPHS}])[^\W_]"
_WORD = re.compile(WORD_CHARACTER)


def is_word_character(character: str) -> bool:
    """Letters and digits of scripts that separate words: part of a longer single token."""
    return _WORD.match(character) is not None


def is_ideograph(character: str) -> bool:
    """Han, kana and hangul: a unit of its own."""
    unit = UNIT.match(character)
    return unit is not None and unit["ideograph"] is not None
