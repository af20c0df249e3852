"""A new release of the holiday library changes the calendar as an edit does."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from klingdesk.core.calendar import library_fingerprint
from tickets.models import PromiseChange
from tickets.models.labels import PromiseCause
from tickets.services.promise_changes import one_at_a_time, record_change

LIBRARY = "library"


def follow_library(*, now: datetime) -> PromiseChange | None:
    """Have open due dates counted anew when the library says something else than at the last
    call; None when nothing has changed. Called with each release, by ``bootstrap``.

    What it said is kept in the changes themselves. A desk that begins notes it with its first.
    """
    present = library_fingerprint()
    with transaction.atomic():
        one_at_a_time()
        last = PromiseChange.objects.filter(new__has_key=LIBRARY).order_by("-pk").first()
        known = last.new[LIBRARY] if last is not None else ""
        if known == present:
            return None
        return record_change(
            PromiseCause.CALENDAR,
            old={LIBRARY: known},
            new={LIBRARY: present},
            acting_user=None,
            reason="chinesecalendar",
            now=now,
        )
