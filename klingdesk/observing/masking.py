"""The last fence of the logs: what no line may hold, whoever wrote it.

Our own lines name primary keys, tickets and error classes. Errors of libraries quote: PostgreSQL
the values of a refused row, a converter what it could not convert.
"""

from __future__ import annotations

import re
from typing import Final

LONG_RUN: Final = 6
"""So many digits in a row are taken for somebody's number; shorter ones are ports, sizes, keys."""

NUMBER: Final = "‹#›"
MAIL: Final = "‹@›"
LEFT_OUT: Final = "(left out)"

# Up to the end of the line, also where a line feed is written as \n in a repr.
_DETAIL: Final = re.compile(r"(DETAIL|CONTEXT|PARAMETERS):\s.*?(?=\\n|\n|$)", re.IGNORECASE)
_MAIL: Final = re.compile(r"[\w.%+-]+@[\w-]+(?:\.[\w-]+)+")
# Not the digits of a decimal, of a longer word (hexadecimal, T00000012) or of a UUID's group.
_NUMBER: Final = re.compile(
    rf"(?<![\w.])(?<![0-9a-f]-)(?:\+?\d{{{LONG_RUN},}}|1[3-9]\d[ -]\d{{4}}[ -]\d{{4}})"
    r"(?!\w)(?!-[0-9a-f]{4})"
)


def mask_line(text: str) -> str:
    """``text`` without quoted rows, mail addresses and long numbers; twice changes nothing more."""
    text = _DETAIL.sub(lambda found: f"{found[1]}: {LEFT_OUT}", text)
    text = _MAIL.sub(MAIL, text)
    return _NUMBER.sub(NUMBER, text)
