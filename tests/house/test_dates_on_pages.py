"""Dates on pages come from one place: ``{% load desk_dates %}``, told in docs/language.md."""

from __future__ import annotations

import re

import pytest

from tests.house.test_translations import ROOT

OWN_FORMAT = re.compile(
    r"""\|date:"(?!c"|H:i")[^"]*"|\{% now |\|naturaltime|\|timeuntil""",
)

MACHINE = re.compile(r"""(?:value|href|datetime|data-[\w-]+)="[^"]*$|\{% url [^%]*$""")
"""Before a format that no person reads: attributes of forms, addresses."""

MEANT = {
    # Bounds of a period as they are typed, and days as the notice has them.
    "templates/admin/reports/list.html",
    "templates/admin/promise/_comparison.html",
}


def own_formats(text: str) -> list[str]:
    return [
        found[0] for found in OWN_FORMAT.finditer(text) if not MACHINE.search(text[: found.start()])
    ]


def test_templates_have_no_format_of_their_own() -> None:
    left = {
        str(path.relative_to(ROOT)): found
        for path in (ROOT / "templates").rglob("*.html")
        if (found := own_formats(path.read_text(encoding="utf-8")))
    }
    assert {path: found for path, found in left.items() if path not in MEANT} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{{ at|date:"Y-m-d H:i" }}', 1),
        ('<input value="{{ day|date:"Y-m-d" }}">', 0),
        ('<a href="{% url "x" day|date:"Y-m-d" %}">', 0),
        ('{{ opens|date:"H:i" }}', 0),
    ],
)
def test_the_check(text: str, found: int) -> None:
    assert len(own_formats(text)) == found
