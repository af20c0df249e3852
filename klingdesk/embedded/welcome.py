"""What the terminal says when the desk is ready: English, and Chinese where it can be shown."""

from __future__ import annotations

from klingdesk.embedded.console import Console
from klingdesk.embedded.demo import PEOPLE

CHINESE = {
    "frontline agent": "一线坐席",
    "tier-2 advisor": "二线高级顾问",
    "manager": "主管",
    "knowledge editor": "知识运营",
    "administrator": "管理员",
}


def welcome(console: Console, *, address: str, password: str, shows_chinese: bool) -> None:
    """``password`` is that of the demo people; empty: there are none."""

    def say(english: str, chinese: str) -> None:
        console.line(english)
        if shows_chinese:
            console.line(chinese)

    console.line()
    say(f"The desk is ready: {address}", "客服台已就绪，用浏览器打开上面的地址。")
    console.line()
    if password:
        rows = [("login", "password", "role")]
        rows += [
            (name, password, f"{role}  {CHINESE[role]}" if shows_chinese else role)
            for name, role in PEOPLE
        ]
        console.table(rows)
        console.line()
        say(
            "Log in as one of them: a tour of the role's pages is offered, and Help is in the "
            "header of every page.",
            "选一个账号登录：会有导览带你熟悉该角色的页面，页面顶部随时可看“帮助”。",
        )
        console.line()
    say("Ctrl-C stops it; the data stays.", "按 Ctrl-C 停止，数据会保留。")


def can_show_chinese(encoding: str | None) -> bool:
    """Whether a terminal with that encoding would show Chinese and not question marks."""
    try:
        "客服台".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
