"""The pages as people see them in Chinese: no English left, dates the Chinese way.

The catalogue test proves that what is marked is translated; this one finds what is not marked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from django.test import Client

from kb.models import StandardQuestion
from klingdesk.moments import due_words
from tests.conftest import NOW
from tickets.admin.words import day_words, time_left_words
from tickets.models import RoutingRule, Team, Ticket
from tickets.rules.sla import TimeLeft
from tickets.services.chases import chase
from tickets.services.claims import claim
from tickets.services.report_facts import refresh_facts
from tickets.services.work import log_contact

SPOKEN = ("title", "aria-label", "alt", "placeholder", "data-label", "data-done", "data-failed")
SILENT = {"script", "style", "kbd", "code", "pre"}
"""Not words of ours: keys to press, keys of nodes, texts as they were written."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")
WORD = re.compile(r"[A-Za-z]{2,}")
FINE = {
    "English",  # the switch to it
    "ID",
    "klingdesk",
    "True",  # alternative texts of the stock admin's icons, not marked for translation there
    "False",
    "Search",
    "CSV",  # forms of files
    "Excel",
    "XLSX",
    "YAML",
}
# Data that is Latin by nature: keys, slugs, user names, and what these tests wrote themselves.
DATA = re.compile(
    r"agent|advisor2?|manager|editor|editor \(editor\)|admin|stranger|tier2"
    r"|agent ·(?: [\d -]+:\d+)?|KL-[\d-]+|safety|credits|twice|twice-charged|price|yes|no|refresh"
    r"|test|fraud-report|contact v1|T\d+|[\w.]+@[\w.]+|v\d+|ID \d+|CANARY\S*|.*CANARY-internal.*"
)


class Texts(HTMLParser):
    """What a page says: its text and the attributes that are read out or shown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        given = {name: value or "" for name, value in attrs}
        self.said += [given[name] for name in SPOKEN if given.get(name)]
        if tag == "input" and given.get("type") == "submit":
            self.said.append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.said.append(data.strip())


def english_in(html: str) -> set[str]:
    """Texts of a page that have Latin words and no Chinese at all, or mix in whole phrases."""
    found = set()
    for text in Texts(html).said:
        if text in FINE or DATA.fullmatch(text.lstrip("0123456789-: ·›")) or not WORD.search(text):
            continue
        if not CHINESE.search(text) or re.search(r"[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}", text):
            found.add(text)
    return found


ROWS = "from=2026-03-01&to=2026-03-31&metric="
EVERYBODY = ("/admin/inbox/", "/admin/inbox/settings/", "/admin/account/")
AGENT = (
    "/admin/console/",
    "/admin/console/?q=灵感值",
    "/admin/console/?q=zz",
    "/admin/console/questions/twice-charged/",
    "/admin/password_change/",
    "/no/such/page/",
    "/admin/queue/",
)
ADVISOR = (
    "/admin/queue/",
    "/admin/queue/?view=mine",
    "/admin/queue/?view=resolved",
    "/admin/queue/?q=1",
)
MANAGER = (
    "/admin/reports/sla/?from=2026-03-01&to=2026-03-31",
    "/admin/reports/sla/?from=nothing",
    "/admin/reports/groups/?from=2026-03-01&to=2026-03-31&group=day",
    "/admin/reports/groups/?from=2026-03-01&to=2026-03-31&group=outcome&compare=none",
    "/admin/reports/contacts/?from=2026-03-01&to=2026-03-31",
    "/admin/reports/hand-overs/?from=2026-03-01&to=2026-03-31&group=agent",
    "/admin/reports/knowledge/?from=2026-03-01&to=2026-03-31",
    f"/admin/reports/sla/tickets/?{ROWS}handed_over",
    f"/admin/reports/contacts/list/?{ROWS}contacts",
    f"/admin/reports/knowledge/searches/?{ROWS}searches",
    "/admin/queue/?view=open",
    "/admin/site/",
    "/admin/tickets/team/",
    "/admin/calendar/",
    "/admin/calendar/?year=2028",
    "/admin/calendar/2026-03-06/",
    "/admin/calendar/notice/",
    "/admin/promise/policies/",
    "/admin/promise/policies/contact/",
    "/admin/promise/changes/",
)
EDITOR = (
    "/admin/kb/standardquestion/",
    "/admin/kb/standardquestion/add/",
    "/admin/kb-flows/",
    "/admin/kb-flows/?q=zz",
    "/admin/kb-flow-new/",
    "/admin/kb-flows/twice/",
    "/admin/kb-flows/twice/form/",
    "/admin/kb-flows/twice/form/new/",
    "/admin/kb-flows/twice/versions/",
    "/admin/kb-flows/twice/versions/1/",
    "/admin/kb-flows/twice/diagram/",
    "/admin/kb-flows/twice/diagram/?node=pages",
    "/admin/kb-flows/twice/compare/?from=1&to=1",
    "/admin/kb-flows/twice/try/",
    "/admin/kb-flows/twice/replay/",
    "/admin/kb-flows/twice/numbers/",
    "/admin/kb/revision/",
    "/admin/kb/synonym/",
    "/admin/kb/synonym/add/",
    "/admin/kb/category/",
    "/admin/kb-room/",
    "/admin/kb-room/open-questions/",
    "/admin/kb-room/open-questions/new/",
    "/admin/kb-room/questions/twice-charged/revisions/",
    "/admin/kb-room/questions/twice-charged/revisions/1/",
    "/admin/kb-room/questions/twice-charged/revisions/compare/",
    "/admin/kb-gaps/",
    "/admin/kb-imports/",
)


def _routing(advisor: Any) -> list[str]:
    rule = RoutingRule.objects.get()
    advisors = ["/admin/advisors/", f"/admin/advisors/{advisor.pk}/"]
    return ["/admin/routing/", "/admin/routing/new/", f"/admin/routing/{rule.pk}/", *advisors]


@pytest.fixture
def pages(
    make_ticket: Callable[..., Ticket], at_hand_over: Callable[..., int], agent: Any, advisor: Any
) -> dict[str, list[str]]:
    """Addresses by role, with a ticket that has something of everything."""
    ticket = make_ticket()
    chase(number=ticket.number, acting_user=agent, note="催", now=NOW)
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    log_contact(
        number=ticket.number,
        acting_user=advisor,
        kind="call_back",
        result="no_answer",
        now=NOW,
        note="没人接",
    )
    waiting = make_ticket()
    question = StandardQuestion.objects.get(key="twice-charged")
    contact = f"/admin/console/contacts/{at_hand_over()}/"
    ended = f"/admin/console/contacts/{ticket.consultations.get().pk}/"
    knowledge = f"/admin/kb/standardquestion/{question.pk}"
    team = Team.objects.get(slug="tier2").pk
    refresh_facts(now=NOW)
    return {
        "agent": [*AGENT, *EVERYBODY, contact, ended],
        "advisor": [
            *ADVISOR,
            f"/admin/ticket/{ticket.number}/",
            f"/admin/ticket/{waiting.number}/",
        ],
        "manager": [*MANAGER, f"/admin/tickets/team/{team}/change/", *_routing(advisor)],
        "editor": [
            *EDITOR,
            f"{knowledge}/change/",
            f"{knowledge}/history/",
            f"/admin/kb/revision/{question.revisions.get().pk}/change/",
        ],
    }


@pytest.mark.parametrize("role", ["agent", "advisor", "manager", "editor"])
def test_no_english_is_left(
    role: str, request: pytest.FixtureRequest, pages: dict[str, list[str]], chinese: None
) -> None:
    with time_machine.travel(NOW, tick=False):
        client = Client()
        client.force_login(request.getfixturevalue(role))
        left = {}
        for address in pages[role]:
            response = client.get(address)
            assert response.headers["Content-Language"] == "zh-hans", address
            if english := english_in(response.content.decode()):
                left[address] = english
    assert left == {}


def test_the_check_finds_english() -> None:
    assert english_in('<p title="Save it">好</p><b>Take over</b>') == {"Save it", "Take over"}
    assert english_in("<p>请 take the next one 吧</p>") == {"请 take the next one 吧"}
    assert english_in("<p>账号 ID</p><kbd>Enter</kbd><script>let a = 1</script>") == set()


def test_the_login_page(chinese: None, db: None) -> None:
    assert english_in(Client().get("/admin/login/").content.decode()) == set()


def test_texts_of_the_admins_scripts(chinese: None, manager: Any) -> None:
    """Django's own catalogue and what ours adds to it."""
    client = Client()
    client.force_login(manager)
    script = client.get("/admin/jsi18n/").content.decode()
    texts = json.loads(re.search(r"const newcatalog = (\{.*?\});", script, re.S)[1])  # type: ignore[index]
    assert texts["Choose all %s"] == "选择全部%s"
    assert texts["(click to clear)"] == "（点击清除）"
    assert texts["Today"] == "今天"


def test_dates_and_days_the_chinese_way(chinese: None) -> None:
    assert due_words(datetime(2026, 11, 25, 10, 0, tzinfo=UTC)) == "周三 11月25日 18:00"
    make_up = {"date": "2026-02-14", "counted": True, "why": "make_up", "name": "Spring Festival"}
    assert day_words(make_up, 1) == "计入：第 1 个工作日（春节调休上班）"
    holiday = {"date": "2026-10-01", "counted": False, "why": "holiday", "name": "National Day"}
    assert day_words(holiday) == "不计入：国庆节"
    left = TimeLeft(breached=True, working_days=1, working_minutes=0)
    assert time_left_words(left) == "已超时 1 个工作日"
