"""gunicorn's settings on one machine; a configuration file for ``gunicorn -c``."""

from __future__ import annotations

import os
import signal
from typing import Any

from klingdesk.embedded.processes import die_with_parent
from klingdesk.web_worker import FreeThreadsWorker

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = FreeThreadsWorker
workers = 2
threads = 4
graceful_timeout = 5
timeout = 60
control_socket_disable = True
forwarded_allow_ips = ""


def post_fork(server: Any, worker: Any) -> None:
    """A worker dies with its master at once, so that the next master finds the port free."""
    die_with_parent(server.pid, signal.SIGKILL)
