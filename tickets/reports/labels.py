"""Names of what a report is narrowed to."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, Trim

from kb.models import StandardQuestion
from tickets.models import Team
from tickets.reports.scope import Scope


def person_name(prefix: str = "") -> Coalesce:
    """An expression: a person's full name, else the user name; ``prefix`` as in a lookup."""
    full = Trim(Concat(f"{prefix}first_name", Value(" "), f"{prefix}last_name"))
    return Coalesce(NullIf(full, Value("")), f"{prefix}username")


def narrowing_names(scope: Scope) -> dict[str, str]:
    """The names of the question, team and assignee that ``scope`` is narrowed to.

    One statement, or none. What has no such row is left out, and so is NOBODY.
    """
    sources: dict[str, tuple[QuerySet[Any], Any]] = {
        "question": (StandardQuestion.objects.order_by(), F("title")),
        "team": (Team.objects.order_by(), F("name")),
        "assignee": (get_user_model().objects.order_by(), person_name()),
    }
    parts = [
        rows.filter(pk=getattr(scope, name)).values_list(
            Value(name, output_field=CharField()), Cast(label, CharField())
        )
        for name, (rows, label) in sources.items()
        if getattr(scope, name)
    ]
    return dict(parts[0].union(*parts[1:])) if parts else {}
