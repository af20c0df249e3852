"""Why a ticket lies where it lies and with whom: read from its own events, without a query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tickets.models import TicketEvent
from tickets.rules.undo import lasting


@dataclass(frozen=True, slots=True)
class RoutingDecision:
    """``reason`` is a ``RouteReason``; ``rule`` the number of the rule that decided, if any."""

    team: str
    skill: str
    reason: str
    rule: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class AssignmentDecision:
    """``reason`` is a ``rules.assignment.Why``; ``load`` what the person had before."""

    assignee: str
    reason: str
    load: int
    capacity: int
    at: datetime


def routing_of(events: Iterable[TicketEvent]) -> RoutingDecision | None:
    """The latest decision of the routing rules; None before the first. A transfer by a person
    changes nothing about it."""
    found = [event for event in events if event.code in ("ticket.routed", "ticket.rerouted")]
    if not found:
        return None
    new = found[-1].new
    return RoutingDecision(
        team=new["team"],
        skill=new.get("skill", ""),
        reason=new["reason"],
        rule=new.get("rule"),
        at=found[-1].at,
    )


def assignment_of(events: Iterable[TicketEvent]) -> AssignmentDecision | None:
    """Why the desk gave the ticket to whoever has it; None when a person decided since.
    What was taken back decided nothing."""
    moved = [
        event for event in lasting(events) if "assignee" in event.new or "assignee" in event.old
    ]
    if not moved or moved[-1].code != "ticket.assigned":
        return None
    new = moved[-1].new
    return AssignmentDecision(
        assignee=new["assignee"],
        reason=new["reason"],
        load=new["load"],
        capacity=new["capacity"],
        at=moved[-1].at,
    )
