"""One alarm sweep in a process of its own: prints ``ALARMS SECONDS MEGABYTES-BEFORE PEAK``."""

from __future__ import annotations

import resource
import sys
import time
from datetime import datetime

import django


def peak() -> float:
    """Megabytes that this process has held at most so far."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> None:
    django.setup()
    from django.db import connection

    from tickets.services.alarms import fire_alarms

    connection.ensure_connection()
    before, began = peak(), time.perf_counter()
    fired = fire_alarms(now=datetime.fromisoformat(sys.argv[1]))
    sys.stdout.write(f"\n{fired} {time.perf_counter() - began} {before} {peak()}\n")


if __name__ == "__main__":
    main()
