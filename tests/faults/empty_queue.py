"""Empties the broker's queues as whoever loses them would; prints how many messages are gone.

``celery purge`` does not declare the queues first and fails where nothing was ever sent.
"""

from __future__ import annotations

import sys

from klingdesk.celery import app


def main() -> None:
    gone = 0
    with app.connection_for_write() as connection:
        for queue in app.amqp.queues.values():
            bound = queue(connection.default_channel)
            bound.declare()
            gone += bound.purge() or 0
    sys.stdout.write(f"gone: {gone}\n")


if __name__ == "__main__":
    main()
