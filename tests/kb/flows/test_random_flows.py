"""The promise of the lint: what it lets pass can be walked, by anybody, in any way.

Random definitions; those with errors are dropped, the others are walked at random. No step may
fail, nothing may wait for nobody, no variable may be missing from what is read out, and every
hand-over with a promise captures all that the promise needs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from kb.flows.automatic import BranchNode, CheckNode, SubflowNode, TableNode
from kb.flows.endings import difference, ending_of
from kb.flows.engine import Answer, Position, advance, back, begin, outcome, position
from kb.flows.flattening import flattened
from kb.flows.lint import QuestionFacts, Surroundings
from kb.flows.loader import check_flow, definition_data, parse_flow, stored_flow
from kb.flows.retracing import as_it_was, retrace
from kb.flows.schema import CAPTURED, CollectNode, EscalateNode, FlowDefinition
from kb.flows.scripts import render_script
from kb.flows.showing import prefilled, shown
from kb.flows.world import ScriptNow, World
from tests.kb.flows.parcels import IDENTIFY, world
from tests.kb.flows.random_flows import TYPED, drafts

IDENTIFIED = parse_flow(IDENTIFY)
AROUND = Surroundings(
    questions={"rules": QuestionFacts(), "other": QuestionFacts()},
    flows=lambda key, version: IDENTIFIED,
    checkers=("labels",),
)
MOST_STEPS = 25
QUIET = [HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large]


def accepted(data: dict[str, Any]) -> FlowDefinition:
    definition, findings = check_flow(data, AROUND)
    errors = [each for each in findings if each.severity == "error"]
    event("refused" if errors else "accepted")
    assume(definition is not None and not errors)
    assert definition is not None
    return definition


def stands_well(here: Position, at: World) -> None:
    """What must be so wherever a run may stand."""
    node = here.node
    assert not isinstance(node, BranchNode | TableNode | SubflowNode)
    assert not isinstance(node, CheckNode) or node.var is None
    assert here.is_terminal or here.ways, "stuck"
    now = shown(here, at)
    if isinstance(node, EscalateNode):
        if node.promise:
            assert node.requires == CAPTURED
        render_script(now.script, {"due_date": "3 月 9 日"})
        assert set(prefilled(here).captured) <= set(node.requires)
    else:
        render_script(now.script, {})
    assert "{{" not in now.prompt
    assert (outcome(here) is not None) is here.is_terminal


def step(here: Position, data: st.DataObject) -> Answer:
    node = here.node
    if isinstance(node, CollectNode):
        typed = {
            asked.key: data.draw(st.sampled_from(TYPED.get(asked.key, ["12345"])))
            for asked in node.variables
        }
        for asked in node.variables:
            if asked.required and not typed[asked.key]:
                typed[asked.key] = "有"
        return Answer(here.node_key, values=typed)
    if isinstance(node, CheckNode):
        text = data.draw(st.sampled_from(["fine", "1X", "what?", "{{due_date}}X SECRET"]))
        return Answer(here.node_key, values={"pasted": text})
    return Answer(here.node_key, data.draw(st.sampled_from(here.ways)).value)


@given(drafts(), st.data())
@settings(max_examples=150, suppress_health_check=QUIET, deadline=None)
def test_no_accepted_flow_gets_stuck_or_hands_over_without_its_captures(
    draft: dict[str, Any], data: st.DataObject
) -> None:
    flow = accepted(draft)
    force = {key: data.draw(st.booleans(), label=key) for key in ("rules", "other")}

    def answers(key: str) -> ScriptNow | None:
        return ScriptNow(f"{key} {force[key]}", in_force=force[key])

    at = replace(world(), answers=answers)
    given_so_far = begin(flow, at)
    for _ in range(MOST_STEPS):
        here = position(flow, given_so_far, at)
        stands_well(here, at)
        if here.is_terminal:
            break
        after = advance(flow, given_so_far, step(here, data), at)
        assert back(after) == given_so_far
        given_so_far = after
    assert "SECRET" not in repr(given_so_far)


@given(drafts())
@settings(max_examples=50, suppress_health_check=QUIET, deadline=None)
def test_an_accepted_flow_survives_storage(draft: dict[str, Any]) -> None:
    flow = accepted(draft)
    stored = definition_data(flow)
    assert parse_flow(stored) == stored_flow(stored) == flow


@given(drafts())
@settings(max_examples=150, suppress_health_check=QUIET, deadline=None)
def test_every_draft_is_read_or_refused_in_words(draft: dict[str, Any]) -> None:
    _definition, findings = check_flow(draft, AROUND)
    for each in findings:
        assert each.path
        assert each.message
        assert each.remedy


@given(drafts(), st.data(), st.booleans())
@settings(max_examples=150, suppress_health_check=QUIET, deadline=None)
def test_a_run_ends_the_same_when_nothing_was_changed(
    draft: dict[str, Any], data: st.DataObject, in_force: bool
) -> None:
    """Whatever has ceased to be in force meanwhile, and wherever the run was left."""
    flow = accepted(draft)
    at = replace(world(), answers=lambda key: ScriptNow("", in_force=in_force))
    answers = begin(flow, at)
    for _ in range(data.draw(st.integers(0, MOST_STEPS))):
        here = position(flow, answers, at)
        if here.is_terminal:
            break
        answers = advance(flow, answers, step(here, data), at)
    here = position(flow, answers, at)
    flat = flattened(flow, at.flows)
    later = replace(world(), answers=lambda key: ScriptNow("", in_force=not in_force))
    again = retrace(
        flow, answers, as_it_was(later, flat.nodes, answers), was_finished=here.is_terminal
    )
    event("ended" if here.is_terminal else "left")
    assert again.position.node_key == here.node_key
    assert again.position.values == here.values
    assert difference(ending_of(here), ending_of(again.position), again.stopped) is None


@given(drafts(), st.data())
@settings(max_examples=100, suppress_health_check=QUIET, deadline=None)
def test_the_flat_map_leads_where_the_engine_goes(
    draft: dict[str, Any], data: st.DataObject
) -> None:
    flow = accepted(draft)
    flat = flattened(flow, world().flows)
    answers = begin(flow, world())
    for _ in range(MOST_STEPS):
        here = position(flow, answers, world())
        keys = [*(each.node_key for each in here.path), here.node_key]
        stands = [flat.start, *(flat.leads[each.node_key, each.value] for each in here.path)]
        assert stands == keys
        last = (answers[-1].node, answers[-1].value) if answers else None
        assert flat.standing(last) == here.node_key
        assert flat.nodes[here.node_key] == here.node
        assert flat.ends_run(here.node_key) is here.is_terminal
        if here.is_terminal:
            break
        answers = advance(flow, answers, step(here, data), world())
