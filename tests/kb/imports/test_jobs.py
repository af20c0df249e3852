"""Imports as jobs: read by a worker, taken up again, given up, refused in words, saved."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import translation

from kb import tasks
from kb.imports.entries import Code
from kb.models import Draft, ImportBatch, ImportState, StandardQuestion
from kb.models.import_batch import ImportUpload
from kb.services import import_claims, import_jobs
from kb.services.import_apart import Found
from kb.services.import_claims import LEASE, MOST_AT_ONCE, Claim, Pulse, TakenAway, claim_next
from kb.services.import_jobs import (
    MOST_ATTEMPTS,
    MOST_WAITING,
    begin_comparison,
    begin_saving,
    choices_of,
    work_on_imports,
)
from kb.services.import_notices import WAITED_FOR
from kb.services.import_words import told_problems
from kb.services.importing import (
    GivenFile,
    apply_import,
    default_choices,
    discard_import,
    store_import,
)
from klingdesk.core.errors import Conflict, Invalid
from notices.selectors import notices_for
from notices.words import in_words
from tests.conftest import LONGER_THAN_TESTS, NOW
from tests.kb.imports.documents import MARKDOWN_FORM, TEXT_FORM
from tests.kb.imports.jobs import begun, offered, worked_on

TEXT = offered("a.txt", TEXT_FORM)
BROKEN = offered("b.yaml", "a: &x 1\n")


@pytest.fixture
def nothing_read(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The worker reads nothing in these tests; what it would have read is in the list."""
    asked: list[Any] = []

    def read_apart(**wanted: Any) -> Found:
        asked.append(wanted)
        return Found(None, [])

    monkeypatch.setattr(import_jobs, "read_apart", read_apart)
    return asked


def proposed(editor: Any, *, language: str = "en") -> ImportBatch:
    files = [GivenFile("a.txt", TEXT_FORM.encode())]
    batch = store_import(files=files, acting_user=editor, now=NOW)
    ImportBatch.objects.update(language=language)
    return batch


def saving(editor: Any, batch: ImportBatch, **changes: Any) -> ImportBatch:
    values = {"choices": default_choices(batch.proposal), "language": "en", "now": NOW}
    return begin_saving(batch_id=batch.pk, acting_user=editor, **{**values, **changes})


# --- reading ------------------------------------------------------------------------------------


def test_files_are_kept_then_read_into_the_same_proposal_as_on_the_command_line(
    editor: Any,
) -> None:
    batch = begun(editor, TEXT, offered("b.md", MARKDOWN_FORM))
    assert (batch.state, batch.step, batch.steps) == (ImportState.READING, 0, 2)
    assert [file["name"] for file in batch.files] == ["a.txt", "b.md"]
    assert ImportUpload.objects.count() == 2
    assert not StandardQuestion.objects.exists()

    batch = worked_on(batch)
    assert (batch.state, batch.closed_at, batch.problems) == (ImportState.PROPOSED, None, [])
    assert not ImportUpload.objects.exists()
    known = [GivenFile("a.txt", TEXT_FORM.encode()), GivenFile("b.md", MARKDOWN_FORM.encode())]
    same = store_import(files=known, acting_user=editor, now=NOW)
    same.refresh_from_db()
    assert batch.files == same.files
    for part in ("read", "entries", "not_understood", "counts"):
        assert batch.proposal[part] == same.proposal[part]


def test_what_cannot_be_read_is_told_in_the_language_of_whoever_looks(
    editor: Any, chinese: None
) -> None:
    batch = worked_on(begun(editor, TEXT, BROKEN, offered("c.csv", "titel\n甲\n")))
    assert (batch.state, batch.closed_at is None, batch.proposal) == ("refused", False, {})
    assert not ImportUpload.objects.exists()
    assert [each["code"] for each in batch.problems] == [
        *(Code.YAML_ALIAS, Code.UNKNOWN_COLUMN, Code.NO_TITLE_COLUMN)
    ]
    with translation.override("en"):
        first, *_others = told_problems(batch.problems)
        assert first.startswith("b.yaml, line 1: Anchors and aliases")
    first, *_others = told_problems(batch.problems)
    assert "b.yaml" in first
    assert "Anchors" not in first


def test_names_and_sizes_are_refused_at_once(editor: Any) -> None:
    with pytest.raises(Invalid) as caught:
        begun(editor, offered("a.mp3", "x"), offered("b.txt", ""), TEXT)
    assert len(caught.value.fields["files"]) == 2
    assert not ImportBatch.objects.exists()


def test_one_person_has_so_many_waiting(editor: Any, admin_person: Any) -> None:
    for _number in range(MOST_WAITING):
        begun(editor, TEXT)
    with pytest.raises(Conflict) as caught:
        begun(editor, TEXT)
    assert caught.value.state == {"unfinished": MOST_WAITING}
    begun(admin_person, TEXT)


def test_an_import_may_be_discarded_while_it_is_read(editor: Any) -> None:
    batch = begun(editor, TEXT)
    claimed = claim_next(NOW)
    assert claimed is not None
    discard_import(batch_id=batch.pk, acting_user=editor, now=NOW)
    assert not ImportUpload.objects.exists()
    import_jobs._run(Claim(claimed, lambda: NOW))  # its worker goes on, and notices
    batch.refresh_from_db()
    assert (batch.state, batch.proposal) == (ImportState.DISCARDED, {})


def test_comparing_again_needs_no_file_and_forgets_what_was_ticked(editor: Any) -> None:
    first, second = proposed(editor), proposed(editor)
    choices = default_choices(first.proposal)
    apply_import(batch_id=first.pk, choices=choices, acting_user=editor, now=NOW)
    second = worked_on(saving(editor, second))
    assert (second.state, choices_of(second)) == (ImportState.PROPOSED, choices)
    assert [each["code"] for each in second.problems] == [Code.STALE]
    begin_comparison(batch_id=second.pk, acting_user=editor, language="en", now=NOW)
    second = worked_on(second)
    assert (second.state, second.proposal["counts"]["same"]) == (ImportState.PROPOSED, 11)
    assert (choices_of(second), second.problems) == ({}, [])
    assert second.files == first.files


def test_a_comparison_that_fails_keeps_the_proposal(editor: Any, nothing_read: list[Any]) -> None:
    batch = proposed(editor)
    begin_comparison(batch_id=batch.pk, acting_user=editor, language="en", now=NOW)
    assert worked_on(batch).proposal == batch.proposal
    assert [wanted["files"] for wanted in nothing_read] == [[]]


# --- workers that die ---------------------------------------------------------------------------


def test_a_job_whose_worker_died_is_begun_anew_and_the_first_one_changes_nothing(
    editor: Any,
) -> None:
    batch = begun(editor, TEXT)
    first = claim_next(NOW)
    assert first is not None
    assert work_on_imports(now=NOW + LEASE / 2) == 0
    batch = worked_on(batch, now=NOW + LEASE)
    assert (batch.state, batch.attempts) == (ImportState.PROPOSED, 2)
    with pytest.raises(TakenAway):
        Claim(first, lambda: NOW).hold(1)


def test_a_job_that_kills_its_workers_is_given_up(editor: Any) -> None:
    batch, now = begun(editor, TEXT), NOW
    for _attempt in range(MOST_ATTEMPTS):
        assert claim_next(now) is not None
        now += LEASE
    batch = worked_on(batch, now=now)
    assert (batch.state, [each["code"] for each in batch.problems]) == ("refused", ["gave_up"])
    assert not ImportUpload.objects.exists()


def test_a_database_that_goes_away_costs_one_attempt(
    editor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(**_wanted: Any) -> Found:
        raise OperationalError("server closed the connection")

    batch = begun(editor, TEXT)
    monkeypatch.setattr(import_jobs, "read_apart", gone)
    assert work_on_imports(now=NOW) == 1
    batch.refresh_from_db()
    assert (batch.state, batch.attempts) == (ImportState.READING, 1)
    assert ImportUpload.objects.exists()


def test_a_mistake_of_ours_is_told_and_holds_nobody_up(
    editor: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_wanted: Any) -> Found:
        raise RuntimeError("a mistake")

    batches = [begun(editor, TEXT), begun(editor, TEXT)]
    monkeypatch.setattr(import_jobs, "read_apart", broken)
    tasks.work_on_imports()
    for batch in batches:
        batch.refresh_from_db()
        assert (batch.state, batch.problems[0]["code"]) == ("refused", "broken")
    assert "could not be worked on" in caplog.text


def test_so_many_at_once_in_the_whole_desk(editor: Any, admin_person: Any) -> None:
    for person in (editor, admin_person, editor):
        begun(person, TEXT)
    held = [claim_next(NOW) for _number in range(MOST_AT_ONCE)]
    assert None not in held
    assert claim_next(NOW) is None
    assert claim_next(NOW + LEASE) is not None


def test_the_oldest_comes_first(editor: Any, nothing_read: list[Any]) -> None:
    late = begun(editor, offered("late.txt", "x"), now=NOW + timedelta(minutes=1))
    begun(editor, offered("early.txt", "x"))
    worked_on(late, now=NOW + timedelta(minutes=2))
    assert [wanted["files"][0].name for wanted in nothing_read] == ["early.txt", "late.txt"]


def test_progress_is_told_when_there_is_some_and_holds_the_lease(
    editor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = begun(editor, TEXT, TEXT)
    claimed = claim_next(NOW)
    assert claimed is not None
    later = NOW + timedelta(seconds=30)
    claim = Claim(claimed, lambda: later)
    monkeypatch.setattr(import_claims, "BEAT_SECONDS", LONGER_THAN_TESTS)
    claim.tell(0)
    batch.refresh_from_db()
    assert (batch.step, batch.claimed_until) == (0, NOW + LEASE)
    claim.tell(1)
    batch.refresh_from_db()
    assert (batch.step, batch.claimed_until) == (1, later + LEASE)
    later += timedelta(seconds=30)
    monkeypatch.setattr(import_claims, "BEAT_SECONDS", 0)
    claim.tell(1)
    batch.refresh_from_db()
    assert batch.claimed_until == later + LEASE


# --- saving -------------------------------------------------------------------------------------


def test_what_was_chosen_is_saved_as_drafts_by_a_worker(editor: Any, admin_person: Any) -> None:
    batch = proposed(editor)
    saving(admin_person, batch, choices={1: 0, 3: 0})
    assert not Draft.objects.exists()
    batch = worked_on(batch)
    assert (batch.state, batch.closed_by) == ("applied", admin_person)
    assert batch.proposal["applied"] == {"1": 0, "3": 0}
    assert {draft.author for draft in Draft.objects.all()} == {admin_person}
    # The next import knows them as nobody's text yet.
    again = proposed(editor).proposal
    assert (again["counts"]["same"], again["counts"]["conflicting"]) == (2, 0)


def test_what_cannot_be_saved_saves_nothing_and_keeps_the_choice(editor: Any) -> None:
    batch = proposed(editor)
    entry = batch.proposal["entries"][2]
    entry["content"]["script"] = "{{unknown}}"
    batch.save(update_fields=["proposal"])
    batch = worked_on(saving(editor, batch))
    assert (batch.state, len(choices_of(batch))) == (ImportState.PROPOSED, 11)
    (line,) = told_problems(batch.problems)
    assert line.startswith(f"“{entry['title']}” cannot be saved, so nothing was applied: ")
    assert not Draft.objects.exists()
    assert not StandardQuestion.objects.exists()


@pytest.mark.parametrize("choices", [{}, {99: 0}, {1: 5}])
def test_a_choice_that_is_none_is_refused_at_once(editor: Any, choices: dict[int, int]) -> None:
    batch = proposed(editor)
    with pytest.raises(Invalid):
        saving(editor, batch, choices=choices)
    batch.refresh_from_db()
    assert batch.state == ImportState.PROPOSED


def test_nobody_interferes_while_it_is_saved(editor: Any) -> None:
    batch = proposed(editor)
    saving(editor, batch)
    for again in (
        lambda: saving(editor, batch),
        lambda: discard_import(batch_id=batch.pk, acting_user=editor, now=NOW),
        lambda: begin_comparison(batch_id=batch.pk, acting_user=editor, language="en", now=NOW),
    ):
        with pytest.raises(Conflict) as caught:
            again()
        assert caught.value.state == {"state": "applying"}


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_was_taken_for_dead_saves_nothing(editor: Any) -> None:
    batch = proposed(editor)
    saving(editor, batch)
    first = claim_next(NOW)
    second = claim_next(NOW + LEASE)
    assert first is not None
    assert second is not None
    import_jobs._run(Claim(first, lambda: NOW))
    assert not Draft.objects.exists()
    import_jobs._run(Claim(second, lambda: NOW))
    assert Draft.objects.count() == 11


@pytest.mark.django_db(transaction=True)
def test_saving_is_told_from_outside_of_its_transaction(editor: Any) -> None:
    batch = proposed(editor)
    saving(editor, batch)
    claimed = claim_next(NOW)
    assert claimed is not None
    told = threading.Event()
    claim = Claim(claimed, lambda: NOW)
    hold = claim.hold

    def holding(step: int) -> None:
        hold(step)
        told.set()

    claim.hold = holding  # type: ignore[method-assign]
    with Pulse(claim, beat=0.05) as pulse, connection.cursor() as cursor:
        pulse.count()
        cursor.execute("SELECT 1")
        told.clear()
        assert told.wait(10)
        batch.refresh_from_db()
        assert batch.step == 1
        ImportBatch.objects.update(attempts=9)
        assert pulse._lost.wait(10)
        with pytest.raises(TakenAway):
            pulse.count()


# --- telling ------------------------------------------------------------------------------------


def words_for(person: Any) -> list[str]:
    return [in_words(notice.code, notice.params) for notice in notices_for(person)]


def test_whoever_has_left_is_told_in_the_inbox_and_whoever_stayed_is_not(editor: Any) -> None:
    late = NOW + WAITED_FOR
    worked_on(begun(editor, TEXT))
    assert words_for(editor) == []
    batch = worked_on(begun(editor, TEXT), now=late)
    refused = worked_on(begun(editor, BROKEN), now=late)
    assert set(words_for(editor)) == {
        "The import of a.txt was read and waits for your review.",
        "The files of the import of b.yaml cannot be read; its page says why.",
    }
    assert {notice.path for notice in notices_for(editor)} == {
        f"/admin/kb-imports/{each.pk}/" for each in (batch, refused)
    }


def test_saving_is_told_to_whoever_asked_for_it(editor: Any, admin_person: Any) -> None:
    late = NOW + WAITED_FOR
    first, second = proposed(editor), proposed(editor)
    worked_on(saving(admin_person, first), now=late)
    worked_on(saving(admin_person, second), now=late)
    assert set(words_for(admin_person)) == {
        "The import of a.txt was saved: 11 drafts.",
        "Nothing of the import of a.txt was saved; its page says why.",
    }
    assert words_for(editor) == []
