"""Loading the yearly holiday notice on its page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from klingdesk.core.calendar import Override
from tests.admin.promise_desk import (
    DECEMBER,
    NOTICE,
    NOTICE_2027,
    SHANGHAI,
    browser,
    confirm,
    notice,
)
from tests.conftest import NOW
from tickets.models import CalendarOverride, CalendarYear, PromiseChange, Ticket
from tickets.selectors.sla import working_calendar
from tickets.services.promise_changes import change_calendar
from tickets.services.recounting import recount_promises


class TestNotice:
    @time_machine.travel(DECEMBER + timedelta(hours=1), tick=False)
    def test_loading_a_year(self, make_ticket: Callable[..., Ticket], manager: Any) -> None:
        boss = browser(manager)
        ticket = make_ticket(now=DECEMBER)
        assert ticket.due_provisional
        before = ticket.due_at
        page = boss.post(NOTICE, notice(look="1"))
        assert page.status_code == 200
        lines = {line.date: line for line in page.context["lines"]}
        assert len(lines) == 34
        assert lines[date(2027, 1, 1)].kind == "as assumed"
        assert lines[date(2026, 12, 31)].kind == "changes"
        assert lines[date(2027, 1, 3)].after == "make-up workday (元旦调休上班)"
        assert page.context["changes"] == sum(line.kind == "changes" for line in lines.values())
        assert "1 ticket moves, 0 become breached" in page.content.decode()
        assert not CalendarYear.objects.exists()
        assert confirm(boss, NOTICE, notice()).status_code == 302
        year = CalendarYear.objects.get()
        assert (year.year, year.source, year.loaded_by) == (2027, "gov.cn", manager)
        assert year.notice == NOTICE_2027
        calendar = working_calendar()
        assert calendar.is_known(2027)
        first = date(2026, 12, 25)
        assert not any(calendar.is_provisional(first + timedelta(days=n)) for n in range(365))
        recount_promises(now=DECEMBER + timedelta(hours=1))
        ticket.refresh_from_db()
        assert before is not None
        assert ticket.due_at is not None
        # 29 and 30 December, then the make-up Sunday instead of the 31st.
        assert ticket.due_at == datetime(2027, 1, 3, 18, tzinfo=SHANGHAI)
        assert not ticket.due_provisional

    @pytest.mark.parametrize("windows", [False, True])
    def test_a_file_with_a_table(self, boss: Client, windows: bool) -> None:
        text = "日期,安排,说明\n2027-01-01,放假,元旦\n2027-01-03,上班,\n"
        data = text.encode("gb18030" if windows else "utf-8-sig")
        upload = SimpleUploadedFile("days.csv", data)
        looked = boss.post(NOTICE, notice(text="", file=upload, look="1"))
        assert looked.status_code == 200
        assert "2027-01-03,上班" in looked.context["form"]["text"].value()
        shown = looked.context["effect"].shown
        typed = looked.context["form"]["text"].value()
        done = boss.post(NOTICE, notice(text=typed, confirm="1", shown=shown))
        assert done.status_code == 302
        rows = dict(CalendarOverride.objects.values_list("date", "reason"))
        assert rows == {date(2027, 1, 1): "元旦", date(2027, 1, 3): "调休上班"}

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"year": ""}, "year"),
            ({"year": "1999"}, "year"),
            ({"year": "next"}, "year"),
            ({"source": " "}, "source"),
            ({"source": "x" * 201}, "source"),
            ({"text": " \n "}, "text"),
            ({"text": "\0"}, "text"),
            ({"reason": ""}, "reason"),
            ({"corrections": "both"}, "corrections"),
            ({"file": SimpleUploadedFile("a.csv", b"2027-01-01,0,x")}, "file"),
            ({"text": "", "file": SimpleUploadedFile("a.pdf", b"x")}, "file"),
            ({"text": "", "file": SimpleUploadedFile("a.csv", b"")}, "file"),
            ({"text": "", "file": SimpleUploadedFile("a.csv", b"\xff\x00\xfe")}, "file"),
            ({"text": "", "file": SimpleUploadedFile("a.txt", b"1" * 102_401)}, "file"),
        ],
    )
    def test_what_is_wrong_is_told_at_its_field(
        self, boss: Client, wrong: dict[str, Any], field: str
    ) -> None:
        page = boss.post(NOTICE, notice(**wrong, look="1"))
        assert page.status_code == 422
        assert list(page.context["form"].errors) == [field]
        if "text" not in wrong:
            assert "一、元旦" in page.content.decode()
        assert not PromiseChange.objects.exists()

    @pytest.mark.parametrize(
        ("old", "new", "line", "words"),
        [
            ("（周四）至2027年", "（周三）至2027年", 2, "is named a 周三, but it is a 周四"),
            ("放假调休，共3天", "放假调休，共4天", 2, "4 days are named, but the dates give 3"),
            ("6月9日（周三）放假1天", "另行通知", 6, "No holiday was understood for “端午节”"),
            ("2月5日（周五）至11日", "2月5日（周五）至31日", 3, "“2027-2-31” is no date"),
            ("1月31日（周日）", "2月6日（周六）", 3, "as a holiday and as a workday"),
            ("10月1日（周五）至7日（周四）", "10月1日至30日", 8, "would last 30 days"),
            ("关于2027年", "关于2026年", 0, "The text is about 2026, but the year given is 2027"),
            ("2027年1月3日", "2028年1月3日", 0, "2028-01-03 is not in the year of the notice"),
        ],
    )
    def test_what_does_not_agree_is_told_with_its_line_and_a_remedy(
        self, boss: Client, old: str, new: str, line: int, words: str
    ) -> None:
        text = NOTICE_2027.replace(old, new)
        assert text != NOTICE_2027
        page = boss.post(NOTICE, notice(text=text, confirm="1", shown=""))
        assert page.status_code == 422
        problem = next(each for each in page.context["problems"] if words in each.words)
        assert problem.line == line
        assert problem.remedy
        assert problem.excerpt == (text.splitlines()[line - 1] if line else "")
        assert new in page.content.decode()
        assert page.context["effect"] is None
        assert not PromiseChange.objects.exists()

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("2027-02-30,放假,\n2027-01-01,放假,", ""),  # a heading needs no date
            ("2027-01-01,放假,\n2027-02-30,放假,", "“2027-02-30” is no date"),
            ("2027-01-01,perhaps,", "“perhaps” says neither working nor off"),
            ("2026-12-24,放假,", "2026-12-24 is not in the year of the notice"),
            ("您好", "No holiday was found in the text"),
            ("x" * 20_001, "more than 20000 characters"),
        ],
    )
    def test_tables_and_nonsense(self, boss: Client, text: str, words: str) -> None:
        page = boss.post(NOTICE, notice(text=text, look="1"))
        told = " ".join(each.words for each in page.context["problems"])
        assert words in told
        assert page.status_code == (422 if words else 200)

    def test_warnings_do_not_stand_in_the_way(self, boss: Client) -> None:
        text = "\n".join(line for line in NOTICE_2027.splitlines() if "端午" not in line)
        page = boss.post(NOTICE, notice(text=text, look="1"))
        assert page.status_code == 200
        assert [each.words for each in page.context["warnings"]] == [
            "The notice does not name the festival “端午”."
        ]
        table = boss.post(NOTICE, notice(text="2027-01-05,上班,", look="1"))
        assert "one anyway" in table.context["warnings"][0].words

    def test_a_year_without_work_is_refused(self, boss: Client) -> None:
        first = date(2027, 1, 1)
        days = [first + timedelta(days=n) for n in range(120)]
        text = "\n".join(f"{day.isoformat()},放假,x" for day in days)
        page = boss.post(NOTICE, notice(text=text, look="1"))
        assert page.status_code == 422
        assert "working days only" in str(page.context["form"].errors["text"])

    def test_corrections_win_unless_told(self, boss: Client, manager: Any) -> None:
        corrected = {date(2027, 2, 5): Override(True, "all hands")}
        other = {date(2027, 3, 3): Override(False, "moving house")}
        change_calendar(
            overrides=corrected | other, years={}, acting_user=manager, reason="x", now=NOW
        )
        page = boss.post(NOTICE, notice(look="1"))
        lines = {line.date: line for line in page.context["lines"]}
        assert lines[date(2027, 2, 5)].kind == "correction stays"
        assert lines[date(2027, 2, 5)].said == "day off (春节)"
        assert page.context["disputed"] == 1
        assert "1 day that the desk has corrected says otherwise" in page.content.decode()
        assert confirm(boss, NOTICE, notice()).status_code == 302
        assert CalendarOverride.objects.get(date="2027-02-05").is_working
        again = notice(corrections="replace")
        assert confirm(boss, NOTICE, again).status_code == 302
        assert not CalendarOverride.objects.get(date="2027-02-05").is_working
        assert CalendarOverride.objects.get(date="2027-03-03").reason == "moving house"

    def test_loading_again_replaces_the_former_notice(self, boss: Client) -> None:
        assert confirm(boss, NOTICE, notice()).status_code == 302
        text = NOTICE_2027.replace("六、中秋节：9月15日（周三）放假1天，不调休。\n", "")
        page = boss.post(NOTICE, notice(text=text, look="1"))
        lines = {line.date: line for line in page.context["lines"]}
        assert lines[date(2027, 9, 15)].kind == "no longer in the notice"
        assert confirm(boss, NOTICE, notice(text=text)).status_code == 302
        assert not CalendarOverride.objects.filter(date="2027-09-15").exists()
        assert CalendarYear.objects.get().notice == text
        page = boss.post(NOTICE, notice(text=text, look="1"))
        assert page.status_code == 409
        assert "nothing would change" in page.content.decode()

    def test_taking_a_notice_back(self, boss: Client, manager: Any) -> None:
        assert confirm(boss, NOTICE, notice()).status_code == 302
        kept = {date(2027, 3, 3): Override(False, "moving house")}
        change_calendar(overrides=kept, years={}, acting_user=manager, reason="x", now=NOW)
        url = f"{NOTICE}2027/"
        html = boss.get(url).content.decode()
        assert "一、元旦" in html
        assert boss.post(url, {"reason": "", "look": "1"}).status_code == 422
        looked = boss.post(url, {"reason": "wrong one", "look": "1"})
        lines = {line.date: line.kind for line in looked.context["lines"]}
        assert lines[date(2027, 2, 5)] == "no longer in the notice"
        assert lines[date(2027, 3, 3)] == "correction stays"
        assert confirm(boss, url, {"reason": "wrong one"}).status_code == 302
        assert not CalendarYear.objects.exists()
        assert CalendarOverride.objects.get().reason == "moving house"
        assert boss.get(url).status_code == 404
        assert boss.post(url, {"reason": "again"}).status_code == 404

    def test_the_form_asks_for_the_year_that_is_missing(self, manager: Any) -> None:
        with time_machine.travel(DECEMBER, tick=False):
            client = browser(manager)
            assert client.get(NOTICE).context["form"]["year"].value() == 2027
            for asked, shown in {"2031": 2031, "1999": 2027, "x": 2027}.items():
                page = client.get(NOTICE, {"year": asked})
                assert page.context["form"]["year"].value() == shown
