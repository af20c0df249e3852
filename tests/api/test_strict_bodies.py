"""JSON values as they are written: nothing else is taken for a number, a truth or an instant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kb.models import LoggedSearch
from tests.api.conftest import Caller
from tickets.models import Ticket, TicketEvent

Make = Callable[..., Ticket]


@pytest.mark.parametrize("retyped", [0, 1, "true", "off", [], {}])
def test_a_truth_is_true_or_false(retyped: Any, as_agent: Caller) -> None:
    response = as_agent.post("kb/searches/", {"query": "扣费", "retyped": retyped})
    assert (response.status_code, list(response.json()["errors"])) == (400, ["retyped"])
    assert not LoggedSearch.objects.exists()


@pytest.mark.parametrize("number", ["1", True, 1.5, [1]])
def test_a_number_is_a_number(number: Any, make_ticket: Make, as_manager: Caller) -> None:
    path = f"tickets/{make_ticket().number}/priority/"
    events = TicketEvent.objects.count()
    for field, body in (
        ("priority", {"priority": number, "reason": "急"}),
        ("expected_event", {"priority": 1, "reason": "急", "expected_event": number}),
    ):
        response = as_manager.post(path, body)
        assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert TicketEvent.objects.count() == events


@pytest.mark.parametrize("field", ["priority", "expected_event"])
def test_a_number_without_end_is_none(field: str, make_ticket: Make, as_manager: Caller) -> None:
    path = f"/api/v1/tickets/{make_ticket().number}/priority/"
    raw = '{"reason": "急", "priority": 1}'.replace("}", f', "{field}": 1e400}}')
    response = as_manager.client.post(path, raw, content_type="application/json")
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])


def test_a_whole_number_may_be_written_with_a_point(make_ticket: Make, as_manager: Caller) -> None:
    path = f"tickets/{make_ticket().number}/"
    last = as_manager.get(path).json()["last_event"]
    body = {"priority": 2.0, "reason": "急", "expected_event": float(last)}
    assert as_manager.post(path + "priority/", body).json()["priority"] == 2


@pytest.mark.parametrize(
    ("instant", "status"),
    [
        ("2000-01-01T00:00:00Z", 200),
        ("2099-12-31T23:59:59-12:00", 200),
        ("1999-12-31T23:59:59-12:00", 400),
        ("2100-01-01T00:00:00+14:00", 400),
        ("0525-06-06T17:02:34.51529+21:10", 400),
        ("0001-01-01T00:00:00+14:00", 400),
    ],
)
def test_an_instant_is_of_this_century_as_it_is_written(
    instant: str, status: int, as_agent: Caller
) -> None:
    response = as_agent.get("sla/due/", **{"from": instant})
    assert response.status_code == status, response.content
    if status == 400:
        assert list(response.json()["errors"]) == ["from"]


@pytest.mark.parametrize("body", [{"what": [], "reason": "回拨"}, {"what": ["account_id"]}])
def test_a_list_of_nothing_is_refused_as_described(
    body: Any, make_ticket: Make, as_manager: Caller
) -> None:
    response = as_manager.post(f"tickets/{make_ticket().number}/reveal/", body)
    assert response.status_code == 400
