"""The synonym table of the starter knowledge base."""

from __future__ import annotations

import pytest

from kb.search.canonical import canonicalise
from kb.search.synonyms import Synonyms
from tests.kb.starter.files import SYNONYMS

TABLE = Synonyms.from_groups((group["canonical"], group["variants"]) for group in SYNONYMS)


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("VIP点数", "会员灵感值"),
        ("会圆的灵干值", "会员的灵感值"),
        ("快应app怎么去掉水印", "快影app怎么去水印"),
        ("重复扣费了", "多扣了"),
        # what only looks like a variant
        ("一共用了几个", "一共用了几个"),
        ("网上当天到账", "网上当天到账"),
        ("今年会员涨价", "今年会员涨价"),
        ("有没有水印", "有没有水印"),
        ("apple", "apple"),
    ],
)
def test_synonyms_replace_words_and_not_their_lookalikes(typed: str, canonical: str) -> None:
    assert canonicalise(typed, TABLE).text == canonical


def test_the_synonym_table_is_of_a_readable_size() -> None:
    assert 40 <= len(SYNONYMS) <= 160
    assert all(len(variant) >= 2 or variant == "咋" for g in SYNONYMS for variant in g["variants"])
