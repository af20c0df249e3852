"""``kb_import`` and ``kb_export`` as they are used in a terminal and by programs."""

from __future__ import annotations

import io
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from kb.models import Draft, ImportBatch, StandardQuestion
from tests.kb.imports.documents import MARKDOWN_FORM, TEXT_FORM

SEEDS = os.environ.get("KLINGDESK_SEEDS", "")
"""A folder with real support documents; the tests that need them are skipped without it."""


@pytest.fixture
def text(tmp_path: Path) -> str:
    path = tmp_path / "a.txt"
    path.write_text(TEXT_FORM, encoding="utf-8")
    return str(path)


@pytest.fixture
def markdown(tmp_path: Path) -> str:
    path = tmp_path / "b.md"
    path.write_text(MARKDOWN_FORM, encoding="utf-8")
    return str(path)


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def as_json(*files: str, options: tuple[str, ...] = ("--dry-run",)) -> dict[str, Any]:
    proposal = json.loads(run("kb_import", *files, *options, "--json"))
    assert isinstance(proposal, dict)
    return proposal


def test_a_dry_run_for_programs_stores_nothing(db: None, text: str) -> None:
    proposal = as_json(text)
    assert proposal["counts"]["new"] == len(proposal["entries"]) == 11
    assert proposal["files"][0]["name"] == "a.txt"
    assert proposal["not_understood"][0]["line"] == 2
    assert "read" not in proposal
    assert not ImportBatch.objects.exists()


def test_by_default_a_proposal_is_stored_for_review(db: None, text: str) -> None:
    said = run("kb_import", text)
    batch = ImportBatch.objects.get()
    assert f"/admin/kb-imports/{batch.pk}/" in said
    assert (batch.state, batch.created_by) == ("proposed", None)
    assert not StandardQuestion.objects.exists()


def test_applying_at_once(editor: Any, text: str, markdown: str) -> None:
    assert "11" in run("kb_import", text, "--apply", "--author", "editor")
    assert Draft.objects.filter(source="import", author=editor).count() == 11
    proposal = as_json(text, options=("--apply", "--author", "editor"))
    assert proposal["counts"]["same"] == 11
    assert Draft.objects.count() == 11
    kinds = Counter(entry["kind"] for entry in as_json(markdown)["entries"])
    assert kinds["new"] == 1


@pytest.mark.parametrize(
    "options",
    [
        ("--apply",),
        ("--apply", "--dry-run"),
        ("--apply", "--author", "nobody"),
        ("--author", "agent"),
    ],
)
def test_options_that_do_not_fit(agent: Any, text: str, options: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run("kb_import", text, *options)
    assert not ImportBatch.objects.exists()


def test_files_that_cannot_be_read(db: None, text: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: &x 1\n")
    with pytest.raises(CommandError, match=r"broken\.yaml"):
        run("kb_import", text, str(broken))
    with pytest.raises(CommandError, match=r"missing\.txt"):
        run("kb_import", str(tmp_path / "missing.txt"))
    large = tmp_path / "large.txt"
    with large.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    with pytest.raises(CommandError, match="50"):
        run("kb_import", str(large))
    assert not ImportBatch.objects.exists()


def test_export_and_back(questions: Any, tmp_path: Path) -> None:
    for form in ("yaml", "xlsx", "csv"):
        path = str(tmp_path / f"x.{form}")
        assert run("kb_export", "--format", form, "-o", path) == ""
        assert as_json(path)["counts"]["same"] == 2
    assert "twice-charged" in run("kb_export")
    assert "twice-charged" in run("kb_export", "--format", "csv")


def test_exports_that_go_nowhere(questions: Any, tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        run("kb_export", "--format", "xlsx")
    with pytest.raises(CommandError, match="no-folder"):
        run("kb_export", "-o", str(tmp_path / "no-folder" / "x.yaml"))


@pytest.mark.skipif(not SEEDS, reason="KLINGDESK_SEEDS names no folder")
def test_the_real_documents(editor: Any) -> None:
    first, second = (str(next(Path(SEEDS).glob(f"{number}_*"))) for number in ("000", "001"))
    found = as_json(first, options=("--apply", "--author", "editor"))
    assert len(found["applied"]) >= 60
    again = as_json(second)
    kinds = Counter(entry["kind"] for entry in again["entries"])
    assert sum(kinds.values()) >= 55
    assert kinds["same"] + kinds["changed"] >= 50
    internal = ("流转二线", "建单", "本框", "举个例子", "外传", "不透露", "核实清楚", "详细记录")
    said = [
        text
        for entry in (*found["entries"], *again["entries"])
        for text in (
            entry["content"]["script"],
            *(item["script"] for item in entry["content"]["follow_ups"]),
        )
    ]
    assert not [text for text in said if any(word in text for word in internal)]
