"""The path of a run beside its present step, and what has been filled in on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from kb.admin.flow_words import unnamed_answer
from tickets.admin.check_words import check_outcome_words
from tickets.models import Consultation, ContactTransfer, RunStep
from tickets.selectors.masking import masked_value
from tickets.selectors.people import name_of
from tickets.selectors.runs import RunState


@dataclass(frozen=True, slots=True)
class PathLine:
    """One step: what was asked or read out, and the answer. ``number`` is set where a person
    answered, who may answer again; ``by`` where others than the present agent did. A line
    with ``moved`` says that the contact went to somebody else, ``answer`` is the note."""

    text: str
    answer: str
    at: datetime
    number: int | None = None
    by: str = ""
    moved: bool = False

    @property
    def is_automatic(self) -> bool:
        return self.number is None and not self.moved


MOST_IN_TRAIL = 5
"""Answers above the present step; the whole path stands beside it."""


def trail_of(lines: Sequence[PathLine], here: str, *, is_over: bool) -> list[dict[str, str]]:
    """The latest answers and ``here``, as the steps of a way; none before the first answer."""
    answers = [line.answer for line in lines if line.answer and not line.moved]
    if not answers:
        return []
    shown = answers[-MOST_IN_TRAIL:]
    if len(shown) < len(answers):
        shown = ["…", *shown]
    done = [{"label": answer, "state": "done", "href": ""} for answer in shown]
    return [*done, {"label": here, "state": "done" if is_over else "current", "href": ""}]


@dataclass(frozen=True, slots=True)
class CollectedLine:
    label: str
    value: str


def path_lines(consultation: Consultation, state: RunState | None) -> list[PathLine]:
    """All active steps, and the contact's ways from agent to agent, oldest first; without what
    only the machine needs to know."""
    transfers = list(
        consultation.transfers.select_related("from_agent", "to_agent", "by").order_by("at", "id")
    )
    names = {
        person.pk: name_of(person)
        for each in transfers
        for person in (each.from_agent, each.to_agent, each.by)
    }
    lines = [_moved(each) for each in transfers]
    lines += [
        PathLine(
            text=step.prompt or step.script,
            answer=step_answer(step),
            at=step.answered_at,
            number=None if step.automatic else step.number,
            by=names.get(step.answered_by_id, "")
            if step.answered_by_id != consultation.agent_id
            else "",
        )
        for step in (state.steps if state is not None else ())
        if step.kind not in ("subflow", "end") or not step.automatic
    ]
    return sorted(lines, key=lambda line: line.at)


def _moved(each: ContactTransfer) -> PathLine:
    names = {"one": name_of(each.from_agent), "other": name_of(each.to_agent)}
    if each.by_id == each.to_agent_id:
        text = _("%(other)s took over from %(one)s") % names
    elif each.by_id == each.from_agent_id:
        text = _("%(one)s passed it on to %(other)s") % names
    else:
        names["by"] = name_of(each.by)
        text = _("%(by)s passed it on from %(one)s to %(other)s") % names
    return PathLine(text=text, answer=each.note, at=each.at, moved=True)


def step_answer(step: RunStep) -> str:
    """The answer of a step in words."""
    if step.kind == "check":
        return check_outcome_words(step.value) or step.label
    return step.label or unnamed_answer(step.kind)


def collected_lines(state: RunState, *, plain: bool) -> list[CollectedLine]:
    """What has been filled in or worked out so far; masked unless ``plain``."""
    return [
        CollectedLine(
            each.variable.label,
            each.words
            if plain
            else masked_value(each.variable.kind, each.words, personal=each.variable.is_personal),
        )
        for each in state.collected
    ]
