"""A contact with tier 1: begin it, walk its decision flow, end it without a ticket."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kb.flows import engine
from kb.flows.errors import TooManyAnswers, UnknownChoice, WrongNode
from kb.models import Flow
from kb.selectors import question_for
from klingdesk.core.errors import Conflict, Invalid, NotAllowed
from klingdesk.core.roles import Role, roles_of
from tickets.models import Consultation, FlowRun, RunStep
from tickets.models.labels import Channel, ConsultationStatus
from tickets.selectors.runs import RunState, run_state
from tickets.services.locking import lock_own_consultation

MOST_WORDS = 5_000
FINISHES = {
    "answered": ConsultationStatus.ANSWERED,
    "redirected": ConsultationStatus.REDIRECTED,
    "abandoned": ConsultationStatus.ABANDONED,
}


@transaction.atomic
def start_consultation(
    *, acting_user: Any, channel: str, utterance: str, question_key: str | None, now: datetime
) -> Consultation:
    """Begin a contact, and a run when the question has a decision flow.

    Raises ``NotAllowed`` for anybody but an agent, ``Invalid`` for an unknown channel or
    too long words, ``NotFound`` for a question that is not online.
    """
    if Role.AGENT not in roles_of(acting_user):
        raise NotAllowed(_("Only frontline agents begin contacts."))
    if channel not in Channel.values:
        raise Invalid(
            _("Unknown channel."),
            fields={"channel": [_("Choose phone or chat.")]},
        )
    if len(utterance) > MOST_WORDS:
        raise Invalid(
            _("The user's words are too long."),
            fields={"utterance": [_("At most %(most)d characters.") % {"most": MOST_WORDS}]},
        )
    question = (
        question_for(user=acting_user, key=question_key, now=now, answering=True)
        if question_key
        else None
    )
    consultation = Consultation.objects.create(
        agent=acting_user,
        channel=channel,
        utterance=utterance.strip(),
        question=question,
        started_at=now,
    )
    if question is not None and question.flow is not None:
        _start_run(consultation, question.flow, now=now)
    return consultation


def _start_run(consultation: Consultation, flow: Flow, *, now: datetime) -> None:
    if flow.current_id is None:
        return
    FlowRun.objects.create(consultation=consultation, version_id=flow.current_id, started_at=now)


@transaction.atomic
def answer_step(
    *, consultation_id: int, acting_user: Any, node: str, value: str, now: datetime
) -> RunState:
    """Answer the current node.

    Raises ``Conflict`` (with the current node in its state) when ``node`` is not the
    current one: another tab was faster, or the page is old. ``Invalid`` for a value
    that the node does not offer.
    """
    consultation = lock_own_consultation(consultation_id=consultation_id, acting_user=acting_user)
    state = _running(consultation)
    try:
        answers = engine.advance(state.flow, state.answers, engine.Answer(node, value))
    except WrongNode as wrong:
        raise Conflict(
            _("This contact has moved on, perhaps in another tab. Here is where it stands."),
            code="moved_on",
            state={"node": state.position.node_key},
        ) from wrong
    except TooManyAnswers as endless:
        raise Conflict(
            _("This flow has gone round too often. Start it again, or hand over."),
            code="too_many_answers",
        ) from endless
    except UnknownChoice as unknown:
        raise Invalid(
            _("Choose one of the answers."),
            fields={"value": [_("Allowed: %(allowed)s") % {"allowed": ", ".join(unknown.allowed)}]},
        ) from unknown
    step = engine.position(state.flow, answers).path[-1]
    RunStep.objects.create(
        run=state.run,
        number=state.steps_ever + 1,
        node=step.node_key,
        kind=step.node.kind,
        prompt=getattr(step.node, "prompt", None) or "",
        script=step.node.script or "",
        value=step.value,
        label=step.label,
        shown_at=state.shown_at,
        answered_at=now,
        answered_by=acting_user,
    )
    return _running(consultation)


@transaction.atomic
def go_back(*, consultation_id: int, acting_user: Any, now: datetime) -> RunState:
    """Undo the last answer. ``Conflict`` at the beginning of the flow."""
    consultation = lock_own_consultation(consultation_id=consultation_id, acting_user=acting_user)
    state = _running(consultation)
    if not state.steps:
        raise Conflict(_("This is the first question; there is nothing to go back to."))
    RunStep.objects.filter(pk=state.steps[-1].pk).update(undone_at=now, undone_by=acting_user)
    return _running(consultation)


@transaction.atomic
def restart_run(*, consultation_id: int, acting_user: Any, now: datetime) -> RunState:
    """Undo every answer; the steps stay on record."""
    consultation = lock_own_consultation(consultation_id=consultation_id, acting_user=acting_user)
    state = _running(consultation)
    state.run.steps.filter(undone_at=None).update(undone_at=now, undone_by=acting_user)
    return _running(consultation)


@transaction.atomic
def finish_consultation(
    *, consultation_id: int, acting_user: Any, outcome: str, now: datetime
) -> Consultation:
    """End a contact without a ticket: ``answered``, ``redirected`` or ``abandoned``.

    A manager may abandon in the agent's place: nobody else could once the agent has left.

    ``Conflict`` when the flow stands at a hand-over, which only a ticket or giving up ends.
    """
    if outcome not in FINISHES:
        raise Invalid(
            _("Unknown outcome."),
            fields={"outcome": [_("Allowed: %(allowed)s") % {"allowed": ", ".join(FINISHES)}]},
        )
    consultation = lock_own_consultation(
        consultation_id=consultation_id,
        acting_user=acting_user,
        for_others=outcome == "abandoned",
    )
    state = run_state(consultation) if outcome != "abandoned" else None
    if state is not None and state.outcome_kind == "tier2":
        raise Conflict(
            _("This flow ends with a hand-over: hand the contact over or mark it as abandoned."),
            code="needs_hand_over",
        )
    consultation.status = FINISHES[outcome]
    consultation.finished_at = now
    consultation.save(update_fields=["status", "finished_at"])
    return consultation


def _running(consultation: Consultation) -> RunState:
    state = run_state(consultation)
    if state is None:
        raise Conflict(_("This contact has no decision flow."), code="no_flow")
    return state
