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

_QUOTES: Final = r"((?i:DETAIL|CONTEXT|PARAMETERS)):\s"
_FIELD: Final = "(?:DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LOCATION|PARAMETERS|WARNING|ERROR|FATAL):"
# A row holds what users wrote, line feeds too: it ends where PostgreSQL says the next thing, where
# a traceback goes on, or never. In a repr a line feed is written as \n, and a real one ends it.
_DETAIL: Final = re.compile(
    rf"(?<=\\n){_QUOTES}.*?(?=\\n{_FIELD}|\n|\Z)"
    rf"|{_QUOTES}.*?(?=\n{_FIELD}|\n\n(?:The above exception|During handling)|\nTraceback \(|\Z)",
    re.DOTALL,
)
_LOCAL: Final = r"[\w.%+\-]"
# Each run is read once: it begins where it can, takes all it can and gives nothing back.
_MAIL: Final = re.compile(rf"(?<!{_LOCAL}){_LOCAL}++(?:@{_LOCAL}++)++")
# Not the digits of a decimal, of a longer word (hexadecimal, T00000012) or of a UUID's group.
# Chinese has no spaces: its characters are no part of such a word.
_NUMBER: Final = re.compile(
    r"(?<![A-Za-z\d_])(?<!\d\.)(?<![0-9a-f]{4}-)"
    rf"(?:\+?\d{{{LONG_RUN},}}+|1[3-9]\d[ -]\d{{4}}[ -]\d{{4}})"
    r"(?![A-Za-z\d_])(?!-[0-9a-f]{4}-)"
)


def mask_line(text: str) -> str:
    """``text`` without quoted rows, mail addresses and long numbers; twice changes nothing more."""
    text = _DETAIL.sub(lambda found: f"{found[1] or found[2]}: {LEFT_OUT}", text)
    text = _MAIL.sub(_mail, text)
    return _NUMBER.sub(NUMBER, text)


def _mail(found: re.Match[str]) -> str:
    """An address has a dot behind its ``@``; ``celery@host`` is a worker's name."""
    address = found[0].rstrip(".-")
    if "." not in address.partition("@")[2]:
        return found[0]
    return MAIL + found[0][len(address) :]
