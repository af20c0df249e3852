"""Every starter flow, broken in thirty ways and more: the schema or the lint notices each."""

from __future__ import annotations

import random
from typing import Any

import pytest

from kb.flows.loader import check_flow
from kb.flows.source import read
from tests.kb.flows.breaking import WAYS, Data, broken
from tests.kb.flows.starters import AROUND, SOURCES

MUTATIONS = 30
STARTERS: dict[str, Data] = {key: read(source, "yaml") for key, source in SOURCES.items()}


def drawn(key: str) -> list[Any]:
    """Thirty ways for one flow: of every sort some, as the seed has it."""
    chance = random.Random(f"break {key}")
    sorts = [list(way(STARTERS[key])) for way in WAYS]
    for sort in sorts:
        chance.shuffle(sort)
    chosen = []
    while len(chosen) < MUTATIONS and any(sorts):
        chosen += [sort.pop() for sort in sorts if sort]
    return [pytest.param(key, data, id=f"{key}: {name}") for name, data in chosen[:MUTATIONS]]


def errors_of(data: Data) -> list[str]:
    _definition, findings = check_flow(data, AROUND)
    return [each.code for each in findings if each.severity == "error"]


@pytest.mark.parametrize("key", STARTERS)
def test_unbroken_there_is_nothing_to_notice(key: str) -> None:
    assert errors_of(STARTERS[key]) == []
    assert len(drawn(key)) == MUTATIONS


@pytest.mark.parametrize(("key", "data"), [each for key in STARTERS for each in drawn(key)])
def test_each_of_thirty_ways_to_break_it_is_noticed(key: str, data: Data) -> None:
    assert errors_of(data)


@pytest.mark.parametrize("key", STARTERS)
def test_so_is_every_other_way_that_we_know(key: str) -> None:
    assert [name for name, data in broken(STARTERS[key]) if not errors_of(data)] == []
