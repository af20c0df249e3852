"""Routing: the first rule that holds, by order, whatever the sequence they come in."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.routing import (
    Routed,
    RouteFacts,
    RouteReason,
    RouteRule,
    choose,
)

FACTS = RouteFacts(
    category="billing", question="double-charge", tags=frozenset({"refund"}), flow="charges"
)


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        pytest.param(RouteRule(1, "t"), True, id="no condition"),
        pytest.param(RouteRule(1, "t", category="billing"), True, id="category"),
        pytest.param(RouteRule(1, "t", category="api"), False, id="other category"),
        pytest.param(RouteRule(1, "t", question="double-charge"), True, id="question"),
        pytest.param(RouteRule(1, "t", question="mini-program"), False, id="other question"),
        pytest.param(RouteRule(1, "t", outcome_tag="refund"), True, id="tag"),
        pytest.param(RouteRule(1, "t", outcome_tag="fraud"), False, id="other tag"),
        pytest.param(
            RouteRule(1, "t", category="billing", question="double-charge", outcome_tag="refund"),
            True,
            id="all three",
        ),
        pytest.param(
            RouteRule(1, "t", category="billing", question="double-charge", outcome_tag="fraud"),
            False,
            id="two of three",
        ),
        pytest.param(
            RouteRule(1, "t", category="api", question="double-charge"), False, id="one of two"
        ),
    ],
)
def test_every_condition_must_hold(rule: RouteRule, matches: bool) -> None:
    routed = choose([rule], FACTS, "general")
    assert routed.team == ("t" if matches else "general")


def test_no_rule_gives_the_default_and_says_so() -> None:
    assert choose([], FACTS, "general") == Routed("general", None, (RouteReason.DEFAULT, None))


def test_the_first_by_order_wins_in_whatever_sequence_they_come() -> None:
    rules = [
        RouteRule(30, "late", category="billing"),
        RouteRule(20, "chosen", outcome_tag="refund", priority="2"),
        RouteRule(10, "other", question="mini-program"),
        RouteRule(40, "last"),
    ]
    for sequence in permutations(rules):
        assert choose(sequence, FACTS, "general") == Routed("chosen", "2", (RouteReason.RULE, 20))


def test_a_rule_with_a_condition_does_not_match_what_is_unknown() -> None:
    unknown = RouteFacts(category=None, question=None)
    rules = [RouteRule(1, "a", category="billing"), RouteRule(2, "b", outcome_tag="refund")]
    assert choose(rules, unknown, "general").reason == (RouteReason.DEFAULT, None)


keys = st.sampled_from(["a", "b", "c"])
maybe = st.none() | keys
rules = st.lists(
    st.builds(RouteRule, st.integers(0, 5), keys, maybe, maybe, maybe, maybe), max_size=6
)
facts = st.builds(RouteFacts, maybe, maybe, st.frozensets(keys))


@given(rules, facts, st.data())
def test_the_sequence_never_matters_even_with_equal_orders(
    table: list[RouteRule], known: RouteFacts, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(table))
    assert choose(shuffled, known, "general") == choose(table, known, "general")


@given(rules, facts)
def test_no_earlier_rule_would_have_held(table: list[RouteRule], known: RouteFacts) -> None:
    routed = choose(table, known, "general")
    code, order = routed.reason
    earlier = [rule for rule in table if order is None or rule.order < order]
    assert all(choose([rule], known, "general").reason[1] is None for rule in earlier)
    assert (code is RouteReason.DEFAULT) == (order is None) == (routed.team == "general")
