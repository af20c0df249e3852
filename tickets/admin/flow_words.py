"""How runs of a flow end, in words: nothing here tells what a user said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from kb.flows.endings import Difference, Ending
from kb.flows.engine import OutcomeKind
from tickets.reports.flow_numbers import Reason
from tickets.selectors.flow_replay import Case

DIFFERENCES: dict[Difference, tuple[Any, Any]] = {
    Difference.REFUSED: (
        gettext_lazy("An answer would be refused"),
        gettext_lazy("What was answered then is not offered or not accepted there any more."),
    ),
    Difference.NOT_ASKED: (
        gettext_lazy("Something else would be asked"),
        gettext_lazy(
            "There the flow asks what was never asked in the run: how it goes on cannot be told."
        ),
    ),
    Difference.OUTCOME: (
        gettext_lazy("It would end in another way"),
        gettext_lazy("For instance with a hand-over where it was answered."),
    ),
    Difference.TICKET: (
        gettext_lazy("It would be another ticket"),
        gettext_lazy("Another standard question, queue or label, or other details to capture."),
    ),
    Difference.TARGET: (
        gettext_lazy("It would lead elsewhere"),
        gettext_lazy("To another standard question or channel."),
    ),
    Difference.TOLD: (
        gettext_lazy("A table would give something else"),
        gettext_lazy("The way is as it was, but the user is told something else."),
    ),
    Difference.PLACE: (
        gettext_lazy("It would end at another node"),
        gettext_lazy("In the same way, with the same ticket, but with the text of another node."),
    ),
}
"""Each kind of difference: its title, and what it means."""

_OUTCOMES: dict[OutcomeKind, Any] = {
    OutcomeKind.ANSWER: pgettext_lazy("end of a run", "answered"),
    OutcomeKind.REDIRECT: pgettext_lazy("end of a run", "led elsewhere"),
    OutcomeKind.TIER2: pgettext_lazy("end of a run", "handed over with a promise"),
    OutcomeKind.REPORT: pgettext_lazy("end of a run", "reported without a promise"),
}
_NONE = "–"
_CAPTURED: dict[str, Any] = {
    "problem": gettext_lazy("Problem"),
    "demand": gettext_lazy("Demand"),
    "account_id": gettext_lazy("Account ID"),
    "contact": pgettext_lazy("ending of a run", "Contact"),
}


REASONS: dict[Reason, Any] = {
    Reason.ANSWERED: pgettext_lazy("end of a run", "answered"),
    Reason.REDIRECTED: pgettext_lazy("end of a run", "led elsewhere"),
    Reason.HANDED_OVER: pgettext_lazy("end of a run", "handed over with a promise"),
    Reason.REPORTED: pgettext_lazy("end of a run", "reported without a promise"),
    Reason.CHASED: pgettext_lazy("end of a run", "chased an open ticket"),
    Reason.CHANGED: pgettext_lazy("end of a run", "left for the flow that hands over"),
    Reason.LEFT: pgettext_lazy("end of a run", "ended before the flow did"),
    Reason.ABANDONED: pgettext_lazy("end of a run", "abandoned"),
    Reason.OPEN: pgettext_lazy("end of a run", "still open"),
}
"""What became of a run, in the order of the tables."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two endings: where, how, and the details in which it is not like the other."""

    node: str
    words: str
    text: str
    details: list[tuple[str, str]]


def sides(case: Case) -> tuple[Side, Side]:
    """How the run ended, and how it would end."""
    then = _then_words(case)
    now = _words(case.would.outcome, _stopped_words(case.kind))
    return _side(case.was, case.would, then), _side(case.would, case.was, now)


def _then_words(case: Case) -> str:
    if case.left_flow:
        return pgettext("end of a run", "left for the flow that hands over")
    return _words(case.was.outcome, pgettext("end of a run", "left there"))


def _stopped_words(kind: Difference) -> str:
    if kind is Difference.REFUSED:
        return pgettext("end of a run", "refuses the answer")
    return pgettext("end of a run", "asks, and waits")


def _words(outcome: OutcomeKind | None, otherwise: str) -> str:
    return str(_OUTCOMES[outcome]) if outcome is not None else otherwise


def _side(ending: Ending, other: Ending, words: str) -> Side:
    """With the details that differ; where runs end in another way, with what there is of them."""
    details: list[tuple[str, str]] = []
    if ending.outcome is not None and other.outcome is not None:
        pairs = zip(_details(ending), _details(other), strict=True)
        details = [mine for mine, theirs in pairs if mine != theirs]
    if ending.outcome != other.outcome:
        details = [each for each in details if each[1] != _NONE]
    return Side(ending.node, words, ending.text, details)


def _details(ending: Ending) -> list[tuple[str, str]]:
    captured = ", ".join(str(_CAPTURED[name]) for name in ending.requires)
    return [
        (pgettext("ending of a run", "Leads to"), ending.target or _NONE),
        (_("Standard question of the ticket"), ending.question or _("that of the contact")),
        (pgettext("ending of a run", "Queue"), ending.queue or _NONE),
        (pgettext("ending of a run", "Labels"), ", ".join(sorted(ending.tags)) or _NONE),
        (pgettext("ending of a run", "Captured"), captured or _NONE),
        (_("Further fields"), ", ".join(ending.fields) or _NONE),
        (
            pgettext("ending of a run", "Told"),
            "; ".join(f"{label}: {words}" for label, words in ending.told) or _NONE,
        ),
    ]


def seconds_words(seconds: float | None) -> str:
    """8.4 s, 3 min 20 s, 2 h 5 min; a dash for None."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return _("%(seconds)s s") % {"seconds": f"{seconds:.1f}"}
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return _("%(seconds)s s") % {"seconds": rest}
    if minutes < 60:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}


def share_words(share: float | None) -> str:
    """A share of 0 to 1 as a percentage; a dash for None."""
    return "–" if share is None else f"{share:.0%}"
