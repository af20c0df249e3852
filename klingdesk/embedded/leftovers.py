"""Ends what outlived a supervisor that was killed, and nothing else."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from contextlib import suppress

import psutil

from klingdesk.embedded.cluster import Cluster
from klingdesk.embedded.console import Console
from klingdesk.embedded.processes import Mark, wait_gone
from klingdesk.embedded.signals import StopFlag
from klingdesk.embedded.trouble import Trouble

_FIRST_PATIENCE = 3.0
_SERVER_PATIENCE = 5.0
_POSTGRES_PATIENCE = 120.0


def end_leftovers(
    recorded: Iterable[Mark], cluster: Cluster, console: Console, flag: StopFlag
) -> None:
    """Wait for processes of the run before, then end them; PostgreSQL gets all the time it needs.

    ``recorded`` names a process by pid and time of birth, so a stranger with a recycled pid is
    never touched. The data folder's lock must be held: no other desk can own them.
    """
    servers = {mark for mark in (cluster.postmaster.running(),) if mark}
    others: list[Mark] = []
    for mark in recorded:
        if mark.name == "postgres":
            servers.add(mark)
        else:
            others.append(mark)

    # On Linux the kernel has told them to go already; elsewhere nobody has.
    stubborn = wait_gone(others, _FIRST_PATIENCE, flag.sleep)
    for number in (signal.SIGTERM, signal.SIGKILL):
        stubborn = _signal(stubborn, number, flag)
    if stubborn:
        raise Trouble(f"a process of an earlier desk does not end: pid {stubborn[0].pid}.")

    living = wait_gone(servers, 0.5, flag.sleep)
    if living:
        console.line("PostgreSQL of an earlier run is still shutting down; waiting for it.")
        _end_servers(living, signal.SIGINT, flag)
    # Without their postmaster they only hold on to its memory; nothing they write is lost.
    _end_servers(wait_gone(cluster.postmaster.orphans(), 2.0, flag.sleep), signal.SIGQUIT, flag)
    for _ in range(int(_FIRST_PATIENCE / 0.1)):
        if not cluster.postmaster.dead_but_unreaped():
            break
        flag.sleep(0.1)
    cluster.postmaster.forget_stale_pid()


def _end_servers(living: list[Mark], number: signal.Signals, flag: StopFlag) -> None:
    living = wait_gone(living, _SERVER_PATIENCE, flag.sleep)
    for mark in living:
        _send(mark, number)
    if wait_gone(living, _POSTGRES_PATIENCE, flag.sleep):
        raise Trouble(
            f"PostgreSQL of an earlier run (pid {living[0].pid}) does not end; end it with "
            f"kill -QUIT {living[0].pid} and start again."
        )


def _signal(marks: list[Mark], number: signal.Signals, flag: StopFlag) -> list[Mark]:
    for mark in marks:
        _send(mark, number)
    return wait_gone(marks, _FIRST_PATIENCE, flag.sleep)


def _send(mark: Mark, number: signal.Signals) -> None:
    process = mark.alive()
    if process is not None:
        with suppress(psutil.Error):
            process.send_signal(number)
