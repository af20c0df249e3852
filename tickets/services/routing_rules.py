"""The rules that say which team gets a ticket: added, changed, moved, deleted by managers.

Rules are numbered 1, 2, 3 … without a gap after every change. Whoever changes them names the
version of the table that they saw (``table_version``); the effect of a rule depends on all that
stand before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from kb.models import Category, Flow, StandardQuestion
from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from klingdesk.core.roles import Role, roles_of
from tickets.models import RoutingRule, Team
from tickets.models.labels import Priority
from tickets.rules.routing import RouteRule
from tickets.selectors.routing import rule_of, rule_rows, snapshot_of, table_version
from tickets.services.traces import leave_trace

MOST_RULES = 500
_FREE = 10_000
"""Orders from here on are used only inside a transaction, while rows change places."""

_LONGEST = {
    name: int(getattr(RoutingRule._meta.get_field(name), "max_length", None) or 0)
    for name in ("queue", "skill", "tag")
}
_SLUG = re.compile(r"[-a-zA-Z0-9_]*\Z")
_REFERENCES: dict[str, tuple[Any, str, Any]] = {
    "category": (Category, "slug", _("There is no such group.")),
    "question": (StandardQuestion, "key", _("There is no standard question with this key.")),
    "flow": (Flow, "key", _("There is no such decision flow.")),
}


@dataclass(frozen=True, slots=True)
class RuleForm:
    """A rule as somebody filled it in: slugs, keys and texts; empty conditions always hold.

    ``place`` counts from 1; beyond the end it is the last.
    """

    place: int
    team: str
    category: str = ""
    question: str = ""
    flow: str = ""
    tag: str = ""
    queue: str = ""
    chased: bool | None = None
    api_customer: bool | None = None
    skill: str = ""
    priority: int = int(Priority.NORMAL)


@dataclass(frozen=True, slots=True)
class Planned:
    """All rules as they would be, numbered, and the one that it is about (None: deleted)."""

    rows: tuple[RoutingRule, ...]
    row: RoutingRule | None

    @property
    def rules(self) -> list[RouteRule]:
        """For ``selectors.routing.rerouted_by``."""
        return [rule_of(row) for row in self.rows]


def plan_rule(*, form: RuleForm, rule_id: int | None = None) -> Planned:
    """What the rules would be with ``form`` as a new rule, or in the place of ``rule_id``.

    Writes nothing. ``Invalid`` with all field errors at once, ``NotFound``.
    """
    return _planned(rule_rows(), form, rule_id)


def plan_without(*, rule_id: int) -> Planned:
    """What the rules would be without one. Writes nothing; ``NotFound``."""
    rows = rule_rows()
    rows.remove(_one(rows, rule_id))
    return _numbered(rows, None)


def plan_move(*, rule_id: int, up: bool) -> Planned:
    """What the rules would be with one of them a place further up or down. Writes nothing.

    At the end of the table it stays where it is; ``NotFound``.
    """
    rows = rule_rows()
    return _moved(rows, rule_id, up)


@transaction.atomic
def add_rule(*, acting_user: Any, form: RuleForm, expected: str, now: datetime) -> RoutingRule:
    """A new rule. ``Conflict`` with code ``stale`` when the rules are no longer ``expected``."""
    rows = _locked(acting_user, expected)
    planned = _planned(rows, form, None)
    row = planned.row
    assert row is not None  # noqa: S101 - a form makes a rule
    _write(planned.rows)
    _trace(row, acting_user, now, old=None, new=snapshot_of(row))
    return row


@transaction.atomic
def change_rule(
    *, acting_user: Any, rule_id: int, form: RuleForm, expected: str, now: datetime
) -> RoutingRule:
    """Other conditions, another team or place.

    ``Conflict`` (``stale``), ``Invalid`` with field errors, ``NotFound``.
    """
    rows = _locked(acting_user, expected)
    old = snapshot_of(_one(rows, rule_id))
    planned = _planned(rows, form, rule_id)
    row = planned.row
    assert row is not None  # noqa: S101 - a form makes a rule
    _write(planned.rows)
    _trace(row, acting_user, now, old=old, new=snapshot_of(row))
    return row


@transaction.atomic
def move_rule(
    *, acting_user: Any, rule_id: int, up: bool, expected: str, now: datetime
) -> RoutingRule:
    """One place up or down. ``Conflict`` (``stale``), ``NotFound``."""
    rows = _locked(acting_user, expected)
    old = snapshot_of(_one(rows, rule_id))
    planned = _moved(rows, rule_id, up)
    row = planned.row
    assert row is not None  # noqa: S101 - the moved rule is still there
    _write(planned.rows)
    _trace(row, acting_user, now, old=old, new=snapshot_of(row))
    return row


@transaction.atomic
def delete_rule(*, acting_user: Any, rule_id: int, expected: str, now: datetime) -> None:
    """Take a rule out. Tickets that it has routed stay where they are. ``Conflict`` (``stale``),
    ``NotFound``."""
    rows = _locked(acting_user, expected)
    row = _one(rows, rule_id)
    old = snapshot_of(row)
    rows.remove(row)
    _trace(row, acting_user, now, old=old, new=None)
    row.delete()
    _write(_numbered(rows, None).rows)


def number_rules() -> None:
    """Number the rules 1, 2, 3 … in their present order, inside the caller's transaction."""
    _write(_numbered(rule_rows(), None).rows)


def _locked(acting_user: Any, expected: str) -> list[RoutingRule]:
    """The present rules, for one manager at a time."""
    if Role.MANAGER not in roles_of(acting_user):
        raise NotAllowed(_("Only managers change the routing rules."))
    with connection.cursor() as cursor:
        # Rows alone would not do: the first rule of an empty table has none to lock.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('klingdesk.routing_rules'))")
    rows = rule_rows()
    version = table_version(rows)
    if version != expected:
        raise Conflict(
            _("Somebody has changed the rules meanwhile. Look at them, then decide again."),
            code="stale",
            state={"version": version},
        )
    return rows


def _planned(rows: list[RoutingRule], form: RuleForm, rule_id: int | None) -> Planned:
    errors: dict[str, list[Any]] = {}
    row = RoutingRule() if rule_id is None else _one(rows, rule_id)
    _fill(row, form, errors)
    if rule_id is None and len(rows) >= MOST_RULES:
        errors["place"] = [_("There are %(most)d rules already: join some.") % {"most": MOST_RULES}]
    if not errors:
        twin = next((each for each in rows if each is not row and _same(each, row)), None)
        if twin is not None:
            errors["category"] = [
                _("Rule %(number)d has the same conditions: change that one.")
                % {"number": twin.order}
            ]
    if errors:
        raise Invalid(_("The rule was not saved."), fields=errors)
    others = [each for each in rows if each is not row]
    others.insert(min(form.place, len(others) + 1) - 1, row)
    return _numbered(others, row)


def _fill(row: RoutingRule, form: RuleForm, errors: dict[str, list[Any]]) -> None:
    """Put what was filled in into ``row``, and what is wrong with it into ``errors``."""
    if form.place < 1:
        errors["place"] = [_("The first place is 1.")]
    for name, (model, key, missing) in _REFERENCES.items():
        given = getattr(form, name).strip()
        found = model.objects.filter(**{key: given}).first() if given else None
        if given and found is None:
            errors[name] = [missing]
        setattr(row, name, found)
    team = Team.objects.filter(slug=form.team).first()
    if team is None:
        errors["team"] = [_("Choose a team.")]
    else:
        row.team = team
    for name, words in (
        ("queue", _("Letters, digits and hyphens, %(most)d at most.")),
        ("skill", _("Letters, digits and hyphens, %(most)d at most.")),
        ("tag", _("At most %(most)d characters.")),
    ):
        text = getattr(form, name).strip()
        most = _LONGEST[name]
        if len(text) > most or "\x00" in text or (name != "tag" and not _SLUG.match(text)):
            errors[name] = [words % {"most": most}]
        setattr(row, name, text)
    if form.priority not in Priority.values:
        errors["priority"] = [_("Choose a priority.")]
    row.chased, row.api_customer, row.priority = form.chased, form.api_customer, form.priority
    given = (form.category, form.question, form.flow, form.tag, form.queue)
    if not any(text.strip() for text in given) and form.chased is form.api_customer is None:
        errors["category"] = [
            _("Give at least one condition. What no rule fits goes to the default team anyway.")
        ]


def _same(one: RoutingRule, other: RoutingRule) -> bool:
    names = ("category_id", "question_id", "flow_id", "tag", "queue", "chased", "api_customer")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _moved(rows: list[RoutingRule], rule_id: int, up: bool) -> Planned:
    row = _one(rows, rule_id)
    here = rows.index(row)
    there = max(0, here - 1) if up else min(len(rows) - 1, here + 1)
    rows.insert(there, rows.pop(here))
    return _numbered(rows, row)


def _numbered(rows: Sequence[RoutingRule], row: RoutingRule | None) -> Planned:
    for order, each in enumerate(rows, start=1):
        each.order = order
    return Planned(tuple(rows), row)


def _one(rows: Sequence[RoutingRule], rule_id: int) -> RoutingRule:
    for row in rows:
        if row.pk == rule_id:
            return row
    raise NotFound(_("There is no such rule any more."))


def _write(rows: Sequence[RoutingRule]) -> None:
    """Write all rules with their numbers. The order is unique at every moment, so they pass
    through numbers that nobody uses."""
    final: dict[int, int] = {}
    for number, row in enumerate(rows):
        final[id(row)] = row.order
        row.order = _FREE + number
        row.save()
    for row in rows:
        row.order = final[id(row)]
        row.save(update_fields=["order"])


def _trace(
    row: RoutingRule,
    acting_user: Any,
    now: datetime,
    *,
    old: dict[str, Any] | None,
    new: dict[str, Any] | None,
) -> None:
    leave_trace(
        of=row, row_id=row.pk, name=str(row), acting_user=acting_user, now=now, old=old, new=new
    )
