"""``run``: one command with a PostgreSQL of its own that is gone afterwards."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from klingdesk.embedded.cluster import Cluster
from klingdesk.embedded.console import Console, complain
from klingdesk.embedded.database import ensure_database, ensure_queue
from klingdesk.embedded.environment import desk_environment, forget_client_variables
from klingdesk.embedded.processes import die_with_parent
from klingdesk.embedded.server import start_server
from klingdesk.embedded.signals import StopFlag
from klingdesk.embedded.supervisor import Supervisor
from klingdesk.embedded.trouble import StopRequested, Trouble

_PREFIX = "kd-run-"
_PATIENCE = 10.0


def run(command: Sequence[str]) -> int:
    """Run ``command`` and return its exit code (128 + n when signal n ended it).

    With ``DATABASE_URL`` in the environment the command takes our place and gets that database.
    """
    if os.environ.get("DATABASE_URL", "").strip():
        os.environ.setdefault("KLINGDESK_MODE", "test")
        _exec(command)
    forget_client_variables()
    flag = StopFlag()
    flag.install()
    _remove_stale()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    # As root the server's user has to pass; what lies below is closed to all others.
    folder.chmod(0o711)
    with (folder / "lock.new").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Only now is it a lock: a run that looks for stale folders finds it held or not at all.
        (folder / "lock.new").rename(folder / "lock")
        try:
            return _run_in(folder, command, flag)
        except StopRequested:
            return 128 + signal.SIGTERM
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            flag.close()


def _run_in(folder: Path, command: Sequence[str], flag: StopFlag) -> int:
    cluster = Cluster(folder / "postgresql", throw_away=True)
    supervisor = Supervisor(Console(), flag, lambda marks: None)
    try:
        cluster.prepare()
        start_server(cluster, supervisor, flag, folder / "postgres.log")
        ensure_database(cluster, may_create_databases=True)
        ensure_queue(cluster)
        return _command(command, _environment(cluster), supervisor, flag)
    finally:
        supervisor.stop()
        cluster.remove_socket()


def _environment(cluster: Cluster) -> dict[str, str]:
    given = os.environ
    ours = {
        "KLINGDESK_MODE": given.get("KLINGDESK_MODE") or "test",
        "KLINGDESK_SECRET_KEY": given.get("KLINGDESK_SECRET_KEY") or secrets.token_urlsafe(60),
    }
    return desk_environment(cluster, given, ours)


def _command(
    command: Sequence[str], environment: dict[str, str], supervisor: Supervisor, flag: StopFlag
) -> int:
    """Run it in our own process group: the terminal's Ctrl-C reaches it without our help."""
    parent = os.getpid()
    try:
        process = subprocess.Popen(  # noqa: S603 - the caller's own command
            command,
            env=environment,
            preexec_fn=lambda: die_with_parent(parent, signal.SIGTERM),
        )
    except OSError as error:
        raise Trouble(f"cannot run {command[0]}: {error.strerror}") from None
    try:
        while process.poll() is None:
            supervisor.turn(1.0)
    except StopRequested:
        _end(process, flag)
    code = process.returncode
    return 128 - code if code < 0 else code


def _end(process: subprocess.Popen[bytes], flag: StopFlag) -> None:
    """Let the command end by itself for a while; then end it and all that it started."""
    family = _family(process.pid)
    if flag.last != signal.SIGINT:
        process.send_signal(signal.SIGTERM)
    until = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < until:
        family += [child for child in _family(process.pid) if child not in family]
        flag.pause(0.1)
    for member in family:
        with suppress(psutil.Error):
            member.kill()
    process.wait()


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [*process.children(recursive=True), process]
    except psutil.Error:
        return []


def _remove_stale() -> None:
    """Delete the folders of runs that were killed; the lock tells them from those that live."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if folder.lstat().st_uid != os.geteuid():
                continue
            with (folder / "lock").open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stale = Cluster(folder / "postgresql")
                if stale.postmaster.running() is None:
                    stale.remove_socket()
                    shutil.rmtree(folder, ignore_errors=True)


def _exec(command: Sequence[str]) -> None:
    try:
        os.execvp(command[0], list(command))  # noqa: S606 - the caller's own command
    except OSError as error:
        complain(f"cannot run {command[0]}: {error.strerror}")
        os._exit(127)
