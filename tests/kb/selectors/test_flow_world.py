"""Flows walked on the knowledge base itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kb.flows.engine import Answer, advance, begin, position
from kb.flows.lint import lint
from kb.flows.showing import shown
from kb.models import Flow, StandardQuestion
from kb.selectors.flow_world import flow_version, surroundings_at, world_at
from kb.services.starter import load_starter

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)


@pytest.fixture
def starter(db: None) -> None:
    load_starter(now=NOW)


@pytest.mark.usefixtures("starter")
def test_the_starter_flows_pass_on_the_knowledge_base_they_come_with() -> None:
    around = surroundings_at(NOW)
    for flow in Flow.objects.select_related("current"):
        assert flow.current is not None
        definition = flow_version(flow.key, flow.current.number)
        assert definition is not None
        assert lint(definition, around) == ()


@pytest.mark.usefixtures("starter")
def test_an_expired_script_is_never_given() -> None:
    flow = flow_version("api", 1)
    assert flow is not None
    question = StandardQuestion.objects.get(key="api-package-invoice")
    for now, node in ((NOW, "invoice-where"), (NOW + timedelta(days=365), "invoice-expired")):
        world = world_at(now)
        answers = begin(flow, world)
        for name, value in (("who", "developer"), ("topic", "invoice")):
            answers = advance(flow, answers, Answer(name, value), world)
        here = position(flow, answers, world)
        assert here.node_key == node
    assert shown(here, world).script == question.fallback
    assert flow_version("api", 99) is None
