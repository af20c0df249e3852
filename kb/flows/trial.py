"""A walk through a flow that nobody keeps: its answers, with what checks found on the way.

The answers are all there is of it. They are written out as plain data (``packed``) and read
back, also over a text that was changed meanwhile (``Trial.refitted``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kb.flows import engine
from kb.flows.errors import FlowMismatch
from kb.flows.noted import Checks
from kb.flows.schema import FlowDefinition
from kb.flows.walking import Answer, Position, Step
from kb.flows.world import World

Found = Mapping[str, Any]
"""What a check found (``kb.flows.noted``); empty for other steps."""

NOTHING_FOUND: Found = {}


@dataclass(frozen=True)
class Trial:
    """``found`` has one entry for each of ``answers``."""

    flow: FlowDefinition
    world: World
    answers: tuple[Answer, ...] = ()
    found: tuple[Found, ...] = ()

    @classmethod
    def begun(cls, flow: FlowDefinition, world: World) -> Trial:
        """At the first step that waits for a person. Raises ``RunError``."""
        return cls(flow, world)._going_on(lambda seen: engine.begin(flow, seen))

    @property
    def position(self) -> Position:
        return engine.position(self.flow, self.answers, self.world)

    @property
    def can_go_back(self) -> bool:
        return any(not answer.automatic for answer in self.answers)

    @property
    def checked(self) -> Found:
        """What the check found that led to where the walk stands; empty when none did."""
        for answer, found in zip(reversed(self.answers), reversed(self.found), strict=True):
            if found or not answer.automatic:
                return found
        return NOTHING_FOUND

    def answered(self, answer: Answer) -> Trial:
        """One step further. Raises as ``engine.advance``."""
        return self._going_on(lambda seen: engine.advance(self.flow, self.answers, answer, seen))

    def back(self) -> Trial:
        """Before the last answer of a person. Raises ``NothingToUndo``."""
        return self._cut(engine.back(self.answers))

    def back_to(self, index: int) -> Trial:
        """Before the answer at ``index``. Raises ``NothingToUndo``."""
        return self._cut(engine.back_to(self.answers, index))

    def refitted(self) -> Trial:
        """As far as the answers fit the flow, which may have been changed since they were given.

        Raises ``RunError`` when not even its beginning can be walked.
        """
        try:
            engine.position(self.flow, self.answers, self.world)
        except FlowMismatch as misfit:
            kept = self._cut(self.answers[: misfit.index])
            return kept._going_on(lambda seen: engine.settle(kept.flow, kept.answers, seen))
        return self._going_on(lambda seen: engine.settle(self.flow, self.answers, seen))

    def dropped_at(self, here: str, before: Trial) -> Answer | None:
        """The answer that ``before`` had at the node ``here``, and this walk has not (yet)."""
        rest = before.answers[len(self.answers) :]
        return rest[0] if rest and rest[0].node == here else None

    def packed(self) -> list[list[Any]]:
        """Plain data: node, value, values, automatic, what was found; one for each answer."""
        return [
            [each.node, each.value, dict(each.values), each.automatic, dict(found)]
            for each, found in zip(self.answers, self.found, strict=True)
        ]

    @classmethod
    def unpacked(cls, flow: FlowDefinition, world: World, data: Sequence[Sequence[Any]]) -> Trial:
        """What ``packed`` gave, over ``flow``; see ``refitted``."""
        answers = tuple(
            Answer(node, value, values, automatic) for node, value, values, automatic, _ in data
        )
        return cls(flow, world, answers, tuple(each[4] for each in data))

    def _cut(self, answers: Sequence[Answer]) -> Trial:
        count = len(answers)
        return replace(self, answers=tuple(answers), found=self.found[:count])

    def _going_on(self, walk: Callable[[World], tuple[Answer, ...]]) -> Trial:
        checks = Checks()
        answers = walk(replace(self.world, check=checks))
        begun = len(self.answers)
        fresh = engine.position(self.flow, answers, self.world).path[begun:]
        noted = checks.of_last(sum(_is_check(step) for step in fresh))
        found = tuple(noted.pop(0) if _is_check(step) else NOTHING_FOUND for step in fresh)
        return replace(self, answers=answers, found=(*self.found, *found))


def _is_check(step: Step) -> bool:
    return step.node.kind == "check"
