"""What a walk through a flow may ask the knowledge base for, at one moment."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from kb.flows.checkers import CHECKERS
from kb.flows.lint import QuestionFacts, Surroundings
from kb.flows.loader import stored_flow
from kb.flows.schema import FlowDefinition
from kb.flows.world import ScriptNow, World
from kb.models import FlowVersion, StandardQuestion
from kb.rules.lifecycle import Standing, Status
from kb.selectors.answers import answer_of


def world_at(now: datetime) -> World:
    """The desk as flows see it at ``now``."""

    def answers(key: str) -> ScriptNow | None:
        question = StandardQuestion.objects.filter(key=key).first()
        if question is None:
            return None
        # One that is out of use still has its fallback: a step is never without words.
        answer = answer_of(question, now=now)
        return ScriptNow(answer.script, in_force=not answer.is_fallback, title=question.title)

    return World(now=now, answers=answers, flows=flow_version)


def surroundings_at(now: datetime) -> Surroundings:
    """What flows may refer to at ``now``, for the lint."""
    return Surroundings(
        questions={
            question.key: QuestionFacts(
                in_force=question.standing(now=now) is Standing.IN_FORCE,
                retired=question.status == Status.RETIRED,
                may_expire=question.expires_at is not None,
            )
            for question in StandardQuestion.objects.all()
        },
        flows=flow_version,
        checkers=CHECKERS,
    )


def flow_version(key: str, number: int) -> FlowDefinition | None:
    """A published version of a flow, or None."""
    version = FlowVersion.objects.filter(flow__key=key, number=number).values_list("pk").first()
    return definition_of(version[0]) if version else None


@lru_cache(maxsize=64)
def definition_of(version_id: int) -> FlowDefinition:
    """Versions are immutable, so a process may keep them."""
    return stored_flow(FlowVersion.objects.get(pk=version_id).definition)
