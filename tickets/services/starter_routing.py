"""Routing of a new desk: which team answers which group of the starter knowledge base."""

from __future__ import annotations

from django.db import transaction

from kb.models import Category
from tickets.models import RoutingRule, Team
from tickets.models.labels import Priority
from tickets.services.routing_rules import number_rules

FIRST_ORDER = 100
STEP = 10
API_TEAM = ("api", "API 支持组")
UNSORTED = "other"
"""What fits no group reaches the default team, and the managers are told."""


@transaction.atomic
def put_starter_rules() -> int:
    """One rule for each group of questions, after those that exist; returns how many.

    For a desk that has just been made: what managers change or delete later stays so, because
    nobody calls this twice.
    """
    default = Team.objects.get(is_default=True)
    slug, name = API_TEAM
    api, _created = Team.objects.get_or_create(slug=slug, defaults={"name": name})
    rules = [
        RoutingRule(
            order=FIRST_ORDER + STEP * number,
            category=category,
            team=api if category.slug == slug else default,
            priority=Priority.NORMAL,
        )
        for number, category in enumerate(
            Category.objects.exclude(slug=UNSORTED).order_by("order", "pk")
        )
    ]
    RoutingRule.objects.bulk_create(rules)
    number_rules()
    return len(rules)
