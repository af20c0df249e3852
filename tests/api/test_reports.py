"""The SLA report over HTTP: the same figures as the page, with public names."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from tests.api.conftest import Caller
from tests.conftest import CANARY, DUE, NOW
from tickets.models import ReportState, Ticket
from tickets.services.claims import claim
from tickets.services.report_facts import refresh_facts
from tickets.services.work import log_contact

MOST_QUERIES = 22
# token, groups; savepoint (2), read-only; the days summed, their sums, the other days, how old,
# names; public names; corrections, years, the open tickets, how old; policy, corrections, years


@pytest.fixture
def history(
    make_ticket: Callable[..., Ticket], advisor: Any, at_now: time_machine.Traveller
) -> None:
    """One promise kept, one broken, one open; a second after the due instant."""
    kept, _late = make_ticket(), make_ticket()
    claim(number=kept.number, acting_user=advisor, now=NOW)
    log_contact(
        number=kept.number, acting_user=advisor, kind="private_message", result="sent", now=NOW
    )
    make_ticket(now=NOW + timedelta(days=1))
    late = DUE + timedelta(seconds=1)
    refresh_facts(now=late)
    at_now.move_to(late, tick=False)


FIGURES = {
    "handed_over": 3,
    "met": 1,
    "breached": 1,
    "open_in_time": 1,
    "attainment": 0.5,
    "resolve_promised": 3,
    "resolve_met": 0,
    "resolve_breached": 0,
    "resolve_open_in_time": 3,
    "resolve_attainment": None,
    "contact_hours": {"p50": 0, "p80": 0, "p90": 0, "p95": 0},
    "resolve_hours": {"p50": None, "p80": None, "p90": None, "p95": None},
}


def test_figures(history: None, as_manager: Caller) -> None:
    body = as_manager.get("reports/sla/", **{"from": "2026-03-04", "to": "2026-03-05"}).json()
    assert body == {
        **FIGURES,
        "from": "2026-03-04",
        "to": "2026-03-05",
        "as_of": "2026-03-09T18:00:01+08:00",
        "group_by": "question",
        "open": 3,
        "open_breached": 1,
        "provisional": False,
        "ages": [
            {"least": 0, "most": 0, "open": 0, "breached": 0},
            {"least": 1, "most": 1, "open": 0, "breached": 0},
            {"least": 2, "most": 2, "open": 1, "breached": 0},
            {"least": 3, "most": 3, "open": 2, "breached": 1},
            {"least": 4, "most": 5, "open": 0, "breached": 0},
            {"least": 6, "most": None, "open": 0, "breached": 0},
        ],
        "causes": [
            {"waiting_for": "assignment", "breached": 1, "resolve_breached": 0},
            {"waiting_for": "contact", "breached": 0, "resolve_breached": 0},
            {"waiting_for": "user", "breached": 0, "resolve_breached": 0},
            {"waiting_for": "details", "breached": 0, "resolve_breached": 0},
        ],
        "groups": [{**FIGURES, "key": "twice-charged", "label": "生成一次被扣了多次灵感值"}],
    }
    one_day = as_manager.get("reports/sla/", **{"from": "2026-03-05"}).json()
    assert (one_day["to"], one_day["handed_over"], one_day["open"]) == ("2026-03-09", 1, 3)


def test_groups_have_public_names(history: None, as_manager: Caller) -> None:
    def keys(group_by: str) -> list[Any]:
        body = as_manager.get("reports/sla/", group_by=group_by).json()
        return [(row["key"], row["handed_over"]) for row in body["groups"]]

    assert keys("team") == [("tier2", 3)]
    assert sorted(keys("assignee"), key=str) == [("advisor", 1), (None, 2)]
    assert keys("category") == [("credits", 3)]
    assert keys("agent") == [("agent", 3)]
    assert keys("outcome") == [("twice", 3)]
    assert keys("day") == [("2026-03-05", 1), ("2026-03-04", 2)]
    assert keys("week") == [("2026-03-02", 3)]
    assert keys("month") == [("2026-03-01", 3)]


def test_groups_as_a_file(history: None, as_manager: Caller) -> None:
    asked = {"from": "2026-03-04", "group_by": "day"}
    answer = as_manager.get("reports/sla/", **asked, format="csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="klingdesk-sla-2026-03-04-2026-03-09-day.csv"' in answer["Content-Disposition"]
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(line["key"], line["handed_over"]) for line in lines] == [
        ("2026-03-05", "1"),
        ("2026-03-04", "2"),
        ("total", "3"),
    ]
    assert (lines[-1]["attainment"], lines[-1]["contact_hours_p90"]) == ("0.5", "0")
    answer = as_manager.get("reports/sla/", **asked, format="xlsx")
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert list(rows[0]) == list(lines[0])
    assert [row[0] for row in rows[1:]] == ["2026-03-05", "2026-03-04", "total"]
    assert rows[-1][rows[0].index("breached")] == 1


def test_names_cannot_become_formulas(history: None, as_manager: Caller, agent: Any) -> None:
    agent.first_name = "=1+1"
    agent.save()
    answer = as_manager.get("reports/sla/", group_by="agent", format="csv")
    assert "'=1+1" in answer.content.decode("utf-8-sig")


def test_nothing_counted_yet_says_so(desk: None, as_manager: Caller) -> None:
    ReportState.objects.all().delete()
    body = as_manager.get("reports/sla/").json()
    assert (body["as_of"], body["handed_over"]) == (None, 0)


def test_nothing_decided_has_no_attainment(desk: None, as_manager: Caller) -> None:
    body = as_manager.get("reports/sla/").json()
    assert (body["attainment"], body["groups"], body["from"]) == (None, [], "2026-02-03")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-03-05", "to": "2026-03-04"}, "from"),
        ({"from": "2020-01-01"}, "from"),
        ({"from": "1-1-2026"}, "from"),
        ({"from": "1999-01-01", "to": "1999-01-02"}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"to": "2026-03-04T00:00:00"}, "to"),
        ({"to": "\x00"}, "to"),
        ({"group_by": "phone"}, "group_by"),
        ({"group_by": "total"}, "group_by"),
        ({"format": "pdf"}, "format"),
        ({"team": "tier2"}, "team"),
    ],
)
def test_wrong_parameters_are_named(
    query: dict[str, Any], field: str, desk: None, as_manager: Caller
) -> None:
    response = as_manager.get("reports/sla/", **query)
    assert response.status_code == 400
    assert field in response.json()["errors"]


def test_cost_and_silence(history: None, as_manager: Caller) -> None:
    with CaptureQueriesContext(connection) as seen:
        response = as_manager.get("reports/sla/")
    assert len(seen) <= MOST_QUERIES, [query["sql"] for query in seen]
    assert CANARY not in response.content.decode()
    assert "880001" not in response.content.decode()
