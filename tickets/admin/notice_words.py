"""What is wrong with a notice, in words that say what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from tickets.rules.holiday_notice import Doubt

MOST_EXCERPT = 120


@dataclass(frozen=True, slots=True)
class DoubtInWords:
    """``line`` 0: the whole text. ``excerpt`` is that line as it was given."""

    line: int
    excerpt: str
    words: str
    remedy: str


def doubt_in_words(doubt: Doubt, text: str) -> DoubtInWords:
    """One error or warning, with the line it is about."""
    lines = text.splitlines()
    excerpt = lines[doubt.line - 1].strip() if 1 <= doubt.line <= len(lines) else ""
    if len(excerpt) > MOST_EXCERPT:
        excerpt = excerpt[:MOST_EXCERPT] + "…"
    words, remedy = _words(doubt.code, dict(doubt.params))
    return DoubtInWords(doubt.line, excerpt, words, remedy)


def _words(code: str, params: dict[str, Any]) -> tuple[str, str]:
    compare = _("Compare the line with the published notice and correct it.")
    match code:
        case "too_long":
            return (
                _("The text has more than %(most)s characters.") % params,
                _("Paste only the notice itself."),
            )
        case "no_year":
            return (
                _("The text does not say which year it is about."),
                _("Give the year above."),
            )
        case "names_other_year":
            return (
                _("The text is about %(named)s, but the year given is %(year)s.") % params,
                _("Give the year of the notice, or paste the notice of that year."),
            )
        case "nothing_read":
            return (
                _("No holiday was found in the text."),
                _("Paste the paragraphs of the festivals, or a table: date, 放假 or 上班, reason."),
            )
        case "no_holiday":
            return _("No holiday was understood for “%(name)s”.") % params, compare
        case "bad_stretch":
            return (
                _("The holiday of “%(name)s” would last %(days)s days.") % params,
                compare,
            )
        case "bad_count":
            return (
                _("“%(name)s”: %(told)s days are named, but the dates give %(counted)s.") % params,
                compare,
            )
        case "no_such_date":
            return (
                _("“%(date)s” is no date.") % params,
                _("Write dates as in the notice, in a table as 2027-01-31."),
            )
        case "bad_weekday":
            return (
                _("%(date)s is named a 周%(told)s, but it is a 周%(is)s.") % params,
                compare,
            )
        case "no_such_word":
            return (
                _("“%(word)s” says neither working nor off.") % params,
                _("Write 上班 or 放假 in the second column."),
            )
        case _:
            return _day_words(code, params)


def _day_words(code: str, params: dict[str, Any]) -> tuple[str, str]:
    compare = _("Compare the line with the published notice and correct it.")
    match code:
        case "both":
            return _("%(date)s is named as a holiday and as a workday.") % params, compare
        case "other_year":
            return (
                _("%(date)s is not in the year of the notice.") % params,
                _("Only 25–31 December of the year before may be named as well."),
            )
        case "works_on_weekday":
            return (
                _("%(date)s is named as a workday, but it is one anyway.") % params,
                _("Make-up workdays lie on weekends: check the date."),
            )
        case "not_read":
            return (
                _("This line names days, but it was not understood and changes nothing."),
                _("Put it into its festival's paragraph, behind the name and the colon."),
            )
        case "festival_missing":
            return (
                _("The notice does not name the festival “%(name)s”.") % params,
                _("Check that the whole notice was pasted."),
            )
        case _:
            return code, compare
