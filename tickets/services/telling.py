"""Telling people what happened to tickets: who is told, and once.

Called inside the transaction of the change, so that it is told if and only if it happened. Whoever
did something is not told of it. The words stand in ``notice_texts``; they name the ticket and the
standard question, never the user.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.urls import reverse

from accounts.selectors.people import holders_of
from klingdesk.core.roles import Role
from notices.services import Telling, notify, notify_all, take_back
from tickets.models import Team, Ticket
from tickets.rules.sla import ZONE
from tickets.rules.undo import HELD
from tickets.selectors.access import may_see


def managers() -> list[Any]:
    """Active managers; where there is none the administrators, who may do what managers do."""
    people = holders_of(Role.MANAGER)
    return [each for each in people if not each.is_superuser] or list(people)


def tell_assigned(*, ticket: Ticket, assignee: Any, acting_user: Any | None, now: datetime) -> None:
    """The new assignee, unless they took it themselves."""
    _tell("tickets.assigned", ticket, [assignee], acting_user, now)


def tell_transferred(*, ticket: Ticket, acting_user: Any | None, now: datetime) -> None:
    """Whoever has the ticket now: its assignee, else the lead of the team in whose queue it is.
    Not before it can be undone no more."""
    if ticket.assignee is not None:
        _tell("tickets.transferred", ticket, [ticket.assignee], acting_user, now, held=True)
    else:
        _tell("tickets.transferred_to_team", ticket, _leads(ticket), acting_user, now, held=True)


def tell_chased(*, ticket: Ticket, acting_user: Any | None, now: datetime) -> None:
    """Who can do something about it: the assignee, else the team lead, else managers; watchers."""
    people = _in_charge(ticket) or managers()
    _tell("tickets.chased", ticket, [*people, *_watchers(ticket)], acting_user, now)


def tell_mentioned(
    *, ticket: Ticket, people: Iterable[Any], acting_user: Any | None, now: datetime
) -> None:
    """The people whom a note names; the caller has seen to it that they may see the ticket. Not
    before it can be undone no more."""
    # A mention is between people: it is no business of the team's webhooks.
    _tell("tickets.mentioned", ticket, people, acting_user, now, team=None, held=True)


def untell(*, ticket: Ticket, at: datetime) -> None:
    """What was held back of something done ``at`` that instant is never told."""
    take_back(events=[_event_of(code, ticket, at) for code in _HELD])


_HELD = ("tickets.transferred", "tickets.transferred_to_team", "tickets.mentioned")


def tell_returned(*, ticket: Ticket, acting_user: Any | None, now: datetime) -> None:
    """The agent who handed it over and is to complete it, and watchers."""
    people = [ticket.handed_over_by, *_watchers(ticket)]
    _tell("tickets.returned", ticket, people, acting_user, now)


def tell_completed(*, ticket: Ticket, acting_user: Any | None, now: datetime) -> None:
    """The team to which a returned ticket comes back: its advisors and its lead, and watchers."""
    members = ticket.team.members.all() if ticket.team is not None else []
    people = [*members, *_leads(ticket), *_watchers(ticket)]
    _tell("tickets.completed", ticket, people, acting_user, now)


def tell_reopened(*, ticket: Ticket, acting_user: Any | None, now: datetime) -> None:
    """The assignee it goes back to, else the team lead; watchers."""
    people = [*_in_charge(ticket), *_watchers(ticket)]
    _tell("tickets.reopened", ticket, people, acting_user, now)


def tell_cancelled(*, ticket: Ticket, acting_user: Any | None, now: datetime) -> None:
    """Who was working on it, the agent who handed it over, and watchers: there is nothing left
    to wait for."""
    people = [*_in_charge(ticket), ticket.handed_over_by, *_watchers(ticket)]
    _tell("tickets.cancelled", ticket, people, acting_user, now)


def tell_merged(*, ticket: Ticket, acting_user: Any | None, now: datetime) -> None:
    """Who was working on the ticket that goes on as another one, and its watchers."""
    people = [*([ticket.assignee] if ticket.assignee else []), *_watchers(ticket)]
    _tell("tickets.merged", ticket, people, acting_user, now)


def tell_unrouted(*, tickets: Sequence[Ticket], now: datetime) -> None:
    """The managers: once a day for each standard question that no routing rule knows."""
    day = now.astimezone(ZONE).date().isoformat()
    chiefs = managers()
    first_of = {ticket.question_id: ticket for ticket in reversed(tickets)}
    notify_all(
        tellings=[
            Telling(
                recipients=chiefs,
                audiences=audiences_of(ticket.team),
                code="tickets.unrouted",
                event=f"tickets.unrouted:{question_id}:{day}",
                params=about(ticket),
                path=reverse("admin:routing"),
            )
            for question_id, ticket in first_of.items()
        ],
        now=now,
    )


def ticket_path(ticket: Ticket) -> str:
    """The ticket's page."""
    return reverse("admin:ticket", args=[ticket.number])


def about(ticket: Ticket) -> dict[str, Any]:
    """What every notice says of a ticket."""
    return {
        "ticket": ticket.number,
        "question": ticket.question.title,
        "team": ticket.team.name if ticket.team is not None else "",
        "chases": ticket.chase_count,
    }


def audience_of(team: Team) -> str:
    """The key under which webhooks may be made for a team."""
    return f"team:{team.slug}"


def audiences_of(team: Team | None) -> list[str]:
    return [audience_of(team)] if team is not None else []


def team_audiences() -> list[tuple[str, str]]:
    """Every team as an audience, with its name."""
    return [(audience_of(team), team.name) for team in Team.objects.all()]


def _tell(
    code: str,
    ticket: Ticket,
    people: Iterable[Any],
    acting_user: Any | None,
    now: datetime,
    **changes: Any,
) -> None:
    team = changes.get("team", ticket.team)
    actor = acting_user.pk if acting_user is not None else None
    recipients = [person for person in people if person.pk != actor]
    # Nobody to tell but whoever did it: that is no news for the team's webhooks, either.
    if not recipients and actor is not None:
        return
    notify(
        recipients=recipients,
        audiences=audiences_of(team),
        code=code,
        event=_event_of(code, ticket, now),
        params=about(ticket),
        path=ticket_path(ticket),
        now=now,
        not_before=now + HELD if changes.get("held") else None,
    )


def _event_of(code: str, ticket: Ticket, at: datetime) -> str:
    return f"{code}:{ticket.pk}:{at.astimezone(UTC).isoformat()}"


def _leads(ticket: Ticket) -> list[Any]:
    lead = ticket.team.lead if ticket.team is not None else None
    return [lead] if lead is not None else []


def _in_charge(ticket: Ticket) -> list[Any]:
    return [ticket.assignee] if ticket.assignee is not None else _leads(ticket)


def _watchers(ticket: Ticket) -> list[Any]:
    """Who watches it and may still see it: people change teams, tickets too."""
    return [person for person in ticket.watchers.all() if may_see(ticket, person)]
