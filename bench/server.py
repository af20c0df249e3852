"""The bench's own database, on a server that keeps its promises, and what the server says of it."""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from klingdesk.embedded.cluster import SUPERUSER
from tests.databases import new_database
from tests.faults.topology import PROJECT, other_database

DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")
SHOWN = ("server_version", *DURABILITY, "wal_level", "shared_buffers")


@contextlib.contextmanager
def own_database(server_url: str) -> Iterator[str]:
    """The address of a new database with a message queue in it; dropped at the end."""
    import pgmq

    name = f"klingdesk_bench_{secrets.token_hex(4)}"
    with psycopg.connect(server_url, autocommit=True) as server, new_database(server, name):
        url = other_database(server_url, name)
        with psycopg.connect(url) as connection:
            pgmq.install_pgmq_from_sql(conn=connection)
        yield url


def make_durable(server_url: str, *, durable: bool = True) -> None:
    """Switch a throw-away server's durability on: figures without ``fsync`` would flatter.

    Every other server stays as its owner has configured it, even if it would let us in as its
    superuser; the table shows in any case what was on.
    """
    with as_superuser(server_url) as connection:
        if connection is None:
            return
        for name in DURABILITY:
            value = sql.SQL("on" if durable else "off")
            connection.execute(
                sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value)
            )
        connection.execute("SELECT pg_reload_conf()")
        if durable:  # what was filled in goes to the disk now, not beside what is measured
            connection.execute("CHECKPOINT")


@contextlib.contextmanager
def as_superuser(server_url: str) -> Iterator[psycopg.Connection | None]:
    """A superuser's connection to a throw-away server of ours; None for any other server."""
    given = psycopg.conninfo.conninfo_to_dict(server_url)
    if not is_throw_away(server_url):
        yield None
        return
    root = psycopg.conninfo.make_conninfo("", **{**given, "user": SUPERUSER, "dbname": "postgres"})
    with psycopg.connect(root, autocommit=True) as connection:
        yield connection


def is_throw_away(server_url: str) -> bool:
    """Whether ``klingdesk.embedded run`` has made the server: reached through a private socket
    folder, and with the WAL level that no other cluster of ours and hardly any server has."""
    host = str(psycopg.conninfo.conninfo_to_dict(server_url).get("host", ""))
    if not Path(host).name.startswith("kd-") or not host.startswith("/"):
        return False
    with psycopg.connect(server_url) as connection:
        row = connection.execute("SHOW wal_level").fetchone()
    return row is not None and row[0] == "minimal"


def machine(url: str) -> list[tuple[str, str]]:
    """What the figures depend on, as rows of the table."""
    with psycopg.connect(url) as connection:
        settings = {}
        for name in SHOWN:
            row = connection.execute(sql.SQL("SHOW {}").format(sql.Identifier(name))).fetchone()
            settings[name] = str(row[0]) if row else ""
    version = settings.pop("server_version").split(" ")[0]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        ("revision", revision()),
        ("machine", f"{processor()}, {cores} cores, {memory:.0f} GB, {platform.system()}"),
        ("load before", ", ".join(f"{load:.1f}" for load in os.getloadavg())),
        ("Python", platform.python_version()),
        ("PostgreSQL", f"{version}: " + ", ".join(f"{k} {v}" for k, v in settings.items())),
    ]


def processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def revision() -> str:
    """The commit, ``+`` behind it when files were changed since."""
    try:
        commit = ["git", "rev-parse", "--short", "HEAD"]
        short = subprocess.run(commit, cwd=PROJECT, capture_output=True, text=True, check=True)
        status = ["git", "status", "--porcelain"]
        changed = subprocess.run(status, cwd=PROJECT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return short.stdout.strip() + ("+" if changed.stdout.strip() else "")
