"""Many questions changed at once, while others change some of them: nobody ends in a deadlock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from kb.models import StandardQuestion
from kb.services.bulk import assign_owner
from kb.services.content import QuestionContent, published_content
from kb.services.importing import GivenFile, apply_import, store_import
from kb.services.publishing import lock_questions, publish_question
from tests.concurrency.threads import held, in_background, outcome, wait_until_blocked
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = """
questions:
  - {key: price, title: 灵感值的价格, script: 新价}
  - {key: twice-charged, title: 生成一次被扣了多次灵感值, script: 新话术}
"""


def publishing(question: StandardQuestion) -> Callable[[], Any]:
    content: QuestionContent = replace(published_content(question), script="改")
    return partial(
        publish_question,
        key=question.key,
        content=content,
        acting_user=None,
        reason="test",
        now=NOW,
    )


def importing(editor: Any) -> Callable[[], Any]:
    """Its entries come by key: ``price`` first, which is the second row of the table."""
    batch = store_import(files=[GivenFile("a.yaml", ROWS.encode())], acting_user=editor, now=NOW)
    return partial(
        apply_import, batch_id=batch.pk, choices={1: 0, 2: 0}, acting_user=editor, now=NOW
    )


def test_an_import_waits_for_the_first_row_before_it_holds_another(
    editor: Any, questions: dict[str, StandardQuestion]
) -> None:
    apply = importing(editor)
    with held(partial(lock_questions, ["twice-charged"])) as commit:
        waiting = in_background(apply)
        wait_until_blocked()
        published = outcome(in_background(publishing(questions["price"])))
        assert published.revision_number == 2, "the import holds nothing of it yet"
        commit()
    assert outcome(waiting).code == "import.stale"


def test_a_change_to_many_lets_whoever_publishes_one_of_them_finish(
    editor: Any, questions: dict[str, StandardQuestion]
) -> None:
    rows = {"price": 1, "twice-charged": 1}
    change = partial(
        assign_owner, rows=rows, owner="editor", acting_user=editor, reason="接手", now=NOW
    )
    with held(publishing(questions["twice-charged"])) as commit:
        waiting = in_background(change)
        wait_until_blocked()
        commit()
    problems = {row.key: bool(row.problem) for row in outcome(waiting)}
    assert problems == {"price": False, "twice-charged": True}
