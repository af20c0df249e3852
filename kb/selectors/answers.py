"""What may be told to a user now: the script, or the fallback in its place.

The one place where a question becomes an answer; the console, the API and the flows all ask
here, so that an expired script is withdrawn everywhere at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kb.flows.scripts import VARIABLES, render_script, variables
from kb.models import Flow, QuestionAttachment, StandardQuestion
from kb.rules.lifecycle import Standing
from kb.script_values import values_at

DEFAULT_FALLBACK = (
    "您好，这个问题的最新说明正在核对，为了不给您不准确的信息，我先把您的情况完整记录下来，"
    "由高级顾问{{handover_promise}}告知您结果。"
)
"""Read out instead of a script that is not in force, where the question has none of its own."""

PLAIN_FALLBACK = (
    "您好，这个问题需要再核实一下，我先把您的情况完整记录下来，由高级顾问跟进并尽快联系您告知结果。"
)
"""Read out where even the fallback names a promise that the desk has not made: it has no policy."""

FALLBACK_FLOW = "hand-over"
"""Key of the flow that carries out what the fallback promises."""


@dataclass(frozen=True, slots=True)
class FollowUpAnswer:
    question: str
    script: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A question as it stands at one moment.

    ``script``, ``follow_ups`` and ``attachments`` may be given to a user; ``is_fallback`` says
    that ``script`` is not the question's own. The rest is for the desk only: ``withheld`` is the
    text that agents may know but not pass on (not released, or not effective yet; empty once it
    has expired), ``cautions`` are the undecided disagreements.
    """

    standing: Standing
    script: str
    is_fallback: bool
    follow_ups: tuple[FollowUpAnswer, ...]
    attachments: tuple[QuestionAttachment, ...]
    withheld: str
    cautions: tuple[str, ...]

    @property
    def is_in_force(self) -> bool:
        return self.standing is Standing.IN_FORCE


def answer_of(question: StandardQuestion, *, now: datetime) -> Answer:
    """What ``question`` says at ``now``, with the values of its variables filled in.

    A text that names a promise is not given while the desk makes none. Raises ``ScriptError``
    for a text with an unknown variable; none that was ever published has one.
    """
    values = _Values(now)
    standing = question.standing(now=now)
    in_force = standing is Standing.IN_FORCE
    known = standing in (Standing.UNRELEASED, Standing.SCHEDULED)
    script, is_fallback = _script(question, values, in_force=in_force)
    return Answer(
        standing=standing,
        script=script,
        is_fallback=is_fallback,
        follow_ups=_follow_ups(question, values) if in_force else (),
        attachments=tuple(question.attachments.all()) if in_force else (),
        withheld=(values.fill(question.script) or question.script) if known else "",
        cautions=tuple(
            each.caution for each in question.disagreements.all() if each.decided_at is None
        ),
    )


def _script(question: StandardQuestion, values: _Values, *, in_force: bool) -> tuple[str, bool]:
    """What is read out, and whether that is a fallback."""
    if in_force and (own := values.fill(question.script)) is not None:
        return own, False
    return values.fill(question.fallback or DEFAULT_FALLBACK) or PLAIN_FALLBACK, True


def flow_of(question: StandardQuestion, *, now: datetime) -> Flow | None:
    """The flow that a contact about ``question`` walks at ``now``.

    In force its own; otherwise the one that records the contact and hands it over, because
    that is what the fallback script promises.
    """
    if question.standing(now=now) is Standing.IN_FORCE:
        return question.flow
    return Flow.objects.filter(key=FALLBACK_FLOW).first()


class _Values:
    """The values of the variables at one moment, asked for only when a text has any."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._held: dict[str, str] | None = None

    def fill(self, text: str) -> str | None:
        """``text`` with its variables filled in; None when one of them has no value now."""
        named = set(variables(text))
        if not named:
            return text
        if self._held is None:
            self._held = values_at(self._now)
        if named & VARIABLES - self._held.keys():
            return None
        return render_script(text, self._held)


def _follow_ups(question: StandardQuestion, values: _Values) -> tuple[FollowUpAnswer, ...]:
    filled = ((item.question, values.fill(item.script)) for item in question.follow_ups.all())
    return tuple(FollowUpAnswer(asked, script) for asked, script in filled if script is not None)
