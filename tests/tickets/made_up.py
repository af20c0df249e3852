"""A desk with the starter knowledge base, and made-up histories for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from kb.services.starter import load_starter
from tests.beginnings import begin_with
from tickets.demo.loading import Made, make_history
from tickets.rules.sla import ZONE
from tickets.services.desk import prepare_demo_people, prepare_desk
from tickets.services.starter_routing import put_starter_rules

UNTIL = datetime(2026, 11, 20, 15, 30, tzinfo=ZONE)
"""A Friday afternoon."""
COUNT = 2_000


def starter_desk() -> None:
    """As ``bootstrap`` makes one, with the demo people; the watch has to say ``UNTIL``."""
    begin_with("starter desk", _bootstrapped)


def _bootstrapped() -> None:
    now = timezone.now()
    prepare_desk(now=now)
    load_starter(now=now)
    put_starter_rules()
    prepare_demo_people(password="only-for-tests")


def make(tickets: int = COUNT, **more: Any) -> Made:
    given: dict[str, Any] = {
        "tickets": tickets,
        "seed": 7,
        "days": 300,
        "until": UNTIL,
        "close_after_days": 7,
        "talks_each": 0.5,
        "walked": 0.3,
        "staged": True,
    }
    return make_history(**{**given, **more})
