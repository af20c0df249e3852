"""Word by word: nothing is lost, nothing is invented, and it reads well."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.rules.word_diff import Passage, Piece, diff, passages, tokens

TEXT = st.text(alphabet="灵感值会员ab1 \n，{}", max_size=40) | st.text(max_size=40)


def joined(pieces: list[Piece], *kinds: str) -> str:
    return "".join(piece.text for piece in pieces if piece.kind in kinds)


@given(TEXT, TEXT)
def test_both_texts_can_be_read_back(old: str, new: str) -> None:
    pieces = diff(old, new)
    assert joined(pieces, "same", "removed") == old
    assert joined(pieces, "same", "added") == new


@given(TEXT, TEXT)
def test_no_empty_piece_and_no_two_of_a_kind_in_a_row(old: str, new: str) -> None:
    pieces = diff(old, new)
    assert all(piece.text for piece in pieces)
    kinds = [piece.kind for piece in pieces]
    assert all(one != other for one, other in pairwise(kinds))
    assert "added removed" not in " ".join(kinds)


@given(TEXT)
def test_equal_texts_have_no_changes(text: str) -> None:
    assert diff(text, text) == ([Piece("same", text)] if text else [])


@given(TEXT)
def test_tokens_are_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


def test_tokens_keep_latin_words_and_numbers_whole() -> None:
    assert tokens("可灵AI 2.0 版") == ["可", "灵", "AI", " ", "2", ".", "0", " ", "版"]
    assert tokens("{{due_date}}") == ["{", "{", "due_date", "}", "}"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "1 元可购买 10 灵感值。",
            "1 元可购买 12 灵感值。",
            [("same", "1 元可购买 "), ("removed", "10"), ("added", "12"), ("same", " 灵感值。")],
        ),
        ("您好。", "您好，可以。", [("same", "您好"), ("added", "，可以"), ("same", "。")]),
        ("", "新", [("added", "新")]),
        ("旧", "", [("removed", "旧")]),
        ("甲\n乙\n", "甲\n丙\n乙\n", [("same", "甲\n"), ("added", "丙\n"), ("same", "乙\n")]),
        # One character that happens to be in both sentences does not tear them apart.
        (
            "请联系客服处理的",
            "别担心马上的给您",
            [("removed", "请联系客服处理的"), ("added", "别担心马上的给您")],
        ),
    ],
)
def test_it_reads_as_a_person_would_mark_it(
    old: str, new: str, expected: list[tuple[str, str]]
) -> None:
    assert [tuple(piece) for piece in diff(old, new)] == expected


def test_a_long_monotonous_text() -> None:
    pieces = diff("长" * 10_000, "长" * 9_999 + "短")
    assert joined(pieces, "same", "added") == "长" * 9_999 + "短"


def test_long_real_text() -> None:
    old = "".join(f"第{n}条：您好，请在设置里查看第{n * 7 % 97}项说明。\n" for n in range(400))
    new = old.replace("第 7 条", "第七条").replace("说明。\n", "说明，谢谢。\n", 50)
    pieces = diff(old, new)
    assert joined(pieces, "same", "added") == new


# --- long texts -----------------------------------------------------------------------------------

LINES = st.lists(st.sampled_from(["a", "b", "c", "甲乙丙", ""]), max_size=40)


def rebuilt(found: list[Passage], *, added: bool) -> str:
    """One side of what is shown."""
    kinds = {"same", "added" if added else "removed"}
    return "".join(
        piece.text for passage in found for piece in passage.pieces if piece.kind in kinds
    )


@given(LINES, LINES)
def test_passages_hold_every_change_and_leave_out_equal_lines_only(
    old: list[str], new: list[str]
) -> None:
    before, after = ("".join(f"{line}\n" for line in lines) for lines in (old, new))
    pieces = diff(before, after)
    found = passages(pieces)
    changed = [piece for piece in pieces if piece.kind != "same"]
    shown = [piece for passage in found for piece in passage.pieces if piece.kind != "same"]
    assert shown == changed
    assert bool(found) == (before != after)
    left_out = sum(passage.left_out for passage in found)
    for text, added in ((before, False), (after, True)):
        lines = rebuilt(found, added=added).count("\n")
        assert lines + left_out <= text.count("\n")
        assert len(rebuilt(found, added=added)) <= len(text)


def test_far_away_changes_are_passages_of_their_own() -> None:
    lines = [f"line {number}\n" for number in range(40)]
    new = [*lines]
    new[10], new[30] = "zehn\n", "dreissig\n"
    found = passages(diff("".join(lines), "".join(new)))
    assert [passage.left_out for passage in found] == [6, 12]
    assert found[0].pieces[0].text.startswith("line 6\nline 7\n")
    assert rebuilt(found, added=True).count("\n") == 2 * (4 + 4)


def test_equal_texts_have_no_passages() -> None:
    assert passages(diff("a\nb\n", "a\nb\n")) == []
    assert passages([]) == []
