"""One contact in two tabs, and one ticket that many people count on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from klingdesk.core.errors import Conflict
from tests.concurrency.threads import at_once, held, in_background, outcome, wait_until_blocked
from tests.conftest import NOW
from tickets.models import RunStep, Team, Ticket
from tickets.services.chases import chase
from tickets.services.consultations import answer_step, go_back, start_consultation
from tickets.services.privacy import reveal
from tickets.services.teams import make_default_team

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def contact(agent: Any, questions: Any) -> int:
    """Stands at ``pages``, the first node of its flow."""
    return start_consultation(
        acting_user=agent,
        channel="phone",
        utterance="扣了我两次",
        question_key="twice-charged",
        now=NOW,
    ).pk


def test_the_slower_tab_learns_where_the_contact_stands_now(contact: int, agent: Any) -> None:
    def answering(value: str) -> Callable[[], Any]:
        return partial(
            answer_step,
            consultation_id=contact,
            acting_user=agent,
            node="pages",
            value=value,
            now=NOW,
        )

    with held(answering("yes")) as commit:
        waiting = in_background(answering("no"))
        wait_until_blocked()
        assert commit().position.node_key == "refresh"
        refused = outcome(waiting)
    assert isinstance(refused, Conflict)
    assert (refused.code, refused.state) == ("moved_on", {"node": "refresh"})
    assert list(RunStep.objects.values_list("node", "value")) == [("pages", "yes")]


def test_many_clicks_on_one_answer_count_once(contact: int, agent: Any) -> None:
    click = partial(
        answer_step, consultation_id=contact, acting_user=agent, node="pages", value="yes", now=NOW
    )
    found = at_once(*[click] * 8)
    assert [each.code for each in found if isinstance(each, Conflict)] == ["moved_on"] * 7
    assert RunStep.objects.count() == 1


def test_many_clicks_on_back_undo_one_answer(contact: int, agent: Any) -> None:
    answer_step(consultation_id=contact, acting_user=agent, node="pages", value="yes", now=NOW)
    back = partial(go_back, consultation_id=contact, acting_user=agent, now=NOW)
    found = at_once(*[back] * 4)
    assert sum(isinstance(each, Conflict) for each in found) == 3
    assert RunStep.objects.get().undone_at == NOW


def test_no_chase_is_lost(
    make_ticket: Callable[..., Ticket], agent: Any, manager: Any, advisors: list[Any]
) -> None:
    ticket = make_ticket()
    people = [agent, manager, *advisors]
    at_once(
        *(
            partial(chase, number=ticket.number, acting_user=each, note="又来电", now=NOW)
            for each in people
        )
    )
    ticket.refresh_from_db()
    assert (ticket.chase_count, ticket.priority) == (len(people), 2)
    events = ticket.events.filter(code="ticket.chased").order_by("id")
    counted = [(event.old["chases"], event.new["chases"]) for event in events]
    assert counted == [(n, n + 1) for n in range(len(people))]


def test_no_look_at_personal_data_goes_unrecorded(
    make_ticket: Callable[..., Ticket], advisors: list[Any]
) -> None:
    ticket = make_ticket()
    at_once(
        *(
            partial(reveal, number=ticket.number, acting_user=each, reason="回拨", now=NOW)
            for each in advisors
        )
    )
    seen = ticket.events.filter(code="ticket.revealed").values_list("actor", flat=True)
    assert sorted(seen) == sorted(each.pk for each in advisors)


def test_there_is_one_default_team_whoever_was_faster(desk: None) -> None:
    teams = list(Team.objects.values_list("pk", flat=True))
    found = at_once(*(partial(make_default_team, team_id=pk) for pk in teams * 4))
    assert {type(each) for each in found} == {Team}
    assert Team.objects.filter(is_default=True).count() == 1
