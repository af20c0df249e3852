"""How often a token may be used: by role, for all processes together, and told in headers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.services.rates import Permits, Rate, forget_counters
from klingdesk.core.roles import Role
from tests.api.conftest import Caller
from tests.concurrency.threads import at_once


@pytest.fixture
def limits(settings: Any) -> Callable[..., None]:
    def put(**by_role: int) -> None:
        settings.KLINGDESK_RATES = {**settings.KLINGDESK_RATES, **by_role}

    return put


def test_the_headers_count_down(as_agent: Caller, limits: Any) -> None:
    limits(agent=3)
    left = []
    for _ in range(3):
        response = as_agent.get("kb/questions/")
        assert response.status_code == 200
        assert response.headers["RateLimit-Limit"] == "3"
        left.append(response.headers["RateLimit-Remaining"])
    assert left == ["2", "1", "0"]
    refused = as_agent.get("kb/questions/")
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert refused.headers["RateLimit-Remaining"] == "0"
    assert refused.headers["Retry-After"] == refused.headers["RateLimit-Reset"] == "60"


def test_the_next_minute_is_another_one(
    as_agent: Caller, limits: Any, at_now: time_machine.Traveller
) -> None:
    limits(agent=1)
    assert as_agent.get("kb/questions/").status_code == 200
    at_now.shift(timedelta(seconds=59))
    refused = as_agent.get("kb/questions/")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    at_now.shift(timedelta(seconds=1))
    assert as_agent.get("kb/questions/").status_code == 200


def test_tokens_of_one_person_count_together_and_people_apart(
    calls: Callable[[Any], Caller], agent: Any, agent2: Any, limits: Any
) -> None:
    limits(agent=2)
    assert [calls(agent).get("kb/questions/").status_code for _ in range(3)] == [200, 200, 429]
    assert calls(agent2).get("kb/questions/").status_code == 200


def test_of_several_roles_the_highest_counts_and_none_is_no_limit(
    calls: Callable[[Any], Caller], person: Any, bot: Any, limits: Any
) -> None:
    both = person("both", Role.AGENT, Role.MANAGER)
    limits(agent=1, manager=5, bot=7)
    assert calls(both).get("kb/questions/").headers["RateLimit-Limit"] == "5"
    assert calls(bot).get("kb/questions/").headers["RateLimit-Limit"] == "7"
    limits(manager=0)
    assert "RateLimit-Limit" not in calls(both).get("kb/questions/").headers


def test_pages_have_no_limit(agent: Any, client: Client, limits: Any) -> None:
    limits(agent=1)
    client.force_login(agent)
    for _ in range(3):
        assert client.get("/api/v1/kb/questions/").status_code == 200


def test_a_refused_request_does_nothing(as_agent: Caller, questions: Any, limits: Any) -> None:
    limits(agent=1)
    start = {"channel": "chat", "utterance": "扣了两次"}
    assert as_agent.post("consultations/", start).status_code == 201
    assert as_agent.post("consultations/", start).status_code == 429


def test_most_requests_cost_no_statement(
    as_agent: Caller, desk: None, django_assert_num_queries: Any
) -> None:
    as_agent.get("sla/due/")
    with django_assert_num_queries(3 * 19):  # the token, and what counts a due date
        for _ in range(19):
            as_agent.get("sla/due/")
    with django_assert_num_queries(4):  # and the next twenty permits
        as_agent.get("sla/due/")


def test_counters_of_past_windows_are_forgotten(db: None) -> None:
    Permits().take("user:1", Rate(5, 60, 1), now=6_000.0)
    Permits().take("user:2", Rate(5, 60, 1), now=12_000.0)
    assert forget_counters(before=12_000.0) == 1


class TestProcesses(TestCase):
    """Each ``Permits`` stands for a process."""

    @given(
        limit=st.integers(1, 200),
        block=st.integers(1, 30),
        asks=st.lists(st.integers(0, 3), max_size=250),
    )
    def test_never_more_than_the_limit_and_early_only_by_blocks(
        self, limit: int, block: int, asks: list[int]
    ) -> None:
        forget_counters(before=1e12)
        processes = [Permits() for _ in range(4)]
        rate = Rate(limit, 60, block)
        granted = [processes[which].take("user:1", rate, now=600.0).granted for which in asks]
        assert sum(granted) <= limit
        held_back = (len(set(asks)) - 1) * block if asks else 0
        assert sum(granted) >= min(len(asks), limit) - held_back

    @given(st.lists(st.integers(0, 400), max_size=60))
    def test_a_window_never_gives_more(self, steps: list[int]) -> None:
        forget_counters(before=1e12)
        permits, now, given_out = Permits(), 600.0, {}
        for step in sorted(steps):
            now = 600.0 + step
            if permits.take("user:1", Rate(3, 60, 2), now=now).granted:
                window = int(now) // 60
                given_out[window] = given_out.get(window, 0) + 1
        assert all(count <= 3 for count in given_out.values())


@pytest.mark.django_db(transaction=True)
def test_threads_and_processes_share_one_counter() -> None:
    forget_counters(before=1e12)
    processes = [Permits(), Permits()]

    def ask(permits: Permits) -> Callable[[], list[bool]]:
        rate = Rate(100, 60, 20)
        return lambda: [permits.take("user:9", rate, now=600.0).granted for _ in range(40)]

    found = at_once(*(ask(processes[n % 2]) for n in range(6)))
    assert sum(sum(each) for each in found) == 100
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_ratecounter")
