"""What is counted of the tickets that are open now; told in docs/metrics.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.reports.ages import BANDS
from tickets.reports.measuring import About, Measure


@dataclass(frozen=True, slots=True)
class Left:
    """A band of working days that are left. ``least`` None: what is past due (``late``) or has no
    running clock (``none``)."""

    code: str
    label: Any
    least: int | None = None


_TODAY = pgettext_lazy("days left", "due today")
_DAYS = {
    1: pgettext_lazy("days left", "1 working day left"),
    2: pgettext_lazy("days left", "2 working days left"),
    3: pgettext_lazy("days left", "3 working days left"),
}
_LATE = Left("late", pgettext_lazy("days left", "past due"))
_SHORT = (Left("0", _TODAY, 0), Left("1", _DAYS[1], 1), Left("2", _DAYS[2], 2))

LEFT_CONTACT = (
    _LATE,
    *_SHORT,
    Left("3", _DAYS[3], 3),
    Left("over_3", pgettext_lazy("days left", "more than 3 working days left"), 4),
    Left("none", pgettext_lazy("days left", "answered, or nothing promised")),
)
LEFT_RESOLVE = (
    _LATE,
    *_SHORT,
    Left("3_5", pgettext_lazy("days left", "3–5 working days left"), 3),
    Left("over_5", pgettext_lazy("days left", "more than 5 working days left"), 6),
    Left("none", pgettext_lazy("days left", "stands still, or nothing promised")),
)

AGE_LABELS = {
    "0": pgettext_lazy("age", "0 working days"),
    "1": pgettext_lazy("age", "1 working day"),
    "2": pgettext_lazy("age", "2 working days"),
    "3": pgettext_lazy("age", "3 working days"),
    "4_5": pgettext_lazy("age", "4–5 working days"),
    "over_5": pgettext_lazy("age", "more than 5 working days"),
}


def _measure(code: str, label: Any, definition: Any) -> Measure:
    return Measure(code, label, definition, About.BACKLOG)


def _aged(code: str) -> tuple[Measure, Measure]:
    label = AGE_LABELS[code]
    return (
        _measure(
            f"open_age_{code}",
            format_lazy(_("Open for {age}"), age=label),
            _(
                "Open tickets by the working days since their hand-over; the day of the hand-over "
                "is not counted. All tickets that are open now, whatever the period."
            ),
        ),
        _measure(
            f"open_age_{code}_breached",
            format_lazy(_("Breached, open for {age}"), age=label),
            _(
                "Those among the open tickets of this age whose user was answered too late, or "
                "has not been answered although the promise is past due."
            ),
        ),
    )


BACKLOG_MEASURES = (
    _measure(
        "open",
        _("Open now"),
        _("All tickets that are not settled yet, with or without a promise."),
    ),
    _measure(
        "open_breached",
        _("Open and breached"),
        _(
            "Open tickets whose user was answered too late, or has not been answered although the "
            "promise is past due."
        ),
    ),
    _measure(
        "open_resolve_breached",
        _("Open and solved too late"),
        _(
            "Open tickets whose solution is past due, or was past due once before its date moved; "
            "what stands still is not past due."
        ),
    ),
    _measure(
        "open_provisional",
        _("Due date provisional"),
        _(
            "Open tickets whose due date was counted with days that a holiday notice still to "
            "come may change, and whose user is not answered yet."
        ),
    ),
    *(measure for band in BANDS for measure in _aged(band.code)),
    *(
        _measure(
            f"left_contact_{left.code}",
            format_lazy(_("Answer: {left}"), left=left.label),
            _(
                "Open tickets by the working days until the promised answer is due; today is not "
                "counted. What is past due by a minute is past due."
            ),
        )
        for left in LEFT_CONTACT
    ),
    *(
        _measure(
            f"left_resolve_{left.code}",
            format_lazy(_("Solution: {left}"), left=left.label),
            _(
                "Open tickets by the working days until the solution is due; today is not "
                "counted. While a ticket waits for the user, its clock stands still."
            ),
        )
        for left in LEFT_RESOLVE
    ),
)
