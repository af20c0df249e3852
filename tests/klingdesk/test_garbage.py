"""What serves for long settles its garbage collector once everything is loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from klingdesk.garbage import THRESHOLDS

PROJECT = Path(__file__).resolve().parents[2]
SAY = "import gc; print(gc.get_freeze_count() > 50_000, gc.get_threshold(), gc.isenabled())"
CELERY = "from celery.signals import {0}; import klingdesk.celery; {0}.send(sender=None); "


@pytest.mark.parametrize(
    "loaded",
    [
        "import klingdesk.wsgi; ",
        "import django; django.setup(); " + CELERY.format("worker_ready"),
        "import django; django.setup(); " + CELERY.format("worker_process_init"),
    ],
    ids=["web", "worker with threads", "worker's process"],
)
def test_what_is_loaded_is_never_looked_through_again(loaded: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", loaded + SAY],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip().splitlines()[-1] == f"True {THRESHOLDS} True"


def test_the_first_request_finds_every_address_read() -> None:
    loaded = (
        "import sys, klingdesk.wsgi; print({'klingdesk.urls', 'tickets.api.urls'} - {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", loaded], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "set()"
