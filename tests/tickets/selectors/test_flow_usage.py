"""How much each flow is walked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from kb.flow_usage import FlowUsage, usage_at
from tests.conftest import NOW
from tests.tickets.flow_runs import Run, publish_ends
from tickets.selectors.flow_usage import flow_usage_at


def test_runs_of_the_last_thirty_days_and_open_ones(agent: Any, questions: Any) -> None:
    publish_ends()
    long_ago = NOW - timedelta(days=30)
    Run(agent, now=long_ago)
    Run(agent, now=long_ago).finish()
    Run(agent, now=long_ago + timedelta(seconds=1)).finish()
    Run(agent, now=NOW)
    Run(agent, now=NOW + timedelta(hours=1)).finish()
    with CaptureQueriesContext(connection) as seen:
        usage = flow_usage_at(NOW)
    assert usage == {"ends": FlowUsage(runs_30_days=2, open_now=2)}
    assert len(seen) == 1


def test_every_flow_has_its_own_and_contacts_without_one_count_nowhere(
    agent: Any, questions: Any
) -> None:
    publish_ends()
    Run(agent)
    Run(agent, question="twice-charged")
    Run(agent, question="twice-charged")
    assert flow_usage_at(NOW) == {
        "ends": FlowUsage(runs_30_days=1, open_now=1),
        "twice": FlowUsage(runs_30_days=2, open_now=2),
    }


def test_the_knowledge_base_is_told(agent: Any, questions: Any) -> None:
    publish_ends()
    Run(agent)
    assert usage_at(NOW)["ends"] == FlowUsage(runs_30_days=1, open_now=1)
