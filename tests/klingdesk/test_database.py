"""The backend: connections are looked at, chosen statements stay planned, composed ones fit."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.db import DataError, connection, connections
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from klingdesk.core.roles import GROUP_ROLES, Role, roles_of
from klingdesk.database.base import kept_cursor
from klingdesk.database.composed import Composed, ComposedValues, stand_in
from tickets.models import Consultation, RunStep, Ticket

pytestmark = pytest.mark.django_db


def test_a_connection_that_stands_is_not_asked() -> None:
    connection.ensure_connection()
    with CaptureQueriesContext(connection) as queries:
        assert connection.is_usable()
    assert len(queries) == 0


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_has_ended_is_seen_and_made_anew() -> None:
    other = connections.create_connection("default")
    try:
        other.ensure_connection()
        backend = other.connection.info.backend_pid
        assert other.is_usable()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
        assert not other.is_usable()
        other.health_check_enabled, other.health_check_done = True, False
        with other.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.fetchone() == (1,)
        assert other.connection.info.backend_pid != backend
    finally:
        other.close()


@pytest.mark.django_db(transaction=True)
def test_a_connection_with_something_to_read_is_asked_and_stays() -> None:
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("LISTEN perf_test")
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
        other.execute("NOTIFY perf_test")
    before = connection.connection
    assert connection.is_usable()
    assert connection.connection is before


def test_a_kept_statement_is_prepared_once_and_counted_like_any_other() -> None:
    statement = "SELECT %s::bigint + 1"
    with CaptureQueriesContext(connection) as queries:
        for number in (1, 2, 3):
            with kept_cursor() as cursor:
                cursor.execute(statement, [number])
                assert cursor.fetchone() == (number + 1,)
    assert [query["sql"] for query in queries] == [statement] * 3
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1::bigint%%'"
        )
        assert cursor.fetchone() == (1,)


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_come_as_they_were_written(at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz, NULL::timestamptz", [at])
        found, nothing = cursor.fetchone()
    assert (found, found.tzinfo, nothing) == (at, UTC, None)


def test_instants_of_another_zone_and_beyond_python_stay_djangos_business() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone TO 'Asia/Shanghai'")
        cursor.execute("SELECT '2026-11-22 08:00:00+08'::timestamptz")
        (found,) = cursor.fetchone()
        # Django takes for granted that the connection has the zone which it was opened with.
        assert found.replace(tzinfo=None) == datetime(2026, 11, 22, 8)  # noqa: DTZ001 - compared as shown
        for text in ("infinity", "0044-03-15 12:00:00 BC"):
            cursor.execute("SELECT %s::timestamptz", [text])
            with pytest.raises(DataError):
                cursor.fetchone()


def test_a_kept_statement_holds_what_never_varies(agent: Any, advisor: Any) -> None:
    """So that a plan for any person may use an index of some rows only."""
    people = get_user_model().objects.filter(pk=-1, is_active=True).exclude(username__contains="%")
    names = ComposedValues(people.values_list("username"), -1, kept=True)
    with CaptureQueriesContext(connection) as queries:
        found = [list(names.rows(person.pk)) for person in (agent, advisor)]
    assert found == [[(agent.username,)], [(advisor.username,)]]
    texts = {query["sql"] for query in queries}
    assert len(texts) == 1
    assert texts.pop().count("%s") == 1


def test_composed_rows_are_those_of_the_queryset(
    make_ticket: Callable[..., Ticket], at_hand_over: Callable[..., int]
) -> None:
    made = make_ticket()
    contact = at_hand_over()
    for person in get_user_model().objects.all():
        roles = roles_of(person)
        asked = Composed(
            Consultation.objects.visible_to(stand_in(-2, roles))
            .select_related("question", "run__version__flow")
            .filter(pk=-1),
            -1,
            -2,
        )
        for pk in (contact, Consultation.objects.get(ticket=made).pk, 0):
            expected = Consultation.objects.visible_to(person).filter(pk=pk).first()
            found = asked.first(pk, person.pk)
            assert found == expected
            if found is not None:
                assert expected is not None
                assert vars(found).keys() - {"_state"} == vars(expected).keys() - {"_state"}
                assert found.question == expected.question
                assert found.run.version.flow.key == expected.run.version.flow.key


def test_documents_and_the_order_come_as_the_mapper_reads_them(
    at_hand_over: Callable[..., int],
) -> None:
    run = Consultation.objects.get(pk=at_hand_over()).run
    steps = Composed(RunStep.objects.filter(run=-1).order_by("number"), -1, kept=True)
    expected = list(run.steps.order_by("number"))
    found = steps.rows(run.pk)
    assert [step.number for step in found] == [step.number for step in expected]
    assert [step.values for step in found] == [step.values for step in expected]
    assert steps.rows(0) == []


def test_a_union_of_tuples(agent: Any, advisor: Any) -> None:
    people = get_user_model().objects.order_by()
    mine = people.filter(pk=-1).values_list("username", "pk")
    others = people.exclude(pk=-1).values_list("username", "pk")
    both = ComposedValues(mine.union(others, all=True), -1)
    for person in (agent, advisor):
        found = list(both.rows(person.pk))
        assert (found[0], len(found)) == ((person.username, person.pk), people.count())


@pytest.mark.parametrize("role", GROUP_ROLES)
def test_who_sees_nothing_is_told_so_without_a_statement(role: Role) -> None:
    asked = Composed(Consultation.objects.visible_to(stand_in(-2, frozenset({role}))), -2)
    with CaptureQueriesContext(connection) as queries:
        found = asked.rows(7)
    sees_some = role in (Role.AGENT, Role.MANAGER)
    assert (found, len(queries)) == ([], 1 if sees_some else 0)


@pytest.mark.django_db(transaction=True)
def test_what_one_thread_composed_another_thread_asks_with_its_own_connection() -> None:
    # Connections refuse to be used by a thread that did not make them.
    people = get_user_model().objects.filter(username="nobody").order_by("pk")
    names = ComposedValues(people.values_list("username"))
    assert list(names.rows()) == []

    def ask() -> list[Any]:
        try:
            return list(names.rows())
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(ask).result() == []
