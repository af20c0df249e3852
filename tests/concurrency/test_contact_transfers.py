"""One waiting contact and several agents; one agent in two tabs with typed values."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from klingdesk.core.errors import Conflict
from tests.concurrency.threads import at_once, held, in_background, outcome, wait_until_blocked
from tests.conftest import NOW
from tests.tickets.services.roundabout import TYPED, answered, begin_round, publish_round, stands
from tickets.models import Consultation, ContactTransfer, RunStep
from tickets.services.consultations import answer_step
from tickets.services.contact_transfers import pass_on, take_over

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def contact(agent: Any, questions: Any) -> int:
    """Stands where the user reinstalls."""
    publish_round()
    number = begin_round(agent)
    answered(number, "no", TYPED)
    return number


def taking(contact: int, person: Any) -> Callable[[], Any]:
    return partial(take_over, consultation_id=contact, acting_user=person, now=LATER)


def test_of_many_agents_who_take_over_at_once_one_has_it(contact: int, agents: list[Any]) -> None:
    # All of them saw it with the first agent, as the page says with every take-over.
    found = at_once(*(partial(taking(contact, each), from_agent="agent") for each in agents))
    winners = [each for each in found if not isinstance(each, Exception)]
    assert len(winners) == 1
    refused = [each.code for each in found if isinstance(each, Conflict)]
    assert refused == ["taken_over"] * (len(agents) - 1)
    assert ContactTransfer.objects.count() == 1


def test_the_second_is_told_whose_it_is(contact: int, agents: list[Any]) -> None:
    with held(taking(contact, agents[0])) as commit:
        waiting = in_background(taking(contact, agents[1]))
        wait_until_blocked()
        commit()
        refused = outcome(waiting)
    assert isinstance(refused, Conflict)
    assert (refused.code, refused.state) == ("taken_over", {"agent": agents[0].username})
    assert Consultation.objects.get(pk=contact).agent == agents[0]


def test_who_goes_on_keeps_the_contact(contact: int, agent: Any, agent2: Any) -> None:
    going_on = partial(
        answer_step,
        consultation_id=contact,
        acting_user=agent,
        node="reinstall",
        value="no",
        now=LATER,
    )
    with held(going_on) as commit:
        waiting = in_background(taking(contact, agent2))
        wait_until_blocked()
        commit()
        refused = outcome(waiting)
    assert isinstance(refused, Conflict)
    assert (refused.code, refused.state) == ("not_waiting", {"agent": "agent"})


def test_passing_on_and_taking_over_at_once_move_it_once(
    contact: int, agent: Any, agents: list[Any]
) -> None:
    passing = partial(
        pass_on,
        consultation_id=contact,
        to_agent=agents[0].username,
        acting_user=agent,
        now=LATER,
    )
    with held(passing) as commit:
        waiting = in_background(taking(contact, agents[1]))
        wait_until_blocked()
        commit()
        refused = outcome(waiting)
    assert isinstance(refused, Conflict)
    assert ContactTransfer.objects.get().to_agent == agents[0]


def test_of_two_tabs_with_typed_values_one_wins_and_the_other_keeps_its_own(
    agent: Any, questions: Any
) -> None:
    publish_round()
    number = begin_round(agent)
    answered(number, "no")
    address = reverse("admin:console_answer", args=[number])

    def tab(account: str) -> Callable[[], Any]:
        client = Client(headers={"accept-language": "en"})
        client.force_login(agent)
        sent = {
            "node": "who",
            "value": "next",
            "values.account": account,
            "values.order": f"订单 {account}",
        }
        return lambda: client.post(address, sent, headers={"HX-Request": "true"})

    accounts = ["5550001", "5550002", "5550003"]
    answers = at_once(*map(tab, accounts))
    assert sorted(each.status_code for each in answers) == [200, 409, 409]
    winner = next(step.values["account"] for step in RunStep.objects.filter(node="who"))
    assert RunStep.objects.filter(node="who").count() == 1
    assert stands(number).position.node_key == "reinstall"
    for account, answer in zip(accounts, answers, strict=True):
        page = html.unescape(answer.content.decode())
        assert 'name="node" value="reinstall"' in page
        if account != winner:
            rescued = page.split('aria-label="What you had typed"')[1].split("</section>")[0]
            assert account in rescued
            assert f"订单 {account}" in rescued
            assert "moved on" in page
