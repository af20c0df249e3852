"""Putting a made-up history into the desk: checked first, told while it goes on, all or nothing.

A large one for an empty desk is loaded without its foreign keys and indexes, which are made
again at the end, in the same transaction: the database checks every reference then, and a kill
leaves the desk as it was. Beside tickets that are there, everything stays on.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from klingdesk.core.errors import Conflict
from klingdesk.core.roles import Role
from tickets.demo.book import Book, Person
from tickets.demo.clocks import Counting
from tickets.demo.copying import Carrier, Table, carrying
from tickets.demo.days import Days
from tickets.demo.fate import Staff
from tickets.demo.history import Historian, Plan
from tickets.demo.life import Setting
from tickets.demo.patterns import ACCOUNT, hand_overs, name_column, searches, talks
from tickets.demo.today import staged_today
from tickets.models import Team, Ticket
from tickets.models.labels import ClockKind
from tickets.rules.sla import ZONE
from tickets.selectors.people import active_agents
from tickets.selectors.sla import policy_rule, promise_basis

BULK = 20_000
"""From so many tickets on, indexes are made at the end rather than row by row."""
LINES_AT_ONCE = 60_000
IDS_OF_A_TURN = 20_000
"""As a rule more than so many lines take of one kind; what takes more waits for the copy."""

DUE_AHEAD = 60
"""Days after the end of the history that a due date may lie in."""


@dataclass(frozen=True, slots=True)
class Made:
    """Rows written, by table."""

    rows: dict[str, int]

    @property
    def tickets(self) -> int:
        return self.rows[Ticket._meta.db_table]


def make_history(
    *,
    tickets: int,
    seed: int,
    days: int,
    until: datetime,
    close_after_days: int,
    talks_each: float,
    walked: float,
    beside: bool = False,
    staged: bool = False,
    all_taken: bool = False,
    tell: Callable[[int], None] = lambda _tickets: None,
) -> Made:
    """Write ``tickets`` tickets of the ``days`` days before ``until``, with all that belongs to
    them. To be called outside of any transaction, and ``rebuild_reports`` after it. ``tell`` hears
    how many are written from time to time.

    ``talks_each``: contacts without a ticket for each ticket. ``walked``: share of contacts whose
    run of the flow is kept step by step. ``staged``: leave a few that show each open state.
    ``all_taken``: leave nothing waiting in the queue.

    ``Conflict`` with code ``has_tickets`` on a desk that has tickets, unless ``beside``; with
    code ``nobody`` without agents, advisors in a team, or questions that lead to tier 2.
    """
    if not beside and Ticket.objects.exists():
        raise Conflict(
            _("This desk has tickets. A history for show would stand between them."),
            code="has_tickets",
        )
    with transaction.atomic(), carrying() as carrier:
        with connection.cursor() as cursor:
            # The feed tells nobody of it as of news.
            cursor.execute("SET LOCAL klingdesk.history = 'on'")
        told = _historian(
            *(tickets, seed, days, until, close_after_days, talks_each, walked, staged),
            all_taken=all_taken,
            carrier=carrier,
        )
        is_bulk = tickets >= BULK and not Ticket.objects.exists()
        with _bare(told.book.tables) if is_bulk else _as_it_is():
            _write(told, carrier, tell)
    _analyse(told.book.tables)
    return Made({table.name: table.written for table in told.book.tables})


def _historian(
    tickets: int,
    seed: int,
    days: int,
    until: datetime,
    close_after_days: int,
    talks_each: float,
    walked: float,
    staged: bool,
    *,
    all_taken: bool,
    carrier: Carrier,
) -> Historian:
    basis = promise_basis()
    basis.policy(ClockKind.CONTACT)
    policies = {kind: policy_rule(policy) for kind, policy in sorted(basis.policies.items())}
    last = until.astimezone(ZONE).date()
    calendar_days = Days(
        last - timedelta(days=days),
        days + DUE_AHEAD,
        calendar=basis.calendar,
        hours=policies[ClockKind.CONTACT].hours,
    )
    staff = _staff(close_after_days)
    end = calendar_days.since(until)
    setting = Setting(
        book=Book(calendar_days, free=carrier.wait),
        counting=Counting(policies, basis.calendar, calendar_days),
        policies={kind: basis.policies[kind].pk for kind in policies},
        change=basis.change,
        teams=dict(Team.objects.values_list("pk", "slug")),
        until=end,
    )
    rng = random.Random(f"klingdesk patterns {seed}")  # noqa: S311 - no secret is drawn
    agent = active_agents().first()
    tries = tries_for(tickets)
    ways = hand_overs(rng, agent=agent, now=until, tries=tries)
    if not ways:
        raise Conflict(
            _("No published question leads to tier 2: nothing can be handed over."), code="nobody"
        )
    return Historian(
        Plan(
            tickets=tickets,
            seed=seed,
            talks_each=talks_each,
            walked=walked,
            searched=1.0 if walked == 1.0 else 0.3,
            staged=staged_today(calendar_days, end, all_taken=all_taken) if staged else (),
            all_taken=all_taken,
        ),
        setting,
        staff,
        hand_overs=ways,
        talks=talks(rng, agent=agent, now=until, tries=tries),
        searches=searches(),
        first_account=_next_account(),
    )


def tries_for(tickets: int) -> int:
    """How often each question is walked: a large history has more ways."""
    return 2 if tickets < BULK else 5


def _next_account() -> int:
    """The first of the reserved account IDs that no ticket has."""
    found = Ticket.objects.filter(
        account_id__gt=ACCOUNT, account_id__startswith=ACCOUNT[:4]
    ).aggregate(last=Max("account_id"))["last"]
    return int(found or ACCOUNT) + 1


def _staff(close_after_days: int) -> Staff:
    """Active agents, and advisors by team; teams without any get those of the default team."""
    agents = [_person(user) for user in active_agents().order_by("username")]
    users = (
        get_user_model()
        .objects.filter(is_active=True, groups__name=Role.ADVISOR.value, teams__isnull=False)
        .order_by("username")
        .values_list("pk", "teams__pk")
    )
    known = get_user_model().objects.in_bulk([pk for pk, _team in users])
    by_team: dict[int, list[Person]] = {}
    for pk, team in users:
        by_team.setdefault(team, []).append(_person(known[pk]))
    teams = list(Team.objects.order_by("-is_default", "pk").values_list("pk", flat=True))
    everybody = next((by_team[team] for team in teams if team in by_team), [])
    if not agents or not everybody:
        raise Conflict(
            _("A history needs at least one agent, and one advisor who belongs to a team."),
            code="nobody",
        )
    return Staff(
        agents=agents,
        advisors={team: by_team.get(team, everybody) for team in teams},
        close_after=close_after_days * 86_400,
    )


def _person(user: Any) -> Person:
    return Person(user.pk, user.get_username(), name_column(user))


def _write(told: Historian, carrier: Carrier, tell: Callable[[int], None]) -> None:
    book = told.book
    for _day in told.days_told():
        if sum(len(table.lines) for table in book.tables) >= LINES_AT_ONCE:
            book.reserve(IDS_OF_A_TURN)
            carrier.send(list(book.filled()))
            tell(book.tickets.written)
    carrier.send(list(book.filled()))
    carrier.wait()
    tell(book.tickets.written)


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


@contextmanager
def _bare(tables: tuple[Table, ...]) -> Iterator[None]:
    """Take foreign keys, triggers and indexes but the primary keys off ``tables``, and put them
    back: the database looks every reference up then."""
    with connection.cursor() as cursor:
        names = [table.name for table in tables]
        cursor.execute(_KEYS, [names])
        keys = cursor.fetchall()
        cursor.execute(_INDEXES, [names])
        indexes = cursor.fetchall()
        for name in names:
            cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(_quoted(name)))
        for table, name, _definition in keys:
            cursor.execute(
                sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(_quoted(table), _quoted(name))
            )
        for name, _definition in indexes:
            cursor.execute(sql.SQL("DROP INDEX {}").format(_quoted(name)))
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        for _name, definition in indexes:
            cursor.execute(definition)
        for table, name, definition in keys:
            cursor.execute(
                sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
                    _quoted(table), _quoted(name), sql.SQL(definition)
                )
            )
        for name in names:
            cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(_quoted(name)))


# Unique constraints first when they are put back; primary keys stay, others refer to them.
_KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype IN ('f', 'u') AND conrelid = ANY(%s::regclass[])
    AND NOT EXISTS (SELECT 1 FROM pg_constraint AS other WHERE other.contype = 'f'
                    AND pg_constraint.contype = 'u' AND other.conindid = pg_constraint.conindid)
ORDER BY contype DESC, 1, 2
"""
_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary
    AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
    -- PostgreSQL would write down lists of states otherwise than Django does. Such an index holds
    -- few rows and stays.
    AND pg_get_indexdef(indexrelid) NOT LIKE '%%ARRAY%%'
ORDER BY 1
"""


def _quoted(name: str) -> sql.Identifier:
    return sql.Identifier(name.strip('"'))


def _analyse(tables: tuple[Table, ...]) -> None:
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(sql.SQL("ANALYZE {}").format(_quoted(table.name)))
