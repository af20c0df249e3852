"""The flows of the starter knowledge base, and a desk on which they can be walked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from kb.flows.checkers import CHECKERS
from kb.flows.checks import run_check
from kb.flows.engine import Answer, Position, advance, begin, position
from kb.flows.lint import QuestionFacts, Surroundings
from kb.flows.loader import load_flow
from kb.flows.walking import Step
from kb.flows.world import ScriptNow, World

DATA = Path(__file__).resolve().parents[3] / "kb" / "data"
NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
SOURCES = {
    path.stem: path.read_text(encoding="utf-8") for path in sorted((DATA / "flows").glob("*.yaml"))
}
FLOWS = {key: load_flow(source) for key, source in SOURCES.items()}
QUESTIONS: dict[str, dict[str, Any]] = {
    row["key"]: row
    for path in sorted((DATA / "questions").glob("*.yaml"))
    for row in yaml.safe_load(path.read_text(encoding="utf-8"))["questions"]
}
AROUND = Surroundings(
    questions={
        key: QuestionFacts(retired=row["status"] == "retired", may_expire="expires_at" in row)
        for key, row in QUESTIONS.items()
    },
    checkers=CHECKERS,
)


def desk(*expired: str) -> World:
    """A desk on which the scripts of ``expired`` questions are not in force."""

    def answers(key: str) -> ScriptNow | None:
        row = QUESTIONS.get(key)
        if row is None:
            return None
        in_force = key not in expired
        return ScriptNow(row["script" if in_force else "fallback"], in_force, row["title"])

    return World(now=NOW, answers=answers, check=run_check)


class Walked:
    """A run through a starter flow; ``given`` are answers, or values for a form."""

    def __init__(self, key: str, *given: str | dict[str, str], world: World | None = None) -> None:
        self.world = world or desk()
        self.flow = FLOWS[key]
        self.answers = begin(self.flow, self.world)
        for each in given:
            node = self.here.node_key
            answer = Answer(node, each) if isinstance(each, str) else Answer(node, values=each)
            self.answers = advance(self.flow, self.answers, answer, self.world)

    @property
    def here(self) -> Position:
        return position(self.flow, self.answers, self.world)

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.here.path
