"""What is counted of the tickets that were handed over in a period; told in docs/metrics.md."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from tickets.reports.measuring import About, Hours, Measure, Share
from tickets.rules import fact_profile as rule
from tickets.rules.fact_profile import Cause, Fate, Flag, Pattern

_DECIDED = (Fate.RUNNING, Fate.MET, Fate.BREACHED)


def _measure(code: str, label: Any, definition: Any, pattern: Pattern) -> Measure:
    return Measure(code, label, definition, About.TICKETS, pattern)


_CAUSES: dict[Cause, tuple[str, Any, Any, Any]] = {
    Cause.ASSIGNMENT: (
        "assignment",
        _("Late, waiting for assignment"),
        _("Solved late, waiting for assignment"),
        _("Breached promises of tickets that nobody had in hand when they fell due."),
    ),
    Cause.CONTACT: (
        "contact",
        _("Late, waiting for tier 2"),
        _("Solved late, waiting for tier 2"),
        _("Breached promises of tickets that an advisor had in hand when they fell due."),
    ),
    Cause.USER: (
        "user",
        _("Late, waiting for the user"),
        _("Solved late, waiting for the user"),
        _("Breached promises of tickets that waited for the user when they fell due."),
    ),
    Cause.DETAILS: (
        "details",
        _("Late, waiting for tier 1"),
        _("Solved late, waiting for tier 1"),
        _("Breached promises of tickets that were back at tier 1 when they fell due."),
    ),
}


def _caused(*, resolve: bool) -> list[Measure]:
    prefix = "resolve_breached_by" if resolve else "breached_by"
    return [
        _measure(
            f"{prefix}_{name}",
            solved if resolve else answered,
            definition,
            rule.breached_waiting_for(cause, resolve=resolve),
        )
        for cause, (name, answered, solved, definition) in _CAUSES.items()
    ]


TICKET_MEASURES = (
    _measure(
        "tickets",
        _("Tickets"),
        _(
            "All tickets handed over in the period, with or without a promise, whatever became of "
            "them."
        ),
        rule.EVERYTHING,
    ),
    _measure(
        "handed_over",
        _("Handed over"),
        _(
            "Tickets with a promise to the user, handed over to tier 2 in the period; without "
            "those that were merged into another one or cancelled in time."
        ),
        rule.with_contact(*_DECIDED),
    ),
    _measure(
        "met",
        _("Kept"),
        _(
            "Tickets handed over in the period whose user was answered in time: a call-back "
            "reached them, or a private message was sent, at the due instant at the latest."
        ),
        rule.with_contact(Fate.MET),
    ),
    _measure(
        "breached",
        _("Breached"),
        _(
            "Tickets handed over in the period whose user was answered after the due instant, or "
            "has not been answered although it is past."
        ),
        rule.with_contact(Fate.BREACHED),
    ),
    _measure(
        "open_in_time",
        _("Not yet due"),
        _(
            "Tickets handed over in the period whose user is not answered yet and need not be so "
            "far."
        ),
        rule.with_contact(Fate.RUNNING),
    ),
    *_caused(resolve=False),
    _measure(
        "resolve_promised",
        _("With a solution date"),
        _(
            "Tickets handed over in the period whose solution has a due date; without those that "
            "were merged into another one or cancelled in time."
        ),
        rule.with_resolve(*_DECIDED),
    ),
    _measure(
        "resolve_met",
        _("Solved in time"),
        _("Of these: solved at the due instant at the latest, time of waiting left out."),
        rule.with_resolve(Fate.MET),
    ),
    _measure(
        "resolve_breached",
        _("Solved late"),
        _("Of these: solved after the due instant, or not solved although it is past."),
        rule.with_resolve(Fate.BREACHED),
    ),
    _measure(
        "resolve_open_in_time",
        _("Solution not yet due"),
        _(
            "Of these: not solved yet, and the due instant has not passed, or the clock stands "
            "still."
        ),
        rule.with_resolve(Fate.RUNNING),
    ),
    *_caused(resolve=True),
    _measure(
        "answered",
        _("Answered"),
        _("Tickets handed over in the period whose user has been answered, in time or late."),
        rule.with_flag(Flag.ANSWERED),
    ),
    _measure(
        "solved",
        _("Solved"),
        _("Tickets handed over in the period whose solution's clock has stopped, in time or late."),
        rule.with_flag(Flag.SOLVED),
    ),
    _measure(
        "solved_once",
        _("Solved at least once"),
        _("Tickets handed over in the period that are resolved or closed, or were reopened."),
        rule.with_flag(Flag.SOLVED_ONCE),
    ),
    _measure(
        "reopened",
        _("Reopened"),
        _("Tickets handed over in the period that were opened again after their solution."),
        rule.with_flag(Flag.REOPENED),
    ),
    _measure(
        "chased",
        _("Chased"),
        _("Tickets handed over in the period about which the user asked again at least once."),
        rule.with_flag(Flag.CHASED),
    ),
    _measure(
        "returned",
        _("Returned for missing details"),
        _("Tickets handed over in the period that tier 2 sent back to tier 1 at least once."),
        rule.with_flag(Flag.RETURNED),
    ),
    _measure(
        "complete",
        _("Complete at the hand-over"),
        _("Tickets handed over in the period that tier 2 never had to send back to tier 1."),
        Pattern(int(Flag.RETURNED), (0,)),
    ),
    _measure(
        "merged",
        _("Merged"),
        _("Tickets handed over in the period that go on as another ticket."),
        rule.with_flag(Flag.MERGED),
    ),
    _measure(
        "cancelled",
        _("Cancelled"),
        _("Tickets handed over in the period that were cancelled."),
        rule.with_flag(Flag.CANCELLED),
    ),
)


def _share(code: str, label: Any, definition: Any, of: str, *among: str) -> Share:
    return Share(code, label, definition, About.TICKETS, (of,), among)


TICKET_SHARES = (
    _share(
        "attainment",
        _("Attainment"),
        _(
            "Kept ÷ (kept + breached), rounded down: 100% means that nothing was breached. What "
            "is not yet due does not count; without a single decided promise there is no figure."
        ),
        "met",
        "met",
        "breached",
    ),
    _share(
        "resolve_attainment",
        _("Attainment of solutions"),
        _("Solved in time ÷ (solved in time + solved late). What is not yet due does not count."),
        "resolve_met",
        "resolve_met",
        "resolve_breached",
    ),
    _share("chase_rate", _("Chase rate"), _("Chased tickets ÷ all tickets."), "chased", "tickets"),
    _share(
        "return_rate",
        _("Return rate"),
        _("Tickets sent back to tier 1 ÷ all tickets."),
        "returned",
        "tickets",
    ),
    _share(
        "completeness",
        _("Completeness of hand-overs"),
        _("Tickets that never had to be sent back to tier 1 ÷ all tickets."),
        "complete",
        "tickets",
    ),
    _share(
        "reopen_rate",
        _("Reopen rate"),
        _("Reopened tickets ÷ tickets that were solved at least once."),
        "reopened",
        "solved_once",
    ),
)

HOURS = {
    each.code: each
    for each in (
        Hours(
            "contact_hours",
            _("Working hours until the answer"),
            _(
                "The smallest whole number of working hours within which so many of the answered "
                "users had their answer. Counted from the hand-over."
            ),
            "answered",
            kind=1,
        ),
        Hours(
            "resolve_hours",
            _("Working hours until the solution"),
            _(
                "The smallest whole number of working hours within which so many of the solved "
                "tickets were solved. Counted from the hand-over, without the time in which the "
                "ticket waited for the user or was solved before it was reopened."
            ),
            "solved",
            kind=2,
        ),
    )
}
