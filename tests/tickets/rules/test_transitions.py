"""The table of transitions, written out once more by hand and compared cell by cell."""

from __future__ import annotations

from itertools import product

import pytest

from klingdesk.core.roles import Role
from tickets.rules.transitions import (
    ACTIONS,
    OPEN_STATUSES,
    RESULTS,
    ActionCode,
    ContactKind,
    ContactResult,
    NotPermitted,
    ResolutionCode,
    Status,
    TransitionRefused,
    allowed_actions,
    check,
    fits,
    meets_promise,
    permits,
)

OPEN = ("new", "queued", "assigned", "waiting", "returned")
EVER = (*OPEN, "resolved", "closed", "merged", "cancelled")

# Action → {state it fits: states it may lead to}. What is not here must be refused.
MOVES: dict[str, dict[str, set[str]]] = {
    "route": {"new": {"queued"}},
    "claim": {"queued": {"assigned"}},
    "contact": {"assigned": {"assigned"}, "waiting": {"waiting"}},
    "resolve": {"assigned": {"resolved"}},
    "wait": {"assigned": {"waiting"}},
    "resume": {"waiting": {"assigned"}},
    "return": {"assigned": {"returned"}},
    "complete": {"returned": {"queued"}},
    "note": {s: {s} for s in OPEN},
    "chase": {s: {s} for s in OPEN},
    "transfer": {s: {"queued", "assigned"} for s in ("queued", "assigned", "waiting")},
    "priority": {s: {s} for s in OPEN},
    "release": {"assigned": {"queued"}},
    "merge": {s: {"merged"} for s in OPEN},
    "reopen": {"resolved": {"assigned", "queued"}},
    "cancel": {s: {"cancelled"} for s in OPEN},
    "close": {"resolved": {"closed"}},
    "watch": {s: {s} for s in EVER},
    "unwatch": {s: {s} for s in EVER},
    "reveal": {s: {s} for s in EVER},
    "undo": {
        **{s: {"queued", "assigned", "waiting"} for s in ("queued", "assigned")},
        **{s: {s} for s in ("new", "waiting", "returned")},
    },
}

ALL = {"agent", "advisor", "manager"}
TIER2 = {"advisor", "manager"}

# Action → (roles that may on a ticket of somebody else or of nobody, roles that may on their own).
PEOPLE: dict[str, tuple[set[str], set[str]]] = {
    "route": ({"manager"}, {"manager"}),
    "claim": ({"advisor"}, {"advisor"}),
    "contact": (set(), TIER2),
    "resolve": (set(), TIER2),
    "wait": (set(), TIER2),
    "resume": ({"manager"}, TIER2),
    "return": (set(), TIER2),
    "complete": ({"agent", "manager"}, {"agent", "manager"}),
    "note": (ALL, ALL),
    "chase": (ALL, ALL),
    "transfer": (TIER2, TIER2),  # on somebody else's only from the queue: see below
    "priority": ({"manager"}, {"manager"}),
    "release": ({"manager"}, TIER2),
    "merge": (TIER2, TIER2),
    "reopen": (ALL, ALL),
    "cancel": ({"manager"}, TIER2),
    "close": (set(), set()),
    "watch": (ALL, ALL),
    "unwatch": (ALL, ALL),
    "reveal": (TIER2, TIER2),
    "undo": (ALL, ALL),
}


def test_the_table_has_a_row_for_every_action_and_no_other() -> None:
    assert set(ACTIONS) == set(ActionCode) == set(MOVES) == set(PEOPLE)
    assert all(rows and {row.code for row in rows} == {code} for code, rows in ACTIONS.items())


def test_no_two_rows_of_an_action_are_about_the_same_state() -> None:
    for rows in ACTIONS.values():
        states = [state for row in rows for state in row.allowed_from]
        assert len(states) == len(set(states))


@pytest.mark.parametrize(("action", "status"), list(product(MOVES, Status)))
def test_every_action_in_every_state(action: str, status: Status) -> None:
    targets = MOVES[action].get(status)
    if targets is not None:
        assert check(action, status) == targets
        return
    with pytest.raises(TransitionRefused) as caught:
        check(action, status)
    refused = caught.value
    assert (refused.action, refused.status) == (action, status)
    assert refused.allowed_from == frozenset(MOVES[action])
    assert str(status) in str(refused)


@pytest.mark.parametrize(("action", "role"), list(product(PEOPLE, Role)))
def test_every_action_for_every_role(action: str, role: Role) -> None:
    others, own = PEOPLE[action]
    assert permits(action, roles={role}, is_assignee=False) is (role in others)
    assert permits(action, roles={role}, is_assignee=True) is (role in own)


@pytest.mark.parametrize(
    ("status", "others", "own"),
    [
        ("queued", TIER2, TIER2),
        ("assigned", {"manager"}, TIER2),
        ("waiting", {"manager"}, TIER2),
    ],
)
def test_out_of_somebody_elses_hands_only_a_manager_passes_a_ticket_on(
    status: str, others: set[str], own: set[str]
) -> None:
    for role, is_assignee in product(Role, (False, True)):
        offered = allowed_actions(status, roles={role}, is_assignee=is_assignee)
        assert ("transfer" in offered) is (role in (own if is_assignee else others))


@pytest.mark.parametrize("status", OPEN)
def test_an_agent_cancels_their_own_hand_over_until_tier_two_has_begun(status: str) -> None:
    for handed_over in (False, True):
        offered = allowed_actions(
            status, roles={"agent"}, is_assignee=False, handed_over=handed_over
        )
        assert ("cancel" in offered) is (handed_over and status in ("new", "queued"))


@pytest.mark.parametrize(
    ("status", "role", "is_assignee", "handed_over"),
    list(product(Status, Role, (False, True), (False, True))),
)
def test_what_is_offered_is_what_will_be_accepted(
    status: Status, role: Role, is_assignee: bool, handed_over: bool
) -> None:
    who = {"is_assignee": is_assignee, "handed_over": handed_over}
    offered = allowed_actions(status, roles=[role], **who)
    for action in ActionCode:
        try:
            check(action, status, roles=[role], **who)
        except (TransitionRefused, NotPermitted):
            assert action not in offered
        else:
            assert action in offered


ALWAYS = ("watch", "unwatch")


@pytest.mark.parametrize(
    ("status", "role", "is_assignee", "offered"),
    [
        (
            "queued",
            "advisor",
            False,
            ("claim", "note", "chase", "transfer", "merge", *ALWAYS, "reveal", "undo"),
        ),
        (
            "assigned",
            "advisor",
            True,
            (
                *("contact", "resolve", "wait", "return", "note", "chase", "transfer"),
                *("release", "merge", "cancel", *ALWAYS, "reveal", "undo"),
            ),
        ),
        (
            "waiting",
            "advisor",
            True,
            (
                *("contact", "resume", "note", "chase", "transfer", "merge", "cancel"),
                *(*ALWAYS, "reveal", "undo"),
            ),
        ),
        ("assigned", "advisor", False, ("note", "chase", "merge", *ALWAYS, "reveal", "undo")),
        (
            "assigned",
            "manager",
            False,
            (
                *("note", "chase", "transfer", "priority", "release", "merge", "cancel"),
                *(*ALWAYS, "reveal", "undo"),
            ),
        ),
        ("assigned", "agent", False, ("note", "chase", *ALWAYS, "undo")),
        ("returned", "agent", False, ("complete", "note", "chase", *ALWAYS, "undo")),
        ("resolved", "advisor", True, ("reopen", *ALWAYS, "reveal")),
        ("resolved", "agent", False, ("reopen", *ALWAYS)),
        ("closed", "manager", False, (*ALWAYS, "reveal")),
        ("queued", "editor", False, ()),
        ("assigned", "admin", True, ()),  # works through the manager's role it also holds
    ],
)
def test_offers_in_order(
    status: str, role: str, is_assignee: bool, offered: tuple[str, ...]
) -> None:
    assert allowed_actions(status, roles={role}, is_assignee=is_assignee) == offered


def test_roles_add_up() -> None:
    both = {"agent", "advisor"}
    assert permits("claim", roles=both, is_assignee=False)
    assert permits("contact", roles=both, is_assignee=True)
    assert not permits("contact", roles={"agent", "manager"}, is_assignee=False)
    assert not permits("note", roles=(), is_assignee=True)
    assert not permits("note", roles={"visitor"}, is_assignee=True)


def test_an_agent_who_became_assignee_by_accident_still_resolves_nothing() -> None:
    with pytest.raises(NotPermitted):
        check("resolve", "assigned", roles={"agent"}, is_assignee=True)


class TestWhichRefusalComesFirst:
    def test_a_role_that_never_may_learns_nothing_of_the_state(self) -> None:
        with pytest.raises(NotPermitted) as caught:
            check("claim", "closed", roles={"agent"})
        assert caught.value.action == "claim"

    def test_who_comes_second_learns_the_present_state(self) -> None:
        with pytest.raises(TransitionRefused):
            check("release", "queued", roles={"advisor"}, is_assignee=False)

    def test_somebody_elses_ticket(self) -> None:
        with pytest.raises(NotPermitted):
            check("release", "assigned", roles={"advisor"}, is_assignee=False)

    def test_the_desk_itself_is_bound_by_the_state_only(self) -> None:
        assert check("route", "new") == {Status.QUEUED}
        assert check("close", "resolved") == {Status.CLOSED}
        with pytest.raises(TransitionRefused):
            check("route", "queued")


@pytest.mark.parametrize(
    "call", [check, lambda a, s: allowed_actions(s, roles=(), is_assignee=True)]
)
def test_an_unknown_state_is_an_error(call: object) -> None:
    with pytest.raises(ValueError, match="lost"):
        call("note", "lost")  # type: ignore[operator]


def test_an_unknown_action_is_an_error() -> None:
    with pytest.raises(ValueError, match="explode"):
        check("explode", "new")
    with pytest.raises(ValueError, match="explode"):
        permits("explode", roles={"manager"}, is_assignee=True)


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        ACTIONS[ActionCode.NOTE] = ACTIONS[ActionCode.CLAIM]  # type: ignore[index]


ROWS = [row for rows in ACTIONS.values() for row in rows]


class TestShape:
    def test_from_new_every_state_can_be_reached(self) -> None:
        reached: set[Status] = set()
        frontier = {Status.NEW}
        while frontier:
            reached |= frontier
            frontier = {to for row in ROWS if row.allowed_from & reached for to in row.to} - reached
        assert reached == set(Status)

    def test_only_a_reopening_leads_back_and_nothing_out_of_an_ended_state(self) -> None:
        settled = set(Status) - OPEN_STATUSES
        out = {row.code for row in ROWS if row.allowed_from & settled and row.to - settled}
        assert out == {ActionCode.REOPEN}
        ended = settled - {Status.RESOLVED}
        assert not [row for row in ROWS if row.to and row.allowed_from & ended]

    def test_every_open_state_has_a_way_on(self) -> None:
        for state in OPEN_STATUSES:
            assert [row for row in ROWS if state in row.allowed_from and row.to - {state}]

    def test_only_an_assignees_action_can_let_others_in(self) -> None:
        for row in ROWS:
            assert row.for_others <= row.roles
            assert row.for_own_hand_over <= row.roles
            assert row.requires_assignee or not row.for_others


@pytest.mark.parametrize(("kind", "result"), list(product(ContactKind, ContactResult)))
def test_contacts(kind: ContactKind, result: ContactResult) -> None:
    possible = {
        ("call_back", "reached"),
        ("call_back", "no_answer"),
        ("call_back", "wrong_number"),
        ("call_back", "refused"),
        ("private_message", "sent"),
        ("private_message", "read"),
        ("private_message", "answered"),
    }
    kept = {
        ("call_back", "reached"),
        *(("private_message", each) for each in ("sent", "read", "answered")),
    }
    assert fits(kind, result) is ((kind, result) in possible)
    assert meets_promise(kind, result) is ((kind, result) in kept)


def test_every_kind_and_every_result_is_used() -> None:
    assert set(RESULTS) == set(ContactKind)
    assert frozenset().union(*RESULTS.values()) == set(ContactResult)


@pytest.mark.parametrize(("kind", "result"), [("fax", "sent"), ("call_back", "sung")])
def test_unknown_words_are_errors(kind: str, result: str) -> None:
    with pytest.raises(ValueError, match=r"fax|sung"):
        fits(kind, result)
    with pytest.raises(ValueError, match=r"fax|sung"):
        meets_promise(kind, result)


def test_resolution_codes_are_stable() -> None:
    assert {code.value for code in ResolutionCode} == {
        *("refunded", "fixed", "explained", "not_reproducible"),
        *("user_unreachable", "referred", "duplicate", "other"),
    }
