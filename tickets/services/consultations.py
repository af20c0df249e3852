"""A contact with tier 1: begin it, walk its decision flow, end it without a ticket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kb.flows import engine
from kb.flows.errors import RunError, TooManyAnswers, UnknownChoice, ValuesRefused, WrongNode
from kb.flows.noted import Checks
from kb.flows.showing import shown
from kb.flows.values import Json
from kb.flows.world import World
from kb.models import Flow
from kb.selectors.answers import flow_of
from kb.selectors.flow_world import definition_of, world_at
from kb.selectors.questions import answerable_question
from klingdesk.core.errors import Conflict, Invalid, NotAllowed
from klingdesk.core.roles import Role, roles_of
from tickets.models import Consultation, FlowRun, RunStep
from tickets.models.labels import Channel, ConsultationStatus
from tickets.selectors.runs import (
    CHANGED_FLOW,
    WITHDRAWN,
    RunState,
    Withdrawal,
    is_handing_over,
    run_state,
    withdrawal_of,
)
from tickets.services.locking import lock_own_consultation
from tickets.services.text import too_long

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
    too long words, ``NotFound`` for a question that agents do not know.
    """
    if Role.AGENT not in roles_of(acting_user):
        raise NotAllowed(_("Only frontline agents begin contacts."))
    if channel not in Channel.values:
        raise Invalid(
            _("Unknown channel."),
            fields={"channel": [_("Choose phone or chat.")]},
        )
    problem = too_long(utterance)
    if problem is not None:
        raise Invalid(_("The user's words are too long."), fields={"utterance": [problem]})
    question = answerable_question(user=acting_user, key=question_key) if question_key else None
    consultation = Consultation.objects.create(
        agent=acting_user,
        channel=channel,
        utterance=utterance.strip(),
        question=question,
        started_at=now,
    )
    _start_flow_of(consultation, acting_user=acting_user, now=now)
    return consultation


@transaction.atomic
def choose_question(
    *, consultation_id: int, acting_user: Any, question_key: str, now: datetime
) -> Consultation:
    """Say what a contact is about that began without a standard question; its flow begins.

    ``Conflict`` with code ``question_chosen`` once it has one: another question is another
    contact. ``NotFound`` for a question that agents do not know.
    """
    consultation = lock_own_consultation(consultation_id=consultation_id, acting_user=acting_user)
    if consultation.question is not None:
        raise Conflict(
            _("This contact is about “%(question)s” already. Finish it and begin another one.")
            % {"question": consultation.question.title},
            code="question_chosen",
            state={"question": consultation.question.key},
        )
    consultation.question = answerable_question(user=acting_user, key=question_key)
    consultation.save(update_fields=["question"])
    _start_flow_of(consultation, acting_user=acting_user, now=now)
    return consultation


def _start_flow_of(consultation: Consultation, *, acting_user: Any, now: datetime) -> None:
    asked = consultation.question
    flow = flow_of(asked, now=now) if asked is not None else None
    if flow is not None:
        _start_run(consultation, flow, acting_user=acting_user, now=now)
        _park(consultation, run_state(consultation), now=now)


def _start_run(consultation: Consultation, flow: Flow, *, acting_user: Any, now: datetime) -> None:
    if flow.current_id is None:
        return
    asked = consultation.question
    FlowRun.objects.create(
        consultation=consultation,
        version_id=flow.current_id,
        question_revision=asked.revision_number if asked is not None else 0,
        started_at=now,
    )
    _begin(consultation, flow.current_id, acting_user=acting_user, now=now)


def _begin(consultation: Consultation, version_id: int, *, acting_user: Any, now: datetime) -> None:
    """A flow may begin with steps that decide by themselves; nothing else of it is answered."""
    world = world_at(now)
    with _said():
        answers = engine.begin(definition_of(version_id), world)
    if answers:
        _record(_running(consultation), answers, acting_user=acting_user, now=now, world=world)


@transaction.atomic
def answer_step(
    *,
    consultation_id: int,
    acting_user: Any,
    node: str,
    value: str = "next",
    values: Mapping[str, Json] | None = None,
    now: datetime,
) -> RunState:
    """Answer the current node, and let those after it decide that need nobody.

    ``values`` is what was typed: by variable for a step that collects, ``{"pasted": text}`` for
    one that checks a text.

    Raises ``Conflict`` (with the current node in its state) when ``node`` is not the
    current one: another tab was faster, or the page is old. ``Invalid`` for a value
    that the node does not offer, and with a field ``values.<variable>`` for each thing typed
    that is refused.
    """
    consultation = lock_own_consultation(consultation_id=consultation_id, acting_user=acting_user)
    state = _running(consultation)
    checks = Checks()
    world = replace(world_at(now), check=checks)
    with _said(state):
        answers = engine.advance(
            state.flow, state.answers, engine.Answer(node, value, values or {}), world
        )
    read_out = withdrawal_of(consultation, state, now=state.shown_at) is None
    _record(
        state,
        answers,
        acting_user=acting_user,
        now=now,
        world=world,
        read_out=read_out,
        checks=checks,
    )
    return _arrived(consultation, now=now)


@contextmanager
def _said(state: RunState | None = None) -> Iterator[None]:
    """Errors of the engine in the words of the desk."""
    try:
        yield
    except WrongNode as wrong:
        raise Conflict(
            _("This contact has moved on, perhaps in another tab. Here is where it stands."),
            code="moved_on",
            state={"node": state.position.node_key} if state else {},
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
    except ValuesRefused as refused:
        raise Invalid(
            _("Some details are missing or wrong."),
            fields={
                f"values.{name}": [each.told(gettext)] for name, each in refused.refusals.items()
            },
        ) from refused
    except RunError as broken:
        raise Conflict(
            _("This flow cannot go on from here. Tell an editor, and hand over as “other”."),
            code="flow_broken",
        ) from broken


def _record(
    state: RunState,
    answers: Sequence[engine.Answer],
    *,
    acting_user: Any,
    now: datetime,
    world: World,
    read_out: bool = True,
    checks: Checks | None = None,
) -> None:
    """Keep what ``answers`` has beyond those of ``state``, with what was shown for it."""
    begun = len(state.answers)
    fresh = engine.position(state.flow, answers, world).path[begun:]
    seen = shown(state.position, world_at(state.shown_at))
    found = checks.of_last(sum(step.node.kind == "check" for step in fresh)) if checks else []
    RunStep.objects.bulk_create(
        RunStep(
            run=state.run,
            number=state.steps_ever + 1 + offset,
            node=step.node_key,
            kind=step.node.kind,
            prompt="" if step.automatic else seen.prompt,
            script=seen.script if read_out and not step.automatic else "",
            value=step.value,
            label=step.label,
            values=dict(answers[begun + offset].values),
            automatic=step.automatic,
            checked=found.pop(0) if step.node.kind == "check" and found else {},
            shown_at=state.shown_at,
            answered_at=now,
            answered_by=acting_user,
        )
        for offset, step in enumerate(fresh)
    )


@transaction.atomic
def hand_over_instead(*, consultation_id: int, acting_user: Any, now: datetime) -> RunState:
    """Leave a flow whose answer is not in force any more for the one that hands over.

    What was answered before stays on record and goes along to tier 2; going back undoes it.

    ``Conflict`` when the contact is handed over already, when its answer is in force (again),
    and when there is no flow to hand over with.
    """
    consultation = lock_own_consultation(consultation_id=consultation_id, acting_user=acting_user)
    state = run_state(consultation)
    if state is not None and is_handing_over(state):
        raise Conflict(
            _("This contact is at its hand-over already. Here is where it stands."),
            code="moved_on",
            state={"node": state.position.node_key},
        )
    withdrawn = withdrawal_of(consultation, state, now=now)
    if withdrawn is None:
        raise Conflict(_("This answer is in force: go on with it."), code="in_force")
    flow = flow_of(withdrawn.question, now=now)
    if flow is None or flow.current_id is None:
        raise Conflict(
            _("There is no flow to hand over with. Ask an editor to publish it."), code="no_flow"
        )
    if state is None:
        _start_run(consultation, flow, acting_user=acting_user, now=now)
    else:
        _change_flow(state, withdrawn, flow.current_id, acting_user=acting_user, now=now)
        _begin(consultation, flow.current_id, acting_user=acting_user, now=now)
    return _arrived(consultation, now=now)


def _change_flow(
    state: RunState, withdrawn: Withdrawal, version_id: int, *, acting_user: Any, now: datetime
) -> None:
    RunStep.objects.create(
        run=state.run,
        number=state.steps_ever + 1,
        node=state.position.node_key,
        kind=CHANGED_FLOW,
        prompt=gettext("This answer is not in force any more"),
        value=str(version_id),
        values={WITHDRAWN: withdrawn.question.key},
        label=gettext("Handed over instead"),
        shown_at=state.shown_at,
        answered_at=now,
        answered_by=acting_user,
    )


@transaction.atomic
def go_back(*, consultation_id: int, acting_user: Any, now: datetime) -> RunState:
    """Undo the last answer of a person and what followed of itself.

    ``Conflict`` at the beginning of the flow, and once the contact is over.
    """
    consultation = lock_own_consultation(consultation_id=consultation_id, acting_user=acting_user)
    state = _running(consultation)
    answered = [step.number for step in state.steps if not step.automatic]
    if not answered:
        raise Conflict(_("This is the first question; there is nothing to go back to."))
    _undo(state, from_number=answered[-1], acting_user=acting_user, now=now)
    return _arrived(consultation, now=now)


@transaction.atomic
def jump_back(*, consultation_id: int, acting_user: Any, step: int, now: datetime) -> RunState:
    """Ask an earlier answer again: undo the step of that number and everything after it.

    ``Conflict`` when it does not stand any more, and once the contact is over.
    """
    consultation = lock_own_consultation(consultation_id=consultation_id, acting_user=acting_user)
    state = _running(consultation)
    if step not in [each.number for each in state.steps if not each.automatic]:
        raise Conflict(
            _("That answer does not stand any more. Here is where the contact stands."),
            code="moved_on",
            state={"node": state.position.node_key},
        )
    _undo(state, from_number=step, acting_user=acting_user, now=now)
    return _arrived(consultation, now=now)


@transaction.atomic
def restart_run(*, consultation_id: int, acting_user: Any, now: datetime) -> RunState:
    """Undo every answer; the steps stay on record."""
    consultation = lock_own_consultation(consultation_id=consultation_id, acting_user=acting_user)
    state = _running(consultation)
    _undo(state, from_number=0, acting_user=acting_user, now=now)
    _begin(consultation, state.run.version_id, acting_user=acting_user, now=now)
    return _arrived(consultation, now=now)


def _undo(state: RunState, *, from_number: int, acting_user: Any, now: datetime) -> None:
    state.run.steps.filter(undone_at=None, number__gte=from_number).update(
        undone_at=now, undone_by=acting_user
    )


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
    consultation.parked_at = None
    consultation.save(update_fields=["status", "finished_at", "parked_at"])
    return consultation


def _arrived(consultation: Consultation, *, now: datetime) -> RunState:
    """Where the run stands after a step, which the contact itself remembers as well."""
    state = _running(consultation)
    _park(consultation, state, now=now)
    return state


def _park(consultation: Consultation, state: RunState | None, *, now: datetime) -> None:
    """Keep since when the user is waited for: lists ask the column and replay no run."""
    since = now if state is not None and state.position.is_parked else None
    if since != consultation.parked_at:
        consultation.parked_at = since
        consultation.save(update_fields=["parked_at"])


def _running(consultation: Consultation) -> RunState:
    state = run_state(consultation)
    if state is None:
        raise Conflict(_("This contact has no decision flow."), code="no_flow")
    return state
