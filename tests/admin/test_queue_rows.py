"""Kept lines of the queue: the same values give the same line, any other value another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from tests.conftest import NOW
from tickets.admin import queue_rows
from tickets.admin.queue_rows import Columns, Line, rendered
from tickets.admin.ticket_promise import Promise
from tickets.models import Team, Ticket
from tickets.models.labels import Priority, Status
from tickets.rules.sla import TimeLeft
from tickets.services.claims import claim

LINE = Line(
    number="T00000001",
    promise=Promise(due_at=NOW, words="2 days", level="ok", provisional=False, running=True),
    question="扣了两次",
    status=Status.QUEUED,
    next_try_at=None,
    resolved_at=None,
    priority=Priority.NORMAL,
    priority_level="",
    chases=0,
    team="tier two",
    assignee="",
    account="70•••01",
)
ALL = Columns(True, True, False, True, "list=x")
OTHER: dict[str, Any] = {
    "number": "T00000002",
    "promise": replace(LINE.promise, words="1 day", level="warn"),
    "question": "<b>",
    "status": Status.ASSIGNED,
    "next_try_at": NOW,
    "priority": Priority.URGENT,
    "priority_level": "bad",
    "chases": 2,
    "team": "safety",
    "assignee": "小王",
    "account": "80•••02",
}


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    queue_rows._markup.cache_clear()
    yield
    queue_rows._markup.cache_clear()


def markup(line: Line = LINE, columns: Columns = ALL, *, now: datetime = NOW) -> str:
    with translation.override("en"):
        return rendered([line], columns, now=now)[0]


def test_the_same_values_are_rendered_once() -> None:
    assert markup() is markup(replace(LINE))
    assert queue_rows._markup.cache_info().misses == 1


def test_every_value_that_a_line_holds_is_shown() -> None:
    """Else it would fill the memory with lines that look alike."""
    first = markup()
    for name, value in OTHER.items():
        assert markup(replace(LINE, **{name: value})) != first, name
    resolved = replace(ALL, shows_resolved=True)
    assert markup(replace(LINE, resolved_at=NOW), resolved) != markup(LINE, resolved)
    assert {each.name for each in fields(Line)} == OTHER.keys() | {"resolved_at"}


@pytest.mark.parametrize("name", [each.name for each in fields(Columns)])
def test_columns_belong_to_what_is_kept(name: str) -> None:
    other = "list=y" if name == "link_query" else not getattr(ALL, name)
    assert markup(LINE, replace(ALL, **{name: other})) != markup()


def test_the_next_day_and_another_language_are_other_lines(chinese: Any) -> None:
    first = markup()
    assert markup(now=NOW + timedelta(days=1)) is not first
    with translation.override("zh-hans"):
        assert rendered([LINE], ALL, now=NOW)[0] != first


def test_minutes_that_pass_change_no_line(make_ticket: Callable[..., Ticket]) -> None:
    ticket = Ticket.objects.select_related("question", "team", "assignee").get(pk=make_ticket().pk)
    lines = {
        queue_rows.line_of(ticket, replace(LINE.promise, left=TimeLeft(2, minutes, False)))
        for minutes in (900, 901)
    }
    assert len(lines) == 1


def test_markup_in_a_value_stays_text() -> None:
    assert "&lt;b&gt;" in markup(replace(LINE, question="<b>"))


@pytest.mark.django_db
def test_the_page_follows_what_changes(
    make_ticket: Callable[..., Ticket], advisor: Any, manager: Any
) -> None:
    ticket = make_ticket()
    client = Client(headers={"accept-language": "en"})
    client.force_login(manager)

    def page() -> str:
        return client.get("/admin/queue/", {"view": "open"}).content.decode()

    assert advisor.username not in page().partition("<tbody>")[2].partition("</tbody>")[0]
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    Team.objects.filter(slug="tier2").update(name="renamed <team>")
    shown = page().partition("<tbody>")[2].partition("</tbody>")[0]
    assert advisor.username in shown or advisor.get_full_name() in shown
    assert "renamed &lt;team&gt;" in shown
