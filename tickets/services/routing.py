"""Sending new tickets to a team: by the hint of a message, or by the sweep that needs none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from tickets.models import Ticket, TicketEvent
from tickets.models.labels import Assignment, Status
from tickets.rules.routing import Routed, RouteReason
from tickets.selectors.routing import RoutingTable, facts_of, routing_table
from tickets.services.events import record
from tickets.services.hints import hint_after_commit
from tickets.services.teams import assign_soon
from tickets.services.telling import tell_unrouted

SWEEP_AFTER = timedelta(seconds=5)
"""A younger ticket's own message is still on its way; the sweep leaves it alone."""

_UNREAD = ("problem", "demand", "extra", "missing", "resolution_summary")
"""Long texts that no rule looks at."""


def route_tickets(*, ticket_ids: Iterable[int], now: datetime) -> int:
    """Route those that are new; returns how many. The others were routed before (the message
    came twice)."""
    with transaction.atomic():
        tickets = list(
            Ticket.objects.select_for_update(no_key=True)
            .defer(*_UNREAD)
            .filter(pk__in=list(ticket_ids), status=Status.NEW)
            .order_by("pk")
        )
        if tickets:
            _route(tickets, now=now)
        return len(tickets)


def sweep_new_tickets(*, now: datetime, batch: int = 500) -> int:
    """Route every new ticket that no message reached; returns how many.

    Safe to run twice at once: rows that another sweep or worker holds are skipped.
    """
    routed = 0
    while True:
        with transaction.atomic():
            tickets = list(
                Ticket.objects.select_for_update(no_key=True, skip_locked=True)
                .defer(*_UNREAD)
                .filter(status=Status.NEW, created_at__lte=now - SWEEP_AFTER)
                .order_by("created_at")[:batch]
            )
            if tickets:
                _route(tickets, now=now)
        routed += len(tickets)
        if len(tickets) < batch:
            return routed


def _route(tickets: list[Ticket], *, now: datetime) -> None:
    """Choose a team for locked new tickets and write them and their events in bulk."""
    table = routing_table()
    facts = facts_of(tickets)
    events: list[TicketEvent] = []
    ruleless: list[Ticket] = []
    for ticket in tickets:
        routed = table.choose(facts[ticket.pk])
        team = table.teams[routed.team]
        ticket.status = Status.QUEUED
        ticket.team = team
        ticket.skill = routed.skill
        ticket.routed_at = now
        if routed.priority is not None:
            # A chase may have come first; routing never lowers what it raised.
            ticket.priority = max(ticket.priority, int(routed.priority))
        if routed.reason[0] is RouteReason.DEFAULT:
            ruleless.append(ticket)
        events.append(
            TicketEvent(
                ticket=ticket,
                code="ticket.routed",
                at=now,
                old={"status": Status.NEW},
                new={"status": Status.QUEUED, **_decision(table, routed)},
            )
        )
    _write(tickets, now=now)
    TicketEvent.objects.bulk_create(events)
    if ruleless:
        tell_unrouted(tickets=ruleless, now=now)
    assigning = {
        ticket.team.pk
        for ticket in tickets
        if ticket.team is not None and ticket.team.assignment == Assignment.AUTOMATIC
    }
    if assigning:
        hint_after_commit("tickets.assign_teams", *sorted(assigning))


def _write(tickets: list[Ticket], *, now: datetime) -> None:
    """One statement for all that go the same way: most of them do."""
    ways: dict[tuple[int | None, str, int], list[int]] = {}
    for ticket in tickets:
        ways.setdefault((ticket.team_id, ticket.skill, ticket.priority), []).append(ticket.pk)
    for (team_id, skill, priority), ids in ways.items():
        Ticket.objects.filter(pk__in=ids).update(
            status=Status.QUEUED, team_id=team_id, skill=skill, priority=priority, routed_at=now
        )


def reroute_chased(*, ticket: Ticket, now: datetime) -> bool:
    """Move a locked queued ticket to where a rule about chased tickets wants it.

    Called when a chase was counted. Only a rule that asks for a chase moves it: any other would
    have had its say before. Returns whether it moved.
    """
    if ticket.status != Status.QUEUED or ticket.team is None:
        return False
    table = routing_table()
    routed = table.choose(facts_of([ticket])[ticket.pk])
    asks = {rule.order for rule in table.rules if rule.chased}
    code, order = routed.reason
    if code is not RouteReason.RULE or order not in asks:
        return False
    team = table.teams[routed.team]
    priority = max(ticket.priority, int(routed.priority or 0))
    if (team, routed.skill, priority) == (ticket.team, ticket.skill, ticket.priority):
        return False
    old = {"team": ticket.team.slug, "skill": ticket.skill, "priority": ticket.priority}
    ticket.team, ticket.skill, ticket.priority = team, routed.skill, priority
    ticket.save(update_fields=["team", "skill", "priority"])
    new = {**_decision(table, routed), "priority": priority}
    record(ticket=ticket, code="ticket.rerouted", acting_user=None, now=now, old=old, new=new)
    assign_soon(team=team)
    return True


def _decision(table: RoutingTable, routed: Routed) -> dict[str, Any]:
    code, order = routed.reason
    decision: dict[str, Any] = {
        "team": routed.team,
        "skill": routed.skill,
        "reason": code.value,
        "rule": order,
    }
    if order is not None and order in table.conditions:
        # Rules change and are numbered anew: the timeline keeps what this one asked for.
        decision["because"] = dict(table.conditions[order])
    return decision
