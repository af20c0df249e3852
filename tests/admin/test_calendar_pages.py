"""The calendar's pages: a year, a day and its correction, the banner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from klingdesk.core.calendar import Override
from tests.admin.promise_desk import (
    DAY,
    DECEMBER,
    NOTICE,
    NOTICE_2027,
    REST,
    browser,
    cells,
    confirm,
    notice,
)
from tests.conftest import NOW
from tickets.admin import promise_effect
from tickets.models import CalendarOverride, PromiseChange, Ticket
from tickets.services.promise_changes import YearNotice, change_calendar
from tickets.services.recounting import recount_promises

MOST_QUERIES = 12


@pytest.mark.parametrize(
    "address",
    ["/admin/calendar/", DAY, NOTICE, "/admin/promise/changes/", "/admin/promise/policies/"],
)
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("manager", 200),
        ("admin_person", 200),
        ("agent", 403),
        ("advisor", 403),
        ("editor", 403),
        ("stranger", 302),
    ],
)
def test_who_may_open_them(
    address: str, who: str, status: int, request: pytest.FixtureRequest
) -> None:
    client = browser(request.getfixturevalue(who))
    assert client.get(address).status_code == status
    if status != 200:
        assert client.post(address, REST).status_code in {status, 401, 405}
        assert not PromiseChange.objects.exists()


class TestYear:
    def test_every_kind_of_day_is_marked_without_colour(self, boss: Client, manager: Any) -> None:
        change_calendar(
            overrides={date(2026, 3, 6): Override(False, "moving house")},
            years={},
            acting_user=manager,
            reason="x",
            now=NOW,
        )
        page = boss.get("/admin/calendar/?year=2026")
        found = cells(page)
        assert len(found) == 365
        looks = {
            date(2026, 3, 5): ("working", "", False),
            date(2026, 3, 7): ("weekend", "W", False),
            date(2026, 10, 1): ("holiday", "H", False),
            date(2026, 2, 14): ("make-up", "M", False),
            date(2026, 3, 6): ("holiday", "H", True),
        }
        for day, (look, mark, corrected) in looks.items():
            cell = found[day]
            assert (cell.look.value, cell.mark, cell.corrected) == (look, mark, corrected), day
        assert "holiday (moving house), correction by the desk" in found[date(2026, 3, 6)].words
        assert "holiday library" in found[date(2026, 10, 1)].words
        provisional = [day for day, cell in found.items() if cell.provisional]
        assert provisional == [date(2026, 12, day) for day in range(25, 32)]
        html = page.content.decode()
        assert html.count("<caption>") == 12
        assert html.count('<th scope="col">') == 84
        assert page.context["numbers"].corrected == 1

    def test_a_year_that_nobody_knows_is_provisional_and_says_what_to_do(
        self, boss: Client
    ) -> None:
        page = boss.get("/admin/calendar/?year=2028")
        assert page.context["numbers"].provisional == 366
        assert f"{NOTICE}?year=2028" in page.content.decode()
        assert "rule: Monday" in cells(page)[date(2028, 1, 3)].words

    @pytest.mark.parametrize("year", ["1999", "2101", "20x6", "²⁰²⁶", "", "-1"])
    def test_a_year_out_of_reach_is_told(self, boss: Client, year: str) -> None:
        page = boss.get("/admin/calendar/", {"year": year})
        assert page.status_code == 400
        assert "Choose a year from 2000 to 2100." in page.content.decode()

    def test_the_ends_of_the_calendar(self, boss: Client) -> None:
        for year, (before, after) in {2000: (None, 2001), 2100: (2099, None)}.items():
            page = boss.get(f"/admin/calendar/?year={year}")
            assert (page.context["before"], page.context["after"]) == (before, after)

    def test_going_to_a_day(self, boss: Client) -> None:
        assert boss.get("/admin/calendar/?day=2026-03-06").url == DAY
        for wrong in ("06.03.2026", "2026-02-30", "1999-12-31", ""):
            page = boss.get("/admin/calendar/", {"day": wrong})
            assert page.status_code == 400
            assert page.context["jump"].errors["day"]

    def test_queries(self, boss: Client, manager: Any) -> None:
        change_calendar(
            overrides={date(2026, 3, 6): Override(False, "x")},
            years={2027: YearNotice("a", NOTICE_2027), 2028: YearNotice("b")},
            acting_user=manager,
            reason="x",
            now=NOW,
        )
        for address in ("/admin/calendar/", DAY, NOTICE, f"{NOTICE}2027/"):
            with CaptureQueriesContext(connection) as seen:
                assert boss.get(address).status_code == 200
            assert len(seen) <= MOST_QUERIES, (address, len(seen))


class TestDay:
    def test_it_says_who_says_so(self, boss: Client) -> None:
        html = boss.get("/admin/calendar/2026-10-01/").content.decode()
        assert "holiday (National Day)" in html
        assert "holiday library" in html

    @pytest.mark.parametrize("day", ["2026-02-30", "20260306", "1999-01-01", "x", "2026-3-6"])
    def test_no_such_day(self, boss: Client, day: str) -> None:
        assert boss.get(f"/admin/calendar/{day}/").status_code == 404

    @time_machine.travel(NOW, tick=False)
    def test_the_effect_comes_before_the_deed(
        self, boss: Client, make_ticket: Callable[..., Ticket], manager: Any
    ) -> None:
        ticket = make_ticket()
        page = boss.post(DAY, {**REST, "look": "1"})
        html = page.content.decode()
        assert "1 ticket moves, 0 become breached" in html
        assert ticket.number in html
        assert "2026-03-09 18:00" in html
        assert "2026-03-10 18:00" in html
        assert not CalendarOverride.objects.exists()
        done = boss.post(
            DAY, {**REST, "confirm": "1", "shown": page.context["effect"].shown}, follow=True
        )
        change = PromiseChange.objects.get()
        assert done.redirect_chain[0][0] == f"/admin/promise/changes/{change.pk}/"
        assert (change.author, change.summary) == (manager, "moving house")
        assert CalendarOverride.objects.get().reason == "moving house"
        assert "2 clocks have still to follow" in done.content.decode()
        recount_promises(now=NOW)
        after = boss.get(f"/admin/promise/changes/{change.pk}/").content.decode()
        assert f"/admin/ticket/{ticket.number}/" in after
        assert "still to follow" not in after

    def test_a_correction_is_taken_back(self, boss: Client) -> None:
        assert confirm(boss, DAY, REST).status_code == 302
        assert "what it is without the correction" in boss.get(DAY).content.decode()
        assert confirm(boss, DAY, {"what": "plain", "reason": "we stay"}).status_code == 302
        assert not CalendarOverride.objects.exists()

    def test_what_the_notice_says_comes_back_with_it(self, boss: Client) -> None:
        assert confirm(boss, NOTICE, notice()).status_code == 302
        url = "/admin/calendar/2027-02-05/"
        said = CalendarOverride.objects.get(date="2027-02-05").reason
        assert confirm(boss, url, {"what": "work", "reason": "all hands"}).status_code == 302
        page = boss.get(url)
        assert page.context["corrected"]
        assert page.context["notice"] == "day off (春节)"
        assert confirm(boss, url, {"what": "plain", "reason": "not needed"}).status_code == 302
        assert CalendarOverride.objects.get(date="2027-02-05").reason == said
        assert not boss.get(url).context["corrected"]

    @pytest.mark.parametrize(
        ("data", "field"),
        [
            ({"what": "", "reason": "x"}, "what"),
            ({"what": "perhaps", "reason": "x"}, "what"),
            ({"what": "plain", "reason": "x"}, "what"),  # nothing is corrected
            ({"what": "off", "reason": "  "}, "reason"),
            ({"what": "off", "reason": "x" * 101}, "reason"),
        ],
    )
    def test_what_is_wrong_is_told_at_its_field(
        self, boss: Client, data: dict[str, str], field: str
    ) -> None:
        page = boss.post(DAY, {**data, "look": "1"})
        assert page.status_code == 422
        assert list(page.context["form"].errors) == [field]
        assert f'id="id_{field}_error"' in page.content.decode()
        if data["reason"].strip():
            assert data["reason"] in page.content.decode()

    def test_what_is_so_already_is_told(self, boss: Client) -> None:
        assert confirm(boss, DAY, REST).status_code == 302
        page = boss.post(DAY, {**REST, "look": "1"})
        assert page.status_code == 409
        assert "nothing would change" in page.content.decode()
        assert "moving house" in page.content.decode()


class TestConfirming:
    def look(self, client: Client, data: dict[str, str] = REST) -> str:
        return str(client.post(DAY, {**data, "look": "1"}).context["effect"].shown)

    def refused(self, client: Client, data: dict[str, str], shown: str) -> Any:
        page = client.post(DAY, {**data, "confirm": "1", "shown": shown})
        assert page.status_code == 409
        assert page.context["effect"].again in page.content.decode()
        assert page.context["effect"].again
        return page

    def test_something_else_than_was_shown_is_shown_first(self, boss: Client) -> None:
        shown = self.look(boss)
        for other in ({**REST, "what": "work"}, {**REST, "reason": "another"}):
            page = self.refused(boss, other, shown)
            assert other["reason"] in page.content.decode()
        for forged in ("", "x", shown + "x", shown[::-1]):
            self.refused(boss, REST, forged)
        assert not PromiseChange.objects.exists()

    def test_another_day_or_person_needs_its_own_look(
        self, boss: Client, admin_person: Any
    ) -> None:
        shown = self.look(boss)
        self.refused(browser(admin_person), REST, shown)
        other = boss.post("/admin/calendar/2026-03-05/", {**REST, "confirm": "1", "shown": shown})
        assert other.status_code == 409
        assert not PromiseChange.objects.exists()

    def test_a_change_in_between_shows_the_effect_again(self, boss: Client, manager: Any) -> None:
        shown = self.look(boss)
        other = change_calendar(
            overrides={date(2026, 3, 5): Override(False, "x")},
            years={},
            acting_user=manager,
            reason="x",
            now=NOW,
        )
        page = self.refused(boss, REST, shown)
        assert PromiseChange.objects.get() == other
        again = page.context["effect"].shown
        done = boss.post(DAY, {**REST, "confirm": "1", "shown": again})
        assert done.status_code == 302

    def test_a_second_click_does_nothing(self, boss: Client) -> None:
        shown = self.look(boss)
        data = {**REST, "confirm": "1", "shown": shown}
        assert boss.post(DAY, data).status_code == 302
        assert boss.post(DAY, data).status_code == 409
        assert PromiseChange.objects.count() == 1

    def test_what_was_shown_long_ago_is_shown_again(self, manager: Any) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            client = browser(manager)
            shown = self.look(client)
            clock.shift(timedelta(seconds=promise_effect.SHOWN_FOR + 1))
            self.refused(client, REST, shown)

    def test_it_needs_the_csrf_token(self, manager: Any) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(manager)
        for address in (DAY, NOTICE, "/admin/promise/policies/contact/"):
            assert client.post(address, REST).status_code == 403


class TestBanner:
    WORDS = "1 open ticket has a provisional due date:"

    @time_machine.travel(DECEMBER + timedelta(hours=1), tick=False)
    def test_managers_are_told_until_the_notice_is_loaded(
        self, make_ticket: Callable[..., Ticket], manager: Any, advisor: Any
    ) -> None:
        make_ticket(now=DECEMBER)
        client = browser(manager)
        pages = ["/admin/queue/", "/admin/reports/sla/", "/admin/calendar/"]
        for page in pages:
            html = client.get(page).content.decode()
            assert self.WORDS in html, page
            assert "load the notice for 2027" in html
            assert f'href="{NOTICE}?year=2027"' in html
        assert self.WORDS not in client.get("/admin/inbox/").content.decode()
        assert self.WORDS not in browser(advisor).get("/admin/queue/").content.decode()
        assert confirm(client, NOTICE, notice()).status_code == 302
        assert self.WORDS not in client.get("/admin/calendar/").content.decode()
        recount_promises(now=DECEMBER + timedelta(hours=2))
        assert self.WORDS not in client.get("/admin/calendar/").content.decode()

    def test_one_query_while_nothing_is_provisional(
        self, make_ticket: Callable[..., Ticket], manager: Any
    ) -> None:
        make_ticket()
        client = browser(manager)
        with CaptureQueriesContext(connection) as seen:
            client.get("/admin/calendar/")
        asked = [query["sql"] for query in seen if '"provisional"' in query["sql"]]
        assert len(asked) == 1
