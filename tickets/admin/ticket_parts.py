"""What the ticket page shows, put together for its templates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from klingdesk.core.account_id import mask_account_id, mask_phone
from klingdesk.core.roles import Role, roles_of
from tickets.admin.ticket_actions import BUTTONS
from tickets.admin.ticket_forms import ActionForm, form_for
from tickets.admin.ticket_promise import Promise, contact_clock, promise_of
from tickets.admin.words import days_words, event_words, moment_words
from tickets.models import Team, Ticket
from tickets.models.labels import Channel, Priority
from tickets.rules.ticket_number import parse_number
from tickets.selectors.access import allowed_actions, sees_personal_data
from tickets.selectors.due import TimeLeftReader
from tickets.selectors.masking import hide_personal_text
from tickets.selectors.tickets import EarlierContact, account_history

_TYPED_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
PRIORITY_LEVELS = {Priority.HIGH: "warn", Priority.URGENT: "bad"}


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an action was refused, and what was typed for it (label and text).

    ``action`` names the form that holds what was typed; empty when that form is not offered.
    """

    action: str
    message: Any
    typed: Sequence[tuple[Any, str]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """An action that did not go through, with its form as it was typed."""

    action: str
    form: ActionForm
    refusal: Any = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """An action as the page offers it; ``open`` unfolds its form."""

    action: str
    label: Any
    key: str
    form: ActionForm
    open: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

    at: str
    actor: str
    words: str
    note: str
    code: str


def ticket_context(
    ticket: Ticket,
    *,
    user: Any,
    now: datetime,
    attempt: Attempt | None = None,
    revealed: bool = False,
) -> dict[str, Any]:
    """The templates' context; ``ticket`` comes from ``ticket_get_for`` with its prefetches."""
    actions = allowed_actions(ticket, user)
    plain = sees_personal_data(ticket, user)
    if not plain and not revealed:
        hide_personal_text(ticket)
    clock = contact_clock(ticket)
    promise = promise_of(ticket, reader=TimeLeftReader(now=now), now=now)
    return {
        "title": f"{ticket.number} · {ticket.question.title}",
        "ticket": ticket,
        "priority_level": PRIORITY_LEVELS.get(Priority(ticket.priority), ""),
        "promise": promise,
        "clock": clock,
        "days": days_words(clock.days) if clock else [],
        "extra": [{**item, "value": _readable(item.get("value", ""))} for item in ticket.extra],
        "person": _personal_data(ticket, plain=plain or revealed),
        "revealed": revealed and not plain,
        "can_reveal": "reveal" in actions and not plain and not revealed,
        "offers": _offers(ticket, actions, promise, attempt),
        "refused": _refused(actions, attempt),
        "is_assignee": ticket.assignee_id == user.pk,
        "is_tier2": bool(roles_of(user) & {Role.ADVISOR, Role.MANAGER}),
        "transcript": _transcript(ticket.transcript),
        "timeline": _timeline(ticket),
        "contacts": list(ticket.contacts.all()),
        "history": _history(ticket, user),
    }


def _offers(
    ticket: Ticket, actions: Sequence[str], promise: Promise, attempt: Attempt | None
) -> list[Offer]:
    offered = [action for action in actions if action in BUTTONS and action != "reveal"]
    likely = "contact" if promise.running else "resolve"
    unfolded = attempt.action if attempt is not None else likely
    return [
        Offer(
            action=action,
            label=BUTTONS[action].label,
            key=BUTTONS[action].key,
            form=attempt.form
            if attempt is not None and attempt.action == action
            else form_for(action, ticket),
            open=action == unfolded,
        )
        for action in offered
    ]


def _refused(actions: Sequence[str], attempt: Attempt | None) -> Refused | None:
    """Why an action did not go through; with its texts when its form is no longer offered."""
    if attempt is None:
        return None
    if attempt.action in actions:
        return Refused(
            attempt.action, attempt.refusal or _("Please look at the marked fields."), ()
        )
    message = attempt.refusal or _("This does not fit the ticket any more.")
    return Refused("", message, attempt.form.typed())


def _personal_data(ticket: Ticket, *, plain: bool) -> dict[str, Any]:
    """Account ID and call-back number, masked unless ``plain``, and the number as a link."""
    number = ticket.contact_value
    return {
        "plain": plain,
        "account_id": ticket.account_id if plain else mask_account_id(ticket.account_id),
        "number": number if plain else mask_phone(number),
        "tel": _tel(number) if plain else "",
    }


def _tel(number: str) -> str:
    """A number of ``parse_phone`` as RFC 3966 writes it: an extension is a parameter."""
    area, _dash, rest = number.partition("-")
    local, _second, extension = rest.partition("-")
    return f"tel:{area}{local}" + (f";ext={extension}" if extension else "")


def _transcript(stored: Mapping[str, Any]) -> dict[str, Any]:
    channel = stored.get("channel", "")
    return {
        "utterance": stored.get("utterance", ""),
        "channel": dict(Channel.choices).get(channel, channel),
        "question": stored.get("question", ""),
        "steps": [
            {**step, "time": _time_of(step.get("at", ""))} for step in stored.get("steps", ())
        ],
    }


def _readable(value: Any) -> Any:
    """A captured instant without the T that its field puts into it; everything else as it is."""
    text = str(value)
    return text.replace("T", " ") if _TYPED_INSTANT.fullmatch(text) else value


def _time_of(text: str) -> str:
    at = parse_datetime(text) if text else None
    return moment_words(at) if at else ""


def _timeline(ticket: Ticket) -> list[Entry]:
    events = list(ticket.events.all())
    teams = _team_names(ticket, (event.new.get("team") for event in events))
    return [
        Entry(
            at=moment_words(event.at),
            actor=(event.actor.get_full_name() or event.actor.get_username())
            if event.actor
            else _("System"),
            words=event_words(event, teams=teams),
            note=event.note,
            code=event.code,
        )
        for event in events
    ]


def _team_names(ticket: Ticket, slugs: Iterable[str | None]) -> dict[str, str]:
    """Names for team slugs; asks the database only about teams the ticket has left."""
    names = {ticket.team.slug: ticket.team.name} if ticket.team else {}
    missing = {slug for slug in slugs if slug} - names.keys()
    if missing:
        names.update(Team.objects.filter(slug__in=missing).values_list("slug", "name"))
    return names


def _history(ticket: Ticket, user: Any) -> list[dict[str, Any]]:
    """Earlier contacts of the account; only tickets that the person may see become links."""
    rows: list[EarlierContact] = account_history(account_id=ticket.account_id, before_ticket=ticket)
    found = (parse_number(row.ticket_number) for row in rows)
    ids = {pk for pk in found if pk is not None and pk != ticket.pk}
    visible: set[int] = set()
    if ids:
        visible = set(
            Ticket.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True)
        )
    return [
        {
            "row": row,
            "at": moment_words(row.at),
            "link": parse_number(row.ticket_number) in visible,
        }
        for row in rows
    ]
