"""The tables of the reports as plain rows: what pages show and what exports write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.models import LoggedSearch
from klingdesk.core.errors import Invalid
from tests.conftest import DUE, NOW
from tickets.models import Ticket
from tickets.reports.narrowing import NARROWING, GroupBy
from tickets.reports.period import Period
from tickets.reports.plans import PLANS, SHEETS, build_sheet, step_for
from tickets.reports.query import ALONE, GROUPS, ReportQuery, read_query
from tickets.reports.reading import read_only
from tickets.reports.sheets import Sheet, Unit
from tickets.services.claims import claim
from tickets.services.report_facts import refresh_facts
from tickets.services.work import log_contact

TODAY = date(2026, 3, 4)
WEEK = Period(date(2026, 3, 2), date(2026, 3, 10))
LATE = DUE + timedelta(seconds=1)


@pytest.fixture
def history(make_ticket: Callable[..., Ticket], advisor: Any) -> None:
    """Before the period one promise kept; in it one kept, one broken, one that runs."""
    for at in (NOW - timedelta(days=7), NOW):
        kept = make_ticket(now=at)
        claim(number=kept.number, acting_user=advisor, now=at)
        log_contact(
            number=kept.number, acting_user=advisor, kind="private_message", result="sent", now=at
        )
    make_ticket()
    make_ticket(now=NOW + timedelta(days=1))
    LoggedSearch.objects.create(asked_at=NOW, words="words", results=["price"], chosen="price")
    refresh_facts(now=LATE)


def built(code: str, user: Any, **asked: Any) -> Sheet:
    with read_only():
        return build_sheet(code, query=ReportQuery(WEEK, **asked), user=user, now=LATE)


def column(sheet: Sheet, code: str) -> list[Any]:
    at = [heading.code for heading in sheet.headings].index(code)
    return [line.values()[at] for line in sheet.lines]


@pytest.mark.parametrize("code", SHEETS)
def test_every_sheet_has_a_value_for_each_heading(code: str, history: None, manager: Any) -> None:
    sheet = built(code, manager)
    assert sheet.title
    assert sheet.head
    assert sheet.lines
    for line in (*sheet.lines, *([sheet.total] if sheet.total else [])):
        assert line.label
        assert len(line.values()) == len(sheet.headings)
    for at, heading in enumerate(sheet.headings):
        assert heading.label
        for line in sheet.lines:
            value = line.values()[at]
            kinds = {Unit.SHARE: Fraction, Unit.TEXT: str}
            assert value is None or isinstance(value, kinds.get(heading.unit, int))


def test_figures_of_a_group_and_of_all(history: None, manager: Any) -> None:
    sheet = built("promise", manager)
    assert column(sheet, "handed_over") == [3]
    assert column(sheet, "attainment") == [Fraction(1, 2)]
    assert sheet.total is not None
    assert sheet.total.values() == sheet.lines[0].values()
    assert sheet.lines[0].label == "生成一次被扣了多次灵感值"
    assert sheet.lines[0].scope is not None
    assert sheet.lines[0].scope.question == sheet.lines[0].key


def test_a_figure_knows_the_one_of_the_period_before(history: None, manager: Any) -> None:
    cell = built("promise", manager).lines[0].cells[0]
    assert (cell.number, cell.before) == (Fraction(1, 2), Fraction(1))
    alone = built("promise", manager, compare=False).lines[0].cells[0]
    assert (alone.number, alone.before) == (Fraction(1, 2), None)


def test_a_group_that_is_new_is_compared_with_nothing(history: None, manager: Any) -> None:
    sheet = built("promise", manager, group_by=GroupBy.ASSIGNEE)
    by_name = {line.label: line.cells[1] for line in sheet.lines}
    assert (by_name["nobody"].number, by_name["nobody"].before) == (2, 0)
    assert (by_name["advisor"].number, by_name["advisor"].before) == (1, 1)


def test_days_are_all_there_but_those_to_come(history: None, manager: Any) -> None:
    sheet = built("promise", manager, group_by=GroupBy.DAY)
    assert [line.label for line in sheet.lines] == [
        f"2026-03-0{day}" for day in (9, 8, 7, 6, 5, 4, 3, 2)
    ]
    assert column(sheet, "handed_over") == [0, 0, 0, 0, 1, 2, 0, 0]


def test_a_day_is_compared_with_as_long_ago_as_the_period_is(
    make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    make_ticket()
    make_ticket(now=NOW - timedelta(days=WEEK.days))
    refresh_facts(now=LATE)
    sheet = built("promise", manager, group_by=GroupBy.DAY)
    (there,) = [line for line in sheet.lines if line.label == "2026-03-04"]
    assert (there.cells[1].number, there.cells[1].before) == (1, 1)
    weeks = built("promise", manager, group_by=GroupBy.WEEK)
    assert all(line.cells[1].before is None for line in weeks.lines)


def test_nothing_is_no_line(desk: None, manager: Any) -> None:
    refresh_facts(now=LATE)
    for code in PLANS:
        sheet = built(code, manager)
        assert sheet.lines == ()
        assert sheet.total is not None


def test_a_sheet_without_the_column_of_the_period_before(history: None, manager: Any) -> None:
    sheet = built("trend", manager, group_by=GroupBy.DAY)
    assert [heading.before for heading in sheet.headings].count(True) == 1
    bare = sheet.without_before()
    assert len(bare.headings) == len(sheet.headings) - 1
    assert {len(line.cells) for line in bare.lines} == {len(bare.headings)}


@pytest.mark.parametrize(("days", "step"), [(1, "day"), (62, "day"), (63, "week"), (401, "month")])
def test_the_step_of_a_chart(days: int, step: str) -> None:
    assert step_for(Period(TODAY - timedelta(days=days - 1), TODAY)) == step


def test_other_groups_than_the_plans_fall_back_to_its_first(history: None, manager: Any) -> None:
    assert built("contacts", manager, group_by=GroupBy.TEAM).group_by is GroupBy.QUESTION


# --- the query ------------------------------------------------------------------------------------

queries = st.builds(
    lambda first, days, group, compare, keys: ReportQuery(
        Period(first, first + timedelta(days=days)), group, compare, **keys
    ),
    st.dates(date(2000, 1, 1), date(2098, 1, 1)),
    st.integers(0, 730),
    st.sampled_from(GROUPS),
    st.booleans(),
    st.fixed_dictionaries({name: st.none() | st.integers(0, 10**17) for name in NARROWING}),
)


@given(queries)
def test_an_address_asks_what_it_was_made_from(query: ReportQuery) -> None:
    assert read_query(query.pairs(), today=TODAY) == query


@given(
    st.dictionaries(
        st.sampled_from(["from", "to", "group", "compare", *NARROWING]), st.text(max_size=30)
    )
)
def test_whatever_is_typed_is_read_or_refused_by_name(typed: dict[str, str]) -> None:
    try:
        found = {read_query(typed, today=TODAY).group_by}
    except Invalid as refused:
        found = set(refused.fields)
    assert found
    assert found <= {*GROUPS, "from", "to", "group", "compare", *NARROWING}


def test_the_first_group_of_a_page_is_the_usual_one() -> None:
    asked = read_query({}, today=TODAY, groups=(GroupBy.WEEK, GroupBy.DAY))
    assert (asked.group_by, asked.compare) == (GroupBy.WEEK, True)
    assert not read_query({"compare": ALONE}, today=TODAY).compare
