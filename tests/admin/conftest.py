"""People in front of the pages, as nearly all tests of pages need them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.admin.desk_flows import STARTED, begin_with_starter
from tests.admin.report_desk import in_english_at, make_past
from tests.conftest import NOW
from tickets.models import Ticket
from tickets.services.claims import claim
from tickets.services.report_facts import refresh_facts


@pytest.fixture
def as_person() -> Callable[..., Client]:
    """A logged-in browser that reads English, whatever the catalogues say."""

    def make(user: Any, language: str = "en", **more: Any) -> Client:
        client = Client(headers={"accept-language": language}, **more)
        client.force_login(user)
        return client

    return make


@pytest.fixture
def mine(make_ticket: Callable[..., Ticket], advisor: Any) -> Ticket:
    """A ticket that the advisor has claimed."""
    ticket = make_ticket()
    claim(number=ticket.number, acting_user=advisor, now=timezone.now())
    return Ticket.objects.get(pk=ticket.pk)


@pytest.fixture
def boss(manager: Any, as_person: Callable[..., Client]) -> Client:
    """A manager's browser."""
    return as_person(manager)


@pytest.fixture
def frozen_in_english(settings: Any) -> Iterator[None]:
    """Now, whatever the watch says, and English for who asks for no language."""
    yield from in_english_at(NOW, settings)


@pytest.fixture
def past(
    questions: Any, agent: Any, agent2: Any, advisor: Any, advisor2: Any
) -> Callable[..., None]:
    """``past(seed, count)``: the last two months of a desk, for its reports."""

    def make(seed: int = 9, count: int = 80) -> None:
        people = {"agents": [agent, agent2], "advisors": [advisor, advisor2]}
        make_past(seed=seed, count=count, questions=questions, **people)

    return make


@pytest.fixture
def counted(desk: None) -> None:
    """Books that were made, of a desk on which nothing has happened."""
    refresh_facts(now=NOW)


@pytest.fixture
def starter(desk: None) -> Iterator[time_machine.Traveller]:
    """The starter knowledge base, and the moment at which its flows are walked."""
    with time_machine.travel(STARTED, tick=False) as traveller:
        begin_with_starter()
        yield traveller
