"""What a report can be narrowed to, in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import CharField, F, IntegerField, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, Trim

from kb.models import Category, StandardQuestion
from klingdesk.core.roles import Role
from klingdesk.database.composed import ComposedValues
from tickets.models import FlowOutcome, Team
from tickets.selectors.outcome_names import outcome_name

MOST_CHOICES = 2_000
"""More people or questions than this and a list to choose from helps nobody."""


def report_choices(names: Iterable[str]) -> Mapping[str, list[tuple[int, str]]]:
    """Primary keys and names of what there is for each of ``names``, in the order to show."""
    wanted = tuple(names)
    found: dict[str, list[tuple[int, str]]] = {name: [] for name in wanted}
    if not wanted:
        return found
    rows = _statement(wanted).rows()
    for name, pk, label, _place in sorted(rows, key=lambda row: (row[3], row[2], row[1])):
        found[name].append((pk, label))
    return found


@cache
def _statement(names: tuple[str, ...]) -> ComposedValues:
    parts = [_SOURCES[name](name) for name in names]
    return ComposedValues(parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0])


def _rows(rows: QuerySet[Any], name: str, label: Any, place: Any = None) -> Any:
    place = place if place is not None else Value(0, output_field=IntegerField())
    return (
        rows.order_by()
        .annotate(
            row_name=Value(name, output_field=CharField()),
            row_label=Cast(label, CharField()),
            row_place=Cast(place, IntegerField()),
        )
        .values_list("row_name", "pk", "row_label", "row_place")[:MOST_CHOICES]
    )


def _people(role: Role, name: str) -> Any:
    full = Trim(Concat("first_name", Value(" "), "last_name"))
    people = get_user_model().objects.filter(groups__name=role.value)
    return _rows(people, name, Coalesce(NullIf(full, Value("")), "username"))


_SOURCES: Mapping[str, Any] = {
    "question": lambda name: _rows(
        StandardQuestion.objects.all(), name, F("title"), F("category__order")
    ),
    "category": lambda name: _rows(Category.objects.all(), name, F("title"), F("order")),
    "team": lambda name: _rows(Team.objects.all(), name, F("name")),
    "assignee": lambda name: _people(Role.ADVISOR, name),
    "agent": lambda name: _people(Role.AGENT, name),
    "outcome": lambda name: _rows(FlowOutcome.objects.all(), name, outcome_name()),
}
