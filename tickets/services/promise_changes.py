"""Editing the promise: new policy versions, corrections of the calendar, loaded notices.

Each edit leaves a ``PromiseChange`` in its transaction; the open clocks follow afterwards in
batches (``tickets.services.recounting``). Every edit has a preview that checks the same and writes
nothing. Managers only.

Edits are made one after the other, so that a change with a higher number has seen all with lower
ones: a clock that was counted after one of them was counted after those as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.calendar import Override, WorkingCalendar
from klingdesk.core.errors import Conflict, Invalid, NotAllowed
from klingdesk.core.roles import Role, roles_of
from tickets.models import CalendarOverride, CalendarYear, PromiseChange, SlaPolicy
from tickets.models.labels import ClockKind, PromiseCause
from tickets.rules import sla
from tickets.selectors.promise_preview import ChangePreview, preview
from tickets.selectors.sla import PromiseBasis, last_change, policy_rule, promise_basis
from tickets.services.hints import hint_after_commit

RECOUNT = "tickets.recount_promises"
MOST_WORKING_DAYS = 250
MOST_REASON = 300
MOST_DAY_REASON = 100
MOST_SOURCE = 200
MOST_NOTICE = 20_000
YEARS = range(2000, 2101)
FEWEST_WORKING_DAYS = 200
"""In a year; the fewest there have ever been are about 245. Less is a mistake in the dates."""


@dataclass(frozen=True, slots=True)
class YearNotice:
    """Where a year's days come from (a name or an address) and, if it was pasted, its text."""

    source: str
    text: str = ""


def publish_policy(
    *,
    kind: str,
    working_days: int,
    opens: time,
    closes: time,
    acting_user: Any,
    reason: str,
    now: datetime,
    after: int | None = None,
) -> PromiseChange:
    """Put a new version of a policy in force, for open clocks as well (from their start).

    ``after``: the last change when a preview of this was looked at. ``Invalid`` by field;
    ``Conflict`` with code ``unchanged`` when this is in force already, ``changed_meanwhile`` when
    there has been another change since.
    """
    _only_managers(acting_user)
    errors = _reason_errors(reason)
    rule = _policy_rule(kind, working_days, opens, closes, errors)
    with transaction.atomic():
        one_at_a_time()
        _as_looked_at(after)
        present = _present_policy(kind, rule)
        version = present.version + 1 if present else 1
        SlaPolicy.objects.create(
            kind=kind,
            version=version,
            working_days=working_days,
            opens=opens,
            closes=closes,
            reason=reason.strip(),
            author=acting_user,
            created_at=now,
        )
        return record_change(
            PromiseCause.POLICY,
            old=_policy_as_json(kind, present.version, policy_rule(present)) if present else {},
            new=_policy_as_json(kind, version, rule),
            acting_user=acting_user,
            reason=reason,
            now=now,
        )


def preview_policy(
    *, kind: str, working_days: int, opens: time, closes: time, acting_user: Any, now: datetime
) -> ChangePreview:
    """What ``publish_policy`` would do to the open tickets; the same errors."""
    _only_managers(acting_user)
    rule = _policy_rule(kind, working_days, opens, closes, {})
    _present_policy(kind, rule)
    basis = promise_basis()
    return preview(policies={**_rules(basis), kind: rule}, calendar=basis.calendar, now=now)


def change_calendar(
    *,
    overrides: Mapping[date, Override | None],
    years: Mapping[int, YearNotice | None],
    acting_user: Any,
    reason: str,
    now: datetime,
    after: int | None = None,
) -> PromiseChange:
    """Correct days and mark years as known; None takes the correction, or the mark, away.

    Days and years that are as wanted already are left alone. ``after``: the last change when a
    preview of this was looked at. ``Invalid`` by field (``overrides``, ``years``, ``reason``);
    ``Conflict`` with code ``unchanged`` when nothing is left to do, ``changed_meanwhile`` when
    there has been another change since.
    """
    _only_managers(acting_user)
    _check_calendar_edit(overrides, years, _reason_errors(reason))
    with transaction.atomic():
        one_at_a_time()
        _as_looked_at(after)
        edit = _calendar_edit(overrides, years)
        _write_days(edit.days)
        _write_years(edit.years, acting_user=acting_user, now=now)
        return record_change(
            PromiseCause.CALENDAR,
            old=edit.old,
            new=edit.new,
            acting_user=acting_user,
            reason=reason,
            now=now,
        )


def preview_calendar(
    *,
    overrides: Mapping[date, Override | None],
    years: Mapping[int, YearNotice | None],
    acting_user: Any,
    now: datetime,
) -> ChangePreview:
    """What ``change_calendar`` would do to the open tickets; the same errors."""
    _only_managers(acting_user)
    _check_calendar_edit(overrides, years, {})
    edit = _calendar_edit(overrides, years)
    return preview(policies=_rules(promise_basis()), calendar=edit.calendar, now=now)


Errors = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class _CalendarEdit:
    """What really changes, as JSON before and after, and the calendar that comes of it."""

    days: Mapping[date, Override | None]
    years: Mapping[int, YearNotice | None]
    old: dict[str, Any]
    new: dict[str, Any]
    calendar: WorkingCalendar


def _only_managers(acting_user: Any) -> None:
    if Role.MANAGER not in roles_of(acting_user):
        raise NotAllowed(_("Only managers change the promise and the calendar."))


def one_at_a_time() -> None:
    """Until the transaction ends nobody else edits the promise."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('klingdesk.promise'))")


def _as_looked_at(after: int | None) -> None:
    if after is not None and after != last_change():
        raise Conflict(
            _("The calendar or a policy has been changed meanwhile: look at the effect again."),
            code="changed_meanwhile",
        )


def record_change(
    cause: PromiseCause,
    *,
    old: dict[str, Any],
    new: dict[str, Any],
    acting_user: Any | None,
    reason: str,
    now: datetime,
) -> PromiseChange:
    """Note an edit that was just made, and have the open clocks follow it."""
    change = PromiseChange.objects.create(
        cause=cause, summary=reason.strip(), old=old, new=new, author=acting_user, at=now
    )
    hint_after_commit(RECOUNT)
    return change


def _reason_errors(reason: str) -> Errors:
    if not reason.strip():
        return {"reason": [_("Say why: it stands in the history of every ticket that moves.")]}
    if len(reason.strip()) > MOST_REASON:
        return {"reason": [_("At most %(most)d characters.") % {"most": MOST_REASON}]}
    return {}


def _policy_rule(
    kind: str, working_days: int, opens: time, closes: time, errors: Errors
) -> sla.Policy:
    if kind not in ClockKind.values:
        errors["kind"] = [_("Choose first contact or solution.")]
    if not 1 <= working_days <= MOST_WORKING_DAYS:
        errors["working_days"] = [
            _("From 1 to %(most)d working days.") % {"most": MOST_WORKING_DAYS}
        ]
    hours = sla.WorkingHours()
    try:
        hours = sla.WorkingHours(opens=opens, closes=closes)
    except ValueError:
        errors["closes"] = [_("The desk closes after it opens; both in whole minutes.")]
    if errors:
        raise Invalid(_("The policy was not published."), fields=errors)
    return sla.Policy(kind=kind, working_days=working_days, hours=hours)


def _present_policy(kind: str, wanted: sla.Policy) -> SlaPolicy | None:
    present = SlaPolicy.objects.filter(kind=kind).order_by("-version").first()
    if present is not None and policy_rule(present) == wanted:
        raise Conflict(
            _("This policy is in force already: nothing would change."),
            code="unchanged",
            state={"version": present.version},
        )
    return present


def _policy_as_json(kind: str, version: int, rule: sla.Policy) -> dict[str, Any]:
    return {
        "kind": kind,
        "version": version,
        "working_days": rule.working_days,
        "opens": rule.hours.opens.isoformat("minutes"),
        "closes": rule.hours.closes.isoformat("minutes"),
    }


def _rules(basis: PromiseBasis) -> dict[str, sla.Policy]:
    return {kind: policy_rule(policy) for kind, policy in basis.policies.items()}


def _check_calendar_edit(
    overrides: Mapping[date, Override | None],
    years: Mapping[int, YearNotice | None],
    errors: Errors,
) -> None:
    wrong_days = [
        day
        for day, override in sorted(overrides.items())
        if day.year not in YEARS
        or (override is not None and not 1 <= len(override.reason.strip()) <= MOST_DAY_REASON)
    ]
    if wrong_days:
        errors["overrides"] = [
            _("%(day)s needs a year from 2000 to 2100 and a reason of at most %(most)d characters.")
            % {"day": day.isoformat(), "most": MOST_DAY_REASON}
            for day in wrong_days
        ]
    wrong_years = [
        year
        for year, notice in sorted(years.items())
        if year not in YEARS
        or (
            notice is not None
            and (
                not 1 <= len(notice.source.strip()) <= MOST_SOURCE or len(notice.text) > MOST_NOTICE
            )
        )
    ]
    if wrong_years:
        errors["years"] = [
            _("%(year)s: a year from 2000 to 2100, with a short source, is needed.")
            % {"year": str(year)}
            for year in wrong_years
        ]
    if errors:
        raise Invalid(_("The calendar was not changed."), fields=errors)


def _calendar_edit(
    overrides: Mapping[date, Override | None], years: Mapping[int, YearNotice | None]
) -> _CalendarEdit:
    """Compared with what is stored now. ``Conflict`` when nothing changes."""
    stored_days = {row.date: row for row in CalendarOverride.objects.all()}
    stored_years = {row.year: row for row in CalendarYear.objects.all()}
    days_before = {
        day: Override(is_working=row.is_working, reason=row.reason)
        for day, row in stored_days.items()
    }
    years_before = {
        year: YearNotice(source=row.source, text=row.notice) for year, row in stored_years.items()
    }
    new_days = {
        day: override for day, override in overrides.items() if days_before.get(day) != override
    }
    new_years = {year: notice for year, notice in years.items() if years_before.get(year) != notice}
    if not new_days and not new_years:
        raise Conflict(_("The calendar says this already: nothing would change."), code="unchanged")
    days_after = {day: said for day, said in {**days_before, **new_days}.items() if said}
    years_after = {year for year, said in {**years_before, **new_years}.items() if said}
    calendar = WorkingCalendar(days_after, frozenset(years_after))
    _refuse_idle_years(calendar, {day.year for day in new_days})
    return _CalendarEdit(
        days=new_days,
        years=new_years,
        old=_edit_as_json(
            {day: days_before.get(day) for day in new_days},
            {year: years_before.get(year) for year in new_years},
        ),
        new=_edit_as_json(new_days, new_years),
        calendar=calendar,
    )


def _refuse_idle_years(calendar: WorkingCalendar, years: set[int]) -> None:
    """A calendar without working days would stop every clock from being counted."""
    for year in sorted(years):
        found = calendar.count(date(year - 1, 12, 31), date(year, 12, 31))
        if found < FEWEST_WORKING_DAYS:
            raise Invalid(
                _("The calendar was not changed."),
                fields={
                    "overrides": [
                        _("%(year)s would have %(found)d working days only: check the dates.")
                        % {"year": str(year), "found": found}
                    ]
                },
            )


def _edit_as_json(
    days: Mapping[date, Override | None], years: Mapping[int, YearNotice | None]
) -> dict[str, Any]:
    return {
        "days": {
            day.isoformat(): said and {"is_working": said.is_working, "reason": said.reason}
            for day, said in sorted(days.items())
        },
        "years": {str(year): said and said.source for year, said in sorted(years.items())},
    }


def _write_days(days: Mapping[date, Override | None]) -> None:
    CalendarOverride.objects.filter(date__in=days).delete()
    CalendarOverride.objects.bulk_create(
        CalendarOverride(date=day, is_working=said.is_working, reason=said.reason)
        for day, said in sorted(days.items())
        if said is not None
    )


def _write_years(
    years: Mapping[int, YearNotice | None], *, acting_user: Any, now: datetime
) -> None:
    CalendarYear.objects.filter(year__in=years).delete()
    CalendarYear.objects.bulk_create(
        CalendarYear(
            year=year, source=said.source, notice=said.text, loaded_at=now, loaded_by=acting_user
        )
        for year, said in sorted(years.items())
        if said is not None
    )
