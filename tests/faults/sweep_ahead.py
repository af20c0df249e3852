"""Alarm sweeps on a machine whose clock is ahead: ``python -m ... DAYS TIMES`` (``FIRED n``)."""

from __future__ import annotations

import sys
from datetime import timedelta

import django


def main() -> None:
    django.setup()
    from django.utils import timezone

    from tickets.services.alarms import fire_alarms

    days, times = map(int, sys.argv[1:])
    fired = 0
    for _n in range(times):
        fired += fire_alarms(now=timezone.now() + timedelta(days=days), batch=7)
    sys.stdout.write(f"\nFIRED {fired}\n")


if __name__ == "__main__":
    main()
