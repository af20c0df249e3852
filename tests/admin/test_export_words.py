"""What an export was narrowed to: no name and no value as an address has it."""

from __future__ import annotations

from typing import Any

import pytest

from tickets.admin.export_words import filters_in_words

QUERIES = {
    "": "",
    "view=open&status=queued&sort=newest": "全部未结 · 状态：待领取 · 排序：最新的在前",
    "view=reach&due=today&chased=1": "答复截止：今天内 · 有催单",
    "view=waiting&priority=2&skill=refund": "待领取 · 优先级：紧急 · 技能：refund",
    "sheet=groups&group=day&compare=none&from=2026-11-01&to=2026-11-30": (
        "2026-11-01 至 2026-11-30 · 分组：日期"
    ),
    "metric=unheard-of&unheard=of": "unheard：of",
}


@pytest.mark.parametrize(("query", "words"), list(QUERIES.items()))
def test_a_query_in_words(query: str, words: str, chinese: Any) -> None:
    assert filters_in_words(query) == words
