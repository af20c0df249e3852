"""Dates in words, with the exact value for whoever needs it: ``{% load desk_dates %}``.

The exact value stands in three places: ``datetime`` for programs, ``title`` for the mouse, and a
text that only screen readers read. ``reach=True`` makes the date a tab stop whose exact value
shows on focus: for the main date of a page; in rows it would be a stop for each.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from klingdesk.moments import (
    NOTHING,
    ago_words,
    due_phrase,
    duration_words,
    exact_words,
    moment_words,
    near_day_words,
    number_words,
    waited_words,
)
from tickets.admin.words import time_left_words
from tickets.rules.sla import TimeLeft

register = template.Library()


@register.simple_tag
def when(instant: date | None, *, reach: bool = False) -> str:
    """A moment or a day in words; a dash for none."""
    if not instant:
        return NOTHING
    return _time(instant, moment(instant), reach=reach)


@register.simple_tag
def due(
    instant: datetime | None,
    *,
    left: TimeLeft | None = None,
    is_over: bool = False,
    reach: bool = False,
) -> str:
    """Until when, and how much time is left: ``left`` comes from a ``TimeLeftReader``.

    ``is_over``: nobody waits for it any more, whether it has come or not.
    """
    if not instant:
        return NOTHING
    words = time_left_words(left) if left else ""
    phrase = due_phrase(instant, now=timezone.now(), left=words, is_over=is_over)
    return _time(instant, phrase, reach=reach)


@register.filter
def moment(instant: date | None) -> str:
    """The words alone: for attributes and for sentences that are no markup."""
    if not instant:
        return NOTHING
    if isinstance(instant, datetime):
        return moment_words(instant, now=timezone.now())
    return near_day_words(instant, now=timezone.now())


@register.filter
def ago(instant: datetime) -> str:
    return ago_words(instant, now=timezone.now())


@register.filter
def waited(instant: datetime) -> str:
    return waited_words(instant, now=timezone.now())


@register.filter
def duration(minutes: int | None) -> str:
    return NOTHING if minutes is None else duration_words(minutes)


@register.filter
def number(count: int | None) -> str:
    return NOTHING if count is None else number_words(count)


def _time(when: date, words: str, *, reach: bool) -> SafeString:
    exact = exact_words(when)
    local: Any = timezone.localtime(when) if isinstance(when, datetime) else when
    return format_html(
        '<time class="desk-when" datetime="{}" title="{}"{}>{}'
        '<span class="visually-hidden"> ({})</span></time>',
        local.isoformat(),
        exact,
        mark_safe(' tabindex="0"') if reach else "",
        words,
        exact,
    )
