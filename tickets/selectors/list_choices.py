"""What the ticket list and its forms offer to choose from, in one query."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db.models import BooleanField, CharField, Exists, OuterRef, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from kb.models import StandardQuestion
from klingdesk.core.roles import Role, roles_of
from klingdesk.database.composed import PERSON, ComposedValues, stand_in
from tickets.models import Team
from tickets.selectors.advisors import advisors
from tickets.selectors.saved_views import views_for


@dataclass(frozen=True, slots=True)
class Choice:
    """``value`` is what an address carries. ``own``: a team that the person is a member of."""

    value: str
    label: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class KeptView:
    """A saved view as the list shows it."""

    pk: int
    name: str
    query: str
    own: bool


@dataclass(slots=True)
class Choices:
    teams: list[Choice] = field(default_factory=list)
    people: list[Choice] = field(default_factory=list)
    questions: list[Choice] = field(default_factory=list)
    views: list[KeptView] = field(default_factory=list)


def choices_for(user: Any, *, with_lists: bool = True) -> Choices:
    """Teams and advisors; for the list also standard questions that escalate, and saved views."""
    found = Choices()
    for kind, value, label, query, own in _all(roles_of(user), with_lists).rows(user.pk):
        match kind:
            case "team":
                found.teams.append(Choice(value, label, own))
            case "person":
                found.people.append(Choice(value, label.strip() or value))
            case "question":
                found.questions.append(Choice(value, label))
            case _:
                found.views.append(KeptView(int(value), label, query, own))
    for listed in (found.teams, found.people, found.questions):
        listed.sort(key=lambda choice: (choice.label, choice.value))
    found.views.sort(key=lambda view: (not view.own, view.name, view.pk))
    return found


@cache
def _all(roles: frozenset[Role], with_lists: bool) -> ComposedValues:
    user = stand_in(PERSON, roles)
    parts = [_teams(user), _people()]
    if with_lists:
        parts += [_questions(), _views(user)]
    return ComposedValues(parts[0].union(*parts[1:], all=True), PERSON, kept=True)


def visible_teams(choices: Choices, user: Any) -> list[Choice]:
    """The teams whose tickets ``user`` sees."""
    sees_all = Role.MANAGER in roles_of(user)
    return [team for team in choices.teams if sees_all or team.own]


def _text(expression: Any) -> Cast:
    return Cast(expression, TextField())


def _row(
    rows: QuerySet[Any], kind: str, value: Any, label: Any, *, query: Any = "", own: Any = False
) -> Any:
    """The columns of one kind; all kinds must have them in the same order and of one type."""
    return (
        rows.order_by()
        .annotate(
            row_kind=Value(kind, output_field=CharField()),
            row_value=_text(value),
            row_label=_text(label),
            row_query=_text(query if query else Value("")),
            row_own=own if own else Value(False, output_field=BooleanField()),
        )
        .values_list("row_kind", "row_value", "row_label", "row_query", "row_own")
    )


def _teams(user: Any) -> Any:
    own = Team.members.through.objects.filter(team_id=OuterRef("pk"), user_id=user.pk)
    return _row(Team.objects.all(), "team", "slug", "name", own=Exists(own))


def _people() -> Any:
    return _row(advisors(), "person", "username", Concat("first_name", Value(" "), "last_name"))


def _questions() -> Any:
    return _row(StandardQuestion.objects.filter(escalates=True), "question", "key", "title")


def _views(user: Any) -> Any:
    own = Exists(views_for(user=user).filter(pk=OuterRef("pk"), owner=user).order_by())
    rows = views_for(user=user).select_related(None)
    return _row(rows, "view", "pk", "name", query="query", own=own)
