"""A hint is sent by a thread of its own: nobody waits for the broker, and nothing is raised."""

from __future__ import annotations

import logging
import os
import threading
from typing import Any

import pytest

from tickets.services import hints

PATIENCE = 10.0


class Broker:
    """In place of Celery: takes hints, and may be silent or refuse."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.answers.set()
        self.reached = threading.Event()
        self.taken: list[tuple[str, tuple[Any, ...]]] = []
        self.refuses = False

    def send_task(self, name: str, *, args: tuple[Any, ...], confirm_timeout: float) -> None:
        self.reached.set()
        self.answers.wait(PATIENCE)
        if self.refuses:
            raise OSError("refused")
        self.taken.append((name, args))


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    made = Broker()
    hints.flush()
    monkeypatch.setattr(hints, "current_app", made)
    monkeypatch.setattr(hints, "MOST_WAITING", 3)
    return made


@pytest.mark.django_db(transaction=True)
def test_hints_go_out_in_order_after_the_commit(broker: Broker) -> None:
    hints.hint_after_commit("one", 1)
    hints.hint_after_commit("two", 2, 3)
    hints.flush()
    assert broker.taken == [("one", (1,)), ("two", (2, 3))]


@pytest.mark.django_db(transaction=True)
def test_what_waits_for_a_slow_broker_travels_together(broker: Broker) -> None:
    broker.answers.clear()
    hints.hint_after_commit("first", 1)
    assert broker.reached.wait(PATIENCE)
    hints.hint_after_commit("route", 5)
    hints.hint_after_commit("route", 6)
    hints.hint_after_commit("route", 5)
    broker.answers.set()
    hints.flush()
    assert broker.taken == [("first", (1,)), ("route", (5, 6))]


def test_hints_of_one_task_are_joined_and_long_ones_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "MOST_TOGETHER", 2)
    waiting = [("a", (1,)), ("b", ()), ("a", (2, 3)), ("b", ()), ("c", (1,))]
    assert hints.joined(waiting) == [("a", (1, 2)), ("a", (3,)), ("b", ()), ("c", (1,))]


@pytest.mark.django_db(transaction=True)
def test_a_silent_broker_holds_nobody_up_and_what_is_too_much_is_dropped_and_told(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    broker.answers.clear()
    hints.hint_after_commit("first")
    assert broker.reached.wait(PATIENCE)
    with caplog.at_level(logging.WARNING):
        for number in range(5):
            hints.hint_after_commit("next", number)
    assert [record.getMessage() for record in caplog.records] == [
        f"no hint next({number},) sent, too many wait; the next sweep takes over"
        for number in (3, 4)
    ]
    broker.answers.set()
    hints._sender(os.getpid()).waiting.put(("last", ()), timeout=PATIENCE)
    hints.flush()
    assert [name for name, _args in broker.taken] == ["first", "next", "last"]


@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_told_and_the_next_hint_is_tried_again(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    broker.refuses = True
    with caplog.at_level(logging.WARNING):
        hints.hint_after_commit("lost", 7)
        hints.hint_after_commit("other", 8)
        hints.flush()
    assert [record.getMessage() for record in caplog.records] == [
        "no hint lost(7,) sent; the next sweep takes over",
        "no hint other(8,) sent; the next sweep takes over",
    ]
    assert broker.taken == []
