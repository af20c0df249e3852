"""The server process on given files, and its orphans: found, told from strangers, ended."""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path

import psutil

from klingdesk.embedded.processes import Mark


class Postmaster:
    """Looks at the processes of the cluster in ``files`` (an absolute path without links)."""

    def __init__(self, files: Path) -> None:
        self.files = files
        self._pid_file = files / "postmaster.pid"

    def running(self) -> Mark | None:
        """The server that works on these files now, however it was started."""
        try:
            pid = self._recorded_pid()
            process = psutil.Process(pid)
            ours = process.name() == "postgres" and str(self.files) in process.cmdline()
        except (OSError, ValueError, psutil.Error):
            return None
        return Mark.of("postgres", pid) if ours else None

    def orphans(self) -> list[Mark]:
        """Server processes on these files whose postmaster was killed; they know and will go.

        They are known by their working folder, which PostgreSQL makes its data folder.
        """
        found = []
        for process in psutil.process_iter(["name"]):
            with suppress(psutil.Error, OSError):
                if process.info["name"] == "postgres" and process.cwd() == str(self.files):
                    found.append(Mark.of("postgres", process.pid))
        return [mark for mark in found if mark]

    def end_orphans(self) -> None:
        """Tell them to go now; one in an endless query would not notice for itself.

        Only to be called when the postmaster is known to be dead. What they were doing was lost
        with it; nothing that was committed is.
        """
        for mark in self.orphans():
            process = mark.alive()
            if process is not None:
                with suppress(psutil.Error):
                    process.send_signal(signal.SIGQUIT)

    def dead_but_unreaped(self) -> bool:
        """Whether the postmaster is a zombie: its pid file then still counts for PostgreSQL."""
        try:
            process = psutil.Process(self._recorded_pid())
            return bool(process.status() == psutil.STATUS_ZOMBIE)
        except (OSError, ValueError, psutil.Error):
            return False

    def forget_stale_pid(self) -> None:
        """Remove a pid file whose number belongs to a zombie, or to a stranger (after a reboot).

        PostgreSQL would take either for a running server and refuse to start. Only to be called
        with the data folder's lock held and neither ``running()`` nor ``orphans()``.
        """
        try:
            process = psutil.Process(self._recorded_pid())
            stale = process.status() == psutil.STATUS_ZOMBIE or process.name() != "postgres"
        except (OSError, ValueError, psutil.Error):
            return
        if stale:
            self._pid_file.unlink(missing_ok=True)

    def _recorded_pid(self) -> int:
        return int(self._pid_file.read_text().split("\n", 1)[0])
