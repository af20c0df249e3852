"""Rules that no ticket can reach, checked against trying every kind of ticket."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.routing import RouteFacts, RouteRule, choose, never_reached

KEYS = st.sampled_from([None, "a", "b"])
RULES = st.lists(
    st.builds(
        RouteRule,
        order=st.just(0),
        team=st.just("t"),
        category=KEYS,
        question=KEYS,
        outcome_tag=KEYS,
        chased=st.sampled_from([None, True, False]),
    ),
    max_size=6,
).map(
    lambda rules: [
        RouteRule(n, r.team, r.category, r.question, r.outcome_tag, chased=r.chased)
        for n, r in enumerate(rules, start=1)
    ]
)
EVERY_KIND = [
    RouteFacts(category, question, tags, chased=chased)
    for category in ("a", "b", "c")
    for question in ("a", "b", "c")
    for tags in (frozenset(), frozenset("a"), frozenset("b"), frozenset("ab"))
    for chased in (False, True)
]


@given(RULES)
def test_a_rule_that_is_named_gets_no_ticket_of_any_kind(rules: list[RouteRule]) -> None:
    got = {choose(rules, facts, "d").reason[1] for facts in EVERY_KIND}
    hidden = never_reached(rules)
    assert not got & set(hidden)
    assert all(by < order for order, by in hidden.items())


def test_the_same_or_a_narrower_condition_later_is_found_and_a_wider_one_is_not() -> None:
    wide, narrow = RouteRule(1, "t", category="a"), RouteRule(2, "t", category="a", chased=True)
    assert never_reached([wide, narrow]) == {2: 1}
    assert (
        never_reached(
            [RouteRule(1, "t", category="a", chased=True), RouteRule(2, "t", category="a")]
        )
        == {}
    )
