"""A PostgreSQL of the test's own, durable, that may be killed and started again."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from klingdesk.embedded.cluster import Cluster, server_environment, wait_answering
from klingdesk.embedded.database import ensure_database, ensure_queue

PATIENCE = 60.0


class Server:
    def __init__(self, folder: Path) -> None:
        self.cluster = Cluster(folder / "postgresql")
        self.cluster.prepare()
        self._log = folder / "postgres.log"
        self._process: subprocess.Popen[bytes]

    def start(self) -> None:
        """Start it, after a crash too: it recovers by itself."""
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                self.cluster.command(),
                preexec_fn=self.cluster.user.before_exec(signal.SIGKILL),
                start_new_session=True,
                cwd="/",
                env=server_environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        wait_answering(self.cluster, lambda: self._process.poll() is None, time.sleep, PATIENCE)

    def kill(self) -> None:
        """SIGKILL to it and to everything that it started: nothing is written any more."""
        family = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        for child in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        self._process.wait(10)
        psutil.wait_procs(family, 10)


@contextlib.contextmanager
def own_server() -> Iterator[Server]:
    """It runs, with an empty database and a queue in it; killed and deleted at the end."""
    folder = Path(tempfile.mkdtemp(prefix="kd-faults-"))
    folder.chmod(0o711)  # as root, the server's user has to pass
    try:
        server = Server(folder)
        server.start()
        try:
            ensure_database(server.cluster, may_create_databases=True)
            ensure_queue(server.cluster)
            yield server
        finally:
            server.kill()
            server.cluster.remove_socket()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
