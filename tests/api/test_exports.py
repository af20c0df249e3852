"""Exports over HTTP: asked for, watched, fetched by nobody but their owner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from klingdesk.core.roles import Role
from tests.api.conftest import Caller
from tests.conftest import NOW
from tickets.models import Export
from tickets.services.exports import MOST_WAITING, run_exports

WANTED = {"kind": "tickets", "format": "csv", "query": "view=all"}


@pytest.mark.django_db(transaction=True)
def test_from_the_wish_to_the_file(
    make_ticket: Any, manager: Any, calls: Callable[[Any], Caller]
) -> None:
    ticket, as_manager = make_ticket(account_id="7310094856"), calls(manager)
    answer = as_manager.post("exports/", WANTED)
    assert answer.status_code == 202
    body = answer.json()
    path = f"exports/{body['id']}/"
    assert (body["state"], body["file"], body["rows_total"]) == ("queued", None, None)
    assert answer["Location"] == f"/api/v1/{path}"
    early = as_manager.get(f"{path}file/")
    assert (early.status_code, early.json()["code"]) == (409, "not_ready")

    run_exports(now=NOW)
    body = as_manager.get(path).json()
    assert (body["state"], body["rows_done"], body["file"]) == ("done", 1, f"/api/v1/{path}file/")
    file = as_manager.client.get(body["file"])
    text = b"".join(file.streaming_content)
    assert len(text) == body["size"] == int(file["Content-Length"])
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert (
        file["Content-Disposition"] == 'attachment; filename="klingdesk-tickets-20260304-1030.csv"'
    )
    assert ticket.number in text.decode("utf-8-sig")
    assert b"7310094856" not in text
    assert as_manager.post(f"{path}cancel/").json()["code"] == "export_ended"


@pytest.mark.django_db(transaction=True)
def test_the_link_expires(
    manager: Any, calls: Callable[[Any], Caller], at_now: time_machine.Traveller
) -> None:
    as_manager = calls(manager)
    path = f"exports/{as_manager.post('exports/', WANTED).json()['id']}/"
    run_exports(now=NOW)
    at_now.shift(timedelta(hours=23, minutes=59))
    assert as_manager.client.get(f"/api/v1/{path}file/").status_code == 200
    at_now.shift(timedelta(minutes=2))
    gone = as_manager.get(f"{path}file/")
    assert (gone.status_code, gone.json()["code"]) == (410, "no_file")
    assert as_manager.get(path).json()["state"] == "expired"


def test_nobody_elses(
    manager: Any, person: Any, admin_person: Any, calls: Callable[[Any], Caller]
) -> None:
    path = f"exports/{calls(manager).post('exports/', WANTED).json()['id']}/"
    for other in (admin_person, person("manager2", Role.MANAGER)):
        caller = calls(other)
        assert caller.get(path).status_code == 404
        assert caller.get(f"{path}file/").status_code == 404
        assert caller.post(f"{path}cancel/").status_code == 404


def test_it_can_be_given_up(as_manager: Caller) -> None:
    path = f"exports/{as_manager.post('exports/', WANTED).json()['id']}/"
    assert as_manager.post(f"{path}cancel/").json()["state"] == "cancelled"
    again = as_manager.post(f"{path}cancel/")
    assert (again.status_code, again.json()["state"]) == (409, {"state": "cancelled"})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "people"}, "kind"),
        ({"format": "pdf"}, "format"),
        ({"query": "x" * 2_001}, "query"),
        ({"query": 5}, "query"),
        ({"limit": 5}, "limit"),
        ({"kind": "consultations", "query": "from=yesterday"}, "from"),
        ({"kind": "report_tickets", "query": "metric=nonsense"}, "metric"),
        ({"kind": "report", "query": "sheet=nonsense"}, "sheet"),
        ({"kind": "report", "query": "sheet=promise&group=colour"}, "group"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], field: str, as_manager: Caller) -> None:
    answer = as_manager.post("exports/", {**WANTED, **change})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not Export.objects.exists()


def test_roles_and_limits(as_agent: Caller, as_manager: Caller, calls: Any, stranger: Any) -> None:
    assert as_agent.post("exports/", {**WANTED, "kind": "report"}).status_code == 403
    assert calls(stranger).post("exports/", WANTED).status_code == 403
    assert calls(None).post("exports/", WANTED).status_code == 401
    for _number in range(MOST_WAITING):
        assert as_manager.post("exports/", WANTED).status_code == 202
    full = as_manager.post("exports/", WANTED)
    assert (full.status_code, full.json()["code"]) == (409, "too_many_exports")


def test_a_key_asks_once(as_manager: Caller) -> None:
    as_manager.client.defaults["HTTP_IDEMPOTENCY_KEY"] = "week-10"
    first, second = (as_manager.post("exports/", WANTED).json() for _attempt in range(2))
    assert first["id"] == second["id"]
    assert Export.objects.count() == 1
