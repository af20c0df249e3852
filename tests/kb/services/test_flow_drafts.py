"""Drafts of flows: kept whatever is wrong with them, never over somebody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kb.flows.source import SOURCE_LIMIT
from kb.models import Flow, FlowDraft
from kb.services.flow_drafts import create_flow, discard_flow_draft, save_flow_draft
from kb.services.flow_publishing import publish_flow
from klingdesk.core.errors import Conflict, Invalid, NotFound
from tests.conftest import FLOW, NOW

LATER = NOW + timedelta(hours=1)


def draft() -> FlowDraft:
    return FlowDraft.objects.get(flow__key="twice")


def save(editor: Any, text: str = FLOW, **values: Any) -> FlowDraft:
    return save_flow_draft(key="twice", text=text, acting_user=editor, now=NOW, **values)


# --- beginning ----------------------------------------------------------------------------------


def test_a_new_flow_is_a_draft_and_nothing_is_published(editor: Any) -> None:
    made = create_flow(key="lost-work", title=" 作品不见了 ", text="x", acting_user=editor, now=NOW)
    flow = Flow.objects.get(key="lost-work")
    assert (flow.title, flow.current, flow.versions.count()) == ("作品不见了", None, 0)
    assert (made.flow, made.text, made.version, made.base_number) == (flow, "x", 1, 0)
    assert (made.author, made.updated_at) == (editor, NOW)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"key": ""}, "key"),
        ({"key": "Upper"}, "key"),
        ({"key": "two--signs"}, "key"),
        ({"key": "中文"}, "key"),
        ({"key": "a\n"}, "key"),
        ({"key": "k" * 61}, "key"),
        ({"title": "  "}, "title"),
        ({"title": "长" * 81}, "title"),
        ({"text": "x" * (SOURCE_LIMIT + 1)}, "text"),
    ],
)
def test_a_new_flow_needs_a_key_and_a_title(
    values: dict[str, str], field: str, editor: Any
) -> None:
    given = {"key": "fine", "title": "好", "text": "", **values}
    with pytest.raises(Invalid) as refused:
        create_flow(**given, acting_user=editor, now=NOW)
    assert set(refused.value.fields) == {field}
    assert not Flow.objects.exists()


def test_a_key_is_given_once(questions: Any, editor: Any) -> None:
    with pytest.raises(Conflict):
        create_flow(key="twice", title="又一个", text="", acting_user=editor, now=NOW)
    assert Flow.objects.get().title == "测试：重复扣费"
    assert not FlowDraft.objects.exists()


# --- saving -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "nodes: [", "\tno: yaml", FLOW, "🙂" * 10])
def test_a_draft_is_kept_whatever_is_wrong_with_it(text: str, questions: Any, editor: Any) -> None:
    kept = save(editor, text, expected_version=0)
    assert (draft().text, kept.version, kept.base_number) == (text, 1, 1)
    assert Flow.objects.get().current.number == 1  # type: ignore[union-attr]


def test_each_save_counts_and_says_who(questions: Any, editor: Any, admin_person: Any) -> None:
    save(editor, "one", expected_version=0)
    save_flow_draft(
        key="twice", text="two", acting_user=admin_person, now=LATER, expected_version=1
    )
    kept = draft()
    assert (kept.version, kept.text, kept.author, kept.updated_at) == (
        *(2, "two", admin_person, LATER),
    )


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_a_save_on_an_older_draft_is_noticed(expected: int, questions: Any, editor: Any) -> None:
    save(editor, "one")
    save(editor, "two")
    with pytest.raises(Conflict) as noticed:
        save(editor, "mine", expected_version=expected)
    assert noticed.value.state == {"number": 1, "version": 2}
    assert draft().text == "two"


def test_a_save_on_a_draft_that_is_gone_is_noticed(questions: Any, editor: Any) -> None:
    with pytest.raises(Conflict) as noticed:
        save(editor, "mine", expected_version=4)
    assert noticed.value.state == {"number": 1, "version": 0}
    assert not FlowDraft.objects.exists()


def test_the_base_moves_only_when_the_writer_says_so(questions: Any, editor: Any) -> None:
    save(editor, "one")
    other = FLOW.replace("请您先刷新", "请先刷新")
    publish_flow(key="twice", text=other, acting_user=editor, reason="r", now=NOW)
    assert save(editor, "two", expected_version=1).base_number == 1
    assert save(editor, "three", expected_version=2, base_number=2).base_number == 2


def test_too_long_and_not_there(questions: Any, editor: Any) -> None:
    with pytest.raises(Invalid) as refused:
        save(editor, "x" * (SOURCE_LIMIT + 1))
    assert set(refused.value.fields) == {"text"}
    save(editor, "x" * SOURCE_LIMIT)
    with pytest.raises(NotFound):
        save_flow_draft(key="none", text="", acting_user=editor, now=NOW)


# --- throwing away ------------------------------------------------------------------------------


def test_what_is_published_outlives_its_draft(questions: Any, editor: Any) -> None:
    save(editor)
    discard_flow_draft(key="twice", acting_user=editor, expected_version=1)
    assert not FlowDraft.objects.exists()
    assert Flow.objects.get().current is not None


def test_a_flow_that_was_never_published_goes_with_its_draft(editor: Any) -> None:
    create_flow(key="idea", title="想法", text="", acting_user=editor, now=NOW)
    discard_flow_draft(key="idea", acting_user=editor, expected_version=1)
    assert not Flow.objects.exists()


def test_a_flow_that_a_question_uses_stays(questions: Any, editor: Any) -> None:
    create_flow(key="idea", title="想法", text="", acting_user=editor, now=NOW)
    questions["price"].flow = Flow.objects.get(key="idea")
    questions["price"].save(update_fields=["flow"])
    discard_flow_draft(key="idea", acting_user=editor, expected_version=1)
    assert Flow.objects.filter(key="idea").exists()
    assert not FlowDraft.objects.exists()


def test_nobody_throws_away_what_he_has_not_seen(questions: Any, editor: Any) -> None:
    save(editor, "one")
    save(editor, "two")
    with pytest.raises(Conflict):
        discard_flow_draft(key="twice", acting_user=editor, expected_version=1)
    assert draft().text == "two"
    discard_flow_draft(key="twice", acting_user=editor, expected_version=2)
    with pytest.raises(Conflict):
        discard_flow_draft(key="twice", acting_user=editor, expected_version=2)
    with pytest.raises(NotFound):
        discard_flow_draft(key="twice", acting_user=editor, expected_version=0)
    with pytest.raises(NotFound):
        discard_flow_draft(key="none", acting_user=editor, expected_version=0)
