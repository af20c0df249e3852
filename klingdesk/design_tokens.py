"""The tokens as the style sheet has them, for the page that shows them and the test of contrast."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.conf import settings

SHEET = "static/desk/tokens.css"

LEAST_TEXT = 4.5
LEAST_SIGN = 3.0
"""WCAG 2.2, AA: text, and what is no text but must be told apart (edges of fields, focus)."""

GROUNDS = ("--desk-page-bg", "--desk-card-bg", "--body-bg")
TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    *(
        (text, ground)
        for ground in (*GROUNDS, "--darkened-bg")
        for text in (
            "--body-fg",
            "--body-quiet-color",
            "--body-medium-color",
            "--body-loud-color",
            "--link-fg",
            "--link-hover-color",
            "--error-fg",
        )
    ),
    *((f"--desk-{state}-fg", f"--desk-{state}-bg") for state in ("ok", "warn", "bad", "info")),
    *((f"--desk-{state}-fg", "--desk-card-bg") for state in ("ok", "warn", "bad", "info")),
    *((f"--desk-{state}-fg", "--desk-page-bg") for state in ("ok", "warn", "bad", "info")),
    ("--desk-mark-fg", "--desk-mark-bg"),
    ("--desk-count-fg", "--desk-count-bg"),
    ("--body-fg", "--desk-internal-bg"),
    ("--body-quiet-color", "--desk-internal-bg"),
    ("--link-fg", "--desk-internal-bg"),
    ("--body-fg", "--selected-row"),
    ("--body-fg", "--selected-bg"),
    ("--body-fg", "--desk-info-bg"),
    ("--link-fg", "--selected-row"),
    ("--button-fg", "--button-bg"),
    ("--button-fg", "--button-hover-bg"),
    ("--button-fg", "--delete-button-bg"),
    ("--button-fg", "--delete-button-hover-bg"),
    ("--button-fg", "--close-button-bg"),
    ("--button-fg", "--close-button-hover-bg"),
    ("--primary-fg", "--primary"),
    ("--header-color", "--header-bg"),
    ("--header-link-color", "--header-bg"),
    ("--breadcrumbs-fg", "--breadcrumbs-bg"),
    ("--breadcrumbs-link-fg", "--breadcrumbs-bg"),
    ("--report-ink", "--report-ground"),
)
SIGN_PAIRS: tuple[tuple[str, str], ...] = (
    *(
        (sign, ground)
        for ground in GROUNDS
        for sign in ("--desk-field-edge", "--desk-focus", "--primary")
    ),
    ("--desk-internal-edge", "--desk-internal-bg"),
    *((f"--report-tone-{tone}", "--report-ground") for tone in ("ok", "bad", "rest", "third")),
    *((f"--report-tone-{tone}", "--report-ground") for tone in ("fourth", "before")),
)

_GROUP = re.compile(r"--- (?P<group>[a-z ]+?)(?:[;:]| ---)")
_LINE = re.compile(r"^  (?P<name>--[\w-]+): (?P<value>[^;]+);", re.MULTILINE | re.DOTALL)
_EITHER = re.compile(r"^light-dark\((?P<light>#\w+|rgb\([^)]*\)), (?P<dark>#\w+|rgb\([^)]*\))\)$")
_OTHER = re.compile(r"^var\((?P<name>--[\w-]+)\)$")
_HEX = re.compile(r"^#(?:[0-9a-f]{3}|[0-9a-f]{6})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    name: str
    group: str
    light: str
    dark: str

    @property
    def is_colour(self) -> bool:
        return self.light.startswith(("#", "rgb("))


@cache
def tokens() -> Mapping[str, Token]:
    """Every token by name, in the order of the sheet."""
    text = (settings.BASE_DIR / SHEET).read_text(encoding="utf-8")
    found: dict[str, Token] = {}
    groups = [(each.start(), each["group"]) for each in _GROUP.finditer(text)]
    for line in _LINE.finditer(text):
        group = [name for start, name in groups if start < line.start()][-1]
        value = " ".join(line["value"].split())
        if other := _OTHER.match(value):
            same = found[other["name"]]
            light, dark = same.light, same.dark
        elif either := _EITHER.match(value):
            light, dark = either["light"], either["dark"]
        else:
            light = dark = value
        found[line["name"]] = Token(name=line["name"], group=group, light=light, dark=dark)
    return found


def contrast(one: str, other: str) -> float:
    """The contrast of two opaque colours, 1 to 21, as WCAG counts it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    if not _HEX.match(colour):
        raise ValueError(f"{colour} is not written as #rgb or #rrggbb")
    digits = colour[1:]
    if len(digits) == 3:
        digits = "".join(2 * each for each in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
