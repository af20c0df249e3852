"""The editor's room: a text from its first draft to the agent who reads it out."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from tests.browser.knowledge_steps import (
    new_question,
    open_found,
    open_from_list,
    press,
    press_key,
    publish,
    tab_to,
    told,
    type_in,
)

pytestmark = pytest.mark.browser

Opener = Callable[..., Any]
Shots = Callable[[Any, str], None]


def png() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (320, 180), "#2a6fb0").save(stream, format="PNG")
    return stream.getvalue()


def test_a_text_goes_from_the_room_to_the_agent(open_page: Opener, fits: Shots) -> None:
    page = open_page("editor")
    assert page.url.endswith("/admin/kb-room/")
    fits(page, "kb-room")
    title = "生成的视频怎样投到电视上看"
    new_question(page, title=title, script="您好，目前只能在网页上观看。", phrasings="投屏怎么弄")

    open_from_list(page, title)
    script = "您好，请先把作品下载到手机，再用手机自带的投屏功能放到电视上。"
    phrasing = "作品想放到客厅大屏幕上给家里人瞧瞧"
    type_in(page, script=script, phrasings=f"投屏怎么弄\n{phrasing}")
    for side in ("agent", "user"):
        page.wait_for_selector(f"[aria-labelledby=question-view-{side}]:has-text('{script}')")
    assert "投屏功能" in page.inner_text("#question-preview .question-changes ins >> nth=0")
    assert page.locator("#question-preview del:has-text('只能在网页上观看')").count() == 1

    page.fill("#question-words", "想放到客厅大屏幕")
    page.keyboard.press("Enter")
    page.wait_for_selector("#question-trial .question-hit--this")
    assert "1" in page.inner_text("#question-trial section >> nth=1 >> h4")
    fits(page, "kb-question")

    press(page, "save")
    assert "草稿" in told(page)
    assert page.input_value("[name=script]") == script
    press(page, "submit")
    assert page.locator(".question-bar button[value=send_back]").count() == 1
    press(page, "publish")
    assert page.locator("#question-errors").is_visible(), "a reason is needed"
    assert page.input_value("[name=script]") == script
    publish(page, "补充投屏做法")

    agent = open_page("agent")
    open_found(agent, phrasing, title)
    assert agent.inner_text("#script-main") == script
    assert "只能在网页上观看" not in agent.content()


def test_the_whole_of_it_goes_without_a_mouse(open_page: Opener) -> None:
    page = open_page("editor")
    title = "误删的提示词还能找回吗"
    new_question(page, title=title, script="您好，暂时找不回来。")
    page.goto("/admin/kb-room/")
    tab_to(page, "a[href='/admin/kb/standardquestion/']")
    press_key(page, "Enter")
    tab_to(page, "#searchbar")
    page.keyboard.type(title)
    press_key(page, "Enter")
    tab_to(page, "#result_list tbody th a")
    press_key(page, "Enter")

    tab_to(page, "[name=script]")
    page.keyboard.press("Control+a")
    page.keyboard.type("您好，请到历史记录里打开那次生成，提示词就在作品旁边。")
    tab_to(page, "[name=phrasings]")
    page.keyboard.type("写好的描述词不小心清掉了怎么弄回来")
    page.wait_for_selector("#question-preview ins:has-text('不小心清掉了')")
    tab_to(page, "#question-words")
    page.keyboard.type("描述词不小心清掉了")
    page.keyboard.press("Enter")
    page.wait_for_selector("#question-trial .question-hit--this")
    press_key(page, "Control+s")
    assert "草稿" in told(page)

    tab_to(page, "button[value=submit]:not(.question-default)")
    press_key(page, "Enter")
    tab_to(page, "[name=reason]")
    page.keyboard.type("改为可找回")
    tab_to(page, "button[value=publish]")
    press_key(page, "Enter")
    assert page.locator(".messagelist .success").count() == 1

    agent = open_page("agent")
    open_found(agent, "描述词不小心清掉了", title)
    assert "历史记录" in agent.inner_text("#script-main")


def test_two_editors_at_once_lose_nothing(open_page: Opener, fits: Shots) -> None:
    first, second = open_page("editor"), open_page("admin")
    form = new_question(first, title="画面里的字总是写错怎么办", script="您好，请把文字写短。")
    second.goto(form)
    type_in(first, script="您好，请把要出现的文字控制在四个字以内。", internal_note="先看原图。")
    press(first, "save")

    mine = "您好，建议先生成画面，后期再加字幕。"
    type_in(second, script=mine, fallback="您好，我帮您记录下来。", reason="两边都改了")
    press(second, "save")
    conflict = second.locator("#question-conflict")
    assert conflict.is_visible()
    assert "四个字以内" in conflict.inner_text()
    assert second.input_value("[name=script]") == mine
    assert second.input_value("[name=fallback]") == "您好，我帮您记录下来。"
    assert second.input_value("[name=internal_note]") == "先看原图。", "theirs, as it was untouched"
    assert second.input_value("[name=reason]") == "两边都改了"
    fits(second, "kb-question-conflict")
    press(second, "save")
    assert "草稿" in told(second)

    # …and the other way round, when somebody has published meanwhile
    type_in(first, phrasings="视频里的招牌字不对")
    publish_refused(first)
    assert first.input_value("[name=script]") == mine, "theirs, as it was untouched"
    assert first.input_value("[name=phrasings]") == "视频里的招牌字不对"


def publish_refused(page: Any) -> None:
    type_in(page, reason="发布")
    press(page, "publish")
    assert page.locator("#question-conflict").is_visible()


def test_an_old_revision_is_compared_and_restored(open_page: Opener, fits: Shots) -> None:
    page = open_page("editor")
    title = "能不能把作品清单导出成表格"
    new_question(page, title=title, script="您好，暂不支持导出，请截图保存。")
    type_in(page, script="您好，已经支持导出，请在作品页右上角操作。")
    publish(page, "写成已支持")

    page.click("a:has-text('全部版本')")
    page.click("form.room-choose button")
    page.wait_for_url(re.compile("/compare/"))
    assert "截图保存" in page.inner_text(".question-changes del >> nth=-1")
    assert page.locator("del:has-text('不')").count() >= 1
    assert "作品页右上角" in " ".join(page.locator("ins").all_inner_texts())
    fits(page, "kb-compare")
    page.go_back()
    fits(page, "kb-revisions")
    page.click("#content table a:has-text('版本 1')")
    page.wait_for_selector("form[action$='/restore/']")
    fits(page, "kb-revision")
    page.click("form[action$='/restore/'] button")
    page.wait_for_selector("form[action$='/restore/'] .errorlist")
    page.fill("form[action$='/restore/'] [name=reason]", "功能其实还没有上线")
    page.click("form[action$='/restore/'] button")
    page.wait_for_selector(".messagelist .success")
    assert page.locator("#content table tbody tr").count() == 3

    agent = open_page("agent")
    open_found(agent, title, title)
    assert agent.inner_text("#script-main") == "您好，暂不支持导出，请截图保存。"


def test_a_picture_reaches_the_agent_and_a_false_one_does_not(
    open_page: Opener, fits: Shots
) -> None:
    page = open_page("editor")
    title = "怎样把界面换成深色"
    page.goto("/admin/kb/standardquestion/add/")
    type_in(
        page,
        title=title,
        category="usage",
        script="您好，请点右上角的圆形图标切换。",
        phrasings="晚上看着刺眼想调暗",
    )
    page.set_input_files(
        "[name=uploads]",
        [
            {"name": "切换深色.png", "mimeType": "image/png", "buffer": png()},
            {"name": "网页.png", "mimeType": "image/png", "buffer": b"<html><script>1</script>"},
        ],
    )
    with page.expect_navigation():
        page.click(".question-upload button")
    assert "网页.png" in page.inner_text(".question-field--uploads .errorlist")
    assert page.input_value("[name=script]") == "您好，请点右上角的圆形图标切换。"
    assert page.input_value("[name=phrasings]") == "晚上看着刺眼想调暗"
    assert page.locator(".question-attachment").count() == 1
    assert page.input_value("[name=attachments-0-title]") == "切换深色"
    fits(page, "kb-question-upload")
    publish(page, "新增")

    agent = open_page("agent")
    open_found(agent, "晚上看着刺眼", title)
    picture = agent.locator(".console-attachments img")
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 320
    assert picture.get_attribute("alt") == "切换深色"
    fits(agent, "console-attachment")
    with agent.expect_download() as download:
        agent.click(".console-attachments a[download]")
    assert download.value.suggested_filename.endswith(".png")
