"""The design system holds: contrast, one place for colours, no rule without use, nothing inline."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klingdesk.design_tokens import (
    LEAST_SIGN,
    LEAST_TEXT,
    SIGN_PAIRS,
    TEXT_PAIRS,
    contrast,
    tokens,
)

ROOT = Path(__file__).resolve().parents[2]
SHEETS = sorted((ROOT / "static/desk").glob("*.css"))
STANDS_ALONE = {"error.css"}
"""Has its colours itself: the error pages stand when no other file does."""
WITH_COLOURS = {"tokens.css", *STANDS_ALONE}

HEX = st.integers(min_value=0, max_value=0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(HEX, HEX)
def test_contrast_is_that_of_wcag(one: str, other: str) -> None:
    assert contrast(one, other) == contrast(other, one)
    assert 1 <= contrast(one, other) <= 21.0001
    assert contrast(one, one) == 1


def test_contrast_of_known_colours() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777", "#fff") == pytest.approx(4.48, abs=0.005)
    with pytest.raises(ValueError, match="red"):
        contrast("red", "#fff")


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(
    ("front", "ground", "least"),
    [
        *((front, ground, LEAST_TEXT) for front, ground in TEXT_PAIRS),
        *((front, ground, LEAST_SIGN) for front, ground in SIGN_PAIRS),
    ],
)
def test_text_and_signs_can_be_seen(front: str, ground: str, least: float, mode: str) -> None:
    known = tokens()
    seen = contrast(getattr(known[front], mode), getattr(known[ground], mode))
    assert seen >= least, f"{front} on {ground} in {mode}: {seen:.2f}"


def test_each_token_is_written_once() -> None:
    text = (ROOT / "static/desk/tokens.css").read_text(encoding="utf-8")
    names = re.findall(r"^  (--[\w-]+):", text, re.MULTILINE)
    assert len(names) > 90
    assert sorted(names) == sorted(set(names))
    assert "prefers-color-scheme" not in text


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


@cache
def sheet(name: str) -> str:
    return without_comments((ROOT / "static/desk" / name).read_text(encoding="utf-8"))


def selectors(text: str) -> str:
    """What stands before each brace, with the conditions of @media and its like."""
    return " ".join(re.findall(r"([^{};]+)\{", text))


@cache
def spoken() -> str:
    """Whatever may name a class: templates, scripts, and the Python that writes markup."""
    places = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static/desk").glob("*.js")]
    for app in ("klingdesk", "kb", "tickets", "notices", "accounts"):
        places += [p for p in (ROOT / app).rglob("*.py") if "migrations" not in p.parts]
    return "\n".join(each.read_text(encoding="utf-8") for each in places)


FOREIGN = {
    # drawn by Mermaid
    *("node", "label", "background", "label-container", "flowchart-link", "edge-pattern-dotted"),
    *("edge-thickness-thick",),
    # put there by htmx, by Django's admin and its forms
    *("htmx-request", "htmx-indicator", "htmx-swapping", "htmx-added"),
    *("errorlist", "skip-to-content-link"),
}
BY_COLUMN = re.compile(r"^(?:field|column)-(?P<column>\w+)$")
"""What Django's lists call their cells, by the name of the column."""
MADE_UP = {
    # prefixes to which a template or script adds a value
    *("kind-", "is-", "desk-chip--", "desk-notice--", "desk-card--", "cal-", "sla-", "button--"),
}


def known_class(name: str) -> bool:
    if cell := BY_COLUMN.match(name):
        name = cell["column"]
    if name in FOREIGN or re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", spoken()):
        return True
    return any(
        name.startswith(prefix) and re.search(rf"(?<![\w-]){re.escape(prefix)}[{{$\"'`+]", spoken())
        for prefix in MADE_UP | {f"{name.rpartition('-')[0]}-"}
    )


@pytest.mark.parametrize("name", [each.name for each in SHEETS if each.name != "admin.css"])
def test_every_class_of_a_sheet_is_used(name: str) -> None:
    named = set(re.findall(r"\.([a-zA-Z_][\w-]*)", selectors(sheet(name))))
    assert sorted(each for each in named if not known_class(each)) == []


def test_every_desk_class_of_a_template_has_a_rule() -> None:
    ruled = "\n".join(sheet(each.name) for each in SHEETS)
    used = set()
    for template in (ROOT / "templates").rglob("*.html"):
        text = re.sub(r"\{[%#{].*?[%#}]\}", " ", template.read_text(encoding="utf-8"))
        for attribute in re.findall(r'class="([^"]*)"', text):
            used |= {each for each in attribute.split() if re.match(r"desk-[\w-]*\w$", each)}
    assert sorted(each for each in used if not re.search(rf"\.{each}(?![\w-])", ruled)) == []


@pytest.mark.parametrize("name", [each.name for each in SHEETS if each.name not in WITH_COLOURS])
def test_colours_stand_in_the_tokens_only(name: str) -> None:
    values = re.sub(r"[^{};]+\{", "{", sheet(name))  # a selector like #changelist is no colour
    raw = re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\([^)]*\)|\bhsla?\([^)]*\)", values)
    assert raw == []
    assert "prefers-color-scheme" not in sheet(name)
    assert re.findall(r":\s*(?:white|black|red|gr[ae]y|green|blue)\b", values) == []


@pytest.mark.parametrize("name", [each.name for each in SHEETS if each.name not in STANDS_ALONE])
def test_every_property_that_is_read_is_set(name: str) -> None:
    admin = {"--font-family-monospace", "--message-debug-bg"}
    local = set(re.findall(r"(--[\w-]+):", sheet(name)))
    read = set(re.findall(r"var\((--[\w-]+)[,)]", sheet(name)))
    assert sorted(read - set(tokens()) - local - admin) == []


def test_nothing_is_inline() -> None:
    found = []
    for template in (ROOT / "templates").rglob("*.html"):
        text = re.sub(
            r"\{%\s*comment.*?endcomment\s*%\}", "", template.read_text("utf-8"), flags=re.S
        )
        for what in re.findall(
            r"<style\b|\sstyle=|<script\b(?![^>]*\bsrc=)[^>]*>|\son[a-z]+=\"|javascript:|hx-on",
            text,
        ):
            if 'type="application/json"' not in what:
                found.append(f"{template.relative_to(ROOT)}: {what.strip()}")
    assert found == []
