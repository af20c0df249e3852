"""A new release of the holiday library moves open due dates, as an edit of the calendar does."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from klingdesk.core import calendar
from tests.conftest import NOW
from tickets.admin.promise_change_pages import changed_things
from tickets.models import Clock, PromiseChange, RoutingRule, Team, Ticket
from tickets.services import library_changes
from tickets.services.library_changes import follow_library
from tickets.services.recounting import recount_promises


def test_the_fingerprint_names_years_and_changes_with_a_single_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = calendar.library_fingerprint()
    assert before.startswith("2004-20")
    index = calendar._base_index

    def one_day_less(year: int) -> tuple[int, ...]:
        return index(year)[1:] if year == 2026 else index(year)

    monkeypatch.setattr(calendar, "_base_index", one_day_less)
    after = calendar.library_fingerprint.__wrapped__()
    assert after.split()[0] == before.split()[0]
    assert after != before


def test_it_is_noted_once_and_again_when_the_library_says_something_else(
    desk: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = follow_library(now=NOW)
    assert first is not None
    assert first.new == {"library": calendar.library_fingerprint()}
    assert follow_library(now=NOW) is None
    monkeypatch.setattr(library_changes, "library_fingerprint", lambda: "2004-2027 abc")
    second = follow_library(now=NOW)
    assert second is not None
    assert second.old == first.new
    [thing] = changed_things(second)
    assert (thing.old, thing.new) == (first.new["library"], "2004-2027 abc")
    assert follow_library(now=NOW) is None


def test_open_clocks_follow(
    make_ticket: Callable[..., Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = make_ticket()
    follow_library(now=NOW)
    recount_promises(now=NOW)
    counted = Clock.objects.filter(ticket=ticket).values_list("counted_with", flat=True)
    assert set(counted) == {PromiseChange.objects.latest("pk").pk}
    assert Ticket.objects.get(pk=ticket.pk).due_at == ticket.due_at, "the days are the same"


@pytest.mark.django_db
def test_a_bootstrap_that_dies_in_the_middle_leaves_a_desk_that_is_still_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = "tickets.management.commands.bootstrap"

    def killed(**_given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(f"{command}.load_starter", killed)
        with pytest.raises(KeyboardInterrupt):
            call_command("bootstrap", stdout=StringIO())
    assert not Team.objects.exists()
    call_command("bootstrap", stdout=StringIO())
    assert RoutingRule.objects.count() > 2
    assert PromiseChange.objects.count() == 1
