"""Two editors at one flow at the same instant: one wins, the other is told, nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from kb.models import Flow, FlowDraft, FlowVersion
from kb.services.flow_drafts import create_flow, discard_flow_draft, save_flow_draft
from kb.services.flow_publishing import publish_flow
from klingdesk.core.errors import Conflict, NotFound
from tests.concurrency.threads import at_once, held, in_background, outcome, wait_until_blocked
from tests.conftest import FLOW, NOW

pytestmark = pytest.mark.django_db(transaction=True)

CHANGED = FLOW.replace("请您先刷新页面再试。", "请您先刷新一下页面。")


def saving(editor: Any, text: str, expected: int) -> Callable[[], Any]:
    return partial(
        save_flow_draft,
        key="twice",
        text=text,
        acting_user=editor,
        now=NOW,
        expected_version=expected,
    )


def publishing(editor: Any, text: str, *, draft: int) -> Callable[[], Any]:
    return partial(
        publish_flow,
        key="twice",
        text=text,
        acting_user=editor,
        reason="改",
        now=NOW,
        expected_number=1,
        replaces_draft=draft,
    )


def test_of_two_first_saves_one_wins(questions: Any, editor: Any, admin_person: Any) -> None:
    results = at_once(saving(editor, "mine", 0), saving(admin_person, "theirs", 0))
    won = [result for result in results if isinstance(result, FlowDraft)]
    lost = [result for result in results if isinstance(result, Conflict)]
    assert (len(won), len(lost)) == (1, 1)
    assert lost[0].state == {"number": 1, "version": 1}
    assert FlowDraft.objects.get().text == won[0].text


def test_of_eight_saves_on_one_draft_one_wins(questions: Any, editor: Any) -> None:
    saving(editor, "before", 0)()
    results = at_once(*(saving(editor, f"text {n}", 1) for n in range(8)))
    kinds = Counter(type(result).__name__ for result in results)
    assert kinds == {"FlowDraft": 1, "Conflict": 7}
    assert FlowDraft.objects.get().version == 2


def test_of_two_publications_one_wins(questions: Any, editor: Any, admin_person: Any) -> None:
    other = CHANGED.replace("只有一个", "就一个")
    results = at_once(
        publishing(editor, CHANGED, draft=0), publishing(admin_person, other, draft=0)
    )
    kinds = Counter(type(result).__name__ for result in results)
    assert kinds == {"FlowVersion": 1, "Conflict": 1}
    assert FlowVersion.objects.count() == 2


def test_a_save_that_waited_for_a_publication_is_told(
    questions: Any, editor: Any, admin_person: Any
) -> None:
    saving(editor, "draft", 0)()
    with held(publishing(admin_person, CHANGED, draft=1)) as commit:
        waiting = in_background(saving(editor, "mine", 1))
        wait_until_blocked()
        assert isinstance(commit(), FlowVersion)
    told = outcome(waiting)
    assert isinstance(told, Conflict)
    assert told.state == {"number": 2, "version": 0}
    assert not FlowDraft.objects.exists()


def test_a_publication_that_waited_for_a_save_is_told(
    questions: Any, editor: Any, admin_person: Any
) -> None:
    saving(editor, "draft", 0)()
    with held(saving(editor, "mine", 1)) as commit:
        waiting = in_background(publishing(admin_person, CHANGED, draft=1))
        wait_until_blocked()
        assert isinstance(commit(), FlowDraft)
    told = outcome(waiting)
    assert isinstance(told, Conflict)
    assert told.state == {"number": 1, "version": 2}
    assert (FlowDraft.objects.get().text, FlowVersion.objects.count()) == ("mine", 1)


def test_a_save_that_waited_while_the_flow_was_thrown_away_is_told(desk: None, editor: Any) -> None:
    create_flow(key="twice", title="新", text="", acting_user=editor, now=NOW)
    discard = partial(discard_flow_draft, key="twice", acting_user=editor, expected_version=1)
    with held(discard) as commit:
        waiting = in_background(saving(editor, "mine", 1))
        wait_until_blocked()
        commit()
    assert isinstance(outcome(waiting), NotFound)
    assert not Flow.objects.exists()


def test_of_two_flows_with_one_key_one_is_made(desk: None, editor: Any) -> None:
    make = partial(create_flow, key="twice", title="新", text="", acting_user=editor, now=NOW)
    kinds = Counter(type(result).__name__ for result in at_once(make, make))
    assert kinds == {"FlowDraft": 1, "Conflict": 1}
    assert Flow.objects.count() == FlowDraft.objects.count() == 1
