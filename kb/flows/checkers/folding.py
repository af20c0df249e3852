"""Long Base64 is set aside before anything reads the text; a note of its length stands there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LEAST_FOLDED = 64
# Not before a point: that is a web token, which has to be taken out as a whole.
_RUN = re.compile(r"(?:(?<=[\"'`“])|(?<=base64,))(?:[A-Za-z0-9+_=-]|\\?/|\\[nr])++(?!\.)")
_PICTURE_HEADS = ("iVBORw0KGgo", "/9j/", "\\/9j\\/", "R0lGOD", "UklGR")
_LEAST_PICTURE = 24
_NOTE = re.compile(r"\[Base64 #(\d{1,6})，\d+ 个字符\]")
_ESCAPES = re.compile(r"\\[nr]|\\(?=/)")


@dataclass(slots=True)
class Folded:
    """The text with notes, and what each note stands for. Only lives as long as the check."""

    text: str
    parts: list[str] = field(default_factory=list)

    def original(self, value: str) -> str:
        """The value with its notes written out again."""
        return _NOTE.sub(self._part, value)

    def length(self, value: str) -> int:
        """How many characters the value had before folding."""
        noted = _NOTE.finditer(value)
        return len(value) + sum(len(self._part(note)) - len(note[0]) for note in noted)

    def _part(self, note: re.Match[str]) -> str:
        number = int(note[1])
        return self.parts[number - 1] if 1 <= number <= len(self.parts) else note[0]


def fold(text: str) -> Folded:
    """Set aside what is too long to be anything but Base64, and pictures of any length."""
    folded = Folded(text)

    def one(match: re.Match[str]) -> str:
        run = match[0]
        marked = text.endswith("base64,", max(0, match.start() - 7), match.start())
        picture = len(run) >= _LEAST_PICTURE and run.startswith(_PICTURE_HEADS)
        if not (picture or marked or len(run) >= LEAST_FOLDED):
            return run
        folded.parts.append(_ESCAPES.sub("", run))
        return f"[Base64 #{len(folded.parts)}，{len(run)} 个字符]"

    folded.text = _RUN.sub(one, text)
    return folded
