"""Two editors at the same gap: one decision, and the other one is told about it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from kb.models import Draft, HandledGap
from kb.services.gaps import ignore_gap, make_question
from kb.services.search_log import log_search
from klingdesk.core.errors import Conflict
from klingdesk.core.roles import Role
from tests.concurrency.threads import at_once, held, in_background, outcome, wait_until_blocked
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_of_them_decides(agent: Any, person: Any, questions: Any) -> None:
    entry = log_search(acting_user=agent, words="打车发票", now=NOW, channel="console")
    editors = [person(f"editor-{number}", Role.EDITOR) for number in range(4)]
    done = at_once(
        *(
            partial(
                make_question,
                group_key=entry.group_key,
                words="打车发票",
                category="",
                acting_user=editor,
                now=NOW,
            )
            for editor in editors
        )
    )
    assert sorted(type(each).__name__ for each in done) == ["Conflict"] * 3 + ["Draft"]
    assert Draft.objects.count() == HandledGap.objects.count() == 1


def test_the_second_one_waits_and_is_told(editor: Any, admin_person: Any, questions: Any) -> None:
    entry = log_search(acting_user=editor, words="打车发票", now=NOW, channel="console")
    first = partial(ignore_gap, group_key=entry.group_key, acting_user=editor, now=NOW)
    second = partial(ignore_gap, group_key=entry.group_key, acting_user=admin_person, now=NOW)
    with held(first):
        waiting = in_background(second)
        wait_until_blocked()
    told = outcome(waiting)
    assert isinstance(told, Conflict)
    assert "editor" in str(told)
