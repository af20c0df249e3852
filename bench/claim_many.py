"""Takes tickets in threads, each advisor on a connection of its own: ``python -m ... N NAME…``.

Prints ``ready``, waits for a line on standard input, takes N tickets for each NAME and prints
``DONE [seconds, …]``. Two of these use two cores, as two web processes do.
"""

from __future__ import annotations

import json
import sys

import django


def main() -> None:
    django.setup()
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.utils import timezone

    from bench.timing import in_threads, must, timed
    from tickets.services.claims import claim_next

    count, names = int(sys.argv[1]), sys.argv[2:]
    people = [get_user_model().objects.get(username=name) for name in names]

    def work(person: object) -> list[float]:
        def take() -> None:
            taken = claim_next(acting_user=person, now=timezone.now())
            must(taken, "the queue was empty too early")

        try:
            return [timed(take) for _n in range(count)]
        finally:
            connection.close()

    for person in people:
        work_once = claim_next(acting_user=person, now=timezone.now())
        must(work_once, "there is nothing to take")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    taken, _seconds = in_threads([lambda person=person: work(person) for person in people])
    sys.stdout.write(f"DONE {json.dumps(taken)}\n")


if __name__ == "__main__":
    main()
