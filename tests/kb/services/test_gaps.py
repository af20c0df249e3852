"""Gaps: which searches make one, and each way of closing it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kb.models import Category, Draft, HandledGap, LoggedSearch, StandardQuestion
from kb.rules.lifecycle import DraftState
from kb.rules.masking import NUMBER
from kb.selectors.gaps import Gap, gap_groups, gaps_of
from kb.services.content import QuestionContent, published_content
from kb.services.drafts import publish_draft, save_draft, submit_draft
from kb.services.gaps import ignore_gap, make_phrasing, make_question
from kb.services.publishing import publish_question, retire_question
from kb.services.search_log import log_search
from klingdesk.core.errors import Conflict, Invalid, NotFound
from tests.conftest import NOW

LATER = NOW + timedelta(hours=1)
MONTH = NOW - timedelta(days=30)


@pytest.fixture
def search(agent: Any, questions: Any) -> Callable[..., LoggedSearch]:
    def make(words: str, *, times: int = 1, **more: Any) -> LoggedSearch:
        now = more.pop("now", NOW)
        for _ in range(times):
            entry = log_search(acting_user=agent, words=words, now=now, channel="console", **more)
        return entry

    return make


def open_gaps() -> list[Gap]:
    return gaps_of(list(gap_groups(since=MONTH)), since=MONTH)


def test_what_is_a_gap_and_what_is_not(search: Callable[..., LoggedSearch]) -> None:
    search("打车发票", times=3)  # found nothing
    search("灵感值重复扣除")  # sure
    search("灵感值扣了怎么办啊", chosen="twice-charged")  # not sure, but it led somewhere
    search("灵感值扣了怎么办呢")  # not sure, and it led nowhere
    search("灵感值怎么卖", retyped=True)  # sure, but typed again
    search("打车发票吗", now=MONTH - timedelta(days=1))  # too long ago
    search("13800138000")  # nothing is left of it
    found = {gap.words: (gap.count, gap.nothing, gap.unsure, gap.retyped) for gap in open_gaps()}
    assert found == {
        "打车发票": (3, 3, 0, 0),
        "灵感值扣了怎么办呢": (1, 0, 1, 0),
        "灵感值怎么卖": (1, 0, 0, 1),
    }
    assert open_gaps()[0].words == "打车发票"


def test_a_gap_has_examples_and_what_was_shown(search: Callable[..., LoggedSearch]) -> None:
    search("灵感值，扣了怎么办呢", retyped=True, now=NOW - timedelta(hours=2))
    search("灵感值扣了怎么办呢？", now=NOW - timedelta(hours=1))
    search("灵感值扣了怎么办呢")
    gap = open_gaps()[0]
    assert (gap.count, gap.last_asked) == (3, NOW)
    assert gap.words == "灵感值扣了怎么办呢"
    assert gap.wordings == ("灵感值扣了怎么办呢？", "灵感值，扣了怎么办呢")
    assert ("twice-charged", "生成一次被扣了多次灵感值") in gap.shown
    assert gap.category == "credits"


def test_what_was_opened_comes_first(search: Callable[..., LoggedSearch]) -> None:
    search("打车发票", chosen="price")
    retire_question(key="twice-charged", acting_user=None, reason="test", now=NOW)
    assert open_gaps()[0].shown == (("price", "灵感值的价格"),)


def test_a_phrasing_is_learned(editor: Any, search: Callable[..., LoggedSearch]) -> None:
    entry = search("点子怎么卖", retyped=True)
    draft = make_phrasing(
        group_key=entry.group_key,
        words=" 点子怎么卖 ",
        question="price",
        acting_user=editor,
        now=NOW,
    )
    content = QuestionContent.from_json(draft.content)
    assert content.learned == ("点子怎么卖",)
    assert content.phrasings == ("灵感值怎么卖",)
    assert content.script == "1 元可购买 10 灵感值。"
    assert (draft.source, draft.author, draft.base_revision) == ("gap", editor, 1)
    assert open_gaps() == []
    publish_draft(
        key="price", acting_user=editor, reason="test", now=NOW, expected_version=draft.version
    )
    price = StandardQuestion.objects.get(key="price")
    assert list(price.phrasings.values_list("text", "learned")) == [
        ("灵感值怎么卖", False),
        ("点子怎么卖", True),
    ]


def test_a_draft_that_is_being_written_keeps_what_it_says(
    editor: Any, agent2: Any, search: Callable[..., LoggedSearch]
) -> None:
    price = StandardQuestion.objects.get(key="price")
    theirs = replace(published_content(price), script="新的话术", learned=("点点怎么卖",))
    save_draft(key="price", content=theirs, acting_user=agent2, now=NOW, reason="改价")
    entry = search("点子怎么卖", retyped=True)
    draft = make_phrasing(
        group_key=entry.group_key,
        words="点子怎么卖",
        question="灵感值的价格",
        acting_user=editor,
        now=NOW,
    )
    content = QuestionContent.from_json(draft.content)
    assert content == replace(theirs, learned=("点点怎么卖", "点子怎么卖"))
    assert (draft.version, draft.source, draft.reason) == (2, "person", "改价")


@pytest.mark.parametrize("state", [DraftState.IN_REVIEW, DraftState.SCHEDULED])
def test_a_draft_that_waits_is_left_alone(
    state: DraftState, editor: Any, search: Callable[..., LoggedSearch]
) -> None:
    content = published_content(StandardQuestion.objects.get(key="price"))
    if state is DraftState.SCHEDULED:
        publish_question(
            key="price",
            content=replace(content, effective_from=LATER),
            acting_user=editor,
            reason="test",
            now=NOW,
        )
    else:
        save_draft(key="price", content=content, acting_user=editor, now=NOW)
        submit_draft(key="price", acting_user=editor, now=NOW, expected_version=1)
    entry = search("点子怎么卖", retyped=True)
    with pytest.raises(Conflict) as refused:
        make_phrasing(
            group_key=entry.group_key,
            words="点子怎么卖",
            question="price",
            acting_user=editor,
            now=NOW,
        )
    assert refused.value.state["draft"] == state
    assert Draft.objects.get().state == state
    assert len(open_gaps()) == 1  # and nothing is lost
    assert not HandledGap.objects.exists()


@pytest.mark.parametrize(
    ("words", "question", "field"),
    [
        ("", "price", "words"),
        ("   ", "price", "words"),
        (f"点子{NUMBER}怎么卖", "price", "words"),
        ("长" * 201, "price", "words"),
        ("点\x00子", "price", "words"),
        ("灵感值怎么卖", "price", "words"),
        ("灵感值的价格", "price", "words"),
        ("点子怎么卖", "", "question"),
        ("点子怎么卖", "no-such-question", "question"),
        ("点子怎么卖", "灵感值", "question"),  # two titles have it
        ("点子怎么卖", "retired", "question"),
    ],
)
def test_a_phrasing_that_is_refused(
    words: str, question: str, field: str, editor: Any, search: Callable[..., LoggedSearch]
) -> None:
    price = StandardQuestion.objects.get(key="price")
    content = replace(published_content(price), title="退役的问题")
    publish_question(key="retired", content=content, acting_user=None, reason="test", now=NOW)
    retire_question(key="retired", acting_user=None, reason="test", now=NOW)
    entry = search("打车发票")
    with pytest.raises(Invalid) as refused:
        make_phrasing(
            group_key=entry.group_key, words=words, question=question, acting_user=editor, now=NOW
        )
    assert list(refused.value.fields) == [field]
    assert not Draft.objects.exists()
    assert len(open_gaps()) == 1


def test_a_part_of_a_title_is_enough_when_it_is_one(
    editor: Any, search: Callable[..., LoggedSearch]
) -> None:
    entry = search("打车发票")
    draft = make_phrasing(
        group_key=entry.group_key,
        words="打车发票",
        question="的价格",
        acting_user=editor,
        now=NOW,
    )
    assert draft.question.key == "price"


def test_a_new_question(editor: Any, search: Callable[..., LoggedSearch]) -> None:
    entry = search("打车发票")
    Category.objects.create(slug="zzz", title="其他", order=9)
    draft = make_question(
        group_key=entry.group_key, words="打车发票", category="zzz", acting_user=editor, now=NOW
    )
    question = draft.question
    assert (question.key, question.title, question.status) == (
        "da-che-fa-piao",
        "打车发票",
        "draft",
    )
    assert (question.category.slug, draft.source) == ("zzz", "gap")
    assert open_gaps() == []
    second = search("打车的发票")
    again = make_question(
        group_key=second.group_key, words="打车发票", category="", acting_user=editor, now=NOW
    )
    assert again.question.key == "da-che-fa-piao-2"
    assert again.question.category.slug == "credits"


@pytest.mark.parametrize(
    ("words", "category", "field"),
    [
        ("", "credits", "words"),
        (f"发票{NUMBER}", "credits", "words"),
        ("长" * 121, "credits", "words"),
        ("打车发票", "no-such", "category"),
    ],
)
def test_a_question_that_is_refused(
    words: str, category: str, field: str, editor: Any, search: Callable[..., LoggedSearch]
) -> None:
    entry = search("打车发票")
    with pytest.raises(Invalid) as refused:
        make_question(
            group_key=entry.group_key, words=words, category=category, acting_user=editor, now=NOW
        )
    assert list(refused.value.fields) == [field]
    assert not Draft.objects.exists()
    assert len(open_gaps()) == 1


def test_no_question_without_a_category(agent: Any, editor: Any) -> None:
    entry = log_search(acting_user=agent, words="打车发票", now=NOW, channel="console")
    with pytest.raises(Invalid) as refused:
        make_question(
            group_key=entry.group_key, words="打车发票", category="", acting_user=editor, now=NOW
        )
    assert list(refused.value.fields) == ["category"]


def test_what_is_not_ours_comes_back_when_it_is_asked_again(
    editor: Any, search: Callable[..., LoggedSearch]
) -> None:
    entry = search("打车发票", times=2)
    ignore_gap(group_key=entry.group_key, acting_user=editor, now=NOW)
    assert open_gaps() == []
    search("打车，发票", now=LATER)
    assert [(gap.words, gap.count) for gap in open_gaps()] == [("打车，发票", 1)]
    ignore_gap(group_key=entry.group_key, acting_user=editor, now=LATER)
    assert open_gaps() == []
    assert HandledGap.objects.get().handled_at == LATER


def test_a_gap_is_dealt_with_once(
    editor: Any, admin_person: Any, search: Callable[..., LoggedSearch]
) -> None:
    entry = search("打车发票")
    ignore_gap(group_key=entry.group_key, acting_user=editor, now=NOW)
    with pytest.raises(Conflict) as refused:
        make_question(
            group_key=entry.group_key,
            words="打车发票",
            category="",
            acting_user=admin_person,
            now=LATER,
        )
    assert "editor" in str(refused.value)
    assert refused.value.state == {"outcome": "ignored"}
    assert not Draft.objects.exists()
    assert HandledGap.objects.get().handled_by == editor


def test_a_gap_that_is_gone(editor: Any, questions: Any) -> None:
    with pytest.raises(NotFound):
        ignore_gap(group_key="没有的", acting_user=editor, now=NOW)
