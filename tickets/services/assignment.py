"""Assigning queued tickets where a team's queue is not pulled from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction

from tickets.models import Team, Ticket
from tickets.models.labels import Assignment, Status
from tickets.rules.assignment import Candidate, Why, choose_advisor
from tickets.selectors.advisors import candidates_of
from tickets.selectors.undo import standing_offers
from tickets.services.events import record
from tickets.services.telling import tell_assigned

MOST_AT_ONCE = 200
"""Tickets assigned in one transaction, so that their locks are held briefly."""


def assign_queued(*, now: datetime, team_ids: Collection[int] | None = None) -> int:
    """Give queued tickets of automatic teams (or of some of them) to advisors; returns how many.

    In queue order, each to whom ``choose_advisor`` names. A ticket for whose skill nobody is
    there, or has room, is passed over and stays in the queue. Safe to run twice at once: one
    after the other looks at a team, and rows that somebody is taking are skipped.
    """
    teams = Team.objects.filter(assignment=Assignment.AUTOMATIC)
    if team_ids is not None:
        teams = teams.filter(pk__in=team_ids)
    given = 0
    for pk in teams.order_by("pk").values_list("pk", flat=True):
        while True:
            done, is_more = _assign_some(team_id=pk, now=now)
            given += done
            if not is_more:
                break
    return given


@transaction.atomic
def _assign_some(*, team_id: int, now: datetime) -> tuple[int, bool]:
    """One batch. True when the queue may hold more that can be given now."""
    with connection.cursor() as cursor:
        # Loads are counted, not locked: two at once would both see the same room. One lock for
        # all teams, because an advisor may belong to several.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('klingdesk.assignment'))")
    candidates = {each.person: each for each in candidates_of(team_id=team_id, now=now)}
    people = get_user_model().objects.in_bulk(list(candidates))
    full: set[str] = set()
    given = seen = 0
    for ticket in _queued(team_id):
        seen += 1
        if ticket.skill in full:
            continue
        choice = choose_advisor(candidates.values(), skill=ticket.skill)
        if choice.person is None:
            full.add(ticket.skill)
            if choice.why is Why.NOBODY_PRESENT:
                return given, False
            continue
        chosen = candidates[choice.person]
        _give(ticket, people[choice.person], chosen, choice.why, now=now)
        candidates[choice.person] = replace(chosen, load=chosen.load + 1, last_given=now)
        given += 1
    return given, given > 0 and seen == MOST_AT_ONCE


def _queued(team_id: int) -> list[Ticket]:
    return list(
        # What somebody may still take back is not given away meanwhile; the sweep comes again.
        Ticket.objects.filter(~standing_offers(), status=Status.QUEUED, team_id=team_id)
        .in_queue_order()
        .select_for_update(no_key=True, skip_locked=True, of=("self",))[:MOST_AT_ONCE]
    )


def _give(ticket: Ticket, person: Any, chosen: Candidate, why: Why, *, now: datetime) -> None:
    ticket.status = Status.ASSIGNED
    ticket.assignee = person
    ticket.claimed_at = now
    ticket.save(update_fields=["status", "assignee", "claimed_at"])
    record(
        ticket=ticket,
        code="ticket.assigned",
        acting_user=None,
        now=now,
        old={"status": Status.QUEUED},
        new={
            "status": Status.ASSIGNED,
            "assignee": person.get_username(),
            "reason": why.value,
            "load": chosen.load,
            "capacity": chosen.capacity,
            "skill": ticket.skill,
        },
    )
    tell_assigned(ticket=ticket, assignee=person, acting_user=None, now=now)
