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

_DIGIT: Final = r"[\d〇零一二三四五六七八九]"
_TOLD: Final = re.compile(
    r"(?P<keep>(?<!\w)T[0-9]{8,12}(?!\w)"
    r"|(?<!\d)(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"(?:[ T](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?)?(?!\d))"
    r"|(?P<mail>[\w.%+\-]+@[\w.\-]+)"
    rf"|(?P<number>{_DIGIT}(?:[\s\-._·/()+]{{0,2}}{_DIGIT}){{{LONG_RUN - 1},}})"
)


def mask_numbers(text: str) -> str:
    """``text`` without mail addresses and long numbers, however they are grouped or written.

    Masking twice changes nothing more.
    """
    return _TOLD.sub(_told, text)


def _told(found: re.Match[str]) -> str:
    if found["keep"]:
        return found["keep"]
    return MAIL if found["mail"] else NUMBER


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
