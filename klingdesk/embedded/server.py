"""PostgreSQL as a child of the supervisor: started, and waited for."""

from __future__ import annotations

import signal
from pathlib import Path

from klingdesk.embedded.children import Spec, last_words
from klingdesk.embedded.cluster import Cluster, server_environment, wait_answering
from klingdesk.embedded.signals import StopFlag
from klingdesk.embedded.supervisor import Supervisor
from klingdesk.embedded.trouble import Trouble

_RECOVERY_SECONDS = 300.0
_NEW_SECONDS = 60.0


def start_server(cluster: Cluster, supervisor: Supervisor, flag: StopFlag, log: Path) -> None:
    """Start the server of a prepared cluster; it takes connections when this returns.

    ``Trouble`` with the last words of ``log`` when it ends, or does not answer within five minutes
    (it may have to recover) or, where everything is thrown away, within one.
    """
    keeps = not cluster.throw_away
    supervisor.start(
        Spec(
            name="postgres",
            argv=cluster.command(),
            env=server_environment(),
            cwd=Path("/"),
            log=log,
            # Fast shutdown, then an immediate one: the next start recovers from the log.
            stop=(
                (signal.SIGINT, 60.0 if keeps else 10.0),
                (signal.SIGQUIT, 10.0 if keeps else 5.0),
            ),
            death_signal=signal.SIGINT if keeps else signal.SIGQUIT,
            user=cluster.user,
            before_again=cluster.postmaster.end_orphans,
        )
    )
    patience = _RECOVERY_SECONDS if keeps else _NEW_SECONDS
    try:
        wait_answering(cluster, lambda: supervisor.alive("postgres"), flag.sleep, patience)
    except Trouble as trouble:
        # A log that is thrown away is no place to send anybody to.
        where = f" (log: {log})" if keeps else ""
        raise Trouble(f"{trouble}: {last_words(log)}{where}") from None
