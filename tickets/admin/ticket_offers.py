"""The actions as the ticket page offers them, and what it says when one was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.forms import HiddenInput
from django.utils.translation import gettext as _

from klingdesk.core.roles import Role, roles_of
from tickets.admin.event_words import event_words
from tickets.admin.ticket_actions import BUTTONS
from tickets.admin.ticket_forms import PLAIN_FORMS, ActionForm, ContactForm
from tickets.admin.ticket_missing_forms import CompleteForm, ReturnForm
from tickets.models import Ticket, TicketEvent
from tickets.models.labels import Status
from tickets.rules.reopening import may_reopen
from tickets.selectors.access import archived_at, sees_personal_data
from tickets.selectors.list_choices import choices_for
from tickets.selectors.people import name_of
from tickets.selectors.tickets import last_event_id, tickets_for

NO_BUTTON = frozenset({"reveal"})
"""Offered beside the personal data and not among the actions."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An action that did not go through, with its form as it was typed.

    ``seen`` is the last event that its writer saw; ``stale`` when others have changed the state
    or the assignee since.
    """

    action: str
    form: ActionForm
    refusal: Any = ""
    seen: int | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """An action as the page offers it; ``open`` unfolds its form, ``again`` says that it was
    refused because of a change and may now be saved deliberately. ``seen`` is the event up to
    which its writer knows the ticket."""

    action: str
    label: Any
    key: str
    form: ActionForm
    open: bool
    rare: bool
    again: bool
    seen: int


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody has done since the form was loaded."""

    at: datetime
    actor: str
    words: str
    note: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an action was refused, what was typed for it (label and text), what has changed.

    ``action`` names the form that holds what was typed; empty when that form is not offered, and
    ``in_note`` when a note's form holds it instead. ``wrong`` are the fields to look at, as
    (label, id).
    """

    action: str
    message: Any
    typed: Sequence[tuple[Any, str]]
    changes: Sequence[Change]
    in_note: bool = False
    wrong: Sequence[tuple[Any, str]] = ()


def offered(ticket: Ticket, actions: Sequence[str], user: Any, *, now: datetime) -> list[str]:
    """Those of the allowed actions that have a button now, in the order of the buttons."""
    allowed = set(actions) - NO_BUTTON
    if ticket.status == Status.RESOLVED and not _in_time(ticket, now):
        allowed.discard("reopen")
    ended = ticket.status == Status.CLOSED or (
        ticket.status == Status.RESOLVED and not _in_time(ticket, now)
    )
    if ended and archived_at(ticket) is None and Role.AGENT in roles_of(user):
        allowed.add("follow_up")
    return [action for action in BUTTONS if action in allowed]


def _in_time(ticket: Ticket, now: datetime) -> bool:
    return ticket.resolved_at is not None and may_reopen(ticket.resolved_at, now=now)


def form_for(action: str, ticket: Ticket, *, user: Any, data: Any = None) -> ActionForm:
    """The form of an action, filled with ``data`` when there is any. ``KeyError`` if unknown."""
    auto_id = f"{action}-%s"
    match action:
        case "contact":
            return ContactForm(
                data,
                auto_id=auto_id,
                channel=ticket.contact_channel,
                waiting=ticket.status == Status.WAITING,
            )
        case "return":
            return ReturnForm(data, ticket=ticket, auto_id=auto_id)
        case "complete":
            plain = sees_personal_data(ticket, user)
            return CompleteForm(data, ticket=ticket, plain=plain, auto_id=auto_id)
        case _:
            form = PLAIN_FORMS[action](data, auto_id=auto_id)
    if action == "transfer":
        choices = choices_for(user, with_lists=False)
        form.offer("team", [(each.value, each.label) for each in choices.teams])
        form.offer("person", [(each.value, each.label) for each in choices.people])
    elif action == "merge":
        _offer_candidates(form, ticket, user)
    return form


def _offer_candidates(form: ActionForm, ticket: Ticket, user: Any) -> None:
    """Other open tickets of the account that the person may see; one query."""
    rows = tickets_for(user=user).open().filter(account_id=ticket.account_id).exclude(pk=ticket.pk)
    found = list(rows[:10]) if ticket.account_id else []
    if not found:
        form.fields["candidate"].widget = HiddenInput()
        return
    form.fields["candidate"].choices = [  # type: ignore[attr-defined]
        (each.number, f"{each.number} · {each.question.title} · {each.get_status_display()}")
        for each in found
    ]


def offers(
    ticket: Ticket,
    actions: Sequence[str],
    *,
    likely: str,
    attempt: Attempt | None,
    forms: Mapping[str, ActionForm],
) -> list[Offer]:
    """``likely`` is unfolded unless an attempt is; ``forms`` are made already."""
    unfolded = attempt.action if attempt is not None else likely
    if attempt is not None and attempt.action not in actions:
        unfolded = "note"
    last = last_event_id(ticket)
    found = []
    for action in actions:
        button, tried = BUTTONS[action], attempt is not None and attempt.action == action
        # A refusal shows what has changed; mistakes in fields do not.
        unaware = tried and attempt is not None and not attempt.refusal and attempt.seen
        found.append(
            Offer(
                action=action,
                label=button.label,
                key=button.key,
                form=attempt.form if tried and attempt is not None else forms[action],
                open=action == unfolded,
                rare=button.rare,
                again=tried and attempt is not None and attempt.stale,
                seen=int(unaware or last),
            )
        )
    return found


def rescue_into_note(forms: Mapping[str, ActionForm], attempt: Attempt | None) -> None:
    """Put what was typed for an action that is gone into the form of a note, ready to be saved."""
    if attempt is None or attempt.action in forms or "note" not in forms:
        return
    lines = [f"{label}: {text}" for label, text in attempt.form.typed()]
    forms["note"].initial = {"note": "\n".join(lines)}


def refused(
    ticket: Ticket, actions: Sequence[str], attempt: Attempt | None, *, teams: Mapping[str, str]
) -> Refused | None:
    """Why an action did not go through; with its texts when its form is no longer offered."""
    if attempt is None:
        return None
    changes = _since(ticket, attempt.seen, teams=teams) if attempt.refusal else []
    if attempt.action in actions:
        message = attempt.refusal or _("Please look at the marked fields.")
        typed = attempt.form.typed() if attempt.stale else ()
        return Refused(attempt.action, message, typed, changes, wrong=_wrong(attempt.form))
    message = attempt.refusal or _("This does not fit the ticket any more.")
    typed = attempt.form.typed()
    return Refused("", message, typed, changes, in_note="note" in actions and bool(typed))


def _wrong(form: ActionForm) -> list[tuple[Any, str]]:
    """The fields with errors; of a group of choices the first one."""
    return [
        (field.label, field.id_for_label or f"{field.auto_id}_0") for field in form if field.errors
    ]


def _since(ticket: Ticket, seen: int | None, *, teams: Mapping[str, str]) -> list[Change]:
    """What has happened after the event that the writer saw last."""
    if seen is None:
        return []
    events: Sequence[TicketEvent] = [each for each in ticket.events.all() if each.pk > seen]
    return [
        Change(
            at=event.at,
            actor=name_of(event.actor) if event.actor else _("System"),
            words=event_words(event, teams=teams),
            note=event.note,
        )
        for event in events
    ]
