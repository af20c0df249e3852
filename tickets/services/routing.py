"""Sending new tickets to a team: by the hint of a message, or by the sweep that needs none."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kb.models import StandardQuestion
from klingdesk.core.errors import Conflict
from tickets.models import RoutingRule, Team, Ticket, TicketEvent
from tickets.models.labels import Status
from tickets.rules.routing import Routed, RouteFacts, RouteRule, choose

SWEEP_AFTER = timedelta(seconds=5)
"""A younger ticket's own message is still on its way; the sweep leaves it alone."""


def route_ticket(*, ticket_id: int, now: datetime) -> bool:
    """Route one ticket; False when it is not new any more (the message came twice)."""
    with transaction.atomic():
        ticket = (
            Ticket.objects.select_for_update(no_key=True)
            .filter(pk=ticket_id, status=Status.NEW)
            .first()
        )
        if ticket is None:
            return False
        _route([ticket], now=now)
        return True


def sweep_new_tickets(*, now: datetime, batch: int = 500) -> int:
    """Route every new ticket that no message reached; returns how many.

    Safe to run twice at once: rows that another sweep or worker holds are skipped.
    """
    routed = 0
    while True:
        with transaction.atomic():
            tickets = list(
                Ticket.objects.select_for_update(no_key=True, skip_locked=True)
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
    rules, teams, default = _rules_and_teams()
    facts = _facts(tickets)
    events: list[TicketEvent] = []
    for ticket in tickets:
        routed = choose(rules, facts[ticket.pk], default)
        team = teams[routed.team]
        ticket.status = Status.QUEUED
        ticket.team = team
        ticket.routed_at = now
        if routed.priority is not None:
            # A chase may have come first; routing never lowers what it raised.
            ticket.priority = max(ticket.priority, int(routed.priority))
        events.append(
            TicketEvent(
                ticket=ticket,
                code="ticket.routed",
                at=now,
                old={"status": Status.NEW},
                new={"status": Status.QUEUED, "team": team.slug, **_reason(routed)},
            )
        )
    Ticket.objects.bulk_update(tickets, ["status", "team", "routed_at", "priority"])
    TicketEvent.objects.bulk_create(events)


def _reason(routed: Routed) -> dict[str, Any]:
    code, order = routed.reason
    return {"reason": code.value, "rule": order}


def _facts(tickets: list[Ticket]) -> dict[int, RouteFacts]:
    questions = {
        pk: (key, slug)
        for pk, key, slug in StandardQuestion.objects.filter(
            pk__in={ticket.question_id for ticket in tickets}
        ).values_list("pk", "key", "category__slug")
    }
    return {
        ticket.pk: RouteFacts(
            question=questions[ticket.question_id][0],
            category=questions[ticket.question_id][1],
            tags=frozenset(ticket.tags),
            flow=ticket.transcript.get("flow"),
        )
        for ticket in tickets
    }


def _rules_and_teams() -> tuple[list[RouteRule], dict[str, Team], str]:
    teams = {team.slug: team for team in Team.objects.all()}
    default = next((team.slug for team in teams.values() if team.is_default), None)
    if default is None:
        raise Conflict(_("No default team is set: tickets cannot be routed."), code="no_team")
    rules = [
        RouteRule(
            order=rule.order,
            team=rule.team.slug,
            category=rule.category.slug if rule.category else None,
            question=rule.question.key if rule.question else None,
            outcome_tag=rule.tag or None,
            priority=str(rule.priority),
        )
        for rule in RoutingRule.objects.select_related("team", "category", "question")
    ]
    return rules, teams, default
