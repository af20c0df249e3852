"""What agents may say while an answer is over, not released, disputed, or easily confused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.knowledge_steps import (
    CONSOLE,
    LIST,
    new_question,
    open_found,
    publish,
    search,
    type_in,
)
from tests.browser.waiting import until

pytestmark = pytest.mark.browser

Opener = Callable[..., Any]
Shots = Callable[[Any, str], None]

LONG_OVER = "2020-01-01T00:00"
OLD = "您好，中秋活动期间每人可以抽奖三次。"
INSTEAD = "您好，这个活动已经结束，我帮您记录下来核实。"


def test_an_expired_script_is_nowhere_and_the_contact_is_handed_over(
    open_page: Opener, fits: Shots
) -> None:
    page, agent = open_page("editor"), open_page("agent")
    title = "中秋活动可以抽奖几次"
    form = new_question(
        page, title=title, script=OLD, fallback=INSTEAD, flow="watermark", phrasings="中秋抽奖次数"
    )
    open_found(agent, "中秋抽奖次数", title)
    assert agent.inner_text("#script-main") == OLD
    agent.keyboard.press("s")
    agent.wait_for_url(re.compile(r"/console/contacts/\d+/"))
    agent.wait_for_selector(".console-choice")
    contact = agent.url

    page.goto(form)
    type_in(page, expires_at=LONG_OVER)
    publish(page, "活动结束")
    fits(page, "kb-question-expired")

    # the contact that was under way
    agent.goto(contact)
    assert agent.inner_text("#script-main") == INSTEAD
    assert OLD not in agent.content()
    fits(agent, "console-withdrawn")
    agent.keyboard.press("s")
    agent.wait_for_selector("form[data-capture]")
    assert OLD not in agent.content()

    # and the next user
    agent.goto(CONSOLE)
    open_found(agent, "中秋抽奖次数", title)
    assert agent.locator("#panel .desk-chip--bad").count() == 1
    assert agent.inner_text("#script-main") == INSTEAD
    assert OLD not in agent.content()
    fits(agent, "console-expired")
    agent.keyboard.press("s")
    agent.wait_for_selector("form[data-capture]")
    assert OLD not in agent.content()


def test_what_is_not_released_is_known_but_not_said(open_page: Opener, fits: Shots) -> None:
    page = open_page("editor")
    title = "团队空间什么时候开放"
    held, instead = "您好，团队空间定于明年三月开放。", "您好，暂时没有可以公布的消息。"
    new_question(
        page,
        step="publish_unreleased",
        title=title,
        script=held,
        fallback=instead,
        phrasings="公司几个人一起用的空间",
    )
    fits(page, "kb-question-unreleased")
    agent = open_page("agent")
    open_found(agent, "公司几个人一起用的空间", title)
    assert agent.inner_text("#script-main") == instead
    assert held in agent.inner_text(".console-internal")
    agent.keyboard.press("c")
    agent.wait_for_selector("[data-copy]:has-text('已复制')")
    assert agent.evaluate("navigator.clipboard.readText()") == instead
    agent.locator(".console-internal").select_text()
    assert held not in agent.evaluate("getSelection().toString()")


def test_an_open_question_warns_agents_until_it_is_decided(open_page: Opener, fits: Shots) -> None:
    page, agent = open_page("editor"), open_page("agent")
    title, words = "下载的视频是什么格式", "存下来是哪种文件"
    new_question(page, title=title, script="您好，下载得到 MP4 文件。", phrasings=words)
    caution = "两份说明不一致，先问用户下载到的是哪种文件。"
    page.goto("/admin/kb-room/open-questions/new/")
    page.select_option("[name=question]", label=title)
    page.fill("[name=our_statement]", "一律是 MP4。")
    page.fill("[name=our_source]", "产品说明")
    page.fill("[name=their_statement]", "有时是 MOV。")
    page.click("#content form button[type=submit]")
    page.wait_for_selector(".errorlist")
    assert page.input_value("[name=our_statement]") == "一律是 MP4。"
    fits(page, "kb-open-question-new")
    page.fill("[name=their_source]", "用户来信")
    page.fill("[name=caution]", caution)
    page.click("#content form button[type=submit]")
    page.wait_for_selector(f"article:has-text('{title}')")

    open_found(agent, words, title)
    assert caution in agent.inner_text(".console-cautions")
    fits(agent, "console-caution")

    page.click(f"article:has-text('{title}') a:has-text('裁定')")
    page.click("#content form button[type=submit]")
    page.wait_for_selector(".room-verdict .errorlist")
    fits(page, "kb-open-question")
    page.check("[name=verdict][value=ours]")
    page.fill("[name=reason]", "实测十次都是 MP4。")
    page.click("#content form button[type=submit]")
    page.wait_for_selector(".messagelist .success")
    assert title in page.inner_text(".room-decided")
    fits(page, "kb-open-questions")

    agent.goto(CONSOLE)
    open_found(agent, words, title)
    assert caution not in agent.content()


def test_many_questions_are_changed_at_once(open_page: Opener, fits: Shots) -> None:
    page = open_page("editor")
    titles = ["批量示例：作品怎样置顶", "批量示例：作品怎样取消置顶"]
    for number, title in enumerate(titles):
        new_question(page, title=title, script=f"您好，请长按作品（{number}）。")

    def choose(action: str) -> None:
        page.goto(f"{LIST}?q=批量示例")
        for box in page.locator("#result_list tbody .action-select").all():
            box.check()
        page.select_option("[name=action]", action)
        page.click("#changelist-form button[name=index]")
        page.wait_for_selector("[name=row]", state="attached")

    def confirm() -> None:
        page.click("#content form button[type=submit]")
        page.wait_for_selector("#content [role=status]")
        assert page.locator("#content .desk-chip--ok").count() == 2

    choose("assign_owner")
    page.select_option("[name=owner]", "editor")
    page.click("#content form button[type=submit]")
    page.wait_for_selector(".question-field--reason .errorlist")
    assert page.input_value("[name=owner]") == "editor"
    page.fill("[name=reason]", "按产品线分工")
    fits(page, "kb-bulk-owner")
    confirm()
    fits(page, "kb-bulk-done")

    choose("set_review")
    page.fill("[name=review_due]", "2020-01-31")
    page.fill("[name=reason]", "置顶入口要改版")
    page.click("#content form button[type=submit]")
    page.wait_for_selector(".question-field--review_due .errorlist")
    assert page.input_value("[name=reason]") == "置顶入口要改版"
    page.fill("[name=review_due]", "2099-01-31")
    confirm()
    page.goto(f"{LIST}?q=批量示例")
    rows = page.locator("#result_list tbody tr").all_inner_texts()
    assert len(rows) == 2
    assert all("知识运营" in row and "2099-01-31" in row for row in rows)
    fits(page, "kb-list")

    choose("retire")
    page.click("#content form button[type=submit]")
    page.wait_for_selector(".errorlist")
    page.fill("[name=reason]", "功能取消")
    confirm()
    gone_from_search(open_page("agent"), titles[0])


def gone_from_search(page: Any, title: str) -> None:

    def is_gone() -> bool:
        search(page, title)
        return not page.locator(".console-result", has_text=title).count()

    until(page, is_gone, f"“{title}” is not found any more")


def test_words_that_fit_two_questions_ask_which(open_page: Opener, fits: Shots) -> None:
    page = open_page("editor")
    pair = {
        "work": ("作品的封面图怎么换", "换作品的封面", "您好，请在作品详情里换。"),
        "album": ("收藏夹的封面图怎么换", "换收藏夹的封面", "您好，请在收藏夹设置里换。"),
    }
    for title, label, script in pair.values():
        new_question(page, title=title, script=script, contrast_group="cover", contrast_label=label)
    agent = open_page("agent")
    open_found(agent, "封面图怎么换", pair["album"][0])
    search(agent, "封面图怎么换")
    choices = agent.locator(".console-which a")
    assert sorted(choices.all_inner_texts()) == sorted(label for _, label, _ in pair.values())
    fits(agent, "console-choices")
    for title, label, script in pair.values():
        choices.get_by_text(label, exact=True).click()
        agent.wait_for_selector(f"#panel h2:has-text('{title}')")
        assert agent.inner_text("#script-main") == script
