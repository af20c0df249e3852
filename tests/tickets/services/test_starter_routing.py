"""The rules of a new desk, and that its demo advisors can answer what they send."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from kb.models import Category
from tests.conftest import NOW
from tickets.models import RoutingRule, Team
from tickets.services.desk import prepare_desk
from tickets.services.starter_routing import put_starter_rules


def test_one_rule_for_each_group_numbered_without_gaps(desk: None) -> None:
    for place, slug in enumerate(("credits", "api", "other")):
        Category.objects.create(slug=slug, title=slug, order=place)
    assert put_starter_rules() == 2
    rows = [
        (row.order, row.category.slug if row.category else row.tag, row.team.slug)
        for row in RoutingRule.objects.select_related("category", "team")
    ]
    assert rows == [(1, "fraud-report", "safety"), (2, "credits", "tier2"), (3, "api", "api")]


@pytest.mark.django_db
def test_bootstrap_puts_demo_advisors_into_every_team_and_rules_in_once(settings: Any) -> None:
    settings.KLINGDESK_MODE = "demo"
    settings.KLINGDESK_DEMO_PASSWORD = "demo-pass-2026"
    call_command("bootstrap", stdout=StringIO())
    rules = RoutingRule.objects.count()
    advisor = get_user_model().objects.get(username="advisor")
    assert set(advisor.teams.all()) == set(Team.objects.all())
    assert Team.objects.filter(slug="api").exists()
    assert rules > 2
    RoutingRule.objects.filter(order=rules).delete()
    call_command("bootstrap", stdout=StringIO())
    assert RoutingRule.objects.count() == rules - 1
    prepare_desk(now=NOW)
    assert RoutingRule.objects.count() == rules - 1
