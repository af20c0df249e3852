"""What a replay has found so far. It travels with the page, signed: the desk keeps nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field, replace
from typing import Any

from kb.flows.endings import Difference, Ending, Turn
from kb.flows.engine import OutcomeKind
from tickets.selectors.flow_replay import Case, Chunk

MOST_CASES = 200
"""Different cases that are told apart; runs beyond them are only counted."""
MOST_TURNS = 40
MOST_WORDS = 60
_GAP = Turn("…", "", "")


@dataclass(slots=True)
class Tally:
    """Runs counted; ``cases`` with the number of runs that are alike in everything that is
    told; ``others``: runs by kind of difference whose case was one too many to be kept."""

    seen: int = 0
    same: int = 0
    unreadable: int = 0
    cases: Counter[Case] = field(default_factory=Counter)
    others: Counter[Difference] = field(default_factory=Counter)

    def add(self, chunk: Chunk) -> None:
        self.seen += chunk.seen
        self.same += chunk.same
        self.unreadable += chunk.unreadable
        for case in map(_shortened, chunk.cases):
            if case in self.cases or len(self.cases) < MOST_CASES:
                self.cases[case] += 1
            else:
                self.others[case.kind] += 1

    @property
    def different(self) -> int:
        return self.cases.total() + self.others.total()

    def by_kind(self) -> Iterable[tuple[Difference, int, list[tuple[Case, int]]]]:
        """Kinds that there are, with all their runs and their cases, the most frequent first."""
        for kind in Difference:
            cases = [each for each in self.cases.most_common() if each[0].kind is kind]
            total = sum(number for _case, number in cases) + self.others[kind]
            if total:
                yield kind, total, cases

    def as_json(self) -> dict[str, Any]:
        return {
            "seen": self.seen,
            "same": self.same,
            "unreadable": self.unreadable,
            "cases": [[number, *_case_as_json(case)] for case, number in self.cases.items()],
            "others": dict(self.others),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Tally:
        """The inverse of ``as_json``, for data that was signed here."""
        return cls(
            seen=data["seen"],
            same=data["same"],
            unreadable=data["unreadable"],
            cases=Counter({_case(*rest): number for number, *rest in data["cases"]}),
            others=Counter({Difference(kind): n for kind, n in data["others"].items()}),
        )


def _shortened(case: Case) -> Case:
    path = case.path
    if len(path) > MOST_TURNS:
        path = (*path[: MOST_TURNS // 2], _GAP, *path[-MOST_TURNS // 2 :])
    return replace(
        case,
        was=replace(case.was, text=_line(case.was.text)),
        would=replace(case.would, text=_line(case.would.text)),
        path=tuple(Turn(each.node, _line(each.asked), _line(each.answered)) for each in path),
    )


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_WORDS else f"{line[: MOST_WORDS - 1]}…"


def _case_as_json(case: Case) -> list[Any]:
    return [
        case.kind,
        case.number,
        astuple(case.was),
        astuple(case.would),
        case.left_flow,
        [astuple(turn) for turn in case.path],
    ]


def _case(
    kind: str, number: int, was: list[Any], would: list[Any], left_flow: bool, path: list[Any]
) -> Case:
    return Case(
        kind=Difference(kind),
        number=number,
        was=_ending(*was),
        would=_ending(*would),
        left_flow=left_flow,
        path=tuple(Turn(*turn) for turn in path),
    )


def _ending(node: str, outcome: str | None, *rest: Any) -> Ending:
    target, question, queue, tags, requires, fields, told, text = rest
    return Ending(
        node=node,
        outcome=OutcomeKind(outcome) if outcome is not None else None,
        target=target,
        question=question,
        queue=queue,
        tags=tuple(tags),
        requires=tuple(requires),
        fields=tuple(fields),
        told=tuple((label, words) for label, words in told),
        text=text,
    )
