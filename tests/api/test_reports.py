"""The SLA report over HTTP: the same figures as the page, with public names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import Caller
from tests.conftest import CANARY, DUE, NOW
from tickets.models import Ticket
from tickets.services.claims import claim
from tickets.services.work import log_contact

MOST_QUERIES = 12
# token, groups; savepoint (2), read-only; corrections, years; the hand-overs of the period, the
# open tickets, the groups; policy; names of the groups


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
    at_now.move_to(DUE + timedelta(seconds=1), tick=False)


FIGURES = {"handed_over": 3, "met": 1, "breached": 1, "open_in_time": 1, "attainment": 0.5}


def test_figures(history: None, as_manager: Caller) -> None:
    body = as_manager.get("reports/sla/", **{"from": "2026-03-04", "to": "2026-03-05"}).json()
    assert body == {
        **FIGURES,
        "from": "2026-03-04",
        "to": "2026-03-05",
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
    assert keys("day") == [("2026-03-05", 1), ("2026-03-04", 2)]


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
