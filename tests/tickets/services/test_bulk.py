"""Many tickets at once: a word about each, and none holds up the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from klingdesk.core.errors import Invalid, NotAllowed
from tests.conftest import NOW
from tests.tickets.services.steps import fresh, resolved, taken
from tickets.models import Ticket
from tickets.services.bulk import bulk_priority, bulk_transfer

Make = Callable[..., Ticket]


def test_each_ticket_gets_its_own_answer(
    make_ticket: Make, manager: Any, advisor: Any, advisor2: Any
) -> None:
    free, busy, done, own = (make_ticket() for _n in range(4))
    taken(busy, advisor)
    resolved(done, advisor)
    taken(own, advisor2)
    numbers = [free.number, "T99999999", busy.number, done.number, own.number, free.number]
    rows = bulk_transfer(
        numbers=numbers, acting_user=manager, person="advisor2", reason="请假代班", now=NOW
    )
    assert [(row.number, row.ok, row.code) for row in rows] == [
        (free.number, True, ""),
        ("T99999999", False, "not_found"),
        (busy.number, True, ""),
        (done.number, False, "wrong_state"),
        (own.number, False, "invalid"),
    ]
    assert all(row.ok or str(row.message) for row in rows)
    assert "already" in str(rows[4].message)
    assert {fresh(each).assignee for each in (free, busy, own)} == {advisor2}
    assert fresh(done).assignee == advisor


def test_to_a_queue(make_ticket: Make, manager: Any) -> None:
    tickets = [make_ticket() for _n in range(2)]
    rows = bulk_transfer(
        numbers=[each.number for each in tickets],
        acting_user=manager,
        team="safety",
        skill="fraud",
        reason="归口",
        now=NOW,
    )
    assert all(row.ok for row in rows)
    assert {(fresh(each).team.slug, fresh(each).skill) for each in tickets} == {  # type: ignore[union-attr]
        ("safety", "fraud")
    }


def test_priorities(make_ticket: Make, manager: Any) -> None:
    low, high = make_ticket(), make_ticket()
    Ticket.objects.filter(pk=high.pk).update(priority=2)
    rows = bulk_priority(
        numbers=[low.number, high.number],
        acting_user=manager,
        priority=2,
        reason="大促",
        now=NOW,
    )
    assert [row.ok for row in rows] == [True, False]
    assert fresh(low).priority == 2


@pytest.mark.parametrize("who", ["advisor", "agent"])
def test_only_managers(who: str, request: pytest.FixtureRequest, make_ticket: Make) -> None:
    number = make_ticket().number
    user = request.getfixturevalue(who)
    with pytest.raises(NotAllowed):
        bulk_transfer(numbers=[number], acting_user=user, team="safety", reason="转", now=NOW)
    with pytest.raises(NotAllowed):
        bulk_priority(numbers=[number], acting_user=user, priority=1, reason="急", now=NOW)


@pytest.mark.parametrize(
    ("numbers", "changes", "field"),
    [
        ([], {}, "numbers"),
        ([f"T{n:08d}" for n in range(1, 502)], {}, "numbers"),
        (["T1"], {"reason": ""}, "reason"),
        (["T1"], {"team": "nowhere"}, "team"),
        (["T1"], {"person": "advisor"}, "team"),
    ],
)
def test_what_is_wrong_for_all_is_told_once(
    numbers: list[str], changes: dict[str, Any], field: str, manager: Any
) -> None:
    values: dict[str, Any] = {"team": "safety", "reason": "归口", **changes}
    with pytest.raises(Invalid) as wrong:
        bulk_transfer(numbers=numbers, acting_user=manager, now=NOW, **values)
    assert list(wrong.value.fields) == [field]


def test_a_priority_that_is_none(make_ticket: Make, manager: Any) -> None:
    with pytest.raises(Invalid) as wrong:
        bulk_priority(
            numbers=[make_ticket().number], acting_user=manager, priority=9, reason="", now=NOW
        )
    assert set(wrong.value.fields) == {"priority", "reason"}


def test_five_hundred_at_most_and_as_many_as_that(manager: Any) -> None:
    rows = bulk_priority(
        numbers=[f"T{n:08d}" for n in range(1, 501)],
        acting_user=manager,
        priority=1,
        reason="急",
        now=NOW,
    )
    assert [row.ok for row in rows] == [False] * 500
