"""The synonym table: never contradictory, and its effect is known before it is saved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kb.models import LoggedSearch, SearchIndexVersion, Synonym
from kb.selectors import synonym_preview
from kb.selectors.search import search_questions
from kb.selectors.synonym_preview import LOGGED_SECONDS, preview_rules
from kb.services.search_log import log_search
from kb.services.synonyms import (
    add_synonyms,
    delete_synonyms,
    preview_deletion,
    preview_synonym,
    save_synonym,
)
from klingdesk.core.errors import Invalid, NotFound
from tests.conftest import NOW


@pytest.fixture
def search(agent: Any, questions: Any) -> Callable[..., LoggedSearch]:
    def make(words: str, *, times: int = 1, **more: Any) -> LoggedSearch:
        now = more.pop("now", NOW)
        for _ in range(times):
            entry = log_search(acting_user=agent, words=words, now=now, channel="console", **more)
        return entry

    return make


def test_the_service_refuses_contradictions(questions: Any) -> None:
    first = save_synonym(variant="贵宾", canonical="会员")
    with pytest.raises(Invalid):
        save_synonym(variant="会员", canonical="尊享")
    save_synonym(variant="贵宾", canonical="尊享", synonym_id=first.pk)  # replaces, no duplicate
    assert Synonym.objects.get().canonical == "尊享"


def test_a_rule_that_is_gone(questions: Any) -> None:
    gone = save_synonym(variant="贵宾", canonical="会员")
    assert delete_synonyms(synonym_ids=[gone.pk]) == 1
    assert delete_synonyms(synonym_ids=[gone.pk]) == 0
    for call in (save_synonym, lambda **rule: preview_synonym(**rule, now=NOW)):
        with pytest.raises(NotFound):
            call(variant="甲", canonical="乙", synonym_id=gone.pk)


def test_many_rules_at_once_but_for_those_that_contradict(
    questions: Any, django_assert_max_num_queries: Any
) -> None:
    save_synonym(variant="贵宾", canonical="会员")
    rules = [(f"变体{number}", f"正名{number}") for number in range(200)]
    with django_assert_max_num_queries(5):  # not one for each: the whole table is read each time
        assert add_synonyms(rules=rules) == []
    bad = [("会员", "尊享"), ("变体3", "另一个"), ("甲", "乙"), ("乙", "丙")]
    assert add_synonyms(rules=[*bad, ("丁", "丙")]) == [bad[0], bad[1], bad[3]]
    assert Synonym.objects.count() == 203
    before = SearchIndexVersion.objects.get().number
    assert add_synonyms(rules=[]) == []
    assert SearchIndexVersion.objects.get().number == before


def test_a_broken_table_can_be_repaired(questions: Any) -> None:
    """Rows that came in by another way do not block the rules that have nothing to do with them."""
    Synonym.objects.create(variant="甲", canonical="乙")
    loop = Synonym.objects.create(variant="乙", canonical="丙")
    save_synonym(variant="贵宾", canonical="会员")
    save_synonym(variant="丁", canonical="丙", synonym_id=loop.pk)
    assert search_questions("扣") is not None


def test_a_preview_says_what_would_change(search: Callable[..., LoggedSearch]) -> None:
    search("bazinga", times=3, chosen="price")
    search("灵感值重复扣除", chosen="twice-charged")
    version = SearchIndexVersion.objects.get().number
    seen = preview_synonym(variant="bazinga", canonical="灵感值怎么卖", now=NOW)
    assert (seen.searches, seen.compared) == (2, 2)
    (change,) = seen.changes
    assert (change.words, change.count) == ("bazinga", 3)
    assert (change.before.key, change.before.confident) == ("", False)
    assert (change.after.key, change.after.confident) == ("price", True)
    assert (seen.other_first, seen.other_confidence) == (1, 1)
    assert (seen.chosen.searches, seen.chosen.first_before, seen.chosen.first_after) == (2, 1, 2)
    assert seen.chosen.shares["third_before"] == 50
    assert not Synonym.objects.exists()
    assert SearchIndexVersion.objects.get().number == version
    save_synonym(variant="bazinga", canonical="灵感值怎么卖")
    found = search_questions("bazinga")
    assert (found.hits[0].key, found.confident) == (change.after.key, change.after.confident)


def test_better_and_worse(search: Callable[..., LoggedSearch]) -> None:
    search("bazinga", chosen="price")
    for_better = preview_synonym(variant="bazinga", canonical="怎么卖", now=NOW)
    assert [change.verdict for change in for_better.changes] == [1]
    assert for_better.other_first == 1
    for_worse = preview_synonym(variant="bazinga", canonical="重复扣除", now=NOW)
    assert [change.verdict for change in for_worse.changes] == [0]  # it was not right before
    rule = save_synonym(variant="bazinga", canonical="怎么卖")
    assert [
        change.verdict for change in preview_deletion(synonym_ids=[rule.pk], now=NOW).changes
    ] == [-1]
    changed = preview_synonym(variant="bazinga", canonical="重复扣除", synonym_id=rule.pk, now=NOW)
    assert [change.verdict for change in changed.changes] == [-1]
    assert (changed.chosen.first_before, changed.chosen.first_after) == (1, 0)


def test_what_is_older_than_four_weeks_counts_no_more(search: Callable[..., LoggedSearch]) -> None:
    search("点卡怎么卖", now=NOW - timedelta(days=28, seconds=1))
    search("13800138000")
    assert preview_synonym(variant="点卡", canonical="灵感值", now=NOW).searches == 0


def test_the_newest_searches_are_compared(
    search: Callable[..., LoggedSearch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synonym_preview, "MOST_SEARCHES", 2)
    for age, words in enumerate(("点卡怎么卖", "灵感值怎么卖", "点卡怎么买")):
        search(words, now=NOW - timedelta(hours=age))
    seen = preview_synonym(variant="点卡", canonical="灵感值", now=NOW)
    assert seen.searches == 2
    assert {change.words for change in seen.changes} <= {"点卡怎么卖", "灵感值怎么卖"}


def test_what_is_nearest_is_compared_when_there_is_no_time(
    search: Callable[..., LoggedSearch],
) -> None:
    search("bazinga", now=NOW - timedelta(hours=2))
    search("感谢", now=NOW - timedelta(hours=1))
    search("退款", now=NOW)
    ticks = iter(range(100))

    def clock() -> float:
        return next(ticks) * LOGGED_SECONDS / 2

    seen = preview_rules([("bazinga", "怎么卖")], now=NOW, clock=clock)
    assert (seen.searches, seen.compared) == (3, 2)
    assert [change.words for change in seen.changes] == ["bazinga"]


def test_contradictions_are_found_before_anything_is_compared(questions: Any) -> None:
    save_synonym(variant="贵宾", canonical="会员")
    with pytest.raises(Invalid) as refused:
        preview_synonym(variant="会员", canonical="尊享", now=NOW)
    assert list(refused.value.fields) == ["variant"]


def test_a_measuring_set_is_measured_too(
    questions: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ["id\tutterance", "price\t点卡怎么卖", "price|twice-charged\t灵感值", "-\t打车"]
    path = tmp_path / "measure.tsv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    monkeypatch.setattr(synonym_preview, "MEASURING_SET", path)
    synonym_preview._measuring_set.cache_clear()
    seen = preview_synonym(variant="点卡", canonical="灵感值", now=NOW)
    synonym_preview._measuring_set.cache_clear()
    assert seen.measured is not None
    assert (seen.measured.searches, seen.measured.first_after) == (2, 2)
    assert seen.chosen.searches == 0


def test_a_preview_is_a_handful_of_queries(
    search: Callable[..., LoggedSearch], django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        search(f"点卡怎么卖{'呢' * number}", chosen="price")
    with django_assert_max_num_queries(8):
        preview_synonym(variant="点卡", canonical="灵感值", now=NOW)
