"""The kept form of the queue's filters: other values give another form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest
from django.utils import translation

from tickets.admin import queue_filters
from tickets.admin.queue_filters import filter_form
from tickets.models.labels import Status
from tickets.selectors.list_choices import Choice
from tickets.selectors.ticket_list import Due, Filters, View
from tickets.selectors.ticket_order import Sort

OFFERED: dict[str, Any] = {
    "teams": (Choice("tier2", "Tier 2", own=True), Choice("safety", "Safety")),
    "people": (Choice("wang", "Wang"),),
    "questions": (Choice("double-charge", "Charged twice"),),
}
CHOSEN: dict[str, Any] = {
    "view": View.OPEN,
    "status": Status.QUEUED.value,
    "team": "safety",
    "assignee": "wang",
    "question": "double-charge",
    "due": Due.TODAY.value,
    "chased": "1",
    "priority": "2",
    "skill": "<refunds>",
    "tag": "vip",
    "breached": "1",
    "tried": "1",
    "returned": "1",
    "text": "watermark",
    "sort": Sort.NEWEST.value,
}
NOT_IN_THE_FORM = {"found": "T00000001", "after": "abc"}


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    queue_filters._markup.cache_clear()
    with translation.override("en"):
        yield
    queue_filters._markup.cache_clear()


def test_the_same_values_are_rendered_once() -> None:
    first = filter_form(Filters(), **OFFERED)
    again = filter_form(Filters(**NOT_IN_THE_FORM), **{k: list(v) for k, v in OFFERED.items()})
    assert again is first


def test_every_value_is_shown() -> None:
    """Else people would find another filter in the form than the one they chose."""
    first = filter_form(Filters(), **OFFERED)
    assert {each.name for each in fields(Filters)} == CHOSEN.keys() | NOT_IN_THE_FORM.keys()
    for name, value in CHOSEN.items():
        assert filter_form(replace(Filters(), **{name: value}), **OFFERED) != first, name
    for name, offered in OFFERED.items():
        more = (*offered, Choice("new", "<b>New</b>"))
        changed = filter_form(Filters(), **{**OFFERED, name: more})
        assert "&lt;b&gt;New&lt;/b&gt;" in changed, name


def test_another_language_is_another_form(chinese: Any) -> None:
    with translation.override("zh-hans"):
        assert ">标准问<" in filter_form(Filters(), **OFFERED)
    with translation.override("en"):
        assert "Standard question" in filter_form(Filters(), **OFFERED)
