"""Due dates over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Caller
from tickets.models import CalendarOverride, SlaPolicy


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-02-13", "2026-02-25"),
        ("2026-02-26", "2026-03-02"),
        ("2026-04-29", "2026-05-07"),
        ("2026-09-18", "2026-09-22"),
        ("2026-09-30T23:59:59", "2026-10-10"),
        ("2026-09-30T15:59:59Z", "2026-10-10"),
    ],
)
def test_three_working_days(start: str, due: str, desk: None, as_agent: Caller) -> None:
    body = as_agent.get("sla/due/", **{"from": start}).json()
    assert body["due_at"] == f"{due}T18:00:00+08:00"
    assert body["provisional"] is False
    assert sum(day["counted"] for day in body["days"]) == 3


def test_every_day_says_why(desk: None, as_agent: Caller) -> None:
    CalendarOverride.objects.create(date="2026-03-05", is_working=False, reason="停电")
    body = as_agent.get("sla/due/", days=1, policy="contact").json()
    assert body["days"] == [
        {
            "date": "2026-03-05",
            "counted": False,
            "why": "override_rest",
            "name": "停电",
            "provisional": False,
        },
        {
            "date": "2026-03-06",
            "counted": True,
            "why": "workday",
            "name": "",
            "provisional": False,
        },
    ]


def test_an_unknown_year_is_provisional(desk: None, as_agent: Caller) -> None:
    body = as_agent.get("sla/due/", **{"from": "2027-06-01", "days": "1"}).json()
    assert (body["provisional"], body["days"][0]["provisional"]) == (True, True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "1999-12-31"}, "from"),
        ({"from": "2100-01-02"}, "from"),
        ({"from": "0001-01-01T00:00:00+14:00"}, "from"),
        ({"from": "9999-12-31T23:59:59-12:00"}, "from"),
        ({"from": "2026-03-04\x00"}, "from"),
        ({"days": "0"}, "days"),
        ({"days": "367"}, "days"),
        ({"days": "1.5"}, "days"),
        ({"days": "9" * 5_000}, "days"),
        ({"policy": "solve"}, "policy"),
        ({"to": "2026-03-04"}, "to"),
    ],
)
def test_wrong_questions_are_refused(
    query: dict[str, Any], field: str, desk: None, as_agent: Caller
) -> None:
    response = as_agent.get("sla/due/", **query)
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])


def test_the_bounds_themselves_can_be_counted(desk: None, as_agent: Caller) -> None:
    for start in ("2000-01-01T08:00:00", "2099-12-31T08:00:00"):
        assert as_agent.get("sla/due/", **{"from": start, "days": 366}).status_code == 200


def test_the_solution_has_a_policy_of_its_own(desk: None, as_agent: Caller) -> None:
    body = as_agent.get("sla/due/", **{"from": "2026-03-04T10:30:00", "policy": "resolve"}).json()
    assert body["due_at"] == "2026-03-18T18:00:00+08:00"
    assert sum(day["counted"] for day in body["days"]) == 10


def test_without_a_policy_it_is_said(desk: None, as_agent: Caller) -> None:
    SlaPolicy.objects.all().delete()
    assert as_agent.get("sla/due/").status_code == 404


def test_it_explains_itself_in_words(desk: None, as_agent: Caller) -> None:
    body = as_agent.get("sla/due/", **{"from": "2026-09-30", "policy": "contact"}).json()
    assert body["explanation"] == (
        "3 working days from 2026-09-30, which is not counted, end on 2026-10-10 18:00. "
        "7 days in between are no working days."
    )
    resolve = as_agent.get("sla/due/", **{"from": "2026-12-28", "policy": "resolve"}).json()
    assert resolve["explanation"].startswith("10 working days from 2026-12-28")
    assert resolve["explanation"].endswith("is still to come and may move this date.")


def test_each_caller_is_refused_in_their_own_language(
    desk: None, agent: Any, chinese: None
) -> None:
    """The one who was refused first decides for nobody else."""

    def refusal(language: str) -> str:
        answer = Caller(agent, **{"accept-language": language}).get("sla/due/", days=9999)
        return str(answer.json()["errors"]["days"][0])

    said = [refusal(language) for language in ("zh-hans", "en", "zh-hans")]
    assert said[0] == said[2] != said[1]
    assert said[1].isascii()
