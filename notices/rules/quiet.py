"""Quiet outside working hours: what does not press waits for the next opening."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo

from klingdesk.core.calendar import NoWorkingDay, WorkingCalendar
from notices.rules.topics import Severity


@dataclass(frozen=True, slots=True)
class Hours:
    """When people are at work: on working days from ``opens`` until ``closes``, in ``zone``."""

    calendar: WorkingCalendar
    opens: time
    closes: time
    zone: tzinfo


def sending_time(at: datetime, *, severity: Severity, hours: Hours) -> datetime:
    """The first moment from ``at`` (aware) on at which a notice may leave the desk, in UTC.

    A breach may always; a calendar without any working day ahead holds nothing back.
    """
    if severity is Severity.BREACH:
        return at.astimezone(UTC)
    local = at.astimezone(hours.zone)
    today, moment = local.date(), local.time()
    works = hours.calendar.is_working(today)
    if works and hours.opens <= moment < hours.closes:
        return at.astimezone(UTC)
    try:
        early = works and moment < hours.opens
        day = today if early else hours.calendar.next_working_day(today)
    except NoWorkingDay:
        return at.astimezone(UTC)
    return datetime.combine(day, hours.opens, tzinfo=hours.zone).astimezone(UTC)
