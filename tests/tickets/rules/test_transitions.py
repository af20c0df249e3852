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

# Action → {state it fits: state afterwards}. What is not here must be refused.
MOVES = {
    "route": {"new": "queued"},
    "claim": {"queued": "assigned"},
    "release": {"assigned": "queued"},
    "contact": {"assigned": "assigned", "waiting": "waiting"},
    "resolve": {"assigned": "resolved"},
    "note": {s: s for s in ("new", "queued", "assigned", "waiting", "returned")},
    "chase": {s: s for s in ("new", "queued", "assigned", "waiting", "returned")},
    "reveal": {
        s: s
        for s in (
            *("new", "queued", "assigned", "waiting", "returned"),
            *("resolved", "closed", "merged", "cancelled"),
        )
    },
}

# Action → (roles that may on a ticket of somebody else or of nobody, roles that may on their own).
PEOPLE = {
    "route": ({"manager"}, {"manager"}),
    "claim": ({"advisor"}, {"advisor"}),
    "release": ({"manager"}, {"advisor", "manager"}),
    "contact": (set(), {"advisor", "manager"}),
    "resolve": (set(), {"advisor", "manager"}),
    "note": ({"agent", "advisor", "manager"}, {"agent", "advisor", "manager"}),
    "chase": ({"agent", "advisor", "manager"}, {"agent", "advisor", "manager"}),
    "reveal": ({"advisor", "manager"}, {"advisor", "manager"}),
}


def test_the_table_has_a_row_for_every_action_and_no_other() -> None:
    assert set(ACTIONS) == set(ActionCode) == set(MOVES) == set(PEOPLE)
    assert all(code is row.code for code, row in ACTIONS.items())


@pytest.mark.parametrize(("action", "status"), list(product(MOVES, Status)))
def test_every_action_in_every_state(action: str, status: Status) -> None:
    target = MOVES[action].get(status)
    if target is not None:
        assert check(action, status) == target
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
    ("status", "role", "is_assignee"), list(product(Status, Role, (False, True)))
)
def test_what_is_offered_is_what_will_be_accepted(
    status: Status, role: Role, is_assignee: bool
) -> None:
    offered = allowed_actions(status, roles=[role], is_assignee=is_assignee)
    for action in ActionCode:
        try:
            check(action, status, roles=[role], is_assignee=is_assignee)
        except (TransitionRefused, NotPermitted):
            assert action not in offered
        else:
            assert action in offered


@pytest.mark.parametrize(
    ("status", "role", "is_assignee", "offered"),
    [
        ("queued", "advisor", False, ("claim", "note", "chase", "reveal")),
        ("assigned", "advisor", True, ("contact", "resolve", "note", "chase", "release", "reveal")),
        ("assigned", "advisor", False, ("note", "chase", "reveal")),
        ("assigned", "manager", False, ("note", "chase", "release", "reveal")),
        ("assigned", "agent", False, ("note", "chase")),
        ("resolved", "advisor", True, ("reveal",)),
        ("resolved", "agent", False, ()),
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
        assert check("route", "new") is Status.QUEUED
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


class TestShape:
    def test_from_new_the_work_can_reach_resolved(self) -> None:
        reached, frontier = set(), {Status.NEW}
        while frontier:
            reached |= frontier
            frontier = {
                row.to for row in ACTIONS.values() if row.to and row.allowed_from & reached
            } - reached
        assert reached == {Status.NEW, Status.QUEUED, Status.ASSIGNED, Status.RESOLVED}

    def test_nothing_leads_out_of_a_settled_state(self) -> None:
        settled = set(Status) - OPEN_STATUSES
        assert settled == {"resolved", "closed", "merged", "cancelled"}
        assert not [row for row in ACTIONS.values() if row.to and row.allowed_from & settled]

    def test_every_state_change_has_one_meaning(self) -> None:
        """No two actions move a ticket between the same two states."""
        moves = [(a, row.to) for row in ACTIONS.values() if row.to for a in row.allowed_from]
        assert len(moves) == len(set(moves))

    def test_only_an_assignees_action_can_let_others_in(self) -> None:
        for row in ACTIONS.values():
            assert row.for_others <= row.roles
            assert row.requires_assignee or not row.for_others


@pytest.mark.parametrize(("kind", "result"), list(product(ContactKind, ContactResult)))
def test_contacts(kind: ContactKind, result: ContactResult) -> None:
    possible = {
        ("call_back", "reached"),
        ("call_back", "no_answer"),
        ("call_back", "wrong_number"),
        ("call_back", "refused"),
        ("private_message", "sent"),
    }
    kept = {("call_back", "reached"), ("private_message", "sent")}
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
