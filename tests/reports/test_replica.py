"""Reports read from the replica while it is good, and from the primary when it is not.

A second connection to the same database is the replica here: PostgreSQL calls it a copy of itself,
and it shows what is committed and nothing else.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from klingdesk import health
from klingdesk.broker_probe import BrokerProbe
from tests.conftest import NOW
from tickets.models import Heartbeat, Ticket
from tickets.reports import replica
from tickets.reports.reading import ReportsRouter, read_only, reports_database
from tickets.reports.replica import ReplicaState, ReplicaWatch, Standing
from tickets.services import heartbeats

ROUTER = "tickets.reports.reading.ReportsRouter"


@pytest.fixture
def second(
    transactional_db: None, django_db_blocker: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., None]]:
    """``second(**changed)``: a replica that is our own database but for what is changed."""

    def configure(**changed: Any) -> None:
        entry = copy.deepcopy(connection.settings_dict)
        entry["OPTIONS"] = {**entry["OPTIONS"], "connect_timeout": 2}
        connections.settings["replica"] = {**entry, **changed}
        settings.DATABASE_ROUTERS = [ROUTER]
        monkeypatch.setattr(replica, "watch", ReplicaWatch())

    with django_db_blocker.unblock():  # Django's own fence lets tests connect to aliases it knew
        yield configure
    if hasattr(connections._connections, "replica"):
        connections["replica"].close()
        del connections["replica"]
    connections.settings.pop("replica", None)


def test_without_a_replica_reports_read_the_primary(db: None) -> None:
    with read_only() as alias:
        assert alias == reports_database() == "default"
    assert not replica.is_configured()


def test_a_block_reads_the_replica_and_only_that(second: Callable[..., None]) -> None:
    second()
    heartbeats.beat(name="any", now=NOW)
    with read_only() as alias, CaptureQueriesContext(connections["replica"]) as asked:
        assert alias == reports_database() == "replica"
        with CaptureQueriesContext(connection) as primary:
            assert [row.name for row in Heartbeat.objects.all()] == ["any"]
            assert not Ticket.objects.exists()
            with connections[reports_database()].cursor() as cursor:
                cursor.execute("SHOW transaction_isolation")
                assert cursor.fetchone() == ("repeatable read",)
    assert (len(asked), len(primary)) == (3, 0)
    assert reports_database() == "default"
    assert Heartbeat.objects.using(reports_database()).get()._state.db == "default"


def test_a_block_within_a_block_reads_the_same(second: Callable[..., None]) -> None:
    second()
    with read_only() as outer:
        replica.watch.failed()
        with read_only() as inner:
            assert (outer, inner) == ("replica", "replica")
    with read_only() as alias:
        assert alias == "default"


def test_nothing_can_be_written_there(second: Callable[..., None]) -> None:
    second()
    with pytest.raises(DatabaseError, match="read-only"), read_only():
        heartbeats.beat(name="any", now=NOW)
    assert not Heartbeat.objects.exists()


def test_a_replica_that_is_down_costs_nothing_but_the_first_attempt(
    second: Callable[..., None],
) -> None:
    second(HOST="127.0.0.1", PORT="1")
    heartbeats.beat(name="any", now=NOW)
    for _time in range(3):
        with read_only() as alias:
            assert (alias, Heartbeat.objects.count()) == ("default", 1)
    assert replica.watch.state() == ReplicaState(Standing.UNREACHABLE)


def test_a_replica_that_goes_away_between_two_answers(second: Callable[..., None]) -> None:
    second()
    with read_only() as alias:
        assert alias == "replica"
    connections["replica"].close()
    connections["replica"].settings_dict["PORT"] = "1"
    connections["replica"].settings_dict["HOST"] = "127.0.0.1"
    with read_only() as alias:
        assert (alias, Heartbeat.objects.count()) == ("default", 0)
    assert replica.watch.state().standing is Standing.UNREACHABLE


def test_a_database_that_is_no_copy_is_never_read(second: Callable[..., None]) -> None:
    second(NAME="postgres")
    with read_only() as alias:
        assert alias == "default"
    assert replica.watch.state() == ReplicaState(Standing.FOREIGN)


@pytest.mark.parametrize(
    ("state", "alias", "said"),
    [
        (ReplicaState(Standing.OK, 30), "replica", {"status": "ok", "lag_seconds": 30}),
        (ReplicaState(Standing.BEHIND, 31), "default", {"status": "behind", "lag_seconds": 31}),
        (ReplicaState(Standing.BEHIND), "default", {"status": "behind"}),
        (ReplicaState(Standing.UNREACHABLE), "default", {"status": "unreachable"}),
    ],
)
def test_a_late_replica_leaves_reports_to_the_primary_and_readiness_says_so(
    second: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    client: Client,
    desk: None,
    state: ReplicaState,
    alias: str,
    said: dict[str, Any],
) -> None:
    second()
    monkeypatch.setattr(replica, "watch", ReplicaWatch(lambda most: state))
    monkeypatch.setattr(health, "broker", BrokerProbe(lambda: None))
    with read_only() as read:
        assert read == alias
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["checks"]["replica"] == said
    if said["status"] != "ok":
        assert response.json()["status"] == "degraded"


def test_the_lag_is_judged_by_the_setting(second: Callable[..., None]) -> None:
    """Our own database is never behind: the boundary is that of the comparison."""
    second()
    assert replica.ask_replica(0) == ReplicaState(Standing.OK, 0)


def test_answers_are_kept_and_asked_for_once() -> None:
    now = [100.0]
    asked: list[float] = []
    states = [ReplicaState(Standing.UNREACHABLE), ReplicaState(Standing.OK, 0)]

    def ask(most_seconds: int) -> ReplicaState:
        asked.append(now[0])
        return states[min(len(asked), 2) - 1]

    watch = ReplicaWatch(ask, clock=lambda: now[0])
    assert [watch.is_good() for _time in range(9)] == [False] * 9
    now[0] += replica.DOWN_SECONDS
    assert [watch.is_good() for _time in range(9)] == [True] * 9
    now[0] += replica.FRESH_SECONDS
    assert watch.is_good()
    assert asked == [100.0, 115.0, 117.0]


def test_the_router_has_no_opinion_outside_and_never_migrates_the_replica() -> None:
    router = ReportsRouter()
    assert router.db_for_read(Ticket) is None
    assert router.db_for_write(Ticket) is None
    assert router.allow_migrate("replica", "tickets") is False
    assert router.allow_migrate("default", "tickets") is None
