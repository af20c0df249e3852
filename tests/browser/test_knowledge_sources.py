"""Where new knowledge comes from: searches in vain, other people's words, whole documents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from kb.services.import_notices import WAITED_FOR
from tests.browser.conftest import Desk
from tests.browser.knowledge_steps import (
    LIST,
    logged,
    new_question,
    open_found,
    press,
    publish,
    search,
    told,
    type_in,
)

pytestmark = pytest.mark.browser

Opener = Callable[..., Any]
Shots = Callable[[Any, str], None]

PAGES = {
    "kb-question-new": f"{LIST}add/",
    "kb-groups": "/admin/kb/category/",
    "kb-latest-revisions": "/admin/kb/revision/",
    "kb-synonyms": "/admin/kb/synonym/",
    "kb-question-starter": f"{LIST}1/change/",
}

DOCUMENT = """# 可灵AI-作品互动

## 可灵AI怎样关闭作品评论？/ 不想让别人评论我的视频
- 您好，请打开作品的设置，把“允许评论”关掉。

**注**：只影响之后的评论。

---

## 可灵AI怎样把作品设为仅自己可见？
- 您好，请在作品的设置里选择“仅自己可见”。
"""


def test_a_search_in_vain_becomes_a_phrasing_in_one_click(open_page: Opener, fits: Shots) -> None:
    page = open_page("editor")
    title = "怎样给收藏夹改名"
    new_question(page, title=title, script="您好，请长按收藏夹，选择改名。")
    words = "那个攒东西的夹子想换称呼"
    for person in ("agent", "agent2"):
        agent = open_page(person)
        with logged(agent):
            search(agent, words)

    page.goto("/admin/kb-gaps/")
    gap = page.locator(".gaps-list > li", has_text=words)
    assert "2" in gap.locator(".gaps-facts").inner_text()
    fits(page, "kb-gaps")
    gap.locator("summary").click()
    gap.locator("[name=other]").fill("没有这样的标准问")
    gap.locator("button[value=phrasing]").click()
    page.wait_for_selector(".desk-error")
    gap.locator("[name=other]").fill(title)
    gap.locator("button[value=phrasing]").click()
    page.wait_for_selector(".messagelist .success")
    assert page.locator(".gaps-list > li", has_text=words).count() == 0
    page.click(".messagelist a")
    page.wait_for_selector("#question-form")
    assert words in page.input_value("[name=learned]")
    publish(page, "补充用户原话")
    agent = open_page("agent")
    open_found(agent, words, title)


def test_a_synonym_is_looked_at_before_it_is_kept(open_page: Opener, fits: Shots) -> None:
    agent = open_page("agent")
    with logged(agent):
        search(agent, "小可怎么充钱")
    page = open_page("editor")
    page.goto("/admin/kb/synonym/add/")
    page.fill("[name=variant]", "小可")
    page.click("button[name=look]")
    page.wait_for_selector("[name=canonical][aria-invalid=true]")
    assert page.input_value("[name=variant]") == "小可"
    fits(page, "kb-synonym-mistake")
    page.fill("[name=canonical]", "灵感值")
    page.click("button[name=look]")
    page.wait_for_selector("button[name=confirm]")
    fits(page, "kb-synonym-preview")
    page.click("button[name=confirm]")
    page.wait_for_selector(".messagelist .success")
    assert "小可" in told(page)


def test_a_document_becomes_drafts_and_nothing_else(open_page: Opener, fits: Shots) -> None:
    page = open_page("editor")
    page.goto("/admin/kb-imports/")
    fits(page, "kb-imports")
    page.set_input_files(
        "[name=files]",
        [{"name": "歌单.mp3", "mimeType": "audio/mpeg", "buffer": b"ID3\x04"}],
    )
    page.click(".imports-upload button")
    page.wait_for_selector("#import-problem:has-text('歌单.mp3')")
    page.set_input_files(
        "[name=files]",
        [{"name": "互动.yaml", "mimeType": "text/yaml", "buffer": b"questions: &all []"}],
    )
    page.click(".imports-upload button")
    page.wait_for_selector("#import-problem:has-text('互动.yaml')")
    assert page.url.rstrip("/").split("/")[-2] == "kb-imports"
    fits(page, "kb-import-refused")
    page.goto("/admin/kb-imports/")
    page.set_input_files(
        "[name=files]",
        [{"name": "互动.md", "mimeType": "text/markdown", "buffer": DOCUMENT.encode()}],
    )
    page.click(".imports-upload button")
    page.wait_for_selector(".imports-entry")
    fits(page, "kb-import")
    taken = page.locator(".imports-entry", has_text="关闭作品评论")
    left = page.locator(".imports-entry", has_text="仅自己可见")
    taken.locator("input[type=checkbox]").check()
    left.locator("input[type=checkbox]").uncheck()
    page.click("button[value=apply]")
    page.wait_for_selector(".desk-notice--ok")
    assert taken.locator(".desk-chip--ok").count() == 1
    assert left.locator(".desk-chip--ok").count() == 0
    fits(page, "kb-import-applied")

    page.goto(f"{LIST}?draft=mine&q=作品")
    assert "关闭作品评论" in page.inner_text("#result_list")
    assert "仅自己可见" not in page.inner_text("#result_list")
    page.click("#result_list a:has-text('关闭作品评论')")
    assert "允许评论" in page.input_value("[name=script]")
    assert "不想让别人评论我的视频" in page.input_value("[name=phrasings]")

    agent = open_page("agent")
    search(agent, "不想让别人评论我的视频")
    assert "允许评论" not in agent.content()
    assert agent.locator(".console-result", has_text="关闭作品评论").count() == 0
    page.bring_to_front()
    publish(page, "来自互动说明")
    open_found(agent, "不想让别人评论我的视频", "关闭作品评论")


def test_a_long_import_is_left_and_come_back_to(open_page: Opener, fits: Shots, desk: Desk) -> None:
    page = open_page("editor")
    rows = "".join(
        f"有没有第 {number} 个功能？,您好，第 {number} 个功能还没有。\n" for number in range(1500)
    )
    table = {
        "name": "功能.csv",
        "mimeType": "text/csv",
        "buffer": f"标准问,参考话术\n{rows}".encode(),
    }
    page.goto("/admin/kb-imports/")
    page.set_input_files("[name=files]", [table])
    # No worker takes it before it has been left for long enough to be told of its end.
    with desk.holding("klingdesk.imports"):
        page.click(".imports-upload button")
        page.wait_for_selector("#import-progress progress")
        address = page.url
        fits(page, "kb-import-reading")
        page.goto("/admin/kb-imports/")
        fits(page, "kb-imports-reading")
        page.wait_for_timeout(WAITED_FOR / timedelta(milliseconds=1))
    page.goto(address)
    # The page turns into the proposal by itself.
    page.wait_for_selector(".imports-entry")
    page.goto("/admin/inbox/")
    assert "功能.csv" in page.inner_text(".desk-notices .is-unread >> nth=0")
    page.goto(address)
    page.click("button[value=discard]")
    page.wait_for_selector(".messagelist .success")


def test_notices_and_the_other_pages_of_the_room_fit(open_page: Opener, fits: Shots) -> None:
    page = open_page("editor")
    new_question(page, title="作品能不能定时公开", script="您好，暂时不能。", phrasings="定时发布")
    type_in(page, script="您好，可以在发布时选择日期。")
    press(page, "submit")
    admin = open_page("admin")
    admin.goto("/admin/inbox/")
    assert "作品能不能定时公开" in admin.inner_text(".desk-notices .is-unread >> nth=0")
    fits(admin, "inbox")
    admin.click(".desk-notices .is-unread a >> nth=0")
    admin.wait_for_selector("#question-form")
    admin.click(".question-bar summary:has-text('退回')")
    admin.fill("[name=comment]", "请写明在哪个页面选择日期。")
    press(admin, "send_back")
    page.goto("/admin/inbox/")
    page.click(".desk-notices a:has-text('作品能不能定时公开') >> nth=0")
    page.wait_for_selector(".desk-notice--warn:has-text('请写明在哪个页面选择日期。')")
    fits(page, "kb-question-sent-back")
    page.goto("/admin/inbox/")
    page.click("form:not(:has([name=id])) button:has-text('已读')")
    page.wait_for_selector(".desk-notices")
    assert page.locator(".desk-notices .is-unread").count() == 0

    for name, address in PAGES.items():
        page.goto(address)
        fits(page, name)
