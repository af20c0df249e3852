"""Versions of a ticket: nothing is sent twice for nothing, and no race is lost unnoticed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.api.conftest import V1, Caller, hold_against_document
from tests.concurrency.threads import held, in_background, outcome, wait_until_blocked
from tests.conftest import NOW
from tickets.models import Ticket, TicketEvent
from tickets.services.claims import claim
from tickets.services.notes import add_note


@pytest.fixture
def number(make_ticket: Callable[..., Ticket], advisor: Any) -> str:
    found = make_ticket().number
    claim(number=found, acting_user=advisor, now=NOW)
    return found


def read(caller: Caller, number: str, etag: str | None = None) -> Any:
    headers = {**caller.headers, **({"if-none-match": etag} if etag else {})}
    response = caller.client.get(f"{V1}tickets/{number}/", headers=headers)
    hold_against_document(f"{V1}tickets/{number}/", "get", response)
    return response


def act(caller: Caller, number: str, action: str, body: Any, etag: str) -> Any:
    path = f"{V1}tickets/{number}/{action}/"
    response = caller.client.post(
        path,
        json.dumps(body),
        content_type="application/json",
        headers={**caller.headers, "if-match": etag},
    )
    hold_against_document(path, "post", response)
    return response


def test_what_is_known_is_not_sent_again(number: str, as_advisor: Caller) -> None:
    etag = read(as_advisor, number).headers["ETag"]
    for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        known = read(as_advisor, number, sent)
        assert (known.status_code, known.content) == (304, b"")
        assert known.headers["ETag"] == etag
    assert read(as_advisor, number, '"1.0000"').status_code == 200


def test_every_difference_is_another_version(
    number: str,
    as_advisor: Caller,
    as_manager: Caller,
    advisor: Any,
    at_now: time_machine.Traveller,
) -> None:
    seen = {read(as_advisor, number).headers["ETag"]}
    seen.add(read(as_manager, number).headers["ETag"])  # masked
    add_note(number=number, acting_user=advisor, note="核对过", now=NOW)
    seen.add(read(as_advisor, number).headers["ETag"])
    at_now.shift(timedelta(days=14))  # breached by now, without an event
    seen.add(read(as_advisor, number).headers["ETag"])
    only = as_advisor.client.get(f"{V1}tickets/{number}/?fields=status").headers["ETag"]
    assert len(seen | {only}) == 5


def test_an_action_on_the_version_that_was_read(number: str, as_advisor: Caller) -> None:
    etag = read(as_advisor, number).headers["ETag"]
    done = act(as_advisor, number, "note", {"note": "核对过"}, etag)
    assert done.status_code == 200
    assert done.headers["ETag"] == read(as_advisor, number).headers["ETag"] != etag


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("note", {"note": "核对过"}),
        ("resolve", {"code": "fixed", "summary": "好了"}),
        ("watch", {}),
        ("unwatch", {}),
        ("release", {}),
        ("transfer", {"team": "safety", "reason": "转"}),
    ],
)
def test_an_action_on_an_older_version_does_nothing(
    action: str, body: dict[str, Any], number: str, as_advisor: Caller, agent: Any
) -> None:
    etag = read(as_advisor, number).headers["ETag"]
    add_note(number=number, acting_user=agent, note="用户又补充", now=NOW)
    before = TicketEvent.objects.count()
    refused = act(as_advisor, number, action, body, etag)
    assert (refused.status_code, refused.json()["code"]) == (412, "overtaken")
    state = refused.json()["state"]
    assert (state["status"], state["assignee"]) == ("assigned", "advisor")
    assert state["last_event"] == TicketEvent.objects.order_by("-pk").first().pk  # type: ignore[union-attr]
    assert TicketEvent.objects.count() == before


def test_revealing_heeds_the_version_and_gives_none(
    number: str, as_manager: Caller, agent: Any
) -> None:
    body = {"what": ["account_id"], "reason": "回拨"}
    etag = read(as_manager, number).headers["ETag"]
    shown = act(as_manager, number, "reveal", body, etag)
    assert shown.json()["account_id"] == "880001"
    assert "ETag" not in shown.headers
    assert act(as_manager, number, "reveal", body, etag).status_code == 412


def test_expected_event_is_milder(number: str, as_advisor: Caller, agent: Any) -> None:
    """A note makes no action senseless: 409 is for another state or assignee, 412 for anything."""
    response = read(as_advisor, number)
    seen = response.json()["last_event"]
    add_note(number=number, acting_user=agent, note="用户又补充", now=NOW)
    body = {"note": "核对过", "expected_event": seen}
    assert act(as_advisor, number, "note", body, response.headers["ETag"]).status_code == 412
    assert as_advisor.post(f"tickets/{number}/note/", body).status_code == 200


@pytest.mark.parametrize(
    ("etag", "status"),
    [
        ("*", 200),
        ('"x"', 412),
        ("x", 412),
        ('"0.00"', 412),
        ('"999999999999999999.00"', 412),
        ('"99999999999999999999999.00"', 412),
        ('"1.2", "3.4"', 412),
        ("", 412),
    ],
)
def test_tags_that_name_any_version_or_none(
    etag: str, status: int, number: str, as_advisor: Caller
) -> None:
    assert act(as_advisor, number, "note", {"note": "核对过"}, etag).status_code == status


def test_compression_does_not_break_the_tag(number: str, as_advisor: Caller) -> None:
    packed = Client(headers={**as_advisor.headers, "accept-encoding": "gzip"})
    etag = packed.get(f"{V1}tickets/{number}/").headers["ETag"]
    assert etag.startswith("W/")
    assert act(as_advisor, number, "note", {"note": "核对过"}, etag).status_code == 200
    assert read(as_advisor, number).status_code == 200


def test_a_stranger_learns_nothing_by_tags(
    number: str, calls: Callable[[Any], Caller], other_advisor: Any
) -> None:
    refused = act(calls(other_advisor), number, "note", {"note": "x"}, '"1.0"')
    assert refused.status_code == 404


def test_not_sending_again_costs_what_reading_costs(
    number: str, as_advisor: Caller, django_assert_max_num_queries: Any
) -> None:
    etag = read(as_advisor, number).headers["ETag"]
    # token; ticket, events, contacts, clocks, policies, watchers; own contacts
    with django_assert_max_num_queries(9):
        assert read(as_advisor, number, etag).status_code == 304


@pytest.mark.django_db(transaction=True)
def test_of_two_who_read_the_same_version_one_acts(
    make_ticket: Callable[..., Ticket], advisor: Any, calls: Callable[[Any], Caller]
) -> None:
    number = make_ticket().number
    claim(number=number, acting_user=advisor, now=NOW)
    caller, other = calls(advisor), calls(advisor)
    etag = read(caller, number).headers["ETag"]
    with held(lambda: act(caller, number, "note", {"note": "一"}, etag)) as commit:
        waiting = in_background(lambda: act(other, number, "note", {"note": "二"}, etag))
        wait_until_blocked()
        assert commit().status_code == 200
        assert outcome(waiting).status_code == 412
    assert TicketEvent.objects.filter(code="ticket.note").count() <= 1
    assert list(TicketEvent.objects.exclude(note="").values_list("note", flat=True))[-1:] == ["一"]
