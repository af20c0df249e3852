"""``up``: from nothing to a running desk, and back."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from klingdesk.embedded.children import Child, Spec
from klingdesk.embedded.cluster import MAJOR, Cluster
from klingdesk.embedded.console import Console
from klingdesk.embedded.database import ensure_database, ensure_queue, refuse_newer_schema
from klingdesk.embedded.demo import demo_password
from klingdesk.embedded.environment import (
    desk_environment,
    forget_client_variables,
    port_number,
)
from klingdesk.embedded.folder import DataFolder, write_private
from klingdesk.embedded.health import HOST, readiness, refuse_taken_port
from klingdesk.embedded.leftovers import end_leftovers
from klingdesk.embedded.server import start_server
from klingdesk.embedded.signals import StopFlag
from klingdesk.embedded.supervisor import Supervisor
from klingdesk.embedded.translations import compile_catalogues
from klingdesk.embedded.trouble import StopRequested, Trouble
from klingdesk.embedded.welcome import can_show_chinese, welcome

PROJECT = Path(__file__).resolve().parents[2]
_READY_SECONDS = 120.0


def up() -> None:
    """Run the desk until Ctrl-C, SIGTERM or SIGHUP; ``Trouble`` when it cannot start."""
    flag = StopFlag()
    flag.install()
    console = Console(steps=6)
    port = port_number(os.environ.get("PORT", "8000").strip())
    folder = DataFolder(Path(os.environ.get("KLINGDESK_DATA") or ".data"))
    folder.open()
    try:
        _Desk(console, flag, folder, port).run()
    finally:
        folder.close()
        flag.close()


@dataclass(slots=True)
class _Desk:
    console: Console
    flag: StopFlag
    folder: DataFolder
    port: int

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}/admin/"

    def run(self) -> None:
        self.folder.announce(f"{self.address} (pid {os.getpid()})")
        forget_client_variables()
        cluster = Cluster(self.folder.database)
        supervisor = Supervisor(self.console, self.flag, self.folder.record)
        try:
            end_leftovers(self.folder.recorded(), cluster, self.console, self.flag)
            refuse_taken_port(self.port)
            environment = self._prepare(cluster, supervisor)
            self._serve(environment, supervisor)
            self._welcome(environment)
            supervisor.watch()
        except StopRequested:
            self._say_goodbye(supervisor)
        finally:
            supervisor.stop()
            cluster.remove_socket()

    def _prepare(self, cluster: Cluster, supervisor: Supervisor) -> dict[str, str]:
        with self.console.step(f"Data folder {self.folder.path}"):
            cluster.prepare()
        with self.console.step(f"PostgreSQL {MAJOR}, as user {cluster.user.name}"):
            start_server(cluster, supervisor, self.flag, self.folder.logs / "postgres.log")
        environment = self._environment(cluster)
        static = self._begin_static(supervisor, environment)
        with self.console.step("Database tables"):
            ensure_database(cluster)
            refuse_newer_schema(cluster, PROJECT)
            ensure_queue(cluster)
            self._manage(supervisor, environment, "migrate", "--noinput")
        with self.console.step("Starter knowledge base, teams and people"):
            self._manage(supervisor, environment, "bootstrap")
        with self.console.step("Translations and static files"):
            note = compile_catalogues(PROJECT / "locale")
            if note:
                self.console.line(note)
            if static is not None:
                supervisor.finish(static)
                write_private(self.folder.path / "static-files", _static_fingerprint())
        return environment

    def _environment(self, cluster: Cluster) -> dict[str, str]:
        given = os.environ
        mode = given.get("KLINGDESK_MODE") or "demo"
        ours = {
            "KLINGDESK_MODE": mode,
            "KLINGDESK_SECRET_KEY": given.get("KLINGDESK_SECRET_KEY") or self.folder.secret_key(),
            "KLINGDESK_STATIC_ROOT": str(self.folder.static),
            "KLINGDESK_ALLOWED_HOSTS": given.get("KLINGDESK_ALLOWED_HOSTS")
            or "127.0.0.1,localhost",
            "KLINGDESK_PUBLIC_URL": given.get("KLINGDESK_PUBLIC_URL")
            or f"http://127.0.0.1:{self.port}",
            "PORT": str(self.port),
        }
        if mode == "demo":
            ours["KLINGDESK_DEMO_PASSWORD"] = demo_password(self.folder.logins, given)
        return desk_environment(cluster, given, ours)

    def _spec(self, name: str, environment: dict[str, str], *argv: str) -> Spec:
        # Ten seconds: gunicorn gives requests five, a worker needs up to five to hang up.
        return Spec(
            name=name,
            argv=[sys.executable, *argv],
            env=environment,
            cwd=PROJECT,
            log=self.folder.logs / f"{name.split()[-1]}.log",
            stop=((signal.SIGTERM, 10.0),),
        )

    def _manage(self, supervisor: Supervisor, environment: dict[str, str], *argv: str) -> None:
        step = self._spec(f"manage.py {argv[0]}", environment, "manage.py", *argv)
        supervisor.finish(supervisor.begin(step))

    def _begin_static(self, supervisor: Supervisor, environment: dict[str, str]) -> Child | None:
        """Collect and compress static files beside the rest, if anything could have changed."""
        stamp = self.folder.path / "static-files"
        if stamp.exists() and stamp.read_text() == _static_fingerprint():
            return None
        stamp.unlink(missing_ok=True)
        collect = ("manage.py", "collectstatic", "--noinput", "--clear")
        return supervisor.begin(self._spec("manage.py collectstatic", environment, *collect))

    def _serve(self, environment: dict[str, str], supervisor: Supervisor) -> None:
        celery = ("-m", "celery", "-A", "klingdesk")
        worker = ("worker", "--pool", "threads", "--concurrency", "4")
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        with self.console.step("Web, worker and beat"):
            for spec in (
                self._spec(
                    "web",
                    environment,
                    *("-m", "gunicorn", "-c", "python:klingdesk.embedded.web"),
                    "klingdesk.wsgi",
                ),
                self._spec("worker", environment, *celery, *worker, *quiet),
                # No schedule file: every sweep is safe to run at once after a restart.
                self._spec(
                    "beat", environment, *celery, "beat", "--scheduler", "celery.beat:Scheduler"
                ),
            ):
                supervisor.start(spec)
            self._wait_ready(supervisor)

    def _wait_ready(self, supervisor: Supervisor) -> None:
        until = time.monotonic() + _READY_SECONDS
        while (said := readiness(self.port)) is not None or not supervisor.alive("web"):
            if time.monotonic() > until:
                raise Trouble(
                    f"the desk did not become ready within {_READY_SECONDS:.0f} s: {said}; "
                    f"see {self.folder.logs}"
                )
            supervisor.turn(0.1)

    def _welcome(self, environment: dict[str, str]) -> None:
        is_demo = environment["KLINGDESK_MODE"] == "demo"
        welcome(
            self.console,
            address=self.address,
            password=environment.get("KLINGDESK_DEMO_PASSWORD", "") if is_demo else "",
            shows_chinese=can_show_chinese(sys.stdout.encoding),
        )

    def _say_goodbye(self, supervisor: Supervisor) -> None:
        began = time.monotonic()
        self.console.line()
        self.console.line("Stopping ...")
        supervisor.stop()
        took = time.monotonic() - began
        self.console.line(f"Stopped after {took:.1f} s. The data stays in {self.folder.path}.")


def _static_fingerprint() -> str:
    """Changes with our static files, the installed packages' list and the settings."""
    digest = hashlib.sha256(sys.version.encode())
    static = sorted(path for path in (PROJECT / "static").rglob("*") if path.is_file())
    named = ("requirements/base.txt", "klingdesk/settings.py", "klingdesk/apps.py")
    for path in (*(PROJECT / name for name in named), *static):
        digest.update(str(path.relative_to(PROJECT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
