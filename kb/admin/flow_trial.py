"""What a trial walk through a flow shows: the agent's page, without anything that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.core import signing
from django.utils.translation import gettext as _

from kb.admin.flow_fields import CaptureField, pasted_field, variable_field
from kb.admin.flow_trial_capture import Typed, capture_fields
from kb.admin.flow_words import unnamed_answer
from kb.flows.automatic import CheckNode
from kb.flows.checkers.redaction import redact
from kb.flows.checks import secret_variables
from kb.flows.engine import PASTED
from kb.flows.refusals import Refusal
from kb.flows.schema import CollectNode, EscalateNode, FlowDefinition, RedirectNode
from kb.flows.showing import shown
from kb.flows.trial import Trial
from kb.flows.walking import Answer, Position
from kb.flows.world import World

MOST_TRAIL = 900_000
"""Characters of a trail: what was answered must fit into one request, beside what is pasted."""
_SALT = "kb.flows.trial"


class TooLong(ValueError):
    """More was answered than a form can carry."""


@dataclass(frozen=True, slots=True)
class PathLine:
    """One step; ``index`` (of the answer) is None where no person answered."""

    text: str
    answer: str
    index: int | None


def sealed(trial: Trial, *, key: str, user: Any) -> str:
    """The answers as they travel in the form: signed, for this person and this flow only.

    Raises ``TooLong``.
    """
    trail = signing.dumps(trial.packed(), salt=_salt(key, user), compress=True)
    if len(trail) > MOST_TRAIL:
        raise TooLong
    return trail


def unsealed(
    trail: str, flow: FlowDefinition, world: World, *, key: str, user: Any
) -> Trial | None:
    """The walk that a form carries; None when this person was not given it for this flow."""
    if len(trail) > MOST_TRAIL:
        return None
    try:
        data = signing.loads(trail, salt=_salt(key, user))
    except signing.BadSignature:
        return None
    return Trial.unpacked(flow, world, data)


def _salt(key: str, user: Any) -> str:
    return f"{_SALT}:{key}:{user.pk}"


def trial_context(trial: Trial, typed: Typed | None = None) -> dict[str, Any]:
    """Everything of the page that depends on where the walk stands.

    ``stage`` is one of step, collect, check, answer, redirect, hand_over.
    """
    here = trial.position
    seen = shown(here, trial.world)
    return {
        "stage": _stage(here),
        "node": here.node,
        "node_key": here.node_key,
        "seen": seen,
        "script": seen.script,
        "choices": [
            (number, way.value, way.label or _("Continue"))
            for number, way in enumerate(seen.ways, start=1)
        ],
        "checked": trial.checked,
        "can_go_back": trial.can_go_back,
        "path": path_of(trial, here),
        "collected": [(each.variable.label, each.words) for each in here.told],
        "fields": fields_of(here, typed or Typed()),
        "wrong_count": len(typed.errors) if typed else 0,
    }


def _stage(here: Position) -> str:
    if isinstance(here.node, EscalateNode):
        return "hand_over"
    if isinstance(here.node, RedirectNode):
        return "redirect"
    if here.is_terminal:
        return "answer"
    if isinstance(here.node, CollectNode):
        return "collect"
    return "check" if isinstance(here.node, CheckNode) else "step"


def path_of(trial: Trial, here: Position) -> list[PathLine]:
    """All steps so far, without those that only the engine needs."""
    texts = _texts_on_the_way(trial)
    return [
        PathLine(
            text=text,
            answer=step.label or unnamed_answer(str(step.node.kind)),
            index=None if step.automatic else index,
        )
        for index, (step, text) in enumerate(zip(here.path, texts, strict=True))
        if not (step.automatic and step.node.kind in ("subflow", "end"))
    ]


def _texts_on_the_way(trial: Trial) -> list[str]:
    """What each step of the walk asked or read out."""
    texts = []
    for count, answer in enumerate(trial.answers):
        if answer.automatic:
            texts.append("")
            continue
        before = replace(trial, answers=trial.answers[:count], found=trial.found[:count])
        seen = shown(before.position, trial.world)
        texts.append(seen.prompt or seen.script)
    return texts


# --- what is typed ------------------------------------------------------------------------------
def fields_of(here: Position, typed: Typed) -> list[CaptureField]:
    """The fields of the step at which the walk stands; none where nothing is typed."""
    node = here.node
    if isinstance(node, CheckNode):
        name = f"values.{PASTED}"
        return [pasted_field(redact(typed.texts.get(name, "")), typed.errors.get(name, ()))]
    if isinstance(node, CollectNode):
        secret = secret_variables(here.flow)
        found = []
        for variable in node.variables:
            name = f"values.{variable.key}"
            text = typed.texts.get(name, "")
            if variable.key in secret:
                text = redact(text)
            found.append(variable_field(variable, text, typed.errors.get(name, ())))
        return found
    return capture_fields(node, typed) if isinstance(node, EscalateNode) else []


def typed_again(here: Position, answer: Answer | None) -> Typed:
    """What had been filled in at the step ``here``, which is asked again."""
    if answer is None or not isinstance(here.node, CollectNode):
        return Typed()
    texts = {}
    for variable in here.node.variables:
        text = str(answer.values.get(variable.key, ""))
        is_moment = variable.kind == "datetime"
        texts[f"values.{variable.key}"] = text.replace("T", " ") if is_moment else text
    return Typed(texts)


def refusals_in_words(refusals: Mapping[str, Refusal]) -> dict[str, list[str]]:
    return {f"values.{name}": [each.told(_)] for name, each in refusals.items()}
