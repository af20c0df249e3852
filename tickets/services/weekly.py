"""The weekly report: who wants it, and telling them once a week, through the notices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.selectors.people import holders_of
from klingdesk.core.errors import Invalid, NotAllowed
from klingdesk.core.roles import Role, roles_of
from notices.models import Webhook
from notices.services import Telling, notify_all
from tickets.models import ReportSubscription, Team, WeeklyReport
from tickets.reports.narrowing import GroupBy, ReportScope
from tickets.reports.period import Period
from tickets.reports.reading import read_only
from tickets.reports.tallying import Tally
from tickets.reports.ticket_numbers import ticket_numbers
from tickets.rules.sla import ZONE
from tickets.rules.weekly import is_due, monday_of, weeks_told
from tickets.selectors.sla import working_calendar
from tickets.services.notice_texts import WEEKLY
from tickets.services.telling import audiences_of, managers

WHOLE_DESK = None
"""In place of a team's primary key."""


@transaction.atomic
def save_subscriptions(
    *, acting_user: Any, whole_desk: bool, team_ids: Iterable[int], now: datetime
) -> None:
    """Let the person be told of exactly these. ``NotAllowed`` for people who are no managers,
    ``Invalid`` (field ``teams``) for a team that does not exist."""
    if Role.MANAGER not in roles_of(acting_user):
        raise NotAllowed(_("Your role does not allow this."))
    wanted = set(team_ids)
    if Team.objects.filter(pk__in=wanted).count() < len(wanted):
        raise Invalid(
            _("Nothing was changed."), fields={"teams": [_("Choose from the teams shown.")]}
        )
    # Two tabs saving at once: the second waits, and has the last word.
    get_user_model().objects.select_for_update(no_key=True).get(pk=acting_user.pk)
    own = ReportSubscription.objects.filter(person=acting_user)
    own.exclude(team__in=wanted).exclude(team=None).delete()
    if not whole_desk:
        own.filter(team=None).delete()
    keys: list[int | None] = [*sorted(wanted), *([WHOLE_DESK] if whole_desk else [])]
    ReportSubscription.objects.bulk_create(
        [ReportSubscription(person=acting_user, team_id=key, created_at=now) for key in keys],
        ignore_conflicts=True,
    )


def send_weekly_report(*, now: datetime) -> int:
    """Tell the subscribers and the webhooks how last week was, once a week; returns how many people
    were told.

    From nine o'clock of the first working day of the week on; what a desk that stood still has
    missed is told later in the same week. Safe to run as often as one likes, and twice at once.
    """
    local = now.astimezone(ZONE)
    monday = monday_of(local.date())
    calendar = working_calendar()
    if not is_due(local, calendar=calendar):
        return 0
    if WeeklyReport.objects.filter(monday=monday).exists():
        return 0
    tellings = _tellings(monday, Period(*weeks_told(monday, calendar=calendar)), now)
    if tellings is None:  # numbers are for managers, and there is none: later in the week, perhaps
        return 0
    with transaction.atomic():
        _week, is_ours = WeeklyReport.objects.get_or_create(
            monday=monday, defaults={"sent_at": now}
        )
        # Another sweep may have been a moment earlier; then we have waited for its commit.
        return notify_all(tellings=tellings, now=now) if is_ours else 0


def _tellings(monday: date, period: Period, now: datetime) -> list[Telling] | None:
    """One for the whole desk, one for each team that anybody wants to be told of; None where
    nobody may see the numbers."""
    people = _subscribers()
    reader = next((who for each in people.values() for who in each), None) or next(
        iter(managers()), None
    )
    if reader is None:
        return None
    with read_only():
        scope = ReportScope(user=reader, period=period)
        present, before = _numbers(scope, now), _numbers(scope.before(), now)
    teams = {team.pk: team for team in Team.objects.order_by("pk")}
    hooked = _audiences_that_want_it()
    asked = [pk for pk, team in teams.items() if people[pk] or hooked & set(audiences_of(team))]
    return [
        Telling(
            code="reports.weekly_team" if key in teams else "reports.weekly",
            event=f"weekly:{monday.isoformat()}:{key or 'desk'}",
            recipients=people[key],
            audiences=audiences_of(teams.get(key)) if key is not None else [],
            params={
                "team": teams[key].name if key is not None else "",
                "from": period.first.isoformat(),
                "to": period.last.isoformat(),
                **_in_words(present.get(key)),
                **{f"{name}_before": value for name, value in _in_words(before.get(key)).items()},
            },
            path=_breaches(period, key),
        )
        for key in (WHOLE_DESK, *asked)
    ]


def _audiences_that_want_it() -> set[str]:
    hooks = Webhook.objects.filter(is_active=True, topics__contains=[WEEKLY.key])
    return set(hooks.values_list("audience", flat=True))


def _subscribers() -> dict[int | None, list[Any]]:
    """Active managers by what they want to be told of; who was one and is no more is left out."""
    people = holders_of(Role.MANAGER)
    chosen = ReportSubscription.objects.filter(person__in=people).select_related("person")
    found: dict[int | None, list[Any]] = defaultdict(list)
    for each in chosen.order_by("person_id"):
        found[each.team_id].append(each.person)
    return found


def _numbers(scope: ReportScope, now: datetime) -> Mapping[int | None, Tally]:
    """The numbers of each team, and of all together."""
    table = ticket_numbers(scope=scope, group_by=GroupBy.TEAM, now=now)
    found: dict[int | None, Tally] = {
        row.key: row.tally for row in table.rows if isinstance(row.key, int)
    }
    return {**found, WHOLE_DESK: table.total}


def _in_words(tally: Tally | None) -> dict[str, Any]:
    """What the sentence tells; None: the team had nothing."""
    numbers = tally.numbers if tally is not None else {}
    found: dict[str, Any] = {
        code: numbers.get(code, 0) for code in ("handed_over", "breached", "resolve_breached")
    }
    found["attainment"] = _percent(numbers.get("met", 0), numbers.get("breached", 0))
    return found


def _percent(met: int, breached: int) -> str:
    """Rounded down, as everywhere: 100% means that nothing was breached."""
    if not met + breached:
        return "–"
    return f"{met * 1_000 // (met + breached) / 10:g}%"


def _breaches(period: Period, team: int | None) -> str:
    """The list of the tickets whose promise was broken."""
    query = {
        "metric": "breached",
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
    }
    if team is not None:
        query["team"] = str(team)
    return f"{reverse('admin:sla_report_tickets')}?{urlencode(query)}"
