"""The documentation leads nowhere that is not there, and its parts know of one another."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _script() -> Any:
    spec = importlib.util.spec_from_file_location("check_docs", ROOT / "scripts" / "check_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECK = _script()
FILES = CHECK.markdown_files(ROOT)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_leads_somewhere(file: Path) -> None:
    assert list(CHECK.broken_links(file, ROOT)) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    (tmp_path / "other.md").write_text(
        "# Some words, `code`\n\n## Named {#own}\n\n```\n# no\n```\n"
    )
    page.write_text(
        "[a](other.md#some-words-code) [b](other.md#own) [c](#here) [d](https://example.org/x)\n"
        "`[e](none.md)`\n\n## Here\n\n[f](none.md) [g](other.md#no) ![h](none.png) [i](#there)\n"
    )
    found = list(CHECK.broken_links(page, tmp_path))
    assert [each.split(": ")[1] for each in found] == [
        "none.md",
        "other.md#no",
        "none.png",
        "#there",
    ]


def test_a_request_to_another_host_is_found(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text(
        '<link rel="canonical" href="https://a/"><a href="https://b/">b</a><img src="c">'
    )
    assert list(CHECK.foreign_requests(tmp_path)) == []
    page.write_text(
        '<script src="//d/x.js"></script><link rel="stylesheet" href="https://e/f.css">'
    )
    (tmp_path / "x.css").write_text("a{background:url(https://g/h.png)}b{background:url(data:,)}")
    assert len(list(CHECK.foreign_requests(tmp_path))) == 3
    assert list(CHECK.foreign_requests(tmp_path / "nothing"))


def test_every_page_stands_in_the_navigation_of_the_site() -> None:
    source = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"[\w./-]+\.md", source))
    decisions = set((ROOT / "docs" / "adr").glob("0*.md"))
    pages = {
        str(path.relative_to(ROOT / "docs"))
        for path in (ROOT / "docs").rglob("*.md")
        if path not in decisions
    }
    assert named == pages
    listed = (ROOT / "docs" / "adr" / "index.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\((0[\w.-]+)\)", listed)) == sorted(each.name for each in decisions)


def test_the_pictures_are_small_and_there_in_both_languages() -> None:
    pictures = {
        language: {path.name: path for path in (ROOT / "docs" / "images" / language).glob("*.png")}
        for language in ("en", "zh")
    }
    assert sorted(pictures["en"]) == sorted(pictures["zh"])
    assert len(pictures["en"]) >= 10
    for named in pictures.values():
        for path in named.values():
            assert path.stat().st_size <= 200_000, path
