"""How the palette compares what is typed with a label: properties, and the cases people meet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.search.pinyin import syllable
from klingdesk.palette.matching import best, folded, score

LABELS = ("工单队列", "我的今天", "工作台", "SLA 报表", "Decision flows", "通知", "导出", "知识库")
IDEOGRAPHS = st.text(
    alphabet="工单队列我的今天作台报表通知导出识库决策流程日历", min_size=1, max_size=8
)
ANYTHING = st.text(max_size=30)


def found(typed: str) -> list[str]:
    return best(typed, [(each, each, ()) for each in LABELS], most=len(LABELS))


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("工单", "工单队列"),
        ("gongdan", "工单队列"),
        ("gddl", "工单队列"),
        ("duilie", "工单队列"),
        ("ＳＬＡ", "SLA 报表"),
        ("sla baobiao", "SLA 报表"),
        ("baobiao", "SLA 报表"),
        ("slabb", "SLA 报表"),
        ("FLOWS", "Decision flows"),
        ("flows dec", "Decision flows"),
        ("jintian", "我的今天"),
    ],
)
def test_what_people_type_finds_what_they_mean_first(typed: str, label: str) -> None:
    assert found(typed)[0] == label


@pytest.mark.parametrize("typed", ["zzz", "工单 zzz", "ongdan", "x"])
def test_what_is_not_there_is_not_found(typed: str) -> None:
    assert "工单队列" not in found(typed)


def test_nothing_typed_gives_everything_in_order() -> None:
    assert tuple(found("  ")) == LABELS


def test_the_label_itself_stands_before_a_beginning_and_that_before_the_middle() -> None:
    things = [(each, each, ()) for each in ("新的导出", "导出记录", "导出")]
    assert best("导出", things, most=3) == ["导出", "导出记录", "新的导出"]


def test_other_words_find_a_thing_but_count_for_less() -> None:
    things = [("by words", "甲", ("密码",)), ("by label", "密码设置", ())]
    assert best("密码", things, most=2) == ["by label", "by words"]
    assert best("mima", things, most=1) == ["by label"]


@given(IDEOGRAPHS)
def test_every_label_is_found_by_itself_by_its_pinyin_and_by_its_initials(label: str) -> None:
    sounds = [syllable(each) for each in label]
    assert score(label, label) >= score("".join(sounds), label) > 0
    if len(label) > 1:
        assert score("".join(each[0] for each in sounds), label) > 0


@given(IDEOGRAPHS, st.data())
def test_every_part_of_a_label_finds_it(label: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(label) - 1))
    end = data.draw(st.integers(start + 1, len(label)))
    assert score(label[start:end], label) > 0
    assert score("".join(map(syllable, label[start:end])), label) > 0


@given(ANYTHING, ANYTHING, ANYTHING)
def test_another_word_never_finds_more(typed: str, more: str, label: str) -> None:
    # A word that is appended with a blank only narrows.
    if score(f"{typed} {more}", label) and folded(typed):
        assert score(typed, label) > 0


@given(ANYTHING, ANYTHING)
def test_width_case_and_blanks_make_no_difference(typed: str, label: str) -> None:
    assert score(f"  {folded(typed)} ", label) == score(typed, label)


@given(ANYTHING, st.lists(ANYTHING, max_size=8), st.integers(0, 8))
def test_the_best_are_some_of_what_was_given(typed: str, labels: list[str], most: int) -> None:
    numbered = [(number, label, ()) for number, label in enumerate(labels)]
    chosen = best(typed, numbered, most=most)
    assert len(chosen) <= most
    assert len(set(chosen)) == len(chosen)
    assert all(score(typed, labels[each]) for each in chosen)
    scores = [score(typed, labels[each]) for each in chosen]
    assert scores == sorted(scores, reverse=True)
