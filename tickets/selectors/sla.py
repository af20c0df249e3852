"""The policy in force and the working-day calendar, as the pure rules take them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from klingdesk.core.calendar import Override, WorkingCalendar
from klingdesk.core.errors import NotFound
from klingdesk.database.base import kept_cursor
from tickets.models import PromiseChange, SlaPolicy
from tickets.models.labels import ClockKind
from tickets.rules import sla
from tickets.rules.sla_pauses import CountBook

KEPT = 4
"""Calendars and promises in the memory of a process: the one in force, and those just before."""


def current_policy(kind: str = ClockKind.CONTACT) -> SlaPolicy:
    """The highest version of a kind. ``NotFound`` when the desk has none (run bootstrap)."""
    policy = SlaPolicy.objects.filter(kind=kind).order_by("-version").first()
    if policy is None:
        raise NotFound(_("There is no SLA policy of this kind."))
    return policy


def policy_rule(policy: SlaPolicy) -> sla.Policy:
    return sla.Policy(
        kind=sla.ClockKind(policy.kind),
        working_days=policy.working_days,
        hours=sla.WorkingHours(opens=policy.opens, closes=policy.closes),
    )


# Every hand-over reads this: one statement, and so one moment, instead of a round trip a table.
_CALENDAR = """
(SELECT json_agg(json_build_array(date, is_working, reason) ORDER BY date)::text
 FROM tickets_calendaroverride),
(SELECT json_agg(year ORDER BY year)::text FROM tickets_calendaryear)
"""
_BASIS = f"""
SELECT COALESCE((SELECT max(id) FROM tickets_promisechange), 0),
(SELECT json_agg(newest)::text FROM (
    SELECT DISTINCT ON (kind) id, kind, version, working_days, opens, closes
    FROM tickets_slapolicy ORDER BY kind, version DESC
) AS newest),
{_CALENDAR}
"""  # noqa: S608 - put together from constants


def working_calendar() -> WorkingCalendar:
    """The library's calendar with this desk's corrections and loaded years (one query)."""
    return _calendar(*_row(f"SELECT {_CALENDAR}"))


def _row(statement: str) -> tuple[Any, ...]:
    with kept_cursor() as cursor:
        cursor.execute(statement)
        found: tuple[Any, ...] = cursor.fetchone()
    return found


@lru_cache(KEPT)
def _calendar(overrides: str | None, years: str | None) -> WorkingCalendar:
    """From two lists in JSON. Calendars are immutable and get faster while they are used."""
    return WorkingCalendar(
        overrides={
            date.fromisoformat(day): Override(is_working=is_working, reason=reason)
            for day, is_working, reason in _listed(overrides)
        },
        covered_years=frozenset(_listed(years)),
    )


def _listed(text: str | None) -> list[Any]:
    return list(json.loads(text)) if text else []


@dataclass(frozen=True, slots=True)
class PromiseBasis:
    """What due dates are counted with: the policy in force of each kind, and the calendar.

    ``change`` is the id of the last ``PromiseChange`` that is certainly contained in both.
    """

    change: int
    policies: Mapping[str, SlaPolicy]
    calendar: WorkingCalendar
    book: CountBook

    def policy(self, kind: str) -> SlaPolicy:
        """``NotFound`` when the desk has no policy of this kind (run bootstrap)."""
        found = self.policies.get(kind)
        if found is None:
            raise NotFound(_("There is no SLA policy of this kind."))
        return found


def promise_basis() -> PromiseBasis:
    """Read everything that a due date depends on (one query, so of one moment).

    A change that commits afterwards is in none of it, nor in ``change``: the clock is counted
    once more by the next sweep.
    """
    return _basis(*_row(_BASIS))


@lru_cache(KEPT)
def _basis(
    change: int, newest: str | None, overrides: str | None, years: str | None
) -> PromiseBasis:
    """The same as long as what was read is the same; nobody changes policies in place."""
    policies = {row["kind"]: _policy(row) for row in _listed(newest)}
    calendar = _calendar(overrides, years)
    rules = {kind: policy_rule(policy) for kind, policy in policies.items()}
    return PromiseBasis(change, policies, calendar, CountBook(rules, calendar))


def _policy(row: Mapping[str, Any]) -> SlaPolicy:
    """A policy that has read what due dates need; the rest it reads when it is asked for."""
    hours = {name: time.fromisoformat(row[name]) for name in ("opens", "closes")}
    values = {**row, **hours}
    return SlaPolicy.from_db("default", list(values), list(values.values()))


def last_change() -> int:
    """The id of the last committed ``PromiseChange``; 0 when there is none."""
    return int(PromiseChange.objects.aggregate(last=Max("pk"))["last"] or 0)
