"""Numbers that users read out are hidden from whoever does not work the ticket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.conftest import NOW
from tickets.models import Ticket
from tickets.selectors.masking import masked_text, may_ask_for_number
from tickets.services.claims import claim
from tickets.services.notes import add_note


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("账号是1234567890，谢谢", "账号是12****，谢谢"),
        ("打 139 1234 5678 找我", "打 13**** 找我"),
        ("139-1234-5678", "13****"),
        ("扣了2次，共66灵感值", "扣了2次，共66灵感值"),
        ("T00000012 单", "T00000012 单"),
        ("与T00000012重复", "与T00000012重复"),
        ("AT00000012", "AT00****"),
        ("T000000123", "T00****"),
        ("T00000012 139", "T00****"),
        ("139，1234，5678", "13****"),
        ("137,7654,3210。", "13****。"),
        ("138、0013、8000；", "13****；"),
        ("[138][0013]“8000”", "[13****”"),
        ("账号 2345          6789", "账号 23****"),
        ("1️⃣3️⃣9️⃣7️⃣1️⃣2️⃣0️⃣3️⃣9️⃣4️⃣5️⃣", "13****️⃣"),
        ("①③⑨⑦①②⓪", "①③****"),
        ("幺三八，洞洞幺三，八洞洞洞", "幺三****"),
        ("扣了66、66、132灵感值", "扣了66、66、132灵感值"),
        ("10:30，11:20", "10:30，11:20"),
        ("T13912345678", "T13****"),
        ("2026-11-20 扣了两次", "2026-11-20 扣了两次"),
        (
            "在2026-11-20 18:05:09，又在2026-11-21T09:00",
            "在2026-11-20 18:05:09，又在2026-11-21T09:00",
        ),
        ("2026-11-01 - 2026-11-20", "2026-11-01 - 2026-11-20"),
        ("2026-11-20 1391234567", "20****"),
        ("139 2026-11-20", "13****"),
        ("2026-11-20，139 7120 3945", "2026-11-20，13****"),
        ("2026-11-2000", "20****"),
        ("2026-13-20", "20****"),
        ("1988-05-06 出生", "19**** 出生"),
        ("2026/11/2、2026.1.20", "2026/11/2、2026.1.20"),
        ("2026/11-20", "20****"),
        ("打139.7120.3945。", "打13****。"),
        ("139·7120·3945", "13****"),
        ("139 - 7120 - 3945", "13****"),
        ("139  7120  3945", "13****"),
        ("139\xa07120\xa03945", "13****"),
        ("139\u30007120\u30003945", "13****"),
        ("139—7120—3945，139–7120–3945", "13****"),
        ("139/7120/3945", "13****"),
        ("(139) 7120 3945", "(13****"),
        ("（139）7120（3945）", "（13****）"),
        ("139\r\n7120\r\n3945", "13****"),
        ("1\u200b3\u200b9\ufeff7120\u2060\u200d\u200d\u200d\u200d\u200d3945", "13****"),
        ("１３９ ７１２０ ３９４５", "１３****"),
        ("幺三九七一二零三九四五", "幺三****"),
        ("三次，二十五块，1080p 10 秒", "三次，二十五块，1080p 10 秒"),
        ("3月9日 18:00", "3月9日 18:00"),
        ("", ""),
    ],
)
def test_long_numbers_are_hidden(text: str, shown: str) -> None:
    assert masked_text(text) == shown


@pytest.mark.parametrize("text", ["1", "1-", "1\u200b", "1 - ", "\u200b", "1\u200b\u200b    x"])
def test_a_long_text_is_read_once(text: str) -> None:
    """With what is read again and again this takes hours."""
    masked_text(text * (400_000 // len(text)))


@pytest.mark.parametrize(
    ("words", "may"),
    [
        ("电话1", True),
        ("电话１", True),
        ("电话٣", True),
        ("打幺三", True),
        ("一 三", True),
        ("一个视频扣了两次", False),
        ("灵感值", False),
    ],
)
def test_words_that_would_tell_a_number(words: str, may: bool) -> None:
    assert may_ask_for_number(words) is may


def test_no_text_of_the_ticket_gives_the_number_away(
    make_ticket: Callable[..., Ticket], advisor: Any, advisor2: Any, manager: Any
) -> None:
    ticket = make_ticket(problem="我的号13912345678", demand="回电13912345678")
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    add_note(number=ticket.number, acting_user=advisor, note="已拨13912345678", now=NOW)
    for user, sees in ((advisor, True), (advisor2, False), (manager, False)):
        client = Client()
        client.force_login(user)
        for address in (f"/admin/ticket/{ticket.number}/", f"/api/v1/tickets/{ticket.number}/"):
            text = client.get(address).content.decode()
            assert ("13912345678" in text) is sees, (user, address)
    client.force_login(manager)
    found = client.get("/api/v1/tickets/", {"q": "13912345678"}).json()
    assert found["results"] == []
    ticket.refresh_from_db()
    assert ticket.problem == "我的号13912345678"
