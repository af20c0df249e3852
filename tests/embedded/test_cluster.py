"""A real PostgreSQL of our own: who may connect, what survives a kill, what is refused."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from klingdesk.embedded.cluster import Cluster, server_environment, wait_answering
from klingdesk.embedded.console import Console
from klingdesk.embedded.database import ensure_database, ensure_queue, refuse_newer_schema
from klingdesk.embedded.leftovers import end_leftovers
from klingdesk.embedded.processes import Mark
from klingdesk.embedded.signals import StopFlag
from klingdesk.embedded.trouble import Trouble
from tests.embedded.conftest import PROJECT

pytestmark = pytest.mark.faults

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, whom PostgreSQL refuses")


class Server:
    """A cluster with its ``postgres`` started by hand, as the supervisor would."""

    def __init__(self, files: Path) -> None:
        self.cluster = Cluster(files)
        self.process: subprocess.Popen[bytes]

    def start(self) -> None:
        self.cluster.prepare()
        self.process = subprocess.Popen(
            self.cluster.command(),
            env=server_environment(),
            cwd="/",
            preexec_fn=self.cluster.user.before_exec(signal.SIGQUIT),
            stderr=subprocess.DEVNULL,
        )
        wait_answering(self.cluster, lambda: self.process.poll() is None, time.sleep, 30)

    def end(self, number: int = signal.SIGINT) -> None:
        self.process.send_signal(number)
        self.process.wait(30)

    def state(self) -> str:
        tool = Path(self.cluster.command()[0]).with_name("pg_controldata")
        shown = subprocess.check_output([tool, self.cluster.files], env=server_environment())
        found = re.search(r"cluster state: +(.*)", shown.decode())
        assert found is not None
        return found[1]

    def query(self, text: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.cluster.dsn()) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """In pytest's own folder, which nobody but we may enter: as root this needs the capability."""
    running = Server(tmp_path_factory.mktemp("closed") / "postgresql")
    running.start()
    ensure_database(running.cluster)
    ensure_queue(running.cluster)
    yield running
    running.end(signal.SIGQUIT)
    running.cluster.remove_socket()


@pytest.fixture
def end_earlier() -> Callable[[Server], None]:
    def end(server: Server) -> None:
        end_leftovers([], server.cluster, Console(), StopFlag())

    return end


def test_preparing_twice_changes_nothing(server: Server) -> None:
    ensure_database(server.cluster)
    ensure_queue(server.cluster)
    assert server.query("SELECT count(*) FROM pgmq.meta") == [(0,)]


def test_the_desk_is_no_superuser_and_nothing_listens_on_the_network(server: Server) -> None:
    assert server.query(
        "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    ) == [(False, False, False)]
    assert server.query("SELECT current_setting('listen_addresses')") == [("",)]
    assert server.query("SELECT current_setting('fsync')") == [("on",)]
    assert server.query("SELECT current_setting('TimeZone')") == [("Asia/Shanghai",)]


def test_case_folds_beyond_ascii(server: Server) -> None:
    assert server.query("SELECT upper('é'), 'ÄÖ' ILIKE 'äö'") == [("É", True)]


@as_root
def test_another_user_of_the_machine_cannot_connect(server: Server) -> None:
    """Not even the one whom PostgreSQL runs as, who owns the socket's folder."""
    user = server.cluster.user
    client = Path(server.cluster.command()[0]).with_name("psql")
    done = subprocess.run(
        [client, server.cluster.dsn(), "-c", "SELECT 1"],
        preexec_fn=user.become,
        cwd="/",
        env=server_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Peer authentication failed" in done.stderr


@as_root
def test_the_server_keeps_one_capability_of_root_at_most(server: Server) -> None:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split() == [str(server.cluster.user.uid)] * 4
    assert int(fields["CapEff"], 16).bit_count() <= 1
    assert fields["CapPrm"] == fields["CapEff"]


def test_what_was_committed_survives_a_kill(
    server: Server, end_earlier: Callable[[Server], None]
) -> None:
    server.query("CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)")
    old_socket = server.cluster.socket
    server.end(signal.SIGKILL)
    end_earlier(server)
    server.start()
    assert server.query("SELECT n FROM kept") == [(42,)]
    assert not old_socket.exists()


def test_a_server_that_is_still_shutting_down_is_given_time_and_ends_cleanly(
    server: Server, end_earlier: Callable[[Server], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("klingdesk.embedded.leftovers._SERVER_PATIENCE", 0.5)
    found = server.cluster.postmaster.running()
    assert found == Mark.of("postgres", server.process.pid)
    with psycopg.connect(server.cluster.dsn()):
        # A smart shutdown waits for this connection to close, which it does not.
        server.process.send_signal(signal.SIGTERM)
        end_earlier(server)
    assert server.cluster.postmaster.running() is None
    server.process.wait(1)
    assert server.state() == "shut down"
    server.start()


def test_an_orphan_in_an_endless_loop_does_not_keep_the_next_server_from_starting(
    server: Server, end_earlier: Callable[[Server], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("klingdesk.embedded.leftovers._SERVER_PATIENCE", 0.5)

    def busy() -> None:
        with pytest.raises(psycopg.OperationalError):
            server.query("DO $$ BEGIN LOOP END LOOP; END $$")

    loop = threading.Thread(target=busy)
    loop.start()
    while not server.query("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'DO %' AND pid > 0"):
        time.sleep(0.05)
    server.end(signal.SIGKILL)
    end_earlier(server)
    assert server.cluster.postmaster.orphans() == []
    loop.join(10)
    server.start()


def test_a_stranger_with_the_recorded_pid_is_not_touched(
    server: Server, end_earlier: Callable[[Server], None]
) -> None:
    pid_file = server.cluster.files / "postmaster.pid"
    server.end()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        pid_file.write_text(f"{stranger.pid}\n{server.cluster.files}\n0\n5432\n\n\n")
        if server.cluster.user.uid != os.geteuid():
            os.chown(pid_file, server.cluster.user.uid, server.cluster.user.gid)
        end_earlier(server)
        assert stranger.poll() is None
        stranger.kill()
    assert not pid_file.exists()
    server.start()


def test_another_major_version_is_refused(tmp_path: Path) -> None:
    files = tmp_path / "postgresql"
    files.mkdir()
    (files / "PG_VERSION").write_text("16\n")
    if os.geteuid() == 0:
        os.chown(files, 65534, 65534)
    with pytest.raises(Trouble, match=r"PostgreSQL 16.*brings PostgreSQL 18"):
        Cluster(files).prepare()


def test_a_database_of_a_newer_desk_is_refused(server: Server) -> None:
    server.query(
        "CREATE TABLE django_migrations (app text, name text); "
        "INSERT INTO django_migrations VALUES ('kb', '0001_initial')"
    )
    refuse_newer_schema(server.cluster, PROJECT)
    server.query("INSERT INTO django_migrations VALUES ('kb', '9999_from_the_future')")
    with pytest.raises(Trouble, match=r"newer klingdesk \(kb 9999_from_the_future"):
        refuse_newer_schema(server.cluster, PROJECT)
