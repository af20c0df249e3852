"""Moments, days, lengths of time and numbers as people say them, in the language that is active.

The one place for it. No query and no clock: ``now`` is a parameter; days are those of the desk's
zone. Templates reach it through ``{% load desk_dates %}``.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.utils import dateformat, timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from klingdesk.core.words import Nearness, exact, hours_and_minutes, nearness

NOTHING = "–"
"""What stands where there is no moment and no number."""


_WEEKDAYS = (
    pgettext_lazy("weekday", "Mon"),
    pgettext_lazy("weekday", "Tue"),
    pgettext_lazy("weekday", "Wed"),
    pgettext_lazy("weekday", "Thu"),
    pgettext_lazy("weekday", "Fri"),
    pgettext_lazy("weekday", "Sat"),
    pgettext_lazy("weekday", "Sun"),
)


def weekday_words(day: date) -> str:
    """周三, Wed."""
    return str(_WEEKDAYS[day.weekday()])


def date_words(day: date) -> str:
    """周三 11月25日; English: Wed 25 Nov."""
    return _("%(weekday)s %(date)s") % {"weekday": weekday_words(day), "date": _short(day)}


def near_day_words(day: date, *, now: datetime) -> str:
    """今天, 昨天, 明天, 周三 11月25日, 11月3日, 2025年11月3日: no more than it takes."""
    match nearness(day, timezone.localdate(now)):
        case Nearness.TODAY:
            return _("today")
        case Nearness.YESTERDAY:
            return _("yesterday")
        case Nearness.TOMORROW:
            return _("tomorrow")
        case Nearness.WEEKDAY:
            return date_words(day)
        case Nearness.DATE:
            return _short(day)
        case _:
            return dateformat.format(day, pgettext("date format", "j M Y"))


def moment_words(instant: datetime, *, now: datetime) -> str:
    """今天 14:05, 周三 11月25日 18:00."""
    local = timezone.localtime(instant)
    return f"{near_day_words(local.date(), now=now)} {local:%H:%M}"


def due_words(instant: datetime) -> str:
    """A due instant for sentences that are read again on other days: 周三 11月25日 18:00."""
    local = timezone.localtime(instant)
    return f"{date_words(local.date())} {local:%H:%M}"


def due_phrase(instant: datetime, *, now: datetime, left: str = "", is_over: bool = False) -> str:
    """周三 11月25日 18:00 前，还剩 2 个工作日. ``left`` says how long; it may be empty.

    What has passed, or ``is_over`` before, was due: 截止时间 周三 11月25日 18:00.
    """
    moment = {"moment": moment_words(instant, now=now)}
    is_over = is_over or now > instant
    due = _("was due %(moment)s") % moment if is_over else _("by %(moment)s") % moment
    return _("%(due)s, %(left)s") % {"due": due, "left": left} if left else due


def ago_words(instant: datetime, *, now: datetime) -> str:
    """刚刚, 5 分钟前."""
    if not _minutes(instant, now):
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(instant, now)}


def waited_words(instant: datetime, *, now: datetime) -> str:
    """已等待不到 1 分钟, 已等待 5 分钟."""
    if not _minutes(instant, now):
        return _("has waited less than a minute")
    return _("has waited %(time)s") % {"time": timesince(instant, now)}


def exact_words(when: date) -> str:
    """2026-11-25 18:00:00 +08:00; of a day 2026-11-25 and its weekday."""
    if isinstance(when, datetime):
        return exact(when, timezone.get_current_timezone())
    return f"{when.isoformat()} {weekday_words(when)}"


def duration_words(minutes: int) -> str:
    """2 h 30 min; 45 min; 3 h."""
    hours, rest = hours_and_minutes(minutes)
    parts = [_("%(hours)s h") % {"hours": number_words(hours)}] if hours else []
    if rest or not hours:
        parts.append(_("%(minutes)d min") % {"minutes": rest})
    return " ".join(parts)


def number_words(number: int | Decimal) -> str:
    """12,345: both languages of the desk group by thousands."""
    return f"{number:,}"


def _minutes(since: datetime, now: datetime) -> int:
    """Whole ones that have passed; none where a clock is ahead."""
    return max(0, int((now - since).total_seconds() // 60))


def _short(day: date) -> str:
    return dateformat.format(day, pgettext("date format", "j M"))
