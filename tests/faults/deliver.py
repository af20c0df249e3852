"""Sends what is in the outbox as a worker does, with a clock that runs fast.

``python -m ... HOURS STEPS``: after each run the clock jumps by HOURS. Prints ``PEAK megabytes``.
"""

from __future__ import annotations

import sys
from datetime import timedelta

import django


def main() -> None:
    django.setup()
    from django.utils import timezone

    from bench.sweep_once import peak
    from notices.services.outbox import deliver_due

    hours, steps = map(int, sys.argv[1:])
    for step in range(steps):
        deliver_due(now=timezone.now() + timedelta(hours=hours * step))
    sys.stdout.write(f"\nPEAK {peak():.0f}\n")


if __name__ == "__main__":
    main()
