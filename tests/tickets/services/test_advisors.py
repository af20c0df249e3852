"""Skills, room and shifts of an advisor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.conftest import NOW
from tickets.models import AdvisorProfile, Team, Ticket
from tickets.rules.assignment import Why
from tickets.rules.sla import ZONE
from tickets.selectors.advisors import (
    absent_until,
    advisor_rows,
    profile_of,
    profile_version,
    why_unassigned,
)
from tickets.selectors.traces import traces_of
from tickets.services.absences import record_absence
from tickets.services.advisors import ProfileForm, save_profile
from tickets.services.assignment import assign_queued
from tickets.services.claims import claim, claim_next
from tickets.services.reopening import reopen
from tickets.services.transfers import transfer
from tickets.services.work import log_contact, resolve

TODAY = NOW.astimezone(ZONE).date()
DAY = timedelta(days=1)
FORM = ProfileForm(skills="refund，api refund", capacity="3", hours={2: "13:00-18:00, 9:00-12:00"})


def save(person: Any, by: Any, form: ProfileForm = FORM, expected: str | None = None) -> None:
    seen = profile_version(profile_of(person)) if expected is None else expected
    save_profile(person_id=person.pk, form=form, expected=seen, acting_user=by, now=NOW)


def leave(person: Any, first: int = 0, last: int = 0) -> None:
    record_absence(
        person_id=person.pk,
        first_day=TODAY + first * DAY,
        last_day=TODAY + last * DAY,
        reason="",
        acting_user=person,
        now=NOW,
    )


def automatic() -> Team:
    team = Team.objects.get(slug="tier2")
    team.assignment = "automatic"
    team.save()
    return team


def test_a_profile_is_kept_and_traced(advisor: Any, manager: Any) -> None:
    save(advisor, manager)
    save(advisor, manager)
    stored = profile_of(advisor)
    assert stored == {
        "skills": ["api", "refund"],
        "capacity": 3,
        "hours": {"2": "09:00-12:00, 13:00-18:00"},
    }
    (trace,) = traces_of(AdvisorProfile, row_id=advisor.pk)
    assert (trace.new, trace.by) == (stored, manager)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"skills": "no/slash"}, "skills"),
        ({"skills": "x" * 41}, "skills"),
        ({"skills": " ".join(f"s{n}" for n in range(31))}, "skills"),
        ({"capacity": "many"}, "capacity"),
        ({"capacity": "501"}, "capacity"),
        ({"hours": {0: "late"}}, "hours-0"),
        ({"hours": {6: "09:00-12:00, 11:00-13:00"}}, "hours-6"),
    ],
)
def test_a_bad_profile_is_refused_by_field(
    changes: dict[str, Any], field: str, advisor: Any, manager: Any
) -> None:
    with pytest.raises(Invalid) as refused:
        save(advisor, manager, ProfileForm(**{"skills": "", "capacity": "20", **changes}))
    assert list(refused.value.fields) == [field]
    assert not AdvisorProfile.objects.exists()


def test_who_may_and_who_comes_second(advisor: Any, agent: Any, manager: Any) -> None:
    seen = profile_version(profile_of(advisor))
    with pytest.raises(NotAllowed):
        save(advisor, advisor)
    with pytest.raises(NotFound):
        save(agent, manager)
    save(advisor, manager)
    with pytest.raises(Conflict) as refused:
        save(advisor, manager, expected=seen)
    assert refused.value.code == "stale"


def test_the_list_tells_who_is_there(advisor: Any, advisor2: Any, make_ticket: Any) -> None:
    claim(number=make_ticket().number, acting_user=advisor, now=NOW)
    leave(advisor2, last=1)
    leave(advisor2, first=2, last=3)
    leave(advisor2, first=5, last=6)
    one, two = advisor_rows(now=NOW)
    assert (one.load, one.capacity, one.is_present, one.until) == (1, 20, True, None)
    assert (two.load, two.is_present, two.until) == (0, False, TODAY + 3 * DAY)
    assert absent_until(advisor2, now=NOW) == two.until
    assert absent_until(advisor2, now=NOW + 4 * DAY) is None


def test_somebody_on_leave_takes_nothing(make_ticket: Callable[..., Ticket], advisor: Any) -> None:
    ticket = make_ticket()
    leave(advisor)
    for take in (
        lambda: claim(number=ticket.number, acting_user=advisor, now=NOW),
        lambda: claim_next(acting_user=advisor, now=NOW),
    ):
        with pytest.raises(Conflict) as refused:
            take()
        assert refused.value.code == "absent"
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_somebody_on_leave_is_given_nothing(
    make_ticket: Callable[..., Ticket], advisor: Any, advisor2: Any
) -> None:
    ticket = claim(number=make_ticket().number, acting_user=advisor, now=NOW)
    leave(advisor2)
    with pytest.raises(Invalid) as refused:
        transfer(
            number=ticket.number, acting_user=advisor, person="advisor2", reason="请接手", now=NOW
        )
    assert f"until {TODAY.isoformat()}" in str(refused.value.fields["person"][0])
    tomorrow = NOW + DAY
    given = transfer(
        number=ticket.number, acting_user=advisor, person="advisor2", reason="请接手", now=tomorrow
    )
    assert given.assignee == advisor2


def test_a_reopened_ticket_of_somebody_on_leave_waits_in_the_queue(
    make_ticket: Callable[..., Ticket], advisor: Any, manager: Any
) -> None:
    ticket = claim(number=make_ticket().number, acting_user=advisor, now=NOW)
    log_contact(
        number=ticket.number, acting_user=advisor, kind="call_back", result="reached", now=NOW
    )
    resolve(number=ticket.number, acting_user=advisor, code="explained", summary="已说明", now=NOW)
    leave(advisor)
    again = reopen(number=ticket.number, acting_user=manager, reason="用户又来了", now=NOW)
    assert (again.status, again.assignee) == ("queued", None)


def test_why_nobody_has_got_a_ticket(
    make_ticket: Callable[..., Ticket], advisor: Any, manager: Any
) -> None:
    ticket = make_ticket()
    assert why_unassigned(ticket, now=NOW) is None
    automatic()
    ticket.refresh_from_db()
    assert why_unassigned(ticket, now=NOW) is None
    save(advisor, manager, ProfileForm(skills="", capacity="0"))
    assert why_unassigned(ticket, now=NOW) is Why.ALL_FULL
    ticket.skill = "api"
    assert why_unassigned(ticket, now=NOW) is Why.NOBODY_SKILLED
    leave(advisor)
    assert why_unassigned(ticket, now=NOW) is Why.NOBODY_PRESENT
    assert assign_queued(now=NOW) == 0
