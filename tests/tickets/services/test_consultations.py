"""Contacts with tier 1: beginning, walking the flow, ending without a ticket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from kb.models import StandardQuestion
from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from klingdesk.core.roles import Role
from tests.conftest import NOW
from tickets.models import Consultation, RunStep
from tickets.selectors.runs import run_state
from tickets.services.consultations import (
    answer_step,
    choose_question,
    finish_consultation,
    go_back,
    restart_run,
    start_consultation,
)
from tickets.services.text import MOST_TEXT

LATER = NOW + timedelta(minutes=1)


def start(user: Any, question: str | None = "twice-charged", **changes: Any) -> Consultation:
    values = {"channel": "phone", "utterance": "扣了两次", "question_key": question, "now": NOW}
    return start_consultation(acting_user=user, **{**values, **changes})


def test_a_question_with_a_flow_starts_a_run_at_its_first_node(agent: Any, questions: Any) -> None:
    state = run_state(start(agent))
    assert state is not None
    assert state.position.node_key == "pages"


def test_a_question_without_a_flow_has_no_run(agent: Any, questions: Any) -> None:
    assert run_state(start(agent, "price")) is None


@pytest.mark.parametrize("who", ["advisor", "manager", "editor", "admin_person", "stranger"])
def test_only_agents_begin_contacts(
    who: str, request: pytest.FixtureRequest, questions: Any
) -> None:
    with pytest.raises(NotAllowed):
        start(request.getfixturevalue(who))


def test_unknown_channel_and_too_long_words_are_refused(agent: Any, questions: Any) -> None:
    with pytest.raises(Invalid) as bad_channel:
        start(agent, channel="fax")
    assert set(bad_channel.value.fields) == {"channel"}
    with pytest.raises(Invalid) as too_long:
        start(agent, utterance="长" * (MOST_TEXT + 1))
    assert set(too_long.value.fields) == {"utterance"}


def test_an_unknown_question_is_not_found(agent: Any, questions: Any) -> None:
    with pytest.raises(NotFound):
        start(agent, "no-such")


def test_answers_move_on_and_are_kept_with_what_was_shown(agent: Any, questions: Any) -> None:
    contact = start(agent)
    answer_step(consultation_id=contact.pk, acting_user=agent, node="pages", value="yes", now=LATER)
    state = answer_step(
        consultation_id=contact.pk,
        acting_user=agent,
        node="refresh",
        value="fixed",
        now=LATER + timedelta(minutes=5),
    )
    assert state.position.node_key == "done"
    steps = RunStep.objects.order_by("number")
    assert [(s.node, s.label, s.script) for s in steps] == [
        ("pages", "开了", ""),
        ("refresh", "好了", "请您先刷新页面再试。"),
    ]
    assert steps[1].answered_at - steps[1].shown_at == timedelta(minutes=5)


def test_an_answer_from_a_stale_tab_is_a_conflict_that_says_where_the_run_is(
    agent: Any, questions: Any
) -> None:
    contact = start(agent)
    answer_step(consultation_id=contact.pk, acting_user=agent, node="pages", value="yes", now=NOW)
    with pytest.raises(Conflict) as stale:
        answer_step(
            consultation_id=contact.pk, acting_user=agent, node="pages", value="no", now=NOW
        )
    assert (stale.value.code, stale.value.state) == ("moved_on", {"node": "refresh"})


def test_an_answer_that_the_node_does_not_offer_is_refused(agent: Any, questions: Any) -> None:
    with pytest.raises(Invalid) as unknown:
        answer_step(
            consultation_id=start(agent).pk, acting_user=agent, node="pages", value="x", now=NOW
        )
    assert "yes, no" in str(unknown.value.fields["value"][0])


def test_back_undoes_one_answer_and_keeps_it_on_record(agent: Any, questions: Any) -> None:
    contact = start(agent)
    answer_step(consultation_id=contact.pk, acting_user=agent, node="pages", value="yes", now=NOW)
    state = go_back(consultation_id=contact.pk, acting_user=agent, now=LATER)
    assert state.position.node_key == "pages"
    undone = RunStep.objects.get()
    assert (undone.undone_at, undone.undone_by) == (LATER, agent)
    answer_step(consultation_id=contact.pk, acting_user=agent, node="pages", value="no", now=LATER)
    assert RunStep.objects.count() == 2


def test_back_at_the_first_question_is_a_conflict(agent: Any, questions: Any) -> None:
    with pytest.raises(Conflict):
        go_back(consultation_id=start(agent).pk, acting_user=agent, now=NOW)


def test_restart_undoes_everything(agent: Any, questions: Any) -> None:
    contact = start(agent)
    answer_step(consultation_id=contact.pk, acting_user=agent, node="pages", value="yes", now=NOW)
    answer_step(
        consultation_id=contact.pk, acting_user=agent, node="refresh", value="again", now=NOW
    )
    state = restart_run(consultation_id=contact.pk, acting_user=agent, now=LATER)
    assert (state.position.node_key, state.steps, state.steps_ever) == ("pages", (), 2)


def test_another_agents_contact_is_not_found(agent: Any, agent2: Any, questions: Any) -> None:
    with pytest.raises(NotFound):
        answer_step(
            consultation_id=start(agent).pk, acting_user=agent2, node="pages", value="no", now=NOW
        )


def test_a_manager_sees_a_contact_but_does_not_walk_it(
    agent: Any, manager: Any, questions: Any
) -> None:
    with pytest.raises(NotAllowed):
        answer_step(
            consultation_id=start(agent).pk, acting_user=manager, node="pages", value="no", now=NOW
        )


def test_a_question_without_flow_takes_no_answers(agent: Any, questions: Any) -> None:
    with pytest.raises(Conflict) as none:
        answer_step(
            consultation_id=start(agent, "price").pk,
            acting_user=agent,
            node="pages",
            value="no",
            now=NOW,
        )
    assert none.value.code == "no_flow"


@pytest.mark.parametrize("outcome", ["answered", "redirected", "abandoned"])
def test_finish_ends_the_contact_once(outcome: str, agent: Any, questions: Any) -> None:
    contact = start(agent, "price")
    done = finish_consultation(
        consultation_id=contact.pk, acting_user=agent, outcome=outcome, now=LATER
    )
    assert (done.status, done.finished_at) == (outcome, LATER)
    with pytest.raises(Conflict) as again:
        finish_consultation(
            consultation_id=contact.pk, acting_user=agent, outcome=outcome, now=LATER
        )
    assert again.value.code == "consultation_ended"


def test_an_unknown_outcome_is_refused(agent: Any, questions: Any) -> None:
    with pytest.raises(Invalid):
        finish_consultation(
            consultation_id=start(agent).pk, acting_user=agent, outcome="escalated", now=NOW
        )


def test_a_hand_over_cannot_be_finished_as_answered_but_may_be_abandoned(
    agent: Any, at_hand_over: Callable[..., int]
) -> None:
    contact_id = at_hand_over()
    with pytest.raises(Conflict) as refused:
        finish_consultation(
            consultation_id=contact_id, acting_user=agent, outcome="answered", now=NOW
        )
    assert refused.value.code == "needs_hand_over"
    finish_consultation(consultation_id=contact_id, acting_user=agent, outcome="abandoned", now=NOW)


def test_a_run_stays_on_the_version_it_began_with(agent: Any, questions: Any) -> None:
    from kb.services.flow_publishing import keep_version
    from tests.conftest import FLOW

    contact = start(agent)
    newer = FLOW.replace("是否开了多个页面", "换了问法")
    keep_version(text=newer, acting_user=None, reason="test", now=LATER)
    old, new = run_state(contact), run_state(start(agent))
    assert old is not None
    assert new is not None
    assert "多个页面" in old.position.node.prompt
    assert "换了问法" in new.position.node.prompt


def test_a_manager_ends_what_an_absent_agent_left_open(
    agent: Any, manager: Any, questions: Any
) -> None:
    contact = start(agent)
    with pytest.raises(NotAllowed):
        finish_consultation(
            consultation_id=contact.pk, acting_user=manager, outcome="answered", now=NOW
        )
    done = finish_consultation(
        consultation_id=contact.pk, acting_user=manager, outcome="abandoned", now=NOW
    )
    assert done.status == "abandoned"


def test_an_editor_who_is_an_agent_too_answers_with_what_is_online(
    person: Callable[..., Any], questions: Any
) -> None:
    both = person("both", Role.AGENT, Role.EDITOR)
    StandardQuestion.objects.filter(key="price").update(status="draft")
    with pytest.raises(NotFound):
        start(both, "price")


def test_a_contact_gets_the_question_that_it_began_without(agent: Any, questions: Any) -> None:
    contact = start(agent, None)
    chosen = choose_question(
        consultation_id=contact.pk, acting_user=agent, question_key="twice-charged", now=LATER
    )
    assert chosen.question == questions["twice-charged"]
    state = run_state(Consultation.objects.get(pk=contact.pk))
    assert state is not None
    assert state.position.node_key == "pages"
    assert state.shown_at >= LATER


def test_a_chosen_question_stays(agent: Any, questions: Any) -> None:
    contact = start(agent, "price")
    with pytest.raises(Conflict) as late:
        choose_question(
            consultation_id=contact.pk, acting_user=agent, question_key="twice-charged", now=LATER
        )
    assert late.value.code == "question_chosen"
    assert late.value.state == {"question": "price"}
    contact.refresh_from_db()
    assert contact.question == questions["price"]


def test_an_unknown_or_another_agents_question_is_not_found(
    agent: Any, agent2: Any, questions: Any
) -> None:
    contact = start(agent, None)
    for who, key in ((agent, "nothing"), (agent2, "price")):
        with pytest.raises(NotFound):
            choose_question(
                consultation_id=contact.pk, acting_user=who, question_key=key, now=LATER
            )
    contact.refresh_from_db()
    assert contact.question is None


def test_a_question_is_not_chosen_once_the_contact_is_over(agent: Any, questions: Any) -> None:
    contact = start(agent, None)
    finish_consultation(
        consultation_id=contact.pk, acting_user=agent, outcome="abandoned", now=LATER
    )
    with pytest.raises(Conflict) as over:
        choose_question(
            consultation_id=contact.pk, acting_user=agent, question_key="price", now=LATER
        )
    assert over.value.code == "consultation_ended"
