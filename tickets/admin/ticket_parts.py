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
from tickets.admin.check_words import check_outcome_words, check_result_words
from tickets.admin.event_words import FIELDS, event_words
from tickets.admin.month_grid import weekday_heads
from tickets.admin.promise_picture import promise_pictures
from tickets.admin.queue import query_of_list, ticket_url
from tickets.admin.queue_parts import list_url
from tickets.admin.routing_words import unassigned_words
from tickets.admin.ticket_forms import RevealForm
from tickets.admin.ticket_offers import (
    Attempt,
    form_for,
    offered,
    offers,
    refused,
    rescue_into_note,
)
from tickets.admin.ticket_promise import Promise, contact_clock, promise_of
from tickets.models import Team, Ticket
from tickets.models.labels import Channel, Priority, Status
from tickets.rules.ticket_number import parse_number
from tickets.rules.undo import told
from tickets.selectors.access import allowed_actions, archived_at, sees_personal_data
from tickets.selectors.advisors import why_unassigned
from tickets.selectors.archive import archived_ids
from tickets.selectors.due import TimeLeftReader
from tickets.selectors.masking import hide_personal_text
from tickets.selectors.people import name_of
from tickets.selectors.ticket_list import Filters, neighbours
from tickets.selectors.tickets import EarlierContact, account_history, last_event_id

_TYPED_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
PRIORITY_LEVELS = {Priority.HIGH: "warn", Priority.URGENT: "bad"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

    at: datetime
    actor: str
    words: str
    note: str
    code: str


def ticket_context(
    ticket: Ticket,
    *,
    user: Any,
    now: datetime,
    list_query: str = "",
    attempt: Attempt | None = None,
    revealed: bool = False,
) -> dict[str, Any]:
    """The templates' context; ``ticket`` comes from ``ticket_get_for`` with its prefetches.

    ``list_query``: the filters of the list that the person came from.
    """
    actions = allowed_actions(ticket, user)
    plain = sees_personal_data(ticket, user)
    buttons = offered(ticket, actions, user, now=now)
    # Before the texts are masked: the forms hold what stands, or nothing.
    forms = {action: form_for(action, ticket, user=user) for action in buttons}
    rescue_into_note(forms, attempt)
    if not plain and not revealed:
        hide_personal_text(ticket)
    clock = contact_clock(ticket)
    reader = TimeLeftReader(now=now)
    promise = promise_of(ticket, reader=reader, now=now)
    teams = _team_names(ticket, (event.new.get("team") for event in ticket.events.all()))
    shown = offers(
        ticket,
        buttons,
        likely=_likely(ticket, promise),
        attempt=attempt,
        forms=forms,
    )
    is_tier2 = bool(roles_of(user) & {Role.ADVISOR, Role.MANAGER})
    can_take = Role.ADVISOR in roles_of(user)
    return {
        "title": f"{ticket.number} · {ticket.question.title}",
        "ticket": ticket,
        "archived": archived_at(ticket),
        "last_event": last_event_id(ticket),
        "priority_level": PRIORITY_LEVELS.get(Priority(ticket.priority), ""),
        "promise": promise,
        "clock": clock,
        "pictures": promise_pictures(ticket, reader=reader, now=now),
        "weekdays": weekday_heads(),
        "extra": [{**item, "value": _readable(item.get("value", ""))} for item in ticket.extra],
        "missing": [_missing_words(item) for item in ticket.missing],
        "return_reason": _return_reason(ticket),
        "person": _personal_data(ticket, plain=plain or revealed),
        "revealed": revealed and not plain,
        "reveal": _reveal_form(actions, attempt, plain=plain or revealed),
        "offers": shown,
        "has_rare": any(offer.rare for offer in shown),
        "rare_open": any(offer.rare and offer.open for offer in shown),
        "refused": refused(ticket, [*buttons, "reveal"], attempt, teams=teams),
        "is_assignee": ticket.assignee_id == user.pk,
        "is_tier2": is_tier2,
        "can_take": can_take,
        "transcript": _transcript(ticket.transcript),
        **_folded(_timeline(ticket, teams)),
        "unassigned": _unassigned(ticket, now),
        "contacts": list(ticket.contacts.all()),
        "history": _history(ticket, user),
        **_place(ticket, user, list_query if is_tier2 else "", now=now),
    }


def _likely(ticket: Ticket, promise: Promise) -> str:
    """The form that is unfolded when nothing was tried yet."""
    match ticket.status:
        case Status.RETURNED:
            return "complete"
        case Status.WAITING:
            return "contact"
        case _:
            return "contact" if promise.running else "resolve"


def _place(ticket: Ticket, user: Any, list_query: str, *, now: datetime) -> dict[str, Any]:
    """The way on within the list that the person came from."""
    if not list_query:
        return {"list_query": "", "back_url": list_url("")}
    filters = Filters.of_query(list_query)
    beside = neighbours(ticket, filters, user=user, now=now)
    query = filters.query()
    return {
        "list_query": query,
        "link_query": query_of_list(query),
        "back_url": list_url(query),
        "in_list": True,
        "previous_url": ticket_url(beside.previous, query) if beside.previous else "",
        "next_url": ticket_url(beside.next, query) if beside.next else "",
    }


def _reveal_form(actions: Sequence[str], attempt: Attempt | None, *, plain: bool) -> Any:
    """The form that asks why, or None for whoever sees it anyway or may not."""
    if plain or "reveal" not in actions:
        return None
    if attempt is not None and attempt.action == "reveal":
        return attempt.form
    return RevealForm(auto_id="reveal-%s")


def _return_reason(ticket: Ticket) -> str:
    """What the advisor wrote who sent it back last."""
    notes = [event.note for event in ticket.events.all() if event.code == "ticket.returned"]
    return notes[-1] if notes else ""


def _missing_words(item: Mapping[str, str]) -> dict[str, str]:
    label = item.get("label") or _(FIELDS.get(item.get("field", ""), item.get("field", "")))
    return {"label": label, "why": item.get("why", "")}


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
        "steps": [_spoken(step) for step in stored.get("steps", ())],
    }


def _spoken(step: Mapping[str, Any]) -> dict[str, Any]:
    """A step of the transcript. What checks say of themselves is told in the reader's language."""
    answer = step.get("answer", "")
    if step.get("kind") == "check":
        answer = check_outcome_words(step.get("value", "")) or answer
    values = [
        {**item, "label": check_result_words(item.get("result") or "") or item["label"]}
        for item in step.get("values", ())
    ]
    time = parse_datetime(step.get("at", ""))
    return {**step, "answer": answer, "values": values, "time": time}


def _readable(value: Any) -> Any:
    """A captured instant without the T that its field puts into it; everything else as it is."""
    text = str(value)
    return text.replace("T", " ") if _TYPED_INSTANT.fullmatch(text) else value


def _unassigned(ticket: Ticket, now: datetime) -> str:
    """Where the desk assigns: why nobody has got the ticket yet."""
    why = why_unassigned(ticket, now=now)
    return unassigned_words(why) if why is not None else ""


def _timeline(ticket: Ticket, teams: Mapping[str, str]) -> list[Entry]:
    return [
        Entry(
            at=event.at,
            actor=name_of(event.actor) if event.actor else _("System"),
            words=event_words(event, teams=teams),
            note=event.note,
            code=event.code,
        )
        for event in told(ticket.events.all())
    ]


UNFOLDED = 30
"""Entries of the timeline that are shown; older ones wait behind their number."""


def _folded(entries: list[Entry]) -> dict[str, list[Entry]]:
    """The newest entries, and those before them."""
    older = len(entries) - UNFOLDED if len(entries) > UNFOLDED else 0
    return {"older": entries[:older], "timeline": entries[older:]}


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
        visible |= archived_ids(user=user, ids=(row.archived_id for row in rows if row.archived_id))
    return [
        {
            "row": row,
            "at": row.at,
            "link": parse_number(row.ticket_number) in visible,
        }
        for row in rows
    ]
