"""Leave of advisors, and what becomes of the tickets of people who are not there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Invalid, NotAllowed, NotFound
from klingdesk.core.roles import Role, roles_of
from tickets.models import Absence, Ticket
from tickets.models.labels import Status
from tickets.rules.sla import ZONE
from tickets.selectors.advisors import ON_THEIR_HANDS, absent_on, advisors
from tickets.services.clocks import resume_resolve_clock
from tickets.services.events import record
from tickets.services.hints import hint_after_commit

MOST_REASON = 100
BATCH = 200


@transaction.atomic
def record_absence(
    *,
    person_id: int,
    first_day: date,
    last_day: date,
    reason: str,
    acting_user: Any,
    now: datetime,
) -> Absence:
    """Put down an advisor's leave; when it has begun, their open tickets go back to the queue.

    Managers do it for anybody, advisors for themselves. ``NotFound`` for somebody who is no
    active advisor; ``Invalid`` for days in the wrong order, wholly past, or a reason too long.
    """
    _check_may(person_id, acting_user)
    person = advisors().filter(pk=person_id).first()
    if person is None:
        raise NotFound(_("There is no such advisor."))
    fields: dict[str, list[Any]] = {}
    if last_day < first_day:
        fields["last_day"] = [_("The last day lies before the first.")]
    elif last_day < now.astimezone(ZONE).date():
        fields["last_day"] = [_("This leave is over already.")]
    if len(reason) > MOST_REASON:
        fields["reason"] = [_("Up to %(most)d characters.") % {"most": MOST_REASON}]
    if fields:
        raise Invalid(_("The leave was not recorded."), fields=fields)
    absence = Absence.objects.create(
        person=person, first_day=first_day, last_day=last_day, reason=reason.strip()
    )
    hint_after_commit("tickets.sweep_routing")
    return absence


@transaction.atomic
def remove_absence(*, absence_id: int, acting_user: Any) -> None:
    """Strike a leave out again. Tickets that went back to the queue stay there."""
    absence = Absence.objects.select_for_update().filter(pk=absence_id).first()
    if absence is None:
        raise NotFound(_("This leave is not recorded any more."))
    _check_may(absence.person_id, acting_user)
    absence.delete()


def return_from_absent(*, now: datetime) -> int:
    """Put open tickets of people on leave, deactivated, or no advisors any more into their team's
    queue; returns how many. Safe to run twice at once: rows that somebody holds are skipped."""
    returned = 0
    while True:
        with transaction.atomic():
            tickets = _left_behind(now)
            for ticket in tickets:
                _return(ticket, now=now)
        returned += len(tickets)
        if len(tickets) < BATCH:
            return returned


def _left_behind(now: datetime) -> list[Ticket]:
    on_leave = absent_on(now.astimezone(ZONE).date()).values("person_id")
    there = advisors().exclude(pk__in=on_leave).values("pk")
    return list(
        Ticket.objects.filter(status__in=ON_THEIR_HANDS)
        .exclude(assignee__in=there)
        .order_by("pk")
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("assignee")[:BATCH]
    )


def _return(ticket: Ticket, *, now: datetime) -> None:
    former, old = ticket.assignee, ticket.status
    if old == Status.WAITING:
        resume_resolve_clock(ticket=ticket, now=now)
    ticket.status = Status.QUEUED
    ticket.assignee = None
    ticket.claimed_at = None
    ticket.save(update_fields=["status", "assignee", "claimed_at"])
    is_advisor = former is not None and Role.ADVISOR in roles_of(former)
    record(
        ticket=ticket,
        code="ticket.released",
        acting_user=None,
        now=now,
        old={"status": old, "assignee": former.get_username() if former else None},
        new={"status": Status.QUEUED, "reason": "absent" if is_advisor else "left"},
    )


def _check_may(person_id: int, acting_user: Any) -> None:
    roles = roles_of(acting_user)
    own = Role.ADVISOR in roles and acting_user.pk == person_id
    if not (own or Role.MANAGER in roles):
        raise NotAllowed(_("Managers record leave, and advisors their own."))
