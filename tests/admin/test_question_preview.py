"""Beside the form: what agent and user would see, what changes, and what a search would find."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from kb.models import Disagreement, Draft, SearchIndexVersion, StandardQuestion
from tests.admin.pictures import png
from tests.admin.question_desk import Desk
from tests.conftest import CANARY, NOW

AGENT, USER = "question-view-agent", "question-view-user"


@pytest.fixture
def twice(questions: dict[str, StandardQuestion]) -> StandardQuestion:
    return questions["twice-charged"]


@pytest.fixture
def desk_of_editor(editor: Any) -> Desk:
    return Desk(editor)


def views(html: str) -> tuple[str, str]:
    """What the agent sees, and what the user gets."""
    agent, user = html.split(f'id="{USER}"')
    return unescape(agent.split(f'id="{AGENT}"')[1]), unescape(user.split("</section>")[0])


def local(**ahead: int) -> str:
    return f"{timezone.localtime(timezone.now() + timedelta(**ahead)):%Y-%m-%dT%H:%M}"


def test_what_is_typed_as_agent_and_user_see_it(
    desk_of_editor: Desk, twice: StandardQuestion
) -> None:
    desk_of_editor.open(twice)
    html = desk_of_editor.ask(
        "preview", script="请刷新，{{handover_promise}}告知您。", follow_ups__0__script="会退的。"
    )
    agent, user = views(html)
    for view in (agent, user):
        assert "请刷新，在 3 个工作日内通过回拨电话或私信的方式告知您。" in view
        assert "会退的。" in view
    assert CANARY in agent
    assert CANARY not in user
    assert "In force" in agent
    assert "测试：重复扣费" in agent
    assert not Draft.objects.exists()


@pytest.mark.parametrize("ahead", [-1, 2])
def test_out_of_its_dates_the_fallback_stands_in(
    ahead: int, desk_of_editor: Desk, twice: StandardQuestion
) -> None:
    desk_of_editor.open(twice)
    dates = {"expires_at": local(days=-1)} if ahead < 0 else {"effective_from": local(days=2)}
    agent, user = views(desk_of_editor.ask("preview", script="正文", fallback="备用", **dates))
    assert "备用" in user
    assert "正文" not in user
    assert "会退吗" not in user
    assert ("正文" in agent) == (ahead > 0)
    assert ("it expired" in agent) == (ahead < 0)


def test_not_released(desk_of_editor: Desk, twice: StandardQuestion) -> None:
    desk_of_editor.open(twice)
    agent, user = views(desk_of_editor.ask("preview", script="正文", status="unreleased"))
    assert "正文" in agent
    assert "not released: know it, but do not pass it on" in agent
    assert "正文" not in user
    assert "高级顾问在 3 个工作日内" in user  # the general fallback, filled in


def test_a_text_that_would_wait_says_until_when(
    desk_of_editor: Desk, twice: StandardQuestion
) -> None:
    desk_of_editor.open(twice)
    assert "it would wait until" in desk_of_editor.ask("preview", effective_from=local(days=2))
    assert "it would wait until" not in desk_of_editor.ask("preview")
    desk_of_editor.open()
    assert "it would wait until" not in desk_of_editor.ask("preview", effective_from=local(days=2))


def test_pictures_open_questions_and_reviews(desk_of_editor: Desk, twice: StandardQuestion) -> None:
    Disagreement.objects.create(question=twice, key="a", caution="口径待定", opened_at=NOW)
    desk_of_editor.open(twice)
    desk_of_editor.send("look", uploads=[SimpleUploadedFile("步骤.png", png("red"))])
    agent, user = views(desk_of_editor.ask("preview", review_due="2026-01-01", review_reason="旧"))
    assert "口径待定" in agent
    assert "口径待定" not in user
    assert 'to be reviewed by <time class="desk-when" datetime="2026-01-01"' in agent
    assert 'alt="步骤"' in user
    assert "/admin/kb-attachments/" in user


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"script": "{{dew_date}}"}, "There is no variable “dew_date”"),
        ({"script": ""}, "needs a reference script"),
        ({"title": ""}, "Please fill this in"),
        ({"script": "空\x00字符", "title": "\x00"}, "Please fill this in"),
        ({"expires_at": "0001-01-01T00:00"}, ""),
        ({"follow_ups__TOTAL_FORMS": "x"}, ""),
        ({"category": "gone", "flow": "gone", "owner": "gone"}, "Choose a category"),
    ],
)
def test_whatever_is_typed_there_is_an_answer(
    typed: dict[str, str], told: str, desk_of_editor: Desk, twice: StandardQuestion
) -> None:
    desk_of_editor.open(twice)
    html = unescape(desk_of_editor.ask("preview", **typed))
    assert told in html


def test_the_preview_of_an_unknown_variable_names_it(
    desk_of_editor: Desk, twice: StandardQuestion
) -> None:
    desk_of_editor.open(twice)
    html = unescape(desk_of_editor.ask("preview", script="{{dew_date}}"))
    assert "There is no preview while a script has a variable" in html
    assert "Known: {{due_date}}, {{handover_promise}}" in html


def test_the_changes_word_by_word(desk_of_editor: Desk, twice: StandardQuestion) -> None:
    desk_of_editor.open(twice)
    html = desk_of_editor.ask(
        "preview", script="请您先刷新全部页面。", phrasings="灵感值重复扣除", escalates="", flow=""
    )
    assert "请您先刷新<del>单个</del><ins>全部</ins>页面。" in html
    assert "<del>一个视频扣两次</del>" in html.replace("\n", "")
    assert "<del>测试：重复扣费</del>" in html
    assert "There is no difference." in desk_of_editor.ask("preview")


def test_a_question_that_was_never_published_has_no_changes(
    desk_of_editor: Desk, questions: Any
) -> None:
    desk_of_editor.open()
    html = desk_of_editor.ask("preview", title="新", category="credits", script="话术")
    assert "Changes against" not in html
    assert "话术" in views(html)[1]


@pytest.mark.parametrize("number", ["", "x", "999999999", "9" * 40])
def test_a_question_that_is_not_there_any_more_is_previewed_all_the_same(
    number: str, desk_of_editor: Desk, questions: Any
) -> None:
    desk_of_editor.open()
    assert "话术" in desk_of_editor.ask("preview", title="新", script="话术", question=number)


# --- the phrasing test ----------------------------------------------------------------------------


def test_unsaved_phrasings_are_tried(desk_of_editor: Desk, twice: StandardQuestion) -> None:
    version = SearchIndexVersion.objects.get().number
    desk_of_editor.open(twice)
    html = desk_of_editor.ask("phrasings", words="芝麻开门")
    assert "changes nothing for these words" in html
    assert "not found" in html
    html = desk_of_editor.ask("phrasings", words="芝麻开门", phrasings="芝麻开门")
    assert "would find it at rank 1" in html
    assert "this question" in html
    assert "<mark>" in html
    assert SearchIndexVersion.objects.get().number == version
    assert not Draft.objects.exists()


def test_a_rank_that_gets_worse_is_told(desk_of_editor: Desk, twice: StandardQuestion) -> None:
    desk_of_editor.open(twice)
    html = desk_of_editor.ask("phrasings", words="一个视频扣两次", title="别的", phrasings="")
    assert "would not find this question any more" in html


def test_rank_and_score_are_compared(desk_of_editor: Desk, twice: StandardQuestion) -> None:
    desk_of_editor.open(twice)
    html = desk_of_editor.ask("phrasings", words="灵感值价格", title="灵感值价格")
    assert "would move it from rank 2 to rank 1" in html
    html = desk_of_editor.ask("phrasings", words="重复扣了灵感值", phrasings="重复扣了灵感值")
    assert "It stays at rank 1, but its score would go from" in html


def test_questions_of_a_group_are_offered_as_a_choice(
    desk_of_editor: Desk, questions: dict[str, StandardQuestion]
) -> None:
    desk_of_editor.open(questions["price"])
    desk_of_editor.done(
        "publish",
        reason="x",
        title="会员退费（已购买）",
        phrasings="买了会员之后能退吗",
        contrast_group="back",
        contrast_label="已经买了",
    )
    desk_of_editor.open(questions["twice-charged"])
    mine = {"title": "会员退费（未购买）", "phrasings": "会员买之前问能不能退"}
    html = desk_of_editor.ask(
        "phrasings", words="退费", contrast_group="back", contrast_label="还没有买", **mine
    )
    assert "Agents are asked which it is:" in html
    assert "还没有买" in html
    assert "Agents are asked" not in desk_of_editor.ask("phrasings", words="退费", **mine)


def test_phrasings_of_a_new_question(desk_of_editor: Desk, questions: Any) -> None:
    desk_of_editor.open()
    html = desk_of_editor.ask("phrasings", words="退会员", title="会员能退吗", phrasings="退会员")
    assert "would find it at rank 1" in html


@pytest.mark.parametrize("words", ["", "  ", "\x00", "？"])
def test_words_that_are_none(words: str, desk_of_editor: Desk, twice: StandardQuestion) -> None:
    desk_of_editor.open(twice)
    html = desk_of_editor.ask("phrasings", words=words)
    assert ("As it is now" in html) == (words == "？")
