"""Fetching rows for a change: permission and row lock in one query.

Locks are ``FOR NO KEY UPDATE`` (``no_key``) everywhere: the stronger kind also keeps others
from inserting rows that refer to the locked one. The alarm sweep holds clocks and then adds
events to their tickets; whoever logs a contact holds the ticket and then wants its clock.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound, Overtaken
from klingdesk.core.roles import Role, roles_of
from klingdesk.database.composed import Composed, stand_in
from tickets.models import Consultation, Ticket
from tickets.models.labels import Status
from tickets.rules import transitions
from tickets.rules.ticket_number import format_number, parse_number

_MOVES = Q(new__has_key="status") | Q(new__has_key="assignee")
"""Events that changed the state or the assignee: they name what it became."""


class LastSeen(int):
    """The last event that the writer saw, of whom nothing at all may have happened since.

    As ``expected_event`` it is stricter than a plain number: a note of a colleague, which would
    not make a change senseless, counts too, and the refusal is ``Overtaken``.
    """


def lock_ticket(*, number: str, acting_user: Any) -> Ticket:
    """The ticket, locked until the transaction ends. ``NotFound`` when it may not be seen."""
    ticket_id = parse_number(number)
    ticket = None
    if ticket_id is not None:
        ticket = (
            Ticket.objects.visible_to(acting_user)
            .select_for_update(no_key=True, of=("self",))
            .filter(pk=ticket_id)
            .first()
        )
    if ticket is None:
        raise NotFound(_("There is no such ticket, or you may not see it."))
    return ticket


_ID, _PERSON = -1, -2
"""Stand in the kept statement for the contact's id and the person's."""


@cache
def _contact_for(roles: frozenset[Role]) -> Composed[Consultation]:
    """Locks a contact, with its question and its run: most of what an agent does begins so."""
    unread = ("definition", "source")
    return Composed(
        Consultation.objects.visible_to(stand_in(_PERSON, roles))
        .select_for_update(no_key=True, of=("self",))
        .select_related("question", "run__version__flow")
        .defer(*(f"run__version__{name}" for name in unread))
        .filter(pk=_ID)
        .order_by(),
        _ID,
        _PERSON,
        kept=True,
    )


def lock_own_consultation(
    *, consultation_id: int, acting_user: Any, for_others: bool = False
) -> Consultation:
    """The acting agent's consultation, locked, open. ``Conflict`` when it has ended.

    ``for_others``: a manager may do this in the agent's place.
    """
    query = _contact_for(roles_of(acting_user))
    consultation = query.first(consultation_id, acting_user.pk)
    if consultation is None:
        raise NotFound(_("There is no such contact, or you may not see it."))
    if consultation.agent_id != acting_user.pk and not (
        for_others and Role.MANAGER in roles_of(acting_user)
    ):
        raise NotAllowed(_("This contact belongs to another agent."))
    if consultation.status != "open":
        raise Conflict(
            _("This contact has already ended."),
            code="consultation_ended",
            state={
                "status": consultation.status,
                "ticket": format_number(consultation.ticket_id) or None,
            },
        )
    return consultation


def guard(
    ticket: Ticket, action: str, *, acting_user: Any, expected_event: int | None = None
) -> None:
    """Raise unless the table of transitions allows ``action`` now and to this person.

    ``expected_event`` is the id of the last event that the writer saw. ``Conflict`` with code
    ``stale`` when the state or the assignee has changed since, even if the action would still
    fit: what was typed was meant for another situation. ``Invalid`` when the id is none of the
    ticket's. Every ``Conflict`` carries ``standing``.
    """
    if expected_event is not None:
        _check_unchanged(ticket, expected_event)
    try:
        transitions.check(
            action,
            ticket.status,
            roles=roles_of(acting_user),
            is_assignee=ticket.assignee_id == acting_user.pk,
            handed_over=ticket.handed_over_by_id == acting_user.pk,
        )
    except transitions.NotPermitted as refused:
        raise NotAllowed(_("Your role or assignment does not allow this.")) from refused
    except transitions.TransitionRefused as refused:
        raise Conflict(
            _("This does not fit the ticket any more: it is “%(state)s” now.")
            % {"state": Status(ticket.status).label},
            code="wrong_state",
            state={**standing(ticket), "allowed_from": sorted(refused.allowed_from)},
        ) from refused


def standing(ticket: Ticket) -> dict[str, Any]:
    """What a ticket is now, for whoever acted on an older picture of it.

    ``{"ticket", "status", "assignee", "last_event", "changed": {"code", "by", "at"} or None}``:
    usernames, None for nobody and for the desk itself; ``changed`` is the last change of state or
    assignee, ``last_event`` the id to send as ``expected_event`` next time.
    """
    events = ticket.events.order_by("-pk")
    change = events.filter(_MOVES).select_related("actor").first()
    return {
        "ticket": ticket.number,
        "status": ticket.status,
        "assignee": ticket.assignee.get_username() if ticket.assignee else None,
        "last_event": events.values_list("pk", flat=True).first(),
        "changed": change
        and {
            "code": change.code,
            "by": change.actor.get_username() if change.actor else None,
            "at": change.at.isoformat(),
        },
    }


def _check_unchanged(ticket: Ticket, expected_event: int) -> None:
    if isinstance(expected_event, LastSeen):
        _check_overtaken(ticket, expected_event)
        return
    if not ticket.events.filter(pk=expected_event).exists():
        raise Invalid(
            _("This is no event of the ticket. Load it again."),
            fields={"expected_event": [_("Send the last event that was shown.")]},
        )
    if ticket.events.filter(_MOVES, pk__gt=expected_event).exists():
        raise Conflict(
            _(
                "The ticket has changed since you opened it: it is “%(state)s” now. Nothing was "
                "saved; compare, then send again what still holds."
            )
            % {"state": Status(ticket.status).label},
            code="stale",
            state=standing(ticket),
        )


def _check_overtaken(ticket: Ticket, seen: LastSeen) -> None:
    if ticket.events.order_by("-pk").values_list("pk", flat=True).first() != seen:
        raise Overtaken(
            _(
                "Something was done to the ticket since you read it. Nothing was saved; "
                "read it again."
            ),
            state=standing(ticket),
        )
