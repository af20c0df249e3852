"""Two machines anonymise at once: each row once, and nobody waits for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from tests.concurrency.threads import at_once
from tests.conftest import NOW
from tests.tickets.services.steps import HOUR, resolved
from tickets.models import Ticket
from tickets.services.anonymising import Anonymised, anonymise
from tickets.services.closing import close_resolved

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_ticket_is_anonymised_once(
    many_tickets: Callable[..., list[Ticket]], advisor: Any
) -> None:
    for ticket in many_tickets(12):
        resolved(ticket, advisor)
    close_resolved(now=NOW + timedelta(days=8), after_days=7)
    later = NOW + timedelta(days=500)
    runs = at_once(*[partial(anonymise, now=later, after_days=365, batch=3)] * 3)
    assert all(isinstance(run, Anonymised) for run in runs), runs
    assert sum(run.tickets for run in runs) == 12
    assert not Ticket.objects.exclude(account_id="").exists()
    assert anonymise(now=later + HOUR, after_days=365) == Anonymised(0, 0)
