"""gunicorn's settings on many machines: ``gunicorn -c python:klingdesk.serving klingdesk.wsgi``."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from klingdesk import env
from klingdesk.observing.logs import LogFormat, logging_config
from klingdesk.web_worker import FreeThreadsWorker

bind = env.text("KLINGDESK_BIND", "0.0.0.0:8000")
worker_class = FreeThreadsWorker
workers = env.number("KLINGDESK_WEB_WORKERS", 2, least=1, most=64)
threads = env.number("KLINGDESK_WEB_THREADS", 8, least=1, most=64)
timeout = 60
# Longer than a balancer goes on sending after it was told, shorter than an orchestrator waits.
graceful_timeout = 25
# Longer than the proxy in front keeps its own connections, so that it is the one that closes.
keepalive = 75
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - of gunicorn's own making
control_socket_disable = True
forwarded_allow_ips = ""
_ours = logging_config(
    env.choice("KLINGDESK_LOG_FORMAT", LogFormat, LogFormat.TEXT),
    env.text("KLINGDESK_LOG_LEVEL", "INFO").upper(),
)
_own_line = {"level": "INFO", "handlers": ["console"], "propagate": False}
logconfig_dict = {
    **_ours,
    "loggers": {**_ours["loggers"], "gunicorn.error": _own_line, "gunicorn.access": _own_line},
}


_FOLDER = "klingdesk-metrics-"


def on_starting(server: Any) -> None:
    """A folder in which the workers add up what they count; a scrape reaches but one of them."""
    _remove_left_behind()
    prefix = f"{_FOLDER}{os.getpid()}-"
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix=prefix)


def _remove_left_behind() -> None:
    """Our folders of masters that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*-*"):
        pid = folder.name.removeprefix(_FOLDER).split("-")[0]
        with suppress(OSError):
            is_ours = folder.lstat().st_uid == os.geteuid() and folder.is_dir()
            if is_ours and pid.isdecimal() and not psutil.pid_exists(int(pid)):
                shutil.rmtree(folder, ignore_errors=True)


def on_exit(server: Any) -> None:
    shutil.rmtree(os.environ.pop("PROMETHEUS_MULTIPROC_DIR", ""), ignore_errors=True)
