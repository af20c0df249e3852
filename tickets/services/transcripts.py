"""What was said with tier 1, frozen: the ticket keeps it whatever happens to its flow later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model

from kb.flows import engine
from kb.flows.schema import ChoiceNode, EndNode, RetryNode, SayNode
from kb.models import FlowVersion, Revision
from tickets.models import Consultation, RunStep
from tickets.selectors.people import name_of
from tickets.selectors.runs import CHANGED_FLOW, WITHDRAWN, Leg, RunState, legs

Shown = tuple[str, datetime]
"""Key of the standard question whose text was shown, and when."""


def frozen_transcript(
    consultation: Consultation, state: RunState | None, *, agent: Any
) -> dict[str, Any]:
    """The contact of ``agent`` as it stands, JSON-ready.

    ``flow``, ``flow_version`` (its number) and ``flow_digest`` are of the flow that was walked
    last, ``flows`` of all in their order: ``[{flow, version, digest}]``. ``question_revision``
    is that of the contact's own question when its run began; the ``source`` of a step names
    the standard question whose text was read out there, and its revision of then. ``queue`` is
    the hint of the hand-over, or of the report, for routing.

    Values are in words, with their kind: ``tickets.selectors.masking`` hides those of persons
    from whoever does not work the ticket.
    """
    walked = legs(state) if state else ()
    flows = _flows(walked, state.run.version) if state else []
    last = flows[-1] if flows else {}
    node = state.hand_over_node if state else None
    return {
        "utterance": consultation.utterance,
        "channel": consultation.channel,
        "question": consultation.question.title if consultation.question else "",
        "question_revision": state.run.question_revision if state else None,
        "flow": last.get("flow"),
        "flow_version": last.get("version"),
        "flow_digest": last.get("digest"),
        "flows": flows,
        "queue": node.queue if node else None,
        "steps": _steps(consultation, walked, agent) if state else [],
    }


def _flows(walked: Sequence[Leg], first: FlowVersion) -> list[dict[str, Any]]:
    versions = {first.pk: first}
    others = {leg.version_id for leg in walked} - versions.keys()
    if others:
        known = FlowVersion.objects.select_related("flow").defer("definition", "source")
        versions |= known.in_bulk(others)
    return [
        {"flow": each.flow.key, "version": each.number, "digest": each.digest}
        for each in (versions[leg.version_id] for leg in walked)
    ]


def _steps(consultation: Consultation, walked: Sequence[Leg], agent: Any) -> list[dict[str, Any]]:
    passed: dict[int, engine.Step] = {}
    for leg in walked:
        passed |= {step.pk: told for step, told in zip(leg.steps, leg.path, strict=True)}
    every = [step for leg in walked for step in leg.with_change]
    sources = _sources(_shown(consultation, every, passed))
    names = _names(agent, every)
    return [
        {
            "node": step.node,
            "kind": step.kind,
            "prompt": step.prompt,
            "script": step.script,
            "source": sources.get(step.pk),
            "value": step.value,
            "answer": step.label,
            "automatic": step.automatic,
            "values": _values(passed[step.pk]) if step.pk in passed else [],
            "by": names[step.answered_by_id],
            "at": step.answered_at.isoformat(),
        }
        for step in every
    ]


def _values(step: engine.Step) -> list[dict[str, Any]]:
    results = {name: result for result, name in getattr(step.node, "gives", {}).items()}
    return [
        {
            "key": each.variable.key,
            "label": each.variable.label,
            "kind": each.variable.kind,
            "result": results.get(each.variable.key),
            "personal": each.variable.is_personal,
            "value": each.words,
        }
        for each in step.in_order
    ]


def _shown(
    consultation: Consultation, every: Sequence[RunStep], passed: Mapping[int, engine.Step]
) -> dict[int, Shown]:
    """By step, the standard question whose text was read out at it."""
    shown: dict[int, Shown] = {}
    for step in every:
        told = passed.get(step.pk)
        if step.kind == CHANGED_FLOW and consultation.question is not None:
            # The flow was left for what a question says instead: its fallback of that moment.
            key = str(step.values.get(WITHDRAWN, consultation.question.key))
            shown[step.pk] = (key, step.answered_at)
        elif (
            told is not None
            and isinstance(told.node, ChoiceNode | RetryNode | SayNode | EndNode)
            and told.node.answer is not None
        ):
            shown[step.pk] = (told.node.answer, step.shown_at)
    return shown


def _sources(shown: Mapping[int, Shown]) -> dict[int, dict[str, Any]]:
    if not shown:
        return {}
    revisions = list(
        Revision.objects.filter(question__key__in={key for key, _at in shown.values()})
        .order_by("number")
        .values_list("question__key", "number", "created_at")
    )
    return {
        pk: {
            "question": key,
            "revision": max(
                (number for of, number, since in revisions if of == key and since <= at),
                default=None,
            ),
        }
        for pk, (key, at) in shown.items()
    }


def _names(agent: Any, every: Sequence[RunStep]) -> dict[int, str]:
    """Who answered, by id; asks the database only about agents the contact has left."""
    people = {agent.pk: agent}
    others = {step.answered_by_id for step in every} - people.keys()
    if others:
        people |= get_user_model().objects.in_bulk(others)
    return {pk: name_of(person) for pk, person in people.items()}
