"""What people read when the desk is ready."""

from __future__ import annotations

from typing import Any

import pytest

from klingdesk.embedded.console import Console
from klingdesk.embedded.demo import PEOPLE
from klingdesk.embedded.welcome import can_show_chinese, welcome

ADDRESS = "http://127.0.0.1:8000/admin/"


def said(capfd: Any, *, password: str, shows_chinese: bool) -> str:
    welcome(Console(), address=ADDRESS, password=password, shows_chinese=shows_chinese)
    return str(capfd.readouterr().out)


def test_address_logins_and_what_next_in_both_languages(capfd: Any) -> None:
    text = said(capfd, password="secret-for-once", shows_chinese=True)
    assert f"The desk is ready: {ADDRESS}" in text
    rows = {line.split()[0]: line for line in text.splitlines() if "secret-for-once" in line}
    assert sorted(rows) == sorted(name for name, _role in PEOPLE)
    assert rows["agent"].endswith("frontline agent  一线坐席")
    assert "a tour" in text
    assert "导览" in text
    assert text.rstrip().endswith("按 Ctrl-C 停止，数据会保留。")


def test_a_terminal_that_cannot_show_chinese_gets_none(capfd: Any) -> None:
    text = said(capfd, password="secret-for-once", shows_chinese=False)
    assert text.isascii()
    assert "Ctrl-C stops it" in text


def test_without_demo_people_there_are_no_logins(capfd: Any) -> None:
    text = said(capfd, password="", shows_chinese=False)
    assert "login" not in text
    assert ADDRESS in text


@pytest.mark.parametrize(
    ("encoding", "can"), [("utf-8", True), ("gb18030", True), ("ascii", False), (None, False)]
)
def test_what_a_terminal_can_show(encoding: str | None, can: bool) -> None:
    assert can_show_chinese(encoding) is can
