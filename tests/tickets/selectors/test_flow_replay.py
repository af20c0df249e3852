"""Finished runs played against another text of their flow."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kb.flows.endings import Difference
from kb.flows.engine import OutcomeKind
from kb.flows.loader import load_flow
from kb.models import Flow
from kb.services.flow_publishing import keep_version
from tests.conftest import NOW
from tests.standings import publish
from tests.tickets.flow_runs import SECRET, Run, changed, publish_ends
from tickets.models import RunStep
from tickets.selectors.flow_replay import Case, Chunk, replay_chunk
from tickets.services.consultations import go_back, hand_over_instead

IDS = {"id": SECRET, "note": "只有我知道"}
LATER = NOW + timedelta(days=1)
SWAPPED = {
    "label: 买东西, next: order": "label: 买东西, next: elsewhere",
    "label: 别的事, next: elsewhere": "label: 别的事, next: order",
}
"""Who wants to buy is led elsewhere, and the others are asked what to buy."""


@pytest.fixture
def ends(questions: Any) -> Flow:
    return publish_ends().flow


def played(flow: Flow, *, most: int = 100, **changes: str) -> Chunk:
    definition = load_flow(changed(**changes))
    return replay_chunk(flow=flow, definition=definition, now=LATER, most=most)


def only_case(chunk: Chunk) -> Case:
    assert chunk.seen - chunk.same - chunk.unreadable == len(chunk.cases) == 1, chunk
    return chunk.cases[0]


def every_way(agent: Any) -> None:
    Run(agent).say("ask", "next").finish()
    Run(agent).say("buy", {"pieces": "3"}, "yes").finish()
    Run(agent).say("buy", {"pieces": "5"}, "no", "other").finish("redirected")
    Run(agent).say("report").hand_over()
    Run(agent).say("money", IDS, "yes").hand_over()
    Run(agent).say("money", IDS, "no").finish()
    Run(agent).finish("abandoned")
    Run(agent).say("buy").finish("abandoned")
    Run(agent).say("ask").finish("abandoned")


def test_nothing_is_different_when_nothing_was_changed(agent: Any, ends: Flow) -> None:
    every_way(agent)
    Run(agent)
    chunk = played(ends)
    assert (chunk.seen, chunk.same, chunk.cases, chunk.place) == (9, 9, (), None)


def test_a_script_that_expired_meanwhile_makes_no_difference(agent: Any, ends: Flow) -> None:
    Run(agent).say("ask", "next").finish()
    publish("price", expires_at=NOW + timedelta(hours=1))
    assert played(ends).same == 1


def test_what_was_undone_is_not_played(agent: Any, ends: Flow) -> None:
    run = Run(agent).say("buy", {"pieces": "3"})
    for _ in range(2):
        run.do(go_back)
    run.say("other").finish("redirected")
    assert played(ends, **{"fee: 八元": "fee: 七元"}).same == 1


@pytest.mark.parametrize(
    ("answers", "changes", "kind", "node"),
    [
        (["buy", {"pieces": "3"}, "yes"], {"value: buy,": "value: shop,"}, "refused", "what"),
        (
            ["buy", {"pieces": "3"}, "yes"],
            {"kind: count, label: 件数}": "kind: count, label: 件数, max: 2}", "{to: 4}": "{to: 1}",
             "{from: 5}": "{from: 2}"},
            "refused",
            "order",
        ),
        (
            ["buy", {"pieces": "3"}, "yes"],
            {"label: 件数}]": "label: 件数}, {key: city, kind: text, label: 城市}]"},
            "not_asked",
            "order",
        ),
        (["other"], {"{kind: redirect, script: 请到别处。, channel: 官网}":
                     "{kind: end, outcome: answered, script: 请到别处。}"}, "outcome", "elsewhere"),
        (["other"], {"channel: 官网": "question: price"}, "target", "elsewhere"),
        (["buy", {"pieces": "3"}, "yes"], {"fee: 八元": "fee: 七元"}, "told", "done"),
        (["buy", {"pieces": "5"}, "yes"], {"fee: 八元": "fee: 七元"}, None, ""),
        (
            ["buy", {"pieces": "5"}, "yes"],
            {"label: 成功了, next: done": "label: 成功了, next: bought",
             "  done: {": "  bought: {kind: end, outcome: answered, script: 再见。}\n  done: {"},
            "place",
            "bought",
        ),
    ],
)  # fmt: skip
def test_each_kind_of_difference(
    agent: Any, ends: Flow, answers: list[Any], changes: dict[str, str], kind: str | None, node: str
) -> None:
    outcome = "redirected" if answers == ["other"] else "answered"
    Run(agent).say(*answers).finish(outcome)
    chunk = played(ends, **changes)
    if kind is None:
        assert chunk.same == 1
        return
    case = only_case(chunk)
    assert (case.kind, case.would.node) == (kind, node)


@pytest.mark.parametrize(
    "changes",
    [
        {"queue: money": "queue: billing"},
        {"queue: money": "question: price"},
        {"queue: money": "queue: money\n    tags: [urgent]"},
        {"[{key: times,": "[{key: often,"},
    ],
)
def test_another_ticket(agent: Any, ends: Flow, changes: dict[str, str]) -> None:
    Run(agent).say("money", IDS, "yes").hand_over()
    case = only_case(played(ends, **changes))
    assert case.kind is Difference.TICKET
    assert case.was.outcome is case.would.outcome is OutcomeKind.TIER2


def test_a_chase_ended_at_the_hand_over_too(agent: Any, ends: Flow) -> None:
    from tickets.services.chases import chase_from_consultation

    Run(agent).say("money", IDS, "yes").hand_over()
    again = Run(agent).say("money", IDS, "yes")
    again.do(chase_from_consultation, account_id=SECRET, note="")
    assert played(ends).same == 2
    assert len(played(ends, **{"queue: money": "queue: billing"}).cases) == 2


def test_a_run_that_was_left_would_be_left_there_again_or_elsewhere(agent: Any, ends: Flow) -> None:
    Run(agent).say("buy").finish("abandoned")
    assert played(ends).same == 1
    case = only_case(played(ends, **SWAPPED))
    assert (case.kind, case.was.node, case.was.outcome) == (Difference.OUTCOME, "order", None)
    assert (case.would.node, case.would.outcome) == ("elsewhere", OutcomeKind.REDIRECT)


def test_only_the_flows_own_words_are_told(agent: Any, ends: Flow) -> None:
    Run(agent).say("money", IDS, "yes").hand_over()
    case = only_case(played(ends, **{"queue: money": "queue: billing"}))
    assert [(turn.node, turn.answered) for turn in case.path] == [
        ("what", "退款"),
        ("who/ids", ""),
        ("who/sure", "是"),
    ]
    assert SECRET not in repr(case)
    assert "只有我知道" not in repr(case)


def test_runs_of_all_versions_are_played_each_from_its_own(agent: Any, ends: Flow) -> None:
    Run(agent).say("other").finish("redirected")
    newer = changed(**{"channel: 官网": "channel: 门店"})
    keep_version(text=newer, acting_user=None, reason="test", now=NOW)
    Run(agent, now=NOW + timedelta(minutes=1)).say("other").finish("redirected")
    definition = load_flow(newer)
    chunk = replay_chunk(flow=ends, definition=definition, now=LATER)
    assert (chunk.same, only_case(chunk).number) == (1, 1)


def test_a_run_that_changed_its_flow_counts_for_both(agent: Any, ends: Flow) -> None:
    run = Run(agent).say("buy")
    publish("ends", flow="ends", expires_at=NOW + timedelta(seconds=2))
    run.do(hand_over_instead)
    state_node = run.node
    chunk = played(ends)
    assert chunk.seen == 0, "it is not over yet"
    run.do(finish_abandoned)
    assert played(ends).same == 1
    case = only_case(played(ends, **SWAPPED))
    assert case.left_flow
    assert case.was.node == "order"
    other = Flow.objects.get(key="hand-over")
    assert other.current is not None
    definition = load_flow(other.current.source)
    chunk = replay_chunk(flow=other, definition=definition, now=LATER)
    assert (chunk.seen, chunk.same) == (1, 1)
    gone = replace_start(definition, state_node)
    assert only_case(replay_chunk(flow=other, definition=gone, now=LATER)).was.node == state_node


def finish_abandoned(**given: Any) -> Any:
    from tickets.services.consultations import finish_consultation

    return finish_consultation(outcome="abandoned", **given)


def replace_start(definition: Any, node: str) -> Any:
    """The flow with its first node under another key."""
    nodes = {("first" if key == node else key): each for key, each in definition.nodes.items()}
    return definition.model_copy(update={"start": "first", "nodes": nodes})


def test_answers_that_do_not_fit_their_version_are_counted_and_do_no_harm(
    agent: Any, ends: Flow
) -> None:
    Run(agent).say("other").finish("redirected")
    Run(agent).say("other").finish("redirected")
    broken = RunStep.objects.filter(node="what").latest("pk")
    RunStep.objects.filter(pk=broken.pk).update(value="gone")
    chunk = played(ends)
    assert (chunk.seen, chunk.same, chunk.unreadable) == (2, 1, 1)


def test_it_goes_on_after_the_last_one_and_meets_every_run_once(agent: Any, ends: Flow) -> None:
    starts = [NOW + timedelta(minutes=minute) for minute in (3, 1, 1, 2, 1)]
    for start in starts:
        Run(agent, now=start).say("other").finish("redirected")
    definition = load_flow(changed(**{"channel: 官网": "channel: 门店"}))
    seen, place = [], None
    while True:
        chunk = replay_chunk(flow=ends, definition=definition, now=LATER, after=place, most=2)
        seen.append(len(chunk.cases))
        place = chunk.place
        if place is None:
            break
    assert seen == [2, 2, 1]


def test_few_queries_however_many_runs(agent: Any, ends: Flow) -> None:
    every_way(agent)
    played(ends)
    with CaptureQueriesContext(connection) as few:
        played(ends)
    for _ in range(2):
        every_way_again(agent)
    with CaptureQueriesContext(connection) as many:
        chunk = played(ends)
    assert chunk.seen == 9 + 2 * 5
    assert len(many) == len(few) <= 5, [query["sql"] for query in many]


def every_way_again(agent: Any) -> None:
    Run(agent).say("ask", "next").finish()
    Run(agent).say("buy", {"pieces": "3"}, "yes").finish()
    Run(agent).say("buy", {"pieces": "5"}, "no", "other").finish("redirected")
    Run(agent).say("money", IDS, "no").finish()
    Run(agent).finish("abandoned")


def test_the_case_is_the_same_for_runs_that_are_alike(agent: Any, ends: Flow) -> None:
    for account in ("1111111", "2222222"):
        Run(agent).say("money", {"id": account}, "yes").hand_over(account)
    one, two = played(ends, **{"queue: money": "queue: billing"}).cases
    assert one == two == replace(one)
    assert hash(one) == hash(two)
