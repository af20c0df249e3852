"""Taking back a release, a transfer or a note within seconds: truthfully, by an event of its own.

Only who did it, only in time by the database's clock, and only while nothing else has happened to
the ticket. What the desk would have told others of it was held back and is never told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q
from django.db.models.functions import Now
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Conflict, DeskError
from tickets.models import Team, Ticket, TicketEvent, Undo
from tickets.models.labels import Status
from tickets.rules.ticket_number import parse_number
from tickets.rules.undo import GRACE, OFFERED, UNDOES, UNDONE_BY
from tickets.services.clocks import pause_resolve_clock_again
from tickets.services.events import record
from tickets.services.locking import guard, lock_ticket, standing
from tickets.services.teams import assign_soon
from tickets.services.telling import untell

FORGOTTEN_AFTER = timedelta(hours=1)
Facts = dict[str, Any]


@transaction.atomic
def undo(*, number: str, acting_user: Any, now: datetime, event: int | None = None) -> Ticket:
    """Take back what ``acting_user`` has just done to a ticket; ``event`` names it (None: the
    last thing that can be taken back).

    ``Conflict`` with code ``too_late`` when the time is over or somebody has gone on with the
    ticket, ``nothing_to_undo`` when there is nothing of theirs. They may have passed the ticket
    out of their own sight: who did it may take it back all the same.
    """
    ticket = _lock(number, acting_user)
    guard(ticket, "undo", acting_user=acting_user)
    offer = _offer_of(ticket, acting_user, event)
    undoing, take_back = _WAYS[offer.event.code]
    old, new = take_back(ticket, offer)
    undone = _events_of(offer)
    record(
        ticket=ticket,
        code=undoing,
        acting_user=acting_user,
        now=now,
        old=old,
        new={**new, UNDOES: [each.pk for each in undone]},
    )
    if ticket.status == Status.WAITING and offer.event.code == "ticket.transferred":
        pause_resolve_clock_again(ticket=ticket)
    untell(ticket=ticket, at=offer.event.at)
    Undo.objects.filter(pk=ticket.pk).delete()
    if ticket.status == Status.QUEUED:
        assign_soon(team=ticket.team)
    return ticket


def undo_together(*, key: UUID, acting_user: Any, now: datetime) -> tuple[int, int]:
    """Take back what was done to many tickets at once: how many were, and for how many it was too
    late. Each in a transaction of its own."""
    offers = Undo.objects.filter(key=key, actor=acting_user).order_by("pk")
    done = late = 0
    for offer in offers.select_related("ticket"):
        try:
            undo(
                number=offer.ticket.number,
                acting_user=acting_user,
                now=now,
                event=offer.event_id,
            )
        except DeskError:
            late += 1
        else:
            done += 1
    return done, late


def offer_undo(
    *,
    ticket: Ticket,
    event: TicketEvent,
    acting_user: Any,
    before: Facts | None = None,
    first_event: int | None = None,
    key: UUID | None = None,
) -> None:
    """Let ``acting_user`` take ``event`` back for some seconds from now; called inside the
    transaction of the change. ``ticket.undo`` is the offer afterwards. One statement."""
    offer = Undo(
        ticket=ticket,
        event=event,
        first_event=first_event or event.pk,
        actor=acting_user,
        before=dict(before or {}),
        until=Now() + OFFERED,
        **({"key": key} if key is not None else {}),
    )
    Undo.objects.bulk_create(
        [offer],
        update_conflicts=True,
        unique_fields=["ticket"],
        update_fields=["event", "first_event", "actor", "key", "before", "until"],
    )


def place_of(ticket: Ticket) -> dict[str, Any]:
    """What a ticket is, to be put back: in ids, which nobody renames."""
    return {
        "status": ticket.status,
        "team": ticket.team_id,
        "assignee": ticket.assignee_id,
        "skill": ticket.skill,
        "claimed_at": _text(ticket.claimed_at),
        "next_try_at": _text(ticket.next_try_at),
    }


def purge_undo(*, now: datetime) -> int:
    """Forget what can be taken back no more; returns how many rows went."""
    gone, _by_model = Undo.objects.filter(until__lt=now - FORGOTTEN_AFTER).delete()
    return gone


# --- may it be? -----------------------------------------------------------------------------------


def _lock(number: str, acting_user: Any) -> Ticket:
    own = Undo.objects.filter(ticket=OuterRef("pk"), actor=acting_user, until__gt=Now() - GRACE)
    ticket: Ticket | None = (
        Ticket.objects.filter(Exists(own), pk=parse_number(number) or 0)
        .select_for_update(no_key=True, of=("self",))
        .first()
    )
    return ticket or lock_ticket(number=number, acting_user=acting_user)


def _offer_of(ticket: Ticket, acting_user: Any, event: int | None) -> Undo:
    """The standing offer, read after the lock was taken: by the clock of then."""
    in_time = ExpressionWrapper(Q(until__gt=Now() - GRACE), output_field=BooleanField())
    offer: Any = (
        Undo.objects.filter(ticket=ticket, actor=acting_user)
        .select_related("event")
        .annotate(in_time=in_time)
        .first()
    )
    if offer is None or event not in (None, offer.event_id):
        mine = ticket.events.filter(actor=acting_user, code__in=UNDONE_BY)
        if event is not None and mine.filter(pk=event).exists():
            raise _too_late(ticket, acting_user)
        raise Conflict(
            _("There is nothing here that you could undo."),
            code="nothing_to_undo",
            state=standing(ticket),
        )
    last = ticket.events.order_by("-pk").values_list("pk", flat=True).first()
    if last != offer.event_id or not offer.in_time:
        raise _too_late(ticket, acting_user, expired=last == offer.event_id)
    found: Undo = offer
    return found


def _too_late(ticket: Ticket, acting_user: Any, *, expired: bool = False) -> Conflict:
    state = standing(ticket)
    message: Any
    if expired:
        message = _("Too late to undo: this can be done for %(seconds)d seconds.") % {
            "seconds": int(OFFERED.total_seconds())
        }
    elif ticket.assignee is not None and ticket.assignee_id != acting_user.pk:
        person = ticket.assignee.get_full_name() or ticket.assignee.get_username()
        message = _("Too late to undo: %(person)s has the ticket now.") % {"person": person}
    else:
        message = _("Too late to undo: something else has happened to the ticket since.")
    return Conflict(message, code="too_late", state=state)


def _events_of(offer: Undo) -> list[TicketEvent]:
    """What was done, with what came with it, in its order."""
    span = TicketEvent.objects.filter(
        ticket=offer.ticket_id, pk__gte=offer.first_event, pk__lte=offer.event_id
    )
    return list(span.order_by("pk"))


# --- taking back ----------------------------------------------------------------------------------


def _put_back(ticket: Ticket, offer: Undo) -> tuple[Facts, Facts]:
    """The ticket is where and what it was; its clocks never stopped for a release."""
    old = _facts(ticket)
    before = offer.before
    ticket.status = before["status"]
    ticket.team = Team.objects.filter(pk=before["team"]).first()
    ticket.assignee = get_user_model().objects.filter(pk=before["assignee"]).first()
    ticket.skill = before["skill"]
    ticket.claimed_at = _instant(before["claimed_at"])
    ticket.next_try_at = _instant(before["next_try_at"])
    ticket.save(update_fields=["status", "team", "assignee", "skill", "claimed_at", "next_try_at"])
    return old, _facts(ticket)


def _withdraw(ticket: Ticket, offer: Undo) -> tuple[Facts, Facts]:
    """The words are gone for good; that there was a note stays (the trigger allows no more)."""
    TicketEvent.objects.filter(pk=offer.event_id).update(note="")
    return {}, {}


_WAYS: Mapping[str, tuple[str, Callable[[Ticket, Undo], tuple[Facts, Facts]]]] = {
    "ticket.released": (UNDONE_BY["ticket.released"], _put_back),
    "ticket.transferred": (UNDONE_BY["ticket.transferred"], _put_back),
    "ticket.noted": (UNDONE_BY["ticket.noted"], _withdraw),
}


def _facts(ticket: Ticket) -> dict[str, Any]:
    return {
        "status": ticket.status,
        "team": ticket.team.slug if ticket.team else None,
        "assignee": ticket.assignee.get_username() if ticket.assignee else None,
        "skill": ticket.skill,
    }


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant is not None else None


def _instant(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None
