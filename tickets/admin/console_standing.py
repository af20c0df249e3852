"""What a standard question is right now, in the words of the console."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from kb.models import StandardQuestion
from kb.rules.lifecycle import Standing
from klingdesk.moments import moment_words


@dataclass(frozen=True, slots=True)
class StandingBadge:
    """``level`` is the kind of chip (warn, bad), ``reason`` a sentence for the agent."""

    standing: Standing
    level: str
    text: str
    reason: str


def standing_badge(question: StandardQuestion, *, now: datetime) -> StandingBadge | None:
    """None while the answer is in force, which needs no words."""
    standing = question.standing(now=now)
    match standing:
        case Standing.IN_FORCE:
            return None
        case Standing.UNRELEASED:
            return StandingBadge(
                standing,
                "warn",
                _("Not released"),
                _("This answer is not released: know it, but do not pass it on."),
            )
        case Standing.SCHEDULED if question.effective_from is not None:
            date = moment_words(question.effective_from, now=now)
            return StandingBadge(
                standing,
                "warn",
                _("Takes effect %(date)s") % {"date": date},
                _("This answer takes effect %(date)s: do not pass it on before.") % {"date": date},
            )
        case Standing.EXPIRED if (end := end_of(question)) is not None:
            date = moment_words(end, now=now)
            return StandingBadge(
                standing,
                "bad",
                _("Expired %(date)s") % {"date": date},
                _("The reference script has been withdrawn: it expired %(date)s.") % {"date": date},
            )
        case _:
            return StandingBadge(
                standing,
                "bad",
                question.get_status_display(),
                _("The reference script has been withdrawn: the question is out of use."),
            )


def end_of(question: StandardQuestion) -> datetime | None:
    """When the present text ends: by its date, or because another one takes over."""
    ends = [end for end in (question.expires_at, question.replaced_at) if end is not None]
    return min(ends, default=None)
