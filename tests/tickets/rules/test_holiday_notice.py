"""Reading the yearly holiday notice; the holiday library is the oracle for known years."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.holiday_notice import (
    MOST_TEXT,
    Notice,
    NoticeDay,
    looks_like_table,
    read_notice,
    read_table,
)

# The dates are facts of the notices for these years; the paragraphs are in their usual form.
NOTICES = {
    2025: """关于2025年部分节假日安排的通知
一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。
""",
    2026: """关于2026年部分节假日安排的通知
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
""",
    2023: """关于2023年部分节假日安排的通知
一、元旦：2022年12月31日至2023年1月2日放假调休，共3天。
二、春节：1月21日至27日放假调休，共7天。1月28日（星期六）、1月29日（星期日）上班。
三、清明节：4月5日放假，共1天。
四、劳动节：4月29日至5月3日放假调休，共5天。4月23日（星期日）、5月6日（星期六）上班。
五、端午节：6月22日至24日放假调休，共3天。6月25日（星期日）上班。
六、中秋节、国庆节：9月29日至10月6日放假调休，共8天。10月7日（星期六）、10月8日（星期日）上班。
""",
}


def is_working(notice: Notice, day: date) -> bool:
    told = notice.days.get(day)
    return told.is_working if told is not None else day.weekday() < 5


@pytest.mark.parametrize("year", list(NOTICES))
def test_every_day_of_a_known_year_is_what_the_library_says(year: int) -> None:
    notice = read_notice(NOTICES[year])
    assert (notice.year, notice.errors, notice.warnings) == (year, (), ())
    day = date(year, 1, 1)
    while day.year == year:
        assert is_working(notice, day) is chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


def test_a_holiday_may_begin_in_the_year_before() -> None:
    notice = read_notice(NOTICES[2023])
    assert notice.days[date(2022, 12, 31)] == NoticeDay(False, "元旦")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        pytest.param("1月1日（周三）", "1月1日（周四）", "bad_weekday", id="weekday"),
        pytest.param("共8天。1月26日", "共7天。1月26日", "bad_count", id="count"),
        pytest.param("至2月4日", "至2月30日", "no_such_date", id="no such date"),
        pytest.param("至6日（周日）", "至3日（周四）", "bad_stretch", id="ends before it begins"),
        pytest.param("4月27日（周日）上班", "5月1日（周四）上班", "both", id="off and worked"),
        pytest.param(
            "5月31日（周六）至6月2日（周一）放假，共3天", "另行通知", "no_holiday", id="none"
        ),
    ],
)
def test_what_does_not_agree_is_an_error(old: str, new: str, code: str) -> None:
    text = NOTICES[2025].replace(old, new)
    assert text != NOTICES[2025]
    assert code in {doubt.code for doubt in read_notice(text).errors}


def test_a_festival_left_out_is_a_warning() -> None:
    text = "\n".join(line for line in NOTICES[2025].splitlines() if "端午" not in line)
    doubts = read_notice(text).warnings
    assert [(doubt.code, doubt.params["name"]) for doubt in doubts] == [
        ("festival_missing", "端午")
    ]


@pytest.mark.parametrize(
    "line",
    [
        "2月14日（周六）、2月28日（周六）上班。",
        "春节 2月15日至23日放假调休，共9天。",
        "调休上班：2月14日、28日",
    ],
)
def test_a_line_about_days_that_is_not_read_is_a_warning(line: str) -> None:
    """What a page break or another heading has torn off would otherwise be missing in silence."""
    notice = read_notice(f"{NOTICES[2026]}{line}\n")
    assert [(each.code, each.line) for each in notice.warnings] == [("not_read", 9)]
    assert notice.days == read_notice(NOTICES[2026]).days


def test_what_surrounds_the_paragraphs_is_no_line_about_days() -> None:
    text = f"""国务院办公厅
现将2026年元旦、春节等节日放假调休日期的具体安排通知如下。
{NOTICES[2026]}节假日期间，各地区、各部门要妥善安排好值班和安全、保卫等工作。
2025年11月4日
"""
    assert read_notice(text).warnings == ()


def test_a_worked_day_may_be_called_otherwise() -> None:
    text = NOTICES[2026].replace("1月4日（周日）上班", "1月4日（周日）补班")
    assert read_notice(text) == read_notice(NOTICES[2026])


def test_the_year_must_be_known_and_agree() -> None:
    plain = NOTICES[2025].split("\n", 1)[1]
    assert [doubt.code for doubt in read_notice(plain).errors] == ["no_year"]
    assert read_notice(plain, year=2025).errors == ()
    assert "names_other_year" in {
        each.code for each in read_notice(NOTICES[2025], year=2026).errors
    }


@pytest.mark.parametrize("text", ["", "您好", "2027年部分节假日安排的通知\n请各单位遵照执行。"])
def test_a_text_without_days_is_refused(text: str) -> None:
    assert read_notice(text, year=2027).errors[0].code == "nothing_read"


def test_a_text_beyond_all_measure_is_refused() -> None:
    assert read_notice("元旦：" * MOST_TEXT, year=2027).errors[0].code == "too_long"
    assert read_table("," * (MOST_TEXT + 1), year=2027).errors[0].code == "too_long"


@given(st.text(alphabet="元旦春节：至日月年（）周一二上班放假共天0123456789。\n,", max_size=300))
def test_whatever_is_pasted_nothing_is_raised(text: str) -> None:
    for notice in (read_notice(text, year=2027), read_table(text, year=2027)):
        assert notice.days or notice.errors


# --- tables --------------------------------------------------------------------------------------


def test_a_table_says_the_same_as_the_notice() -> None:
    notice = read_notice(NOTICES[2026])
    lines = [
        f"{day.isoformat()},{'上班' if what.is_working else '放假'},{what.reason}"
        for day, what in notice.days.items()
    ]
    for text in ("\n".join(lines), "日期,安排,说明\n" + "\n".join(lines)):
        assert looks_like_table(text)
        assert read_table(text, year=2026).days == notice.days
    assert read_table("\n".join(lines).replace(",", "\t"), year=2026).days == notice.days
    assert not looks_like_table(NOTICES[2026])


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("2027-02-30,放假,", "no_such_date"),
        ("2027-02-05,也许,", "no_such_word"),
        ("2027-02-05", "no_such_word"),
        ("2028-02-05,放假,", "other_year"),
    ],
)
def test_a_bad_line_of_a_table_is_named(line: str, code: str) -> None:
    doubt = read_table(f"2027-01-01,放假,元旦\n{line}\n", year=2027).errors[0]
    assert (doubt.code, doubt.line) == (code, 2)


def test_a_worked_day_within_the_week_is_looked_at() -> None:
    notice = read_table("2027-01-05,上班,", year=2027)
    assert (notice.errors, [each.code for each in notice.warnings]) == ((), ["works_on_weekday"])
