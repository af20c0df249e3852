"""The last guard: no long number and no mail address leaves the desk in a notice.

Who calls ``notify`` chooses what a notice says and leaves personal data out. This takes out what
slipped through, for instance a telephone number in a comment: runs of ``LONG_RUN`` digits and
more. Numbers of tickets and dates stay: a notice is worth nothing without them.
"""

from __future__ import annotations

import re
from typing import Any, Final

LONG_RUN: Final = 7
"""So many digits in a row are somebody's number. Account IDs may be shorter, but so are prices."""

NUMBER: Final = "‹#›"
MAIL: Final = "‹@›"

DIGIT: Final = r"[\d〇零一二三四五六七八九幺两洞壹贰叁肆伍陆柒捌玖⓪①②③④⑤⑥⑦⑧⑨]"
"""A digit of a number that was typed or read out, in whatever script."""

_UNSEEN: Final = (
    r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\u20e3]*+"
)
_GAP: Final = r"[\s\-\u2010-\u2015\u2212\uff0d._·•・．/／()（）+]"
MOST_GAPS: Final = 12
BETWEEN: Final = rf"(?:{_UNSEEN}{_GAP}){{0,{MOST_GAPS}}}+{_UNSEEN}"
"""What may stand between two digits of one number: as people group them (spaces and line breaks,
dashes, dots, slashes, brackets), and what nobody sees."""
_COMMA: Final = rf"(?:{_GAP}|[,，、。;；~～*＊|｜…&\[\]【】「」“”\"'])"
_LOOSELY: Final = rf"(?:{_UNSEEN}{_COMMA}){{0,{MOST_GAPS}}}+{_UNSEEN}"
LOOSE: Final = rf"{DIGIT}(?:{_LOOSELY}{DIGIT}){{8,}}+"
"""Nine digits with commas and the like between them: fast typing and dictation set these into a
telephone number. Fewer are prices and counts, one after the other."""

_LOCAL: Final = r"[\w.%+\-]"
# Each run is read once: it begins where it can, takes all it can and gives nothing back. A part
# that follows a part (a@b@c) is of the same address.
_MAIL: Final = re.compile(rf"(?<!{_LOCAL}){_LOCAL}++(?:@{_LOCAL}++)++")
_MONTH, _DAY = r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12][0-9]|3[01])(?!\d)"
_AFTER_YEAR: Final = (
    "(?:" + "|".join(rf"{sep}{_MONTH}{sep}{_DAY}" for sep in ("-", "/", r"\.")) + ")"
)
_TIME: Final = r"(?:[ T](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?(?!\d))?"
RECENT: Final = rf"20[2-9][0-9]{_AFTER_YEAR}{_TIME}"
"""A date, or a moment, of the years in which there are tickets: nobody's date of birth."""

_TOLD: Final = re.compile(
    r"(?P<keep>(?<![0-9A-Za-z_])T[0-9]{8,12}(?![0-9A-Za-z_])"
    rf"|(?<!\d)(?:19|20)[0-9]{{2}}{_AFTER_YEAR}{_TIME})"
    rf"|(?P<number>{LOOSE}|{DIGIT}(?:{BETWEEN}{DIGIT}){{{LONG_RUN - 1},}}+)"
)


def mask_numbers(text: str) -> str:
    """``text`` without mail addresses and long numbers, however they are grouped or written.

    Masking twice changes nothing more.
    """
    return _TOLD.sub(lambda found: found["keep"] or NUMBER, _MAIL.sub(MAIL, text))


def mask_values(values: Any) -> Any:
    """Text, lists and mappings of JSON with every text masked; a whole number of ``LONG_RUN``
    digits and more becomes the mask."""
    if isinstance(values, str):
        return mask_numbers(values)
    if isinstance(values, dict):
        return {str(key): mask_values(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [mask_values(value) for value in values]
    if (
        isinstance(values, int)
        and not isinstance(values, bool)
        and abs(values) >= 10 ** (LONG_RUN - 1)
    ):
        return NUMBER
    return values
