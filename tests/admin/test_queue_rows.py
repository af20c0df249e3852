"""Kept lines of the queue: the same values give the same line, any other value another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from tests.conftest import NOW
from tickets.admin import queue_rows
from tickets.admin.queue_rows import Columns, Line, lines_of, rendered
from tickets.admin.ticket_promise import NO_PROMISE, Promise
from tickets.models import Clock, Team, Ticket
from tickets.models.labels import ClockKind, Priority, Status
from tickets.selectors.listed import as_listed, columns_of
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
    "promise": LINE.promise._replace(words="1 day", level="warn"),
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
    assert markup() is markup(LINE._replace())
    assert queue_rows._markup.cache_info().misses == 1


def test_every_value_that_a_line_holds_is_shown() -> None:
    """Else it would fill the memory with lines that look alike."""
    first = markup()
    for name, value in OTHER.items():
        assert markup(LINE._replace(**{name: value})) != first, name
    resolved = ALL._replace(shows_resolved=True)
    assert markup(LINE._replace(resolved_at=NOW), resolved) != markup(LINE, resolved)
    assert set(Line._fields) == OTHER.keys() | {"resolved_at"}


@pytest.mark.parametrize("name", Columns._fields)
def test_columns_belong_to_what_is_kept(name: str) -> None:
    other = "list=y" if name == "link_query" else not getattr(ALL, name)
    assert markup(LINE, ALL._replace(**{name: other})) != markup()


def test_the_next_day_and_another_language_are_other_lines(chinese: Any) -> None:
    first = markup()
    assert markup(now=NOW + timedelta(days=1)) is not first
    with translation.override("zh-hans"):
        assert rendered([LINE], ALL, now=NOW)[0] != first


@pytest.mark.django_db
def test_minutes_that_pass_change_no_line(make_ticket: Callable[..., Ticket]) -> None:
    make_ticket()
    tickets = as_listed(columns_of(Ticket.objects.in_queue_order()))
    first, second, later = (
        lines_of(tickets, now=NOW + timedelta(minutes=minutes)) for minutes in (0, 1, 60 * 60)
    )
    assert first == second != later


@pytest.mark.django_db
def test_a_record_without_a_promise_has_a_line(make_ticket: Callable[..., Ticket]) -> None:
    ticket = make_ticket()
    Clock.objects.filter(ticket=ticket, kind=ClockKind.CONTACT).delete()
    (line,) = lines_of(as_listed(columns_of(Ticket.objects.all())), now=NOW)
    assert line.promise is NO_PROMISE


def test_markup_in_a_value_stays_text() -> None:
    assert "&lt;b&gt;" in markup(LINE._replace(question="<b>"))


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
