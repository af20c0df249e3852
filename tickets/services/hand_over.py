"""Handing a contact over to tier 2 (流转二线): the one place where tickets begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from kb.flows.schema import EscalateNode
from klingdesk.core.errors import Conflict
from tickets.models import Consultation, Ticket
from tickets.models.labels import OPEN_STATUSES, ConsultationStatus
from tickets.rules.account_id import AccountIdError, parse_account_id
from tickets.selectors.runs import RunState, run_state
from tickets.selectors.scripts import handover_script
from tickets.services.capture import Captured, check_capture
from tickets.services.clocks import plan_contact_clock, start_contact_clock
from tickets.services.events import record
from tickets.services.hints import hint_after_commit
from tickets.services.locking import lock_own_consultation

ONE_OPEN_TICKET = "one_open_ticket_per_account_and_question"


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
    *, consultation_id: int, acting_user: Any, capture: Capture, now: datetime
) -> HandedOver:
    """Turn an open contact that stands at a hand-over into a ticket with its promise.

    Raises ``Invalid`` with all field errors at once; ``Conflict`` with code
    ``chase_due`` and the open ticket's number when this account already has an open
    ticket about this question (the agent offers a chase); ``Conflict`` when the
    contact has ended or its flow has not reached a hand-over.
    """
    try:
        with transaction.atomic():
            return _hand_over(consultation_id, acting_user, capture, now)
    except IntegrityError as error:
        if ONE_OPEN_TICKET not in str(error):
            raise
        raise _chase_due(consultation_id, capture) from error


def _hand_over(
    consultation_id: int, acting_user: Any, capture: Capture, now: datetime
) -> HandedOver:
    consultation = lock_own_consultation(consultation_id=consultation_id, acting_user=acting_user)
    state = run_state(consultation)
    node = _hand_over_node(consultation, state)
    clean = check_capture(node, capture)
    if node.promise:
        # The unique index decides races only: PostgreSQL writes a refused row, personal data
        # and all, into its log.
        open_ticket = open_ticket_for(
            account_id=clean.account_id, question_id=consultation.question_id
        )
        if open_ticket is not None:
            raise _chase_on(open_ticket)
    plan = plan_contact_clock(started_at=now) if node.promise else None
    ticket = _create_ticket(consultation, node, clean, state, acting_user=acting_user, now=now)
    if plan is not None:
        ticket.due_at = plan[1].due_at
        ticket.due_provisional = plan[1].provisional
    ticket.save(force_insert=True)
    if plan is not None:
        start_contact_clock(ticket=ticket, plan=plan, started_at=now)
    consultation.status = ConsultationStatus.ESCALATED
    consultation.finished_at = now
    consultation.account_id = clean.account_id
    consultation.ticket = ticket
    consultation.save(update_fields=["status", "finished_at", "account_id", "ticket"])
    record(
        ticket=ticket,
        code="ticket.handed_over",
        acting_user=acting_user,
        now=now,
        new={
            "consultation": consultation.pk,
            "due_at": ticket.due_at.isoformat() if ticket.due_at else None,
        },
    )
    hint_after_commit("tickets.route_ticket", ticket.pk)
    return HandedOver(ticket=ticket, script=handover_script(node.script, ticket))


def hand_over_node(consultation: Consultation) -> EscalateNode:
    """The hand-over at which a contact stands; ``Conflict`` when it stands elsewhere."""
    return _hand_over_node(consultation, run_state(consultation))


def _hand_over_node(consultation: Consultation, state: RunState | None) -> EscalateNode:
    if state is not None:
        node = state.position.node
        if isinstance(node, EscalateNode):
            return node
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


def _create_ticket(
    consultation: Consultation,
    node: EscalateNode,
    clean: Captured,
    state: RunState | None,
    *,
    acting_user: Any,
    now: datetime,
) -> Ticket:
    assert consultation.question is not None  # noqa: S101 - a run or the check above has one
    return Ticket(
        question=consultation.question,
        promise=node.promise,
        problem=clean.problem,
        demand=clean.demand,
        account_id=clean.account_id,
        contact_channel=clean.contact_channel,
        contact_value=clean.contact_value,
        extra=clean.extra,
        tags=list(node.tags),
        transcript=_transcript(consultation, state),
        handed_over_by=acting_user,
        created_at=now,
    )


def _transcript(consultation: Consultation, state: RunState | None) -> dict[str, Any]:
    """What was said, frozen: the ticket keeps it whatever happens to the flow later."""
    return {
        "utterance": consultation.utterance,
        "channel": consultation.channel,
        "question": consultation.question.title if consultation.question else "",
        "flow": state.flow.key if state else None,
        "flow_version": state.run.version_id if state else None,
        "steps": [
            {
                "node": step.node,
                "prompt": step.prompt,
                "script": step.script,
                "answer": step.label,
                "at": step.answered_at.isoformat(),
            }
            for step in (state.steps if state else ())
        ],
    }


def _chase_due(consultation_id: int, capture: Capture) -> Conflict:
    consultation = Consultation.objects.get(pk=consultation_id)
    open_ticket = open_ticket_for(
        account_id=capture.account_id, question_id=consultation.question_id
    )
    if open_ticket is None:  # it was closed in this very moment
        return Conflict(_("Somebody else was faster. Hand over again."), code="try_again")
    return _chase_on(open_ticket)


def _chase_on(open_ticket: Ticket) -> Conflict:
    return Conflict(
        _("This account already has an open ticket about this question: record a chase on it."),
        code="chase_due",
        state={"ticket": open_ticket.number, "status": open_ticket.status},
    )


def open_ticket_for(*, account_id: str, question_id: int | None) -> Ticket | None:
    """The open promise for an account and question: the target of a chase."""
    try:
        clean = parse_account_id(account_id)
    except AccountIdError:
        return None
    return Ticket.objects.filter(
        account_id=clean, question_id=question_id, promise=True, status__in=OPEN_STATUSES
    ).first()
