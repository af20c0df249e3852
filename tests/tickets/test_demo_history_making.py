"""Making a history: seeds, refusals, the fast way, and the commands that do it."""

from __future__ import annotations

import hashlib
from datetime import date, time
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from klingdesk.core.calendar import WorkingCalendar
from klingdesk.core.errors import Conflict
from tests.tickets.made_up import UNTIL, make, starter_desk
from tickets.demo import loading
from tickets.demo.days import DAY, Days
from tickets.models import EventPending, Team, Ticket, TicketFact
from tickets.rules.sla import WorkingHours
from tickets.services.desk import prepare_bench_people
from tickets.services.feed import sequence_events


def digest() -> str:
    """Of everything but ids: what happened to whom, when."""
    found = hashlib.sha256()
    with connection.cursor() as cursor:
        for statement in (
            "SELECT account_id, status, created_at, due_at, ended_at, chase_count, "
            "transcript::text FROM tickets_ticket ORDER BY created_at, account_id",
            "SELECT code, at, note FROM tickets_ticketevent ORDER BY at, id",
            "SELECT status, channel, started_at, finished_at FROM tickets_consultation "
            "ORDER BY started_at, finished_at, utterance",
        ):
            cursor.execute(statement)
            for row in cursor.fetchall():
                found.update(repr(row).encode())
    return found.hexdigest()


@pytest.fixture
def small_desk(db: None) -> None:
    with time_machine.travel(UNTIL):
        starter_desk()


def forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # every reference is looked up now
        cursor.execute("TRUNCATE tickets_ticket, tickets_consultation, tickets_feedentry CASCADE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_the_same_seed_gives_the_same_history(small_desk: None) -> None:
    digests = []
    for seed in (1, 1, 2):
        make(150, seed=seed, days=40)
        digests.append(digest())
        forget()
    assert digests[0] == digests[1] != digests[2]


def test_a_large_one_is_the_same_and_leaves_every_constraint(
    small_desk: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its foreign keys and indexes while it is loaded."""
    make(150, seed=1, days=40)
    expected, schema = digest(), describe()
    forget()
    tries = loading.BULK
    monkeypatch.setattr(loading, "BULK", 100)
    monkeypatch.setattr(loading, "tries_for", lambda _tickets: 2)
    make(150, seed=1, days=40)
    assert tries == 20_000
    assert describe() == schema
    assert digest() == expected
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D'")
        assert cursor.fetchone() == (0,)


def describe() -> set[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint "
            "UNION ALL SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid "
            "FROM pg_index"
        )
        return set(cursor.fetchall())


def test_a_desk_with_tickets_is_left_alone(small_desk: None) -> None:
    make(20, days=20)
    with pytest.raises(Conflict) as refused:
        make(20, days=20)
    assert refused.value.code == "has_tickets"
    assert make(20, days=20, seed=9, beside=True).tickets == 20
    assert Ticket.objects.count() == 40


def test_a_desk_without_advisors_is_refused(small_desk: None) -> None:
    for team in Team.objects.all():
        team.members.clear()
    with pytest.raises(Conflict) as refused:
        make(20, days=20)
    assert refused.value.code == "nobody"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--tickets", "0"), "--tickets: 1 to"),
        (("--tickets", "10", "--days", "3"), "--days: 15 to"),
        (("--tickets", "10", "--people", "5000"), "--people: at most"),
    ],
)
def test_senseless_numbers_are_refused(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("demo_history", *arguments)


def test_production_is_refused(settings: Any) -> None:
    settings.KLINGDESK_MODE = "production"
    with pytest.raises(CommandError, match="production desk"):
        call_command("demo_history", "--tickets", "10")


@pytest.mark.django_db(transaction=True)
def test_the_command_makes_it_and_counts_it(settings: Any) -> None:
    settings.KLINGDESK_DEMO_TICKETS = 0
    with time_machine.travel(UNTIL, tick=True):
        starter_desk()
        said = StringIO()
        arguments = ("--tickets", "120", "--days", "30", "--people", "3")
        call_command("demo_history", *arguments, stdout=said)
        assert "120 of 120 tickets" in said.getvalue()
        assert "reports counted" in said.getvalue()
        assert TicketFact.objects.count() == 120
        people = get_user_model().objects.filter(username__startswith="bench-")
        assert people.count() == 6
        assert not any(person.has_usable_password() for person in people)
        with pytest.raises(CommandError, match="--beside"):
            call_command("demo_history", *arguments, stdout=said)
        call_command("demo_history", *arguments, "--beside", stdout=said)
    assert Ticket.objects.count() == 240


@pytest.mark.django_db(transaction=True)
def test_a_new_demo_desk_begins_with_one(settings: Any) -> None:
    settings.KLINGDESK_MODE = "demo"
    settings.KLINGDESK_DEMO_PASSWORD = "only-for-tests"
    settings.KLINGDESK_DEMO_TICKETS = 60
    said = StringIO()
    call_command("bootstrap", stdout=said)
    assert "history: 60 made-up tickets" in said.getvalue()
    assert Ticket.objects.count() == 60
    assert not Ticket.objects.filter(status__in=["new", "queued"]).exists()
    call_command("bootstrap", stdout=said)
    assert Ticket.objects.count() == 60
    sequence_events(now=timezone.now())
    assert not EventPending.objects.exists()


def test_bench_people_are_made_once(small_desk: None) -> None:
    assert prepare_bench_people(count=2) == prepare_bench_people(count=2)
    assert get_user_model().objects.filter(username__startswith="bench-").count() == 4


def test_working_time_and_stamps_of_the_history() -> None:
    days = Days(
        date(2026, 2, 13),
        30,
        calendar=WorkingCalendar(),
        hours=WorkingHours(time(9), time(18)),
    )
    friday_noon = 12 * 3600
    assert days.worked(friday_noon) == 3 * 60
    assert days.when_worked(3 * 60) == friday_noon
    assert days.stamp(friday_noon) == "2026-02-13 12:00:00+08"
    # 14 February is a make-up Saturday, then comes the Spring Festival.
    assert days.is_working[1]
    assert not any(days.is_working[2:11])
    assert days.worked(5 * DAY) == 2 * 540
    assert days.is_working[11]
    assert days.since(days.instant(12_345)) == 12_345
