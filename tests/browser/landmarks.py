"""What somebody who listens to a page finds their way by: title, headings, landmarks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

LANDMARKS = """(() => {
    const seen = each => each.checkVisibility();
    const words = id => document.getElementById(id)?.textContent.trim() || "";
    const named = each => each.getAttribute("aria-label")
        || (each.getAttribute("aria-labelledby") || "").split(" ").map(words).join(" ");
    return {
        title: document.title,
        mains: [...document.querySelectorAll("main, [role=main]")].filter(seen).length,
        navs: [...document.querySelectorAll("nav, [role=navigation]")].filter(seen).map(named),
        heads: [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(seen)
            .map(each => [Number(each.tagName[1]), each.textContent.trim()]),
    };
})()"""
"""To be evaluated in a page, for ``lost_in``."""


def lost_in(found: dict[str, Any], *, twice: bool = False) -> Iterator[str]:
    """What is wrong with the ``LANDMARKS`` of a page; ``twice``: it shows everything two times."""
    heads = [(int(level), str(text)) for level, text in found["heads"]]
    firsts = [text for level, text in heads if level == 1]
    if len(firsts) != 1 or not firsts[0]:
        yield f"one heading of the first level, not {firsts}"
    if heads and heads[0][0] != 1:
        yield f"begins with a heading of level {heads[0][0]}: {heads[0][1]}"
    for (above, _text), (level, text) in pairwise(heads):
        if level > above + 1:
            yield f"from level {above} to {level}: {text}"
    if found["mains"] != 1:
        yield f"{found['mains']} main landmarks"
    for name, count in Counter(found["navs"]).items():
        if not name.strip():
            yield "a navigation without a name"
        elif count > 1 and not twice:
            yield f"{count} navigations called {name}"
    title = str(found["title"])
    if not title.partition(" | ")[0].strip() or " | " not in title:
        yield f"the title does not name the page: {title!r}"
