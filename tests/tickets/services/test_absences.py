"""Leave, and tickets whose advisor is not there any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from klingdesk.core.errors import Invalid, NotAllowed, NotFound
from tests.conftest import NOW
from tickets.models import Absence, Clock, Ticket, TicketEvent
from tickets.rules.sla import ZONE
from tickets.services.absences import record_absence, remove_absence, return_from_absent
from tickets.services.claims import claim
from tickets.services.waiting import wait

TODAY = NOW.astimezone(ZONE).date()
DAY = timedelta(days=1)


def leave(person: Any, by: Any, **changes: Any) -> Absence:
    values: dict[str, Any] = {"first_day": TODAY, "last_day": TODAY, "reason": "年假", "now": NOW}
    return record_absence(person_id=person.pk, acting_user=by, **{**values, **changes})


@pytest.fixture
def held(make_ticket: Callable[..., Ticket], advisor: Any) -> Ticket:
    """A ticket that ``advisor`` works on."""
    return claim(number=make_ticket().number, acting_user=advisor, now=NOW)


def test_leave_gives_open_tickets_back_and_their_clock_goes_on(
    held: Ticket, advisor: Any, manager: Any
) -> None:
    leave(advisor, manager)
    assert return_from_absent(now=NOW) == 1
    held.refresh_from_db()
    assert (held.status, held.assignee) == ("queued", None)
    event = TicketEvent.objects.get(code="ticket.released")
    assert (event.actor, event.old["assignee"], event.new["reason"]) == (None, "advisor", "absent")
    assert Clock.objects.filter(ticket=held, kind="contact", stopped_at=None).exists()
    assert return_from_absent(now=NOW) == 0


def test_the_pause_of_a_waiting_ticket_ends(held: Ticket, advisor: Any, manager: Any) -> None:
    wait(
        number=held.number,
        acting_user=advisor,
        note="等用户补充",
        next_try_at=NOW + DAY,
        now=NOW,
    )
    leave(advisor, manager)
    assert return_from_absent(now=NOW + timedelta(hours=1)) == 1
    assert not Clock.objects.filter(ticket=held, paused_since__isnull=False).exists()


def test_leave_that_begins_tomorrow_changes_nothing_today(
    held: Ticket, advisor: Any, manager: Any
) -> None:
    leave(advisor, manager, first_day=TODAY + DAY, last_day=TODAY + DAY)
    assert return_from_absent(now=NOW) == 0
    assert return_from_absent(now=NOW + DAY) == 1


@pytest.mark.parametrize("how", ["deactivated", "role taken away"])
def test_who_leaves_the_desk_leaves_the_tickets(held: Ticket, advisor: Any, how: str) -> None:
    if how == "deactivated":
        advisor.is_active = False
        advisor.save()
    else:
        advisor.groups.remove(Group.objects.get(name="advisor"))
    assert return_from_absent(now=NOW) == 1
    assert TicketEvent.objects.get(code="ticket.released").new["reason"] == "left"


def test_tickets_of_whoever_is_there_stay(held: Ticket, advisor2: Any, manager: Any) -> None:
    leave(advisor2, manager)
    assert return_from_absent(now=NOW) == 0


def test_an_advisor_records_their_own_leave_and_nobody_elses(
    advisor: Any, advisor2: Any, agent: Any
) -> None:
    absence = leave(advisor, advisor)
    for somebody in (advisor2, agent):
        with pytest.raises(NotAllowed):
            leave(advisor, somebody)
        with pytest.raises(NotAllowed):
            remove_absence(absence_id=absence.pk, acting_user=somebody)
    remove_absence(absence_id=absence.pk, acting_user=advisor)
    with pytest.raises(NotFound):
        remove_absence(absence_id=absence.pk, acting_user=advisor)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"last_day": TODAY - DAY}, "last_day"),
        ({"first_day": TODAY - 2 * DAY, "last_day": TODAY - DAY}, "last_day"),
        ({"reason": "长" * 101}, "reason"),
    ],
)
def test_bad_leave_is_refused_by_field(
    changes: dict[str, Any], field: str, advisor: Any, manager: Any
) -> None:
    with pytest.raises(Invalid) as refused:
        leave(advisor, manager, **changes)
    assert list(refused.value.fields) == [field]


def test_only_advisors_have_leave(agent: Any, manager: Any) -> None:
    with pytest.raises(NotFound):
        leave(agent, manager)
