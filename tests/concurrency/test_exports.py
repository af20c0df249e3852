"""Exports are claimed while others cancel them: each ends one way, and no run breaks off."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from klingdesk.core.errors import Conflict
from klingdesk.core.roles import Role
from tests.concurrency.threads import at_once, held, in_background, outcome
from tests.conftest import NOW
from tickets.models import Export, Ticket
from tickets.models.export import ExportState
from tickets.services.export_pulse import LEASE
from tickets.services.exports import cancel_export, request_export, run_exports

pytestmark = pytest.mark.django_db(transaction=True)

QUICK = {"kind": "tickets", "query": "view=all", "file_format": "csv", "language": "en"}


def ask(user: Any) -> Export:
    return request_export(acting_user=user, now=NOW, **QUICK)


def cancel(export: Export) -> Callable[[], Export]:
    return partial(cancel_export, acting_user=export.owner, export_id=export.pk, now=NOW)


def states(*exports: Export) -> list[str]:
    return [Export.objects.get(pk=export.pk).state for export in exports]


@pytest.mark.parametrize("is_taken_up_again", [False, True])
def test_a_run_passes_by_what_is_being_cancelled(
    is_taken_up_again: bool, make_ticket: Callable[..., Ticket], manager: Any, person: Any
) -> None:
    make_ticket()
    given_up, other = ask(manager), ask(person("second", Role.MANAGER))
    now = NOW
    if is_taken_up_again:  # its worker died
        running = {"state": ExportState.RUNNING, "started_at": NOW, "claimed_until": NOW + LEASE}
        Export.objects.filter(pk=given_up.pk).update(attempts=1, **running)
        now += LEASE
    with held(cancel(given_up)) as commit:
        assert outcome(in_background(partial(run_exports, now=now))) == 1
        assert states(other) == [ExportState.DONE]
        assert commit().state == ExportState.CANCELLED
    assert run_exports(now=now) == 0
    assert states(given_up, other) == [ExportState.CANCELLED, ExportState.DONE]


@pytest.mark.parametrize("turn", range(5))
def test_whatever_comes_first_nothing_is_cancelled_and_written(
    turn: int, make_ticket: Callable[..., Ticket], manager: Any, person: Any
) -> None:
    make_ticket()
    owners = [manager, *(person(f"manager-{number}", Role.MANAGER) for number in range(3))]
    exports = [ask(owner) for owner in owners for _number in range(3)]
    run = partial(run_exports, now=NOW)
    done = at_once(run, *(cancel(export) for export in exports[turn % 2 :: 2]), run)
    run_exports(now=NOW)
    wrong = [each for each in done if isinstance(each, Exception)]
    assert all(isinstance(each, Conflict) for each in wrong), wrong  # it was written already
    cancelled = sum(isinstance(each, Export) for each in done)
    assert sorted(states(*exports)) == sorted(
        ["cancelled"] * cancelled + ["done"] * (len(exports) - cancelled)
    )
