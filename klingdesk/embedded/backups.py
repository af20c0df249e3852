"""``backup`` and ``restore`` on one machine: PostgreSQL is started for them when it is not up.

A backup is written while the desk runs. A restore needs it stopped, and ``up`` brings the tables
of an older backup up to date afterwards.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from klingdesk.embedded.cluster import Cluster
from klingdesk.embedded.console import Console
from klingdesk.embedded.database import ensure_database
from klingdesk.embedded.environment import desk_environment, forget_client_variables
from klingdesk.embedded.folder import AlreadyRunning, DataFolder
from klingdesk.embedded.leftovers import end_leftovers
from klingdesk.embedded.server import start_server
from klingdesk.embedded.signals import StopFlag
from klingdesk.embedded.supervisor import Supervisor
from klingdesk.embedded.trouble import StopRequested, Trouble

PROJECT = Path(__file__).resolve().parents[2]


def backup(arguments: Sequence[str]) -> int:
    """``manage.py backup ARGUMENTS`` on the desk's database; its exit code."""
    folder = _folder()
    if not (folder.database / "PG_VERSION").exists():
        raise Trouble(f"there is no desk in {folder.path}; name its folder with KLINGDESK_DATA.")
    try:
        folder.open()
    except AlreadyRunning:
        cluster = Cluster(folder.database)
        cluster.find_socket()
        return _manage(folder, cluster, "backup", arguments)
    return _with_server(folder, "backup", arguments)


def restore(arguments: Sequence[str]) -> int:
    """``manage.py restore ARGUMENTS``; ``Trouble`` while the desk runs."""
    folder = _folder()
    try:
        folder.open()
    except AlreadyRunning as running:
        raise Trouble(
            f"{str(running).rstrip('.')}; stop it first (Ctrl-C where it runs)."
        ) from None
    return _with_server(folder, "restore", arguments)


def _folder() -> DataFolder:
    forget_client_variables()
    return DataFolder(Path(os.environ.get("KLINGDESK_DATA") or ".data"))


def _with_server(folder: DataFolder, command: str, arguments: Sequence[str]) -> int:
    """Run the command with PostgreSQL up and nothing else; the folder's lock is ours."""
    flag = StopFlag()
    flag.install()
    try:
        folder.announce(f"{command} (pid {os.getpid()})")
        with _server(folder, flag) as cluster:
            return _manage(folder, cluster, command, arguments)
    except StopRequested:
        return 128 + signal.SIGTERM
    finally:
        folder.close()
        flag.close()


@contextmanager
def _server(folder: DataFolder, flag: StopFlag) -> Iterator[Cluster]:
    cluster = Cluster(folder.database)
    console = Console()
    supervisor = Supervisor(console, flag, folder.record)
    try:
        end_leftovers(folder.recorded(), cluster, console, flag)
        cluster.prepare()
        start_server(cluster, supervisor, flag, folder.logs / "postgres.log")
        ensure_database(cluster)
        yield cluster
    finally:
        supervisor.stop()
        cluster.remove_socket()


def _manage(folder: DataFolder, cluster: Cluster, command: str, arguments: Sequence[str]) -> int:
    ours = {"KLINGDESK_MODE": "demo", "KLINGDESK_SECRET_KEY": folder.secret_key()}
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, str(PROJECT / "manage.py"), command, *arguments],
        env=desk_environment(cluster, os.environ, ours),
        check=False,
    )
    return done.returncode
