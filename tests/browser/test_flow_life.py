"""The life of a flow in a real browser: walked, changed, replayed, published, counted, restored."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.knowledge_steps import told
from tests.browser.test_flows_console import begin, choose, prompt

pytestmark = pytest.mark.browser

Opener = Callable[..., Any]
Shots = Callable[[Any, str], None]
QUESTION = "kwaicut-watermark-escalate"
ROOM = "/admin/kb-flows/watermark/"
IN_KWAICUT, ELSEWHERE = "快影 App 里充值", "其他渠道充值"
OF_VERSION_1 = "读完提醒后"
"""Begins what version 1 asks after ``ELSEWHERE``; version 2 ends there."""


def choose_the_last(page: Any, label: str) -> None:
    """An answer that leads to an end, where nothing is asked any more."""
    labels = page.locator(".console-choice span").all_inner_texts()
    page.keyboard.press(str(labels.index(label) + 1))
    page.wait_for_selector("button[name=outcome][value=answered]")


def finish(page: Any) -> None:
    with page.expect_navigation():
        page.keyboard.press("f")


def save(page: Any, step: str) -> None:
    with page.expect_navigation():
        page.click(f"#flow-form [name=step][value={step}]")


def sums(page: Any) -> list[str]:
    """The numbers of runs that end the same and that would not."""
    return re.findall(r"\d+", " ".join(page.locator(".runs-sums li strong").all_inner_texts()))[:2]


def test_from_the_first_runs_to_the_next_version_and_back(
    open_page: Opener, fits: Shots, tmp_path: Path
) -> None:
    agent = open_page("agent")
    begin(agent, QUESTION)
    choose_the_last(agent, IN_KWAICUT)
    finish(agent)
    begin(agent, QUESTION)
    choose(agent, ELSEWHERE)
    choose_the_last(agent, "不登记，结束咨询")
    finish(agent)
    begin(agent, QUESTION)  # and this user is still there
    under_way = agent.url

    editor = open_page("editor")
    editor.goto(ROOM)
    text = editor.input_value("#flow-form textarea[name=text]")
    changed = text.replace("next: kwaicut-sells-credits}", "next: HERE}")
    changed = changed.replace("next: no-other-channel}", "next: kwaicut-sells-credits}")
    changed = changed.replace("next: HERE}", "next: no-other-channel}")
    assert changed != text
    editor.fill("#flow-form textarea[name=text]", changed)
    save(editor, "save")

    editor.goto(f"{ROOM}replay/?against=draft&most=200")
    editor.wait_for_selector("#replayed .runs-sums")
    editor.wait_for_selector("#replayed progress", state="detached")
    assert sums(editor) == ["0", "2"]
    assert "no-other-channel" in editor.inner_text("#replayed")
    fits(editor, "flow-replay")

    editor.goto(ROOM)
    editor.fill("[name=reason]", "")
    editor.click("#flow-form [name=step][value=publish]")
    editor.wait_for_selector("[name=reason]:invalid, .errorlist")
    editor.fill("[name=reason]", "换了两个去向")
    save(editor, "publish")
    assert "2" in told(editor)

    agent.goto(under_way)
    choose(agent, ELSEWHERE)
    assert prompt(agent).startswith(OF_VERSION_1), "a run stays on the version it began with"
    begin(agent, QUESTION)
    choose_the_last(agent, ELSEWHERE)
    finish(agent)

    editor.goto(f"{ROOM}numbers/")
    editor.wait_for_selector(".flow-canvas g.node")
    fits(editor, "flow-numbers")
    with editor.expect_download() as loading:
        editor.click("a[href*='format=csv']")
    loading.value.save_as(tmp_path / "numbers.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "numbers.csv").read_text("utf-8-sig"))))
    assert any("kwaicut-sells-credits" in row for row in rows), rows[:5]

    editor.goto(f"{ROOM}versions/1/")
    with editor.expect_navigation():
        editor.click(f"form[action='{ROOM}versions/1/draft/'] [type=submit]")
    assert editor.input_value("#flow-form textarea[name=text]") == text
    editor.fill("[name=reason]", "换回来")
    save(editor, "publish")
    assert "3" in told(editor)
