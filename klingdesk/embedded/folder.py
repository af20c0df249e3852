"""The data folder: what is in it, whose it is, and that only one desk uses it at a time.

::

    klingdesk-data.json   the mark that makes the folder ours, with its layout's number
    lock                  held (flock) while a desk runs; says which
    processes.json        what the running desk started
    secret-key            Django's key, drawn once
    demo-logins.txt       the demo people and their password
    postgresql/           the database files
    static/  logs/        collected static files; one log per process
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from klingdesk.embedded.processes import Mark
from klingdesk.embedded.trouble import Trouble

_LAYOUT = 1
_MARK = "klingdesk-data.json"
_ELSEWHERE = "choose another folder with KLINGDESK_DATA=/path/to/folder"


class AlreadyRunning(Trouble):
    """Somebody holds the folder's lock; the message says who."""


class DataFolder:
    """One desk's data. Everything that can be wrong with a folder is raised as ``Trouble``."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self.database = self.path / "postgresql"
        self.static = self.path / "static"
        self.logs = self.path / "logs"
        self.logins = self.path / "demo-logins.txt"
        self._lock: int | None = None

    def open(self) -> None:
        """Create the folder or recognise it as ours, and take its lock."""
        if any(ord(character) < 32 for character in str(self.path)):
            raise Trouble(f"the data folder's path holds a line break or the like; {_ELSEWHERE}.")
        try:
            self._create()
            self._recognise()
            self._take_lock()
            for folder in (self.static, self.logs):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise Trouble(
                f"cannot use the data folder {self.path}: {error.strerror or error}; make it "
                f"writable for {_me()}, or {_ELSEWHERE}."
            ) from None

    def _create(self) -> None:
        # Others may pass (as root, PostgreSQL's user has to) but see nothing: all below is closed.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        if not self.path.is_dir():
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(mode)

    def _recognise(self) -> None:
        mark = self.path / _MARK
        if not mark.exists():
            foreign = next((name for name in os.listdir(self.path) if name != "lock"), None)
            if foreign is not None:
                raise Trouble(
                    f"{self.path} is not empty ({foreign}) and was not made by klingdesk; "
                    f"{_ELSEWHERE}."
                )
            write_private(mark, json.dumps({"product": "klingdesk", "layout": _LAYOUT}) + "\n")
            return
        try:
            layout = int(json.loads(mark.read_text())["layout"])
        except (ValueError, KeyError, TypeError):
            raise Trouble(f"{mark} is damaged; restore it, or {_ELSEWHERE}.") from None
        if layout > _LAYOUT:
            raise Trouble(
                f"{self.path} was written by a newer klingdesk (layout {layout}, this one knows "
                f"{_LAYOUT}); run that version, or {_ELSEWHERE}."
            )

    def _take_lock(self) -> None:
        handle = open_private(str(self.path / "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 1000).decode(errors="replace").strip() or "starting just now"
            os.close(handle)
            text = f"the desk in {self.path} is already running: {holder}."
            raise AlreadyRunning(text) from None
        os.ftruncate(handle, 0)
        self._lock = handle

    def announce(self, text: str) -> None:
        """Say in the lock file which desk holds it, for whoever comes second."""
        if self._lock is not None:
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, text.encode(), 0)

    def close(self) -> None:
        """Let the lock go."""
        if self._lock is not None:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = None

    def secret_key(self) -> str:
        """Django's secret key: drawn at the first start, the same ever after."""
        path = self.path / "secret-key"
        try:
            known = path.read_text().strip()
        except FileNotFoundError:
            known = ""
        if len(known) >= 50:
            return known
        drawn = secrets.token_urlsafe(60)
        write_private(path, drawn + "\n")
        return drawn

    def record(self, marks: Iterable[Mark]) -> None:
        """Keep which processes run, so that a next start can end what outlived us."""
        rows = [{"name": m.name, "pid": m.pid, "born": m.born} for m in marks]
        write_private(self.path / "processes.json", json.dumps(rows) + "\n")

    def recorded(self) -> list[Mark]:
        """The processes of the run before; empty when there is no such record."""
        try:
            rows = json.loads((self.path / "processes.json").read_text())
            return [Mark(str(r["name"]), int(r["pid"]), float(r["born"])) for r in rows]
        except (OSError, ValueError, KeyError, TypeError):
            return []


def open_private(path: str, flags: int) -> int:
    """Open a file that only its owner may read; usable as ``open(..., opener=open_private)``.

    What root creates in somebody's folder is theirs: they may want to run the desk next time.
    """
    handle = os.open(path, flags, 0o600)
    if os.geteuid() == 0:
        folder = os.stat(os.path.dirname(path))
        os.fchown(handle, folder.st_uid, folder.st_gid)
    return handle


def write_private(path: Path, text: str) -> None:
    """Replace a file's content in one step; only the owner may read it."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    handle = open_private(str(draft), os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _me() -> str:
    import pwd

    try:
        return f"user {pwd.getpwuid(os.geteuid()).pw_name}"
    except KeyError:
        return f"uid {os.geteuid()}"
