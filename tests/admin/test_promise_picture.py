"""How the ticket page tells where its due dates come from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.admin.promise_desk import browser
from tests.conftest import NOW
from tickets.admin.promise_picture import PictureCell, PromisePicture, promise_pictures
from tickets.models import Ticket
from tickets.selectors.due import TimeLeftReader
from tickets.selectors.tickets import ticket_get_for
from tickets.services.alarms import fire_alarms
from tickets.services.claims import claim
from tickets.services.waiting import resume, wait
from tickets.services.work import log_contact

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: str, time: str = "10:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{time}:00").replace(tzinfo=SHANGHAI)


@pytest.fixture
def pictures(manager: Any) -> Callable[..., list[PromisePicture]]:
    def make(ticket: Ticket, now: datetime) -> list[PromisePicture]:
        fetched = ticket_get_for(user=manager, number=ticket.number)
        return promise_pictures(fetched, reader=TimeLeftReader(now=now), now=now)

    return make


def cells(picture: PromisePicture) -> dict[date, PictureCell]:
    return {
        cell.date: cell
        for month in picture.months
        for week in month.weeks
        for cell in week
        if cell is not None
    }


def test_counted_days_have_numbers_and_the_others_a_reason(
    make_ticket: Callable[..., Ticket], pictures: Callable[..., list[PromisePicture]]
) -> None:
    start = at("2026-09-30")
    contact, resolve = pictures(make_ticket(now=start), start)
    assert (contact.kind, resolve.kind) == ("contact", "resolve")
    found = cells(contact)
    marks = {day.isoformat(): cell.mark for day, cell in found.items()}
    assert marks["2026-09-30"] == "S"
    assert marks["2026-10-01"] == "H"
    assert marks["2026-10-08"] == "1"
    assert marks["2026-10-10"] == "3M◆"
    assert marks["2026-10-11"] == ""
    assert found[date(2026, 10, 10)].classes == "cal-counted cal-make-up cal-due"
    assert "make-up workday for National Day" in found[date(2026, 10, 10)].words
    assert "due" in found[date(2026, 10, 10)].words
    assert "National Day" in found[date(2026, 10, 1)].words
    # Only the weeks of the promise, though in two months.
    assert [(month.first.month, len(month.weeks)) for month in contact.months] == [(9, 1), (10, 2)]
    assert contact.sentences == [
        "Handed over on Wed 30 Sep 10:00; that day is not counted.",
        "3 working days by version 1 of the policy end on Sat 10 Oct 18:00.",
    ]
    assert sum(day.counted for day in resolve.days) == 10


def test_pauses_are_shown_and_the_time_that_they_give_back(
    make_ticket: Callable[..., Ticket],
    pictures: Callable[..., list[PromisePicture]],
    advisor: Any,
) -> None:
    ticket = make_ticket(now=at("2026-03-04"))
    claim(number=ticket.number, acting_user=advisor, now=at("2026-03-04", "11:00"))
    wait(
        number=ticket.number,
        acting_user=advisor,
        note="sends a picture",
        next_try_at=at("2026-03-20"),
        now=at("2026-03-05", "09:00"),
    )
    during = at("2026-03-06", "12:00")
    _contact, resolve = pictures(ticket, during)
    assert resolve.words == "stands still"
    assert any(said.startswith("Stands still since Thu 5 Mar") for said in resolve.sentences)
    assert cells(resolve)[date(2026, 3, 6)].mark == "2‖"
    resume(number=ticket.number, acting_user=advisor, now=at("2026-03-06", "13:30"))
    contact, resolve = pictures(ticket, at("2026-03-06", "14:00"))
    assert not any("still" in said for said in contact.sentences)
    pause = next(said for said in resolve.sentences if said.startswith("Stood still"))
    assert pause.endswith("(waiting for the user): 13 h 30 min of working time.")
    assert any("moves by 13 h 30 min" in said for said in resolve.sentences)
    found = cells(resolve)
    assert found[date(2026, 3, 5)].mark == "1‖"
    assert "the clock stands still" in found[date(2026, 3, 5)].words
    # Ten days end on Wednesday 18 March, a day and a half later it is Friday half past one.
    assert found[date(2026, 3, 18)].mark == "10"
    assert found[date(2026, 3, 19)].mark == "+"
    assert found[date(2026, 3, 20)].mark == "+◆"
    assert resolve.due_at == at("2026-03-20", "13:30")


def test_provisional_days_are_marked(
    make_ticket: Callable[..., Ticket], pictures: Callable[..., list[PromisePicture]]
) -> None:
    start = at("2026-12-28")
    contact, _resolve = pictures(make_ticket(now=start), start)
    assert contact.provisional
    assert cells(contact)[date(2026, 12, 29)].mark == "1?"
    assert "cal-provisional" in cells(contact)[date(2026, 12, 29)].classes
    assert "The holiday notice is still to come and may move this date." in contact.sentences


def test_a_breach_stays_and_a_kept_promise_says_so(
    make_ticket: Callable[..., Ticket],
    pictures: Callable[..., list[PromisePicture]],
    advisor: Any,
) -> None:
    late, kept = make_ticket(), make_ticket()
    claim(number=kept.number, acting_user=advisor, now=NOW)
    log_contact(
        number=kept.number, acting_user=advisor, kind="call_back", result="reached", now=NOW
    )
    contact, _resolve = pictures(kept, NOW)
    assert (contact.words, contact.level) == ("promise kept", "ok")
    week_later = NOW + timedelta(days=7)
    fire_alarms(now=week_later)
    contact, _resolve = pictures(late, week_later)
    assert contact.level == "bad"
    assert contact.sentences[-1] == "Breached since Mon 9 Mar 18:00; it stays so."


def test_the_page_shows_it_without_inline_style_and_costs_no_query(
    make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    ticket = make_ticket()
    html = browser(manager).get(f"/admin/ticket/{ticket.number}/").content.decode()
    for text in (
        'aria-labelledby="clock-contact"',
        'aria-labelledby="clock-resolve"',
        "desk/promise.css",
        "cal-counted cal-due",
        "3 working days by version 1 of the policy",
    ):
        assert text in html
    assert "style=" not in html
    fetched = ticket_get_for(user=manager, number=ticket.number)
    reader = TimeLeftReader(now=NOW)
    with CaptureQueriesContext(connection) as seen:
        assert len(promise_pictures(fetched, reader=reader, now=NOW)) == 2
    assert len(seen) == 0


def test_a_record_without_a_promise_has_no_picture(
    make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    ticket = make_ticket()
    ticket.clocks.all().delete()
    assert promise_pictures(ticket, reader=TimeLeftReader(now=NOW), now=NOW) == []
