"""Personal data out of a user's words, before anybody keeps them.

What is taken out leaves a placeholder of symbols alone: no search reads them as a word, and
``has_placeholder`` finds them again. Names in plain words cannot be told from other words.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MOST_WORDS: Final = 200
"""Characters that are kept."""

NUMBER: Final = "‹#›"
MAIL: Final = "‹@›"
ADDRESS: Final = "‹/›"
IDENTIFIER: Final = "‹*›"
PLACEHOLDERS: Final = (NUMBER, MAIL, ADDRESS, IDENTIFIER)

SPOKEN_NUMBER: Final = 5
"""So many Chinese numerals in a row are a number read out: a telephone, an account. Fewer say
how often, how long or how much, and tell searches apart."""

MOST_READ: Final = 2_000
"""Characters that are looked at: of the rest nothing would be kept. Only where almost all of them
are taken out, the words behind them are lost."""

LONGEST_WORD: Final = 40
"""A Latin run without digits that is longer is no word and no sentence in pinyin."""

_NUMERAL: Final = "零〇一二三四五六七八九十百千万亿两幺壹贰叁肆伍陆柒捌玖拾佰仟"
_LATIN: Final = "A-Za-z\u00c0-\u024f"

_PUNCTUATION: Final = frozenset("，。？！：；（）～…")
"""Chinese punctuation stays as it was typed; no part of a number or an address is among it."""

# Each run is read once: it begins where it can, takes all it can (++) and gives nothing back.
_LOCAL: Final = rf"[{_LATIN}\d._%+\-]"
_MAIL: Final = re.compile(rf"(?<!{_LOCAL}){_LOCAL}*+(?:@{_LOCAL}*+)++")
_LINK: Final = re.compile(rf"(?:[A-Za-z][A-Za-z\d+.\-]{{0,30}}+://|www\.)[!-~{_LATIN}]*+")
_LABEL: Final = rf"[{_LATIN}\d_\-]"
_DOTTED: Final = re.compile(rf"(?<!{_LABEL}){_LABEL}++(?:\.{_LABEL}++)++")
_TOP_LEVEL: Final = re.compile(rf"\.[A-Za-z]{{2,}}+(?![{_LATIN}\d])")
_PATH: Final = re.compile(rf"{ADDRESS}[/?#:][!-~{_LATIN}]*+")
_HALF: Final = re.compile(rf"(?<![!-~{_LATIN}])[!-~{_LATIN}]++\Z")
_RUN: Final = re.compile(rf"[{_LATIN}\d_]+(?:-[{_LATIN}\d_]+)*")
_NUMBER: Final = re.compile(rf"[\d{_NUMERAL}](?:[\s\-._·/()+]{{0,2}}[\d{_NUMERAL}])*")
_DIGITS: Final = re.compile(r"\d+")
_BLANKS: Final = re.compile(r"\s+")


def mask(words: str) -> str:
    """``words`` without personal data, at most ``MOST_WORDS`` characters, in one line.

    Every digit goes, in whatever script or width it is written and however it is grouped; so
    do mail and web addresses, identifiers of letters and digits, and numbers of at least
    ``SPOKEN_NUMBER`` Chinese numerals. Masking twice changes nothing more.
    """
    words = words.lstrip()
    text = _plain(words[:MOST_READ])
    if len(words) > MOST_READ:
        text = _HALF.sub(IDENTIFIER, text)  # nobody knows what it is half of
    text = _MAIL.sub(lambda found: MAIL if found[0].strip("@") else found[0], text)
    text = _LINK.sub(ADDRESS, text)
    text = _PATH.sub(ADDRESS, _DOTTED.sub(_host, text))
    text = _RUN.sub(lambda found: IDENTIFIER if _is_identifier(found[0]) else found[0], text)
    text = _NUMBER.sub(_number, text)
    return _cut(text)


def has_placeholder(words: str) -> bool:
    """Whether something was taken out of ``words``."""
    return any(each in words for each in PLACEHOLDERS)


def _plain(words: str) -> str:
    """In one line of plain characters: full-width, circled and raised digits are digits then."""
    shown = "".join(
        " " if each.isspace() else each for each in words if each.isspace() or _seen(each)
    )
    text = "".join(_narrow(each) for each in shown)
    return _BLANKS.sub(" ", "".join(each for each in text if _seen(each))).strip()


def _narrow(character: str) -> str:
    return character if character in _PUNCTUATION else unicodedata.normalize("NFKC", character)


def _seen(character: str) -> bool:
    """No control, no zero-width character inside a number, no lone surrogate, no noncharacter."""
    return not unicodedata.category(character).startswith("C")


def _host(found: re.Match[str]) -> str:
    """Dotted words up to the last one that may be a top-level domain are an address."""
    run = found[0]
    ends = [each.end() for each in _TOP_LEVEL.finditer(run)]
    return ADDRESS + run[ends[-1] :] if ends else run


def _is_identifier(run: str) -> bool:
    digits = sum(each.isdecimal() for each in run)
    letters = sum(each.isalpha() for each in run)
    if not letters:
        return False
    if digits >= 3 and digits + letters >= 6:
        return True
    return ("_" in run and len(run) >= 6) or len(run) > LONGEST_WORD


def _number(found: re.Match[str]) -> str:
    run = found[0]
    if sum(each.isdecimal() or each in _NUMERAL for each in run) >= SPOKEN_NUMBER:
        return NUMBER
    return _DIGITS.sub(NUMBER, run)


def _cut(text: str) -> str:
    """The first ``MOST_WORDS`` characters, without half a placeholder at the end."""
    if len(text) <= MOST_WORDS:
        return text
    kept = text[:MOST_WORDS]
    opening = kept.rfind("‹")
    if opening >= MOST_WORDS - 2 and text[opening : opening + 3] in PLACEHOLDERS:
        kept = kept[:opening]
    return kept.strip()
