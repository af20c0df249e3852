"""What the triggers of append-only tables let through, and only while somebody says why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def anonymising() -> Iterator[None]:
    """Within, and in this transaction only, words and values of what is append-only may be taken
    out (``tickets/migrations/0002_append_only.py``). To be used inside ``atomic``: an error in
    between rolls the setting back with everything else."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL klingdesk.anonymising = 'on'")
        yield
        cursor.execute("SET LOCAL klingdesk.anonymising = 'off'")
