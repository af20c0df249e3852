"""A service called in threads, each person on a connection of their own:
``python -m bench.service_many claim|read N NAME…``.

Prints ``ready``, waits for a line on standard input, calls N times for each NAME and prints
``DONE [seconds, …]``. Two of these use two cores, as two web processes do.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import django


def claim(person: Any) -> None:
    """Take the next ticket."""
    from django.utils import timezone

    from bench.timing import must
    from tickets.services.claims import claim_next

    must(claim_next(acting_user=person, now=timezone.now()), "the queue was empty too early")


def read(person: Any) -> None:
    """Read a page of the queue: fifty rows with their promises, as the page shows them."""
    from django.utils import timezone

    from bench.timing import must
    from tickets.admin.queue_rows import lines_of
    from tickets.selectors.ticket_list import PAGE_SIZE, Filters, listing

    now = timezone.now()
    page = listing(Filters(), user=person, now=now)
    must(len(lines_of(page.tickets, now=now)) == PAGE_SIZE, "the queue is too short")


CALLS: Mapping[str, Callable[[Any], None]] = MappingProxyType({"claim": claim, "read": read})


def main() -> None:
    django.setup()
    from django.contrib.auth import get_user_model
    from django.db import connection

    from bench.timing import in_threads, timed

    call, count, names = CALLS[sys.argv[1]], int(sys.argv[2]), sys.argv[3:]
    people = [get_user_model().objects.get(username=name) for name in names]

    def work(person: Any) -> list[float]:
        try:
            return [timed(lambda: call(person)) for _n in range(count)]
        finally:
            connection.close()

    for person in people:
        call(person)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    taken, _seconds = in_threads([lambda person=person: work(person) for person in people])
    sys.stdout.write(f"DONE {json.dumps(taken)}\n")


if __name__ == "__main__":
    main()
