"""The user that PostgreSQL runs as: ourselves, or, since it refuses root, somebody else.

Root's folders are often closed to that other user (``/root`` and ``mktemp -d`` are 0700), and
opening them is not ours to do. So the server process alone keeps one *ambient capability*, to
pass through folders and read files, and nothing else of root: CAP_DAC_READ_SEARCH, or
CAP_DAC_OVERRIDE where a container withholds the former. ``SECBIT_NO_SETUID_FIXUP`` goes with it
because PostgreSQL looks at its own files with ``access(2)``, which drops the capabilities of a
process that is not root unless that bit is set. Without need there is no capability.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from klingdesk.embedded.processes import die_with_parent, prctl
from klingdesk.embedded.trouble import Trouble

_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2
_PR_SET_SECUREBITS = 28
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAPABILITY_VERSION = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    ]


@dataclass(frozen=True, slots=True)
class ServerUser:
    """Who PostgreSQL runs as. ``capability`` is the number of the one it keeps, if any."""

    uid: int
    gid: int
    name: str
    capability: int | None = None

    @property
    def is_us(self) -> bool:
        return self.uid == os.geteuid()

    def become(self) -> None:
        """Turn this (forked) process into that user for good; ``OSError`` when refused."""
        if self.is_us:
            return
        if self.capability is not None:
            prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP)
        os.setgroups([])
        os.setresgid(self.gid, self.gid, self.gid)
        os.setresuid(self.uid, self.uid, self.uid)
        if self.capability is not None:
            _keep_only(self.capability)
            prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, self.capability)

    def before_exec(self, death_signal: signal.Signals) -> Callable[[], None]:
        """For ``Popen(preexec_fn=...)``: become the user, and die when this process does."""
        parent = os.getpid()

        def prepare() -> None:
            self.become()
            die_with_parent(parent, death_signal)

        return prepare


def _keep_only(capability: int) -> None:
    bits = 1 << capability
    header = _Header(_CAPABILITY_VERSION, 0)
    sets = (_Sets * 2)(_Sets(bits, bits, bits), _Sets(0, 0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(ctypes.byref(header), sets) == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _named(uid: int) -> ServerUser:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise Trouble(
            f"PostgreSQL needs a user with a name, but uid {uid} is not in the user database "
            "(/etc/passwd); run as a user that is."
        ) from None
    return ServerUser(entry.pw_uid, entry.pw_gid, entry.pw_name)


def server_user(existing_owner: int | None) -> ServerUser:
    """Who is to run PostgreSQL. ``existing_owner``: uid that owns the database files, if any.

    Not root: ourselves. Root: the owner of the files, else who called sudo, else ``nobody``.
    """
    me = os.geteuid()
    if me != 0:
        return _named(me)
    if existing_owner:
        return _named(existing_owner)
    caller = os.environ.get("SUDO_UID", "")
    if caller.isdigit() and int(caller) != 0:
        return _named(int(caller))
    for name in ("nobody", "daemon"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(entry.pw_uid, entry.pw_gid, entry.pw_name)
    raise Trouble(
        "PostgreSQL refuses to run as root and there is no user `nobody` here; "
        "run as an ordinary user."
    )


def with_access(user: ServerUser, probe: Sequence[str], folder: Path) -> ServerUser:
    """``user`` with just the capability it needs to run ``probe`` and to enter ``folder``.

    ``probe`` is a command of the server's own that touches its programs and libraries.
    """
    if user.is_us:
        return user
    candidates = [user]
    if sys.platform == "linux":
        candidates += [
            replace(user, capability=number) for number in (_CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE)
        ]
    for candidate in candidates:
        if _works(candidate, probe, folder):
            return candidate
    raise Trouble(
        f"PostgreSQL refuses to run as root, and user {user.name}, who would run it instead, "
        f"cannot reach {folder}; run as an ordinary user, or move the project to a folder that "
        "everybody may enter (for example under /opt)."
    )


def _works(user: ServerUser, probe: Sequence[str], folder: Path) -> bool:
    def prepare() -> None:
        user.become()
        if not os.access(folder, os.R_OK | os.X_OK):
            raise PermissionError(str(folder))

    try:
        done = subprocess.run(  # noqa: S603 - our own command
            probe, preexec_fn=prepare, cwd="/", capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
