"""Completing what tier 2 sent back: the same rules as at the hand-over, and back to the team."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from kb.flows.schema import CAPTURED, CaptureField, EscalateNode
from klingdesk.core.account_id import mask_account_id, mask_phone
from klingdesk.core.errors import Invalid
from tickets.models import Ticket
from tickets.models.labels import ConsultationStatus, Status
from tickets.selectors.masking import masked_text, masked_value
from tickets.selectors.runs import run_state
from tickets.services.capture import Captured, check_capture
from tickets.services.events import record
from tickets.services.hand_over import Capture, without_secrets
from tickets.services.locking import guard, lock_ticket
from tickets.services.open_tickets import ONE_OPEN_TICKET, duplicate_of, open_twin
from tickets.services.teams import assign_soon
from tickets.services.telling import tell_completed
from tickets.services.text import check_note

_NOT_COMPLETED = _("The ticket was not completed.")
_TEXTS = ("problem", "demand")


@dataclass(frozen=True, slots=True)
class Corrections:
    """What tier 1 typed anew, raw; None and keys that are not there leave what stands.

    An ``extra`` value that is emptied goes away, unless the flow requires it.
    """

    problem: str | None = None
    demand: str | None = None
    account_id: str | None = None
    contact_channel: str | None = None
    contact_value: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


def complete(
    *,
    number: str,
    acting_user: Any,
    corrections: Corrections,
    now: datetime,
    note: str = "",
    expected_event: int | None = None,
) -> Ticket:
    """Correct a returned ticket and put it back into its team's queue.

    Something must be corrected or said in ``note``. The contact in which the ticket was made
    moves along when the account ID is corrected. Old and new values stand in the timeline
    masked: it can never be changed, and more people read it than work the ticket.

    ``Invalid`` with the field names of the hand-over; ``Conflict`` with code ``open_ticket`` when
    the corrected account has an open ticket about this question already.
    """
    note = check_note(note)
    try:
        with transaction.atomic():
            return _complete(number, acting_user, corrections, note, now, expected_event)
    except IntegrityError as error:
        if ONE_OPEN_TICKET not in str(error):
            raise
        with transaction.atomic():
            ticket = lock_ticket(number=number, acting_user=acting_user)
        raise duplicate_of(open_twin(ticket, account_id=corrections.account_id)) from error


def _complete(
    number: str,
    acting_user: Any,
    corrections: Corrections,
    note: str,
    now: datetime,
    expected_event: int | None,
) -> Ticket:
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "complete", acting_user=acting_user, expected_event=expected_event)
    clean, extra = _checked(ticket, corrections)
    old, new = _differences(ticket, clean, extra)
    if not new and not note:
        raise Invalid(
            _NOT_COMPLETED,
            fields={"note": [_("Correct what is missing, or say here why it stands as it is.")]},
        )
    twin = open_twin(ticket, account_id=clean.account_id)
    if twin is not None:
        raise duplicate_of(twin)
    _correct(ticket, clean, extra)
    record(
        ticket=ticket,
        code="ticket.completed",
        acting_user=acting_user,
        now=now,
        old={"status": Status.RETURNED, **old},
        new={"status": Status.QUEUED, **new},
        note=note,
    )
    tell_completed(ticket=ticket, acting_user=acting_user, now=now)
    assign_soon(team=ticket.team)
    return ticket


def _checked(ticket: Ticket, corrections: Corrections) -> tuple[Captured, list[dict[str, Any]]]:
    """The captured values with the corrections in them, and all further details.

    Details that nobody touched stay as they are; they passed these rules at the hand-over.
    """
    consultation = ticket.consultations.filter(status=ConsultationStatus.ESCALATED).first()
    state = run_state(consultation) if consultation is not None else None
    node = state.hand_over_node if state is not None else None
    if node is None:
        node = _as_captured(ticket)
    typed = _typed(ticket, corrections)
    if state is not None:
        typed = without_secrets(typed, state, node)
    touched = tuple(asked for asked in node.fields if asked.key in typed.extra)
    clean = check_capture(node.model_copy(update={"fields": touched}), typed)
    kept = {item["key"]: item for item in ticket.extra if item["key"] not in typed.extra}
    known = kept | {item["key"]: item for item in clean.extra}
    order = [asked.key for asked in node.fields]
    order += [key for key in known if key not in order]
    return clean, [known[key] for key in order if key in known]


def _typed(ticket: Ticket, corrections: Corrections) -> Capture:
    typed = Capture(
        problem=ticket.problem,
        demand=ticket.demand,
        account_id=ticket.account_id,
        contact_channel=ticket.contact_channel,
        contact_value=ticket.contact_value,
        extra=corrections.extra,
    )
    given = {
        name: value
        for name in (*_TEXTS, "account_id", "contact_channel", "contact_value")
        if (value := getattr(corrections, name)) is not None
    }
    return replace(typed, **given)


def _as_captured(ticket: Ticket) -> EscalateNode:
    """What a ticket itself says of its hand-over, where its contact's flow is not there."""
    fields = tuple(
        CaptureField(key=item["key"], label=item["label"], kind="text", required=False)
        for item in ticket.extra
    )
    required = CAPTURED if ticket.promise else ()
    return EscalateNode(kind="escalate", script="-", requires=required, fields=fields)


def _differences(
    ticket: Ticket, clean: Captured, extra: list[dict[str, Any]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What changes, before and after, by field and masked."""
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    masks: dict[str, Callable[[str], str]] = {
        "account_id": mask_account_id,
        "contact_value": mask_phone,
        "contact_channel": str,
    }
    for name in (*_TEXTS, "account_id", "contact_channel", "contact_value"):
        before, after = getattr(ticket, name), getattr(clean, name)
        if before != after:
            mask = masks.get(name, masked_text)
            old[name], new[name] = (mask(value) if value else "" for value in (before, after))
    before_extra = {item["key"]: item for item in ticket.extra}
    after_extra = {item["key"]: item for item in extra}
    for key in before_extra | after_extra:
        if before_extra.get(key) != after_extra.get(key):
            old[f"extra.{key}"] = _masked(before_extra.get(key))
            new[f"extra.{key}"] = _masked(after_extra.get(key))
    return old, new


def _masked(item: Mapping[str, Any] | None) -> Any:
    return masked_value(item["kind"], item["value"]) if item is not None else ""


def _correct(ticket: Ticket, clean: Captured, extra: list[dict[str, Any]]) -> None:
    if ticket.account_id != clean.account_id:
        ticket.consultations.filter(account_id=ticket.account_id).update(
            account_id=clean.account_id
        )
    for name in (*_TEXTS, "account_id", "contact_channel", "contact_value"):
        setattr(ticket, name, getattr(clean, name))
    ticket.extra = extra
    ticket.missing = []
    ticket.status = Status.QUEUED
    ticket.save(
        update_fields=[
            *_TEXTS,
            "account_id",
            "contact_channel",
            "contact_value",
            "extra",
            "missing",
            "status",
        ]
    )
