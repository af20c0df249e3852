"""Handing a contact over to tier 2 (流转二线): the one place where tickets begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kb.flows.checkers.redaction import redact
from kb.flows.schema import EscalateNode
from kb.flows.showing import prefilled
from klingdesk.core.errors import Conflict, Invalid
from tickets.models import Consultation, Ticket, TicketEvent
from tickets.models.labels import ConsultationStatus, ContactChannel
from tickets.rules.ticket_number import parse_number
from tickets.selectors.runs import RunState, run_state, ticket_question
from tickets.selectors.scripts import promised_script
from tickets.services.capture import check_capture
from tickets.services.clocks import plan_clocks, started_clocks
from tickets.services.events import record
from tickets.services.hand_over_rows import write_hand_over
from tickets.services.hints import hint_after_commit
from tickets.services.locking import lock_own_consultation
from tickets.services.open_tickets import open_ticket_for
from tickets.services.transcripts import frozen_transcript


@dataclass(frozen=True, slots=True)
class Capture:
    """What the agent typed, raw: the service cleans and checks it."""

    problem: str = ""
    demand: str = ""
    account_id: str = ""
    contact_channel: str = ""
    contact_value: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HandedOver:
    ticket: Ticket
    script: str


def hand_over(
    *,
    consultation_id: int,
    acting_user: Any,
    capture: Capture,
    fill_in: bool = False,
    follows: str | None = None,
    now: datetime,
) -> HandedOver:
    """Turn an open contact that stands at a hand-over into a ticket with its promise.

    With ``fill_in``, what ``capture`` leaves out and the flow knows is taken from there; a form
    that showed it needs that not, and what was emptied there stays empty. ``follows`` is the
    number of an ended ticket of the same account that the user has come back about.

    Raises ``Invalid`` with all field errors at once; ``Conflict`` with code
    ``chase_due`` and the open ticket's number when this account already has an open
    ticket about this question (the agent offers a chase); ``Conflict`` when the
    contact has ended or its flow has not reached a hand-over.
    """
    with transaction.atomic():
        return _hand_over(consultation_id, acting_user, capture, fill_in, follows, now)


def _hand_over(
    consultation_id: int,
    acting_user: Any,
    capture: Capture,
    fill_in: bool,
    follows: str | None,
    now: datetime,
) -> HandedOver:
    consultation = lock_own_consultation(consultation_id=consultation_id, acting_user=acting_user)
    state = run_state(consultation)
    node = _hand_over_node(consultation, state)
    if state is not None:
        capture = _filled_in(capture, state) if fill_in else capture
        capture = without_secrets(capture, state, node)
    clean = check_capture(node, capture)
    question = ticket_question(consultation, state)
    assert question is not None  # noqa: S101 - a run has one, and without a run there is no node
    followed = _followed(follows, acting_user, account_id=clean.account_id) if follows else None
    plan = plan_clocks(started_at=now) if node.promise else None
    ticket = Ticket(
        question=question,
        promise=node.promise,
        problem=clean.problem,
        demand=clean.demand,
        account_id=clean.account_id,
        contact_channel=clean.contact_channel,
        contact_value=clean.contact_value,
        extra=clean.extra,
        tags=list(node.tags),
        transcript=frozen_transcript(consultation, state, agent=acting_user),
        handed_over_by=acting_user,
        created_at=now,
        follows=followed,
    )
    if plan is not None:
        ticket.due_at = plan.due_at
        ticket.due_provisional = plan.provisional
    consultation.status = ConsultationStatus.ESCALATED
    consultation.finished_at = now
    consultation.parked_at = None
    consultation.account_id = clean.account_id
    event = TicketEvent(
        code="ticket.handed_over",
        actor=acting_user,
        at=now,
        new={
            "consultation": consultation.pk,
            "due_at": ticket.due_at.isoformat() if ticket.due_at else None,
            **({"follows": followed.number} if followed is not None else {}),
        },
    )
    clocks = started_clocks(plan) if plan is not None else []
    if not write_hand_over(contact=consultation, ticket=ticket, clocks=clocks, event=event):
        raise _chase_due(ticket)
    if followed is not None:
        record(
            ticket=followed,
            code="ticket.followed",
            acting_user=acting_user,
            now=now,
            new={"ticket": ticket.number},
        )
    hint_after_commit("tickets.route_tickets", ticket.pk)
    script = promised_script(state, ticket, now=now)
    return HandedOver(ticket=ticket, script=script)


def _followed(number: str, acting_user: Any, *, account_id: str) -> Ticket:
    """The ended ticket that a new one follows; ``Invalid`` at ``follows`` for any other."""
    pk = parse_number(number)
    # Held, so that it is not archived before the new ticket refers to it.
    seen = Ticket.objects.visible_to(acting_user).select_for_update(no_key=True, of=("self",))
    found = seen.filter(pk=pk).first() if pk else None
    problem: Any = None
    if found is None:
        problem = _("There is no such ticket, or you may not see it.")
    elif found.is_open:
        problem = _("This ticket is still open: record a chase on it.")
    elif found.account_id != account_id:
        problem = _("This ticket belongs to another account.")
    if found is None or problem is not None:
        raise Invalid(_("Some details are missing or wrong."), fields={"follows": [problem]})
    return found


def without_secrets(capture: Capture, state: RunState, node: EscalateNode) -> Capture:
    """``capture`` without the keys and tokens in fields that carry what was pasted for a check:
    the agent may have pasted it there anew."""
    fields = {item.key for item in node.fields if item.source in state.reads_secrets}
    if fields.isdisjoint(capture.extra):
        return capture
    extra = {key: redact(value) if key in fields else value for key, value in capture.extra.items()}
    return replace(capture, extra=extra)


def _filled_in(capture: Capture, state: RunState) -> Capture:
    known = prefilled(state.position)
    full = replace(
        capture,
        problem=capture.problem or known.captured.get("problem", ""),
        demand=capture.demand or known.captured.get("demand", ""),
        account_id=capture.account_id or known.captured.get("account_id", ""),
        extra={**known.fields, **capture.extra},
    )
    number = known.captured.get("contact")
    if capture.contact_channel or number is None:
        return full
    return replace(full, contact_channel=ContactChannel.CALL_BACK, contact_value=number)


def _hand_over_node(consultation: Consultation, state: RunState | None) -> EscalateNode:
    if state is not None:
        if state.hand_over_node is not None:
            return state.hand_over_node
        raise Conflict(
            _("The decision flow has not reached a hand-over yet."),
            code="not_at_hand_over",
            state={"node": state.position.node_key},
        )
    if consultation.question is None:
        raise Conflict(
            _("Choose the standard question first; tier 2 sorts its work by it."),
            code="question_missing",
        )
    raise Conflict(
        _("This standard question is settled by tier 1. Use “other” for what it does not cover."),
        code="not_escalating",
    )


def _chase_due(refused: Ticket) -> Conflict:
    """Why a ticket was not written: an open one of the same account and question is there."""
    found = open_ticket_for(account_id=refused.account_id, question_id=refused.question_id)
    if found is None:  # it was closed in this very moment
        return Conflict(_("Somebody else was faster. Hand over again."), code="try_again")
    return Conflict(
        _("This account already has an open ticket about this question: record a chase on it."),
        code="chase_due",
        state={"ticket": found.number, "status": found.status},
    )
