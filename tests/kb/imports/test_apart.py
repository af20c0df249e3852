"""Files that take minutes and gigabytes end the process that reads them, and no other."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kb.imports.apart import _tell
from kb.imports.entries import Code
from kb.imports.proposal import Knowledge
from kb.services import import_apart
from kb.services.import_apart import Offered, read_apart
from tests.kb.imports.documents import TEXT_FORM
from tests.kb.imports.jobs import offered

NOTHING_KNOWN = Knowledge(questions=[], categories={})
TEXT = offered("a.txt", TEXT_FORM)
SLOW = offered("slow.txt", "可灵 AI-怎么付款?\n\n您好,3 天内到账。\n\n" * 130_000)
LARGE = offered("large.yaml", f"questions: [{{title: 甲, phrasings: [{'乙, ' * 100_000}]}}]\n")


def read(*files: Offered, tell: Callable[[int], None] = lambda _done: None) -> import_apart.Found:
    return read_apart(files=files, read=None, knowledge=NOTHING_KNOWN, tell=tell)


def codes(found: import_apart.Found) -> list[tuple[str, str]]:
    assert found.proposal is None
    return [(each["file"], each["code"]) for each in found.problems]


def test_how_many_files_are_done_is_told() -> None:
    told: list[int] = []
    found = read(TEXT, offered("b.txt", TEXT_FORM), tell=told.append)
    assert found.proposal is not None
    assert [file["name"] for file in found.proposal["files"]] == ["a.txt", "b.txt"]
    assert told == sorted(told)
    assert set(told) <= {0, 1, 2}


def test_a_file_that_takes_too_long_is_named_beside_what_was_found_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(import_apart, "MOST_SECONDS", 3)
    broken = offered("b.yaml", "a: &x 1\n")
    assert codes(read(broken, SLOW, TEXT)) == [
        ("b.yaml", Code.YAML_ALIAS),
        ("slow.txt", Code.TOO_SLOW),
    ]


def test_the_clock_holds_where_the_processor_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_apart, "MOST_CLOCK_SECONDS", 0)
    assert codes(read(TEXT)) == [("a.txt", Code.TOO_SLOW)]


def test_a_file_that_takes_too_much_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_apart, "MOST_MEMORY", 180 * 1024**2)
    assert codes(read(LARGE)) == [("large.yaml", Code.TOO_BIG)]


def test_a_proposal_that_nobody_could_load_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_apart, "MOST_OUTPUT", 4_000)
    assert codes(read(TEXT)) == [("", Code.TOO_MUCH)]


def test_whoever_stops_asking_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stop(Exception):
        pass

    started: list[Any] = []
    real = subprocess.Popen

    def noted(*arguments: Any, **options: Any) -> Any:
        started.append((real(*arguments, **options), options["env"]))
        return started[-1][0]

    def tell(_done: int) -> None:
        raise Stop

    monkeypatch.setattr(subprocess, "Popen", noted)
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    with pytest.raises(Stop):
        read(SLOW, tell=tell)
    ((process, environment),) = started
    assert process.returncode is not None
    assert "DATABASE_URL" not in environment


@contextmanager
def _process(status: int) -> Iterator[Any]:
    with subprocess.Popen(["/bin/sh", "-c", f"exit {status}"]) as process:
        yield process


def test_a_process_that_breaks_is_a_mistake_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_apart, "_process", lambda *_files: _process(1))
    assert codes(read(TEXT)) == [("a.txt", Code.BROKEN)]


def test_half_a_pair_of_surrogates_is_told_as_json(tmp_path: Any) -> None:
    path = tmp_path / "told"
    with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
        _tell(file, {"text": "a\udc80"})
    assert json.loads(path.read_bytes()) == {"text": "a\udc80"}


def test_nothing_is_left_on_the_disk(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_apart.tempfile, "tempdir", str(tmp_path))
    seen: list[Any] = []
    read(TEXT, tell=lambda _done: seen.append(os.listdir(tmp_path)))
    assert [] in seen
    assert not [names for names in seen if names]
