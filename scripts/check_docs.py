"""Checks the documentation without a network: its links, or with ``site`` the built site.

Links: every relative link and picture of the Markdown files leads to a file that is there, and
every ``#anchor`` to a heading of it. Site: no page asks another host for a script, a style, a
font or a picture, so reading it tells nobody.
"""
# ruff: noqa: T201 - a command that speaks to a person

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("docs", "bench", "deploy")
_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]+`")
_LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_DEFINED = re.compile(r"^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$", re.MULTILINE)
_OWN_ANCHOR = re.compile(r"\s*\{#([\w-]+)\}$")
_HTML_ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")
_ELSEWHERE = re.compile(r"(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
_ON_DEMAND = re.compile(r"class=\"[^\"]*\b(mermaid|glightbox|pyodide)\b")
"""What the theme's script would fetch from elsewhere, but only for pages that hold such a thing."""
_STYLE_URL = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])((?:https?:)?//[^'\")\s]+)")


def main(arguments: list[str]) -> int:
    if arguments:
        troubles = list(foreign_requests(Path(arguments[0])))
        done = f"{arguments[0]} asks no other host for anything"
    else:
        files = markdown_files(ROOT)
        troubles = [trouble for file in files for trouble in broken_links(file, ROOT)]
        done = f"{len(files)} files, every link leads somewhere"
    for trouble in troubles:
        print(trouble)
    print(f"{len(troubles)} found" if troubles else done)
    return 1 if troubles else 0


def markdown_files(root: Path) -> list[Path]:
    found = list(root.glob("*.md"))
    for folder in FOLDERS:
        found += (root / folder).rglob("*.md")
    return sorted(found)


def broken_links(file: Path, root: Path) -> Iterator[str]:
    """What ``file`` points at and is not there."""
    source = _CODE.sub("", _FENCE.sub("", file.read_text(encoding="utf-8")))
    for target in [*_LINK.findall(source), *_DEFINED.findall(source)]:
        if _ELSEWHERE.match(target):
            continue
        path, _, anchor = target.partition("#")
        aim = (file.parent / unquote(path)).resolve() if path else file
        where = f"{file.relative_to(root)}: {target}"
        if not aim.exists():
            yield f"{where}: no such file"
        elif anchor and aim.suffix == ".md" and unquote(anchor) not in anchors(aim):
            yield f"{where}: no such heading"


@cache
def anchors(file: Path) -> frozenset[str]:
    """Anchors of a file's headings, as GitHub and the site both make them."""
    source = _FENCE.sub("", file.read_text(encoding="utf-8"))
    found = set(_HTML_ANCHOR.findall(source))
    for heading in _HEADING.findall(source):
        own = _OWN_ANCHOR.search(heading)
        found.add(own.group(1) if own else _slug(heading))
    return frozenset(found)


def _slug(heading: str) -> str:
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", words.strip().lower()))


class _Requests(HTMLParser):
    """What a browser fetches by itself to show a page; links are followed by people."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        fetched = [given.get("src"), given.get("srcset"), given.get("poster")]
        if tag == "link" and (given.get("rel") or "") not in ("canonical", "alternate"):
            fetched.append(given.get("href"))
        self.found += [each for each in fetched if each and re.match(r"(?:https?:)?//", each)]


def foreign_requests(site: Path) -> Iterator[str]:
    pages = sorted(site.rglob("*.html"))
    if not pages:
        yield f"{site}: there is no page"
    for page in pages:
        parser = _Requests()
        source = page.read_text(encoding="utf-8")
        parser.feed(source)
        yield from (f"{page}: asks for {each}" for each in parser.found)
        yield from (f"{page}: would fetch {each}" for each in _ON_DEMAND.findall(source))
    for sheet in sorted(site.rglob("*.css")):
        for each in _STYLE_URL.findall(sheet.read_text(encoding="utf-8")):
            yield f"{sheet}: asks for {each}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
