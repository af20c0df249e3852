"""Pictures for customers: small, self-contained, described in words, nothing that runs."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.kb.starter.files import HOUSE_WORDS, PICTURES

SVG = "{http://www.w3.org/2000/svg}"
DRAWN_WITH = {
    *("svg", "title", "desc", "g", "rect", "circle", "path", "text", "tspan"),
}
FILES = sorted(PICTURES.iterdir())


def tree(path: Path) -> ElementTree.Element:
    return ElementTree.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - our own file


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_picture_is_small_and_holds_nothing_but_lines_and_words(path: Path) -> None:
    assert path.suffix == ".svg"
    assert path.stat().st_size <= 10_000
    root = tree(path)
    assert {element.tag for element in root.iter()} <= {SVG + name for name in DRAWN_WITH}
    for element in root.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on"), "runs nothing"
            assert name.rpartition("}")[2] not in {"href", "src", "style"}
            assert "url(" not in value
    assert re.findall(r"<!|<\?|@import|data:", path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_picture_is_readable_at_the_width_of_a_phone(path: Path) -> None:
    root = tree(path)
    left, top, width, height = (float(each) for each in root.attrib["viewBox"].split())
    assert (left, top, width) == (0, 0, 320)
    assert "sans-serif" in root.attrib["font-family"]
    background = root.find(f"{SVG}rect")
    assert background is not None, "its own ground, on light pages and dark ones"
    assert (background.attrib["width"], background.attrib["height"]) == ("320", f"{height:g}")
    sizes = [float(each.attrib["font-size"]) for each in root.iter() if "font-size" in each.attrib]
    assert min(sizes) >= 13


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_picture_says_in_words_what_it_shows(path: Path) -> None:
    root = tree(path)
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert root.attrib["role"] == "img"
    named = root.attrib["aria-labelledby"].split()
    assert named == [title.attrib["id"], description.attrib["id"]]
    words = "".join(root.itertext())
    assert len((title.text or "").strip()) >= 4
    assert len((description.text or "").strip()) >= 20
    assert re.findall(HOUSE_WORDS, words) == []
