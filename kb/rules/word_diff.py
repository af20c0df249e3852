"""What changed between two texts, word by word: for Chinese, where no blanks part the words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

Kind = Literal["same", "removed", "added"]

_TOKEN = re.compile(r"[A-Za-z0-9_]+|[ \t]+|.", re.DOTALL)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")

MOST_PAIRS = 1_000_000
"""Pairs of equal tokens up to which a passage is compared word by word. A longer or more
monotonous one is shown as replaced whole: nobody reads such a comparison, and it takes seconds."""

ISLAND = 2
"""Equal stretches of so few characters between two larger changes are no help to a reader."""


class Piece(NamedTuple):
    kind: Kind
    text: str


def diff(old: str, new: str) -> list[Piece]:
    """Pieces in reading order; what was removed stands before what was added in its place.

    ``same`` and ``removed`` together are ``old``, ``same`` and ``added`` together are ``new``;
    no piece is empty.
    """
    return _tidied(_by_line(old, new))


def tokens(text: str) -> list[str]:
    """Single ideographs and marks, and whole runs of Latin letters and digits, or of blanks."""
    return _TOKEN.findall(text)


def _by_line(old: str, new: str) -> Iterator[Piece]:
    before, after = _LINE.findall(old), _LINE.findall(new)
    for kind, i1, i2, j1, j2 in _steps(before, after):
        gone, come = "".join(before[i1:i2]), "".join(after[j1:j2])
        if kind == "equal":
            yield Piece("same", gone)
        else:
            yield from _by_token(gone, come)


def _by_token(old: str, new: str) -> Iterator[Piece]:
    before, after = tokens(old), tokens(new)
    for kind, i1, i2, j1, j2 in _steps(before, after):
        gone, come = "".join(before[i1:i2]), "".join(after[j1:j2])
        if kind == "equal":
            yield Piece("same", gone)
        else:
            yield from _change(gone, come)


def _steps(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    """As ``SequenceMatcher.get_opcodes``, with a bound on the work."""
    there = Counter(after)
    pairs = sum(count * there[item] for item, count in Counter(before).items())
    if pairs > MOST_PAIRS:
        kind = "equal" if before == after else "replace"
        return [(kind, 0, len(before), 0, len(after))]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return list(matcher.get_opcodes())


def _change(removed: str, added: str) -> list[Piece]:
    pieces: list[Piece] = []
    if removed:
        pieces.append(Piece("removed", removed))
    if added:
        pieces.append(Piece("added", added))
    return pieces


def _tidied(pieces: Iterator[Piece]) -> list[Piece]:
    """Neighbouring changes made one, small islands between larger changes made part of them."""
    spans = _spans(pieces)
    kept: list[tuple[str, str, str]] = []
    for index, (same, removed, added) in enumerate(spans):
        if kept and same and _is_island(same, kept[-1], spans[index]):
            before = kept.pop()
            kept.append((before[0], before[1] + same + removed, before[2] + same + added))
        else:
            kept.append((same, removed, added))
    tidy: list[Piece] = []
    for same, removed, added in kept:
        if same:
            tidy.append(Piece("same", same))
        tidy += _change(removed, added)
    return tidy


def _spans(pieces: Iterator[Piece]) -> list[tuple[str, str, str]]:
    """Triples of an equal stretch and the change that follows it."""
    spans: list[tuple[str, str, str]] = [("", "", "")]
    for kind, text in pieces:
        same, removed, added = spans[-1]
        if kind == "same":
            if removed or added:
                spans.append((text, "", ""))
            else:
                spans[-1] = (same + text, "", "")
        elif kind == "removed":
            spans[-1] = (same, removed + text, added)
        else:
            spans[-1] = (same, removed, added + text)
    return spans


def _is_island(same: str, before: tuple[str, str, str], after: tuple[str, str, str]) -> bool:
    """Whether changes on both sides are larger than the equal stretch between them."""
    least = min(max(len(before[1]), len(before[2])), max(len(after[1]), len(after[2])))
    return len(same) <= ISLAND and "\n" not in same and least > len(same)


class Passage(NamedTuple):
    """A stretch of a comparison; ``left_out`` equal lines stand before it."""

    left_out: int
    pieces: list[Piece]


def passages(pieces: Sequence[Piece], *, context: int = 3) -> list[Passage]:
    """What changed, with ``context`` lines around, for texts too long to be shown whole.

    Equal lines at the end are left out without being counted; no change gives no passage.
    """
    found: list[Passage] = []
    left_out, current = 0, list[Piece]()
    for number, piece in enumerate(pieces):
        if piece.kind != "same":
            current.append(piece)
            continue
        lines = _LINE.findall(piece.text)
        is_last = number == len(pieces) - 1
        # The line in which a change begins or ends is shown beside the ``context``.
        before = lines[: context + 1] if current else []
        after = [] if is_last else lines[max(len(lines) - context - 1, len(before)) :]
        middle = len(lines) - len(before) - len(after)
        if not middle:
            current.append(piece)
            continue
        if current:
            if before:
                current.append(Piece("same", "".join(before)))
            found.append(Passage(left_out, current))
        left_out = middle
        current = [Piece("same", "".join(after))] if after else []
    if any(piece.kind != "same" for piece in current):
        found.append(Passage(left_out, current))
    return found
