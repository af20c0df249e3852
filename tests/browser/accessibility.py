"""What axe finds against WCAG 2.2 A and AA."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.browser.conftest import FADED

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# With preload axe would put imported sheets into the page to read them, which its policy forbids.
OPTIONS = {"runOnly": {"type": "tag", "values": LEVELS}, "preload": False}
BOTH = ("light", "dark")


def troubles_in(
    page: Any, *, context: Any = None, schemes: Iterable[str] = BOTH, only: Iterable[str] = ()
) -> list[str]:
    """In each of ``schemes``; ``only``: of these impacts, else of all. The page is light
    afterwards."""
    from axe_playwright_python.sync_playwright import Axe

    wanted = set(only)
    found = []
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(FADED)
        result = Axe().run(page, context=context, options=OPTIONS)
        found += [
            f"{scheme} {each['id']} ({each['impact']}): {each['nodes'][0]['html'][:200]}"
            for each in result.response["violations"]
            if not wanted or each["impact"] in wanted
        ]
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    return found
