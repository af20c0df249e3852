"""Applying: drafts only, all or none, once; and files that refuse to be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kb.models import (
    Category,
    Draft,
    DraftSource,
    ImportBatch,
    ImportState,
    Revision,
    StandardQuestion,
)
from kb.services.content import QuestionContent, published_content
from kb.services.drafts import save_draft, submit_draft
from kb.services.importing import (
    GivenFile,
    apply_import,
    default_choices,
    discard_import,
    propose_files,
    store_import,
)
from klingdesk.core.errors import Conflict, Invalid, NotFound
from tests.conftest import CANARY, NOW
from tests.kb.imports.documents import MARKDOWN_FORM, TEXT_FORM

TEXT = GivenFile("a.txt", TEXT_FORM.encode())
MARKDOWN = GivenFile("b.md", MARKDOWN_FORM.encode())


def stored(editor: Any, *files: GivenFile) -> ImportBatch:
    return store_import(files=files or (TEXT,), acting_user=editor, now=NOW)


def applied(editor: Any, *files: GivenFile) -> ImportBatch:
    batch = stored(editor, *files)
    choices = default_choices(batch.proposal)
    return apply_import(batch_id=batch.pk, choices=choices, acting_user=editor, now=NOW)


def row(text: str) -> GivenFile:
    return GivenFile("a.yaml", f"questions:\n  - {text}\n".encode())


def test_a_stored_import_changes_no_question(editor: Any) -> None:
    batch = stored(editor)
    assert (batch.state, batch.created_by) == (ImportState.PROPOSED, editor)
    assert batch.files[0]["name"] == "a.txt"
    assert len(batch.files[0]["digest"]) == 64
    assert batch.proposal["counts"]["new"] == 11
    assert not StandardQuestion.objects.exists()
    assert not Category.objects.exists()


def test_applied_entries_are_drafts_and_nothing_else(editor: Any) -> None:
    batch = applied(editor)
    assert (batch.state, batch.closed_by, batch.closed_at) == (ImportState.APPLIED, editor, NOW)
    drafts = Draft.objects.select_related("question")
    assert drafts.count() == 11
    assert {draft.source for draft in drafts} == {DraftSource.IMPORT}
    assert {draft.author for draft in drafts} == {editor}
    assert {draft.question.status for draft in drafts} == {"draft"}
    assert not Revision.objects.exists()
    assert not StandardQuestion.objects.known_to_agents().exists()
    assert Category.objects.filter(slug="pei-song-hui-yuan", title="配送会员").exists()


def test_the_same_file_again_is_the_same(editor: Any) -> None:
    applied(editor)
    counts = stored(editor).proposal["counts"]
    assert counts == {"new": 0, "changed": 0, "same": 11, "conflicting": 0, "not_understood": 2}


def test_the_other_edition_is_recognised_and_then_the_same(editor: Any) -> None:
    applied(editor)
    counts = stored(editor, MARKDOWN).proposal["counts"]
    assert (counts["new"], counts["changed"] + counts["same"]) == (1, 7)
    applied(editor, MARKDOWN)
    assert StandardQuestion.objects.count() == 12
    assert stored(editor, MARKDOWN).proposal["counts"]["same"] == 8


def test_an_applied_import_is_not_applied_again(editor: Any) -> None:
    batch = applied(editor)
    choices = default_choices(batch.proposal)
    for again in (
        lambda: apply_import(batch_id=batch.pk, choices=choices, acting_user=editor, now=NOW),
        lambda: discard_import(batch_id=batch.pk, acting_user=editor, now=NOW),
    ):
        with pytest.raises(Conflict) as caught:
            again()
        assert caught.value.state == {"state": "applied"}


def test_a_discarded_import_is_closed(editor: Any) -> None:
    batch = stored(editor)
    discard_import(batch_id=batch.pk, acting_user=editor, now=NOW)
    with pytest.raises(Conflict) as caught:
        apply_import(batch_id=batch.pk, choices={1: 0}, acting_user=editor, now=NOW)
    assert caught.value.state == {"state": "discarded"}
    assert not Draft.objects.exists()


def test_two_proposals_of_one_file_do_not_double_anything(editor: Any) -> None:
    first, second = stored(editor), stored(editor)
    choices = default_choices(first.proposal)
    apply_import(batch_id=first.pk, choices=choices, acting_user=editor, now=NOW)
    with pytest.raises(Conflict) as caught:
        apply_import(batch_id=second.pk, choices=choices, acting_user=editor, now=NOW)
    assert caught.value.code == "import.stale"
    assert StandardQuestion.objects.count() == 11


def test_a_question_that_moved_on_keeps_everything_out(editor: Any, questions: Any) -> None:
    batch = stored(editor, row("{key: price, title: 灵感值的价格, script: 新价}"), TEXT)
    save_draft(
        key="price",
        content=published_content(questions["price"]),
        acting_user=editor,
        now=NOW + timedelta(minutes=1),
    )
    with pytest.raises(Conflict) as caught:
        apply_import(
            batch_id=batch.pk,
            choices=default_choices(batch.proposal),
            acting_user=editor,
            now=NOW,
        )
    assert "灵感值的价格" in str(caught.value)
    assert caught.value.state["version"] == 1
    assert Draft.objects.count() == 1
    assert ImportBatch.objects.get(pk=batch.pk).state == ImportState.PROPOSED


@pytest.mark.parametrize("touched", ["corrected", "submitted"])
def test_what_somebody_made_of_an_imported_draft_is_not_taken_for_the_imports_own(
    editor: Any, touched: str
) -> None:
    applied(editor, row("{key: price, title: 灵感值多少钱, script: 旧价}"))
    later = NOW + timedelta(minutes=1)
    if touched == "corrected":
        draft = Draft.objects.get()
        content = replace(QuestionContent.from_json(draft.content), script="核实过的价格")
        save_draft(key="price", content=content, acting_user=editor, now=later, source=draft.source)
    else:
        submit_draft(key="price", acting_user=editor, now=later, expected_version=1)
    batch = stored(editor, row("{key: price, title: 灵感值多少钱, script: 新价}"))
    (entry,) = batch.proposal["entries"]
    assert (entry["kind"], entry["reasons"]) == ("conflicting", ["draft"])
    assert default_choices(batch.proposal) == {}


def test_an_import_follows_an_earlier_one_that_nobody_has_touched(editor: Any) -> None:
    applied(editor, row("{key: price, title: 灵感值多少钱, script: 旧价}"))
    batch = stored(editor, row("{key: price, title: 灵感值多少钱, script: 新价}"))
    assert [entry["kind"] for entry in batch.proposal["entries"]] == ["changed"]


def test_an_import_never_changes_what_is_published(editor: Any, questions: Any) -> None:
    file = row("{key: price, title: 灵感值的价格, script: 新价}")
    batch = applied(editor, file)
    price = StandardQuestion.objects.get(key="price")
    assert (price.script, price.status) == ("1 元可购买 10 灵感值。", "online")
    assert price.draft.content["script"] == "新价"
    assert price.draft.content["internal_note"] == CANARY
    assert price.draft.base_revision == 1
    assert batch.proposal["applied"] == {"1": 0}


def test_an_alternative_can_be_taken(editor: Any) -> None:
    files = (
        GivenFile("a.txt", "可灵 AI-怎么付款?\n\n您好,3 天内到账。\n".encode()),
        GivenFile("b.txt", "可灵 AI-怎么付款?\n\n您好,5 天内到账。\n".encode()),
    )
    batch = stored(editor, *files)
    assert default_choices(batch.proposal) == {}
    apply_import(batch_id=batch.pk, choices={1: 1}, acting_user=editor, now=NOW)
    assert Draft.objects.get().content["script"] == "您好，5 天内到账。"


@pytest.mark.parametrize("choices", [{}, {99: 0}, {1: 5}, {1: -1}])
def test_choices_that_are_none(editor: Any, choices: dict[int, int]) -> None:
    batch = stored(editor)
    with pytest.raises(Invalid) as caught:
        apply_import(batch_id=batch.pk, choices=choices, acting_user=editor, now=NOW)
    assert "take" in caught.value.fields


def test_there_is_no_such_import(editor: Any) -> None:
    with pytest.raises(NotFound):
        apply_import(batch_id=404, choices={1: 0}, acting_user=editor, now=NOW)


# --- what cannot be imported ---------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{title: 甲, flow: nowhere}", "unknown_flow"),
        (f"{{title: 甲, attachments: [{{digest: {'a' * 64}, title: 图}}]}}", "unknown_attachment"),
        (f"{{title: {'长' * 121}}}", "refused"),
        ("{title: 甲, script: '{{unknown}}'}", "refused"),
        ("{title: 甲, follow_ups: [{question: 乙, script: ''}]}", "refused"),
        ("{title: 甲, phrasings: [乙, 乙]}", "refused"),
    ],
)
def test_an_entry_that_could_be_no_draft_is_listed_with_its_line(
    db: None, text: str, code: str
) -> None:
    proposal = propose_files([row(text)])
    (passage,) = proposal["not_understood"]
    assert (passage["code"], passage["file"], passage["line"]) == (code, "a.yaml", 2)
    assert proposal["counts"]["new"] == 0


def test_every_problem_of_every_file_is_told_at_once(db: None) -> None:
    files = [TEXT, GivenFile("b.pdf", b"x"), row("{titel: 甲}")]
    with pytest.raises(Invalid) as caught:
        propose_files(files)
    messages = [str(message) for message in caught.value.fields["files"]]
    assert len(messages) == 3
    assert messages[0].startswith("b.pdf")
    assert all("a.yaml" in message and "2" in message for message in messages[1:])


@pytest.mark.parametrize("files", [[], [TEXT] * 21])
def test_no_file_and_too_many(db: None, files: list[GivenFile]) -> None:
    with pytest.raises(Invalid):
        propose_files(files)
