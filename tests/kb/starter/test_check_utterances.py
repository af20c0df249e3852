"""The check that no measuring set has leaked into the knowledge base."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
QUESTIONS = """
category: {slug: account, title: 账号, order: 1}
questions:
  - key: first
    title: 怎样换手机号
    phrasings: [号码换了 咋办, "iPhone 能用吗"]
    follow_ups: [{question: 旧号停机了呢？, script: 您好。}]
    contrast: {group: numbers, label: 想换成新号码}
"""
SYNONYMS = "[{canonical: 手机号, variants: [电话, 我自己的手机号码]}]"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "account.yaml").write_text(QUESTIONS, encoding="utf-8")
    (tmp_path / "synonyms.yaml").write_text(SYNONYMS, encoding="utf-8")
    return tmp_path


def check(
    data: Path, *rows: str, header: str = "id\tutterance"
) -> subprocess.CompletedProcess[str]:
    path = data / "set.tsv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return run(path, data)


def run(path: Path, data: Path) -> subprocess.CompletedProcess[str]:
    script = ROOT / "scripts" / "check_utterances.py"
    command = [sys.executable, str(script), str(path), "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_other_words_pass(data: Path) -> None:
    done = check(data, "first\t号码换掉要怎么弄", "-\t电话", "first\t", "-\t手机号")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "3 utterances against 6 texts: 0 copied.\n"


@pytest.mark.parametrize(
    ("utterance", "place"),
    [
        ("怎样换手机号", "the title of first"),
        ("  怎样，换手机号？！", "the title of first"),
        ("号码换了咋办", "a phrasing of first"),
        ("ＩＰＨＯＮＥ能用吗", "a phrasing of first"),
        ("旧号停机了呢", "a follow-up of first"),
        ("想换成新号码", "the contrast label of first"),
        ("我自己的手机号码", "a synonym of 手机号"),
    ],
)
def test_the_same_words_are_found_however_styled(data: Path, utterance: str, place: str) -> None:
    done = check(data, "first\t别的话", f"first\t{utterance}")
    assert done.returncode == 1
    first, last = done.stdout.splitlines()
    assert first.endswith(f"set.tsv, line 3: the same words are {place}.")
    assert last == "2 utterances against 6 texts: 1 copied."


def test_the_words_themselves_are_not_printed(data: Path) -> None:
    assert "号码换了" not in check(data, "first\t号码换了咋办").stdout


def test_further_columns_and_quotes_do_no_harm(data: Path) -> None:
    header = "id\tkind\tutterance"
    done = check(data, 'first\tstory\t"别的话', "first\tslip\t旧号停机了呢", header=header)
    assert done.returncode == 1
    assert "line 3:" in done.stdout


def test_a_file_without_the_column_is_refused(data: Path) -> None:
    done = check(data, "first\t别的话", header="id\twords")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no column “utterance”" in done.stderr


def test_a_file_that_is_missing_or_not_text_is_refused(data: Path) -> None:
    done = run(data / "none.tsv", data)
    assert done.returncode == 2
    assert "No such file" in done.stderr
    (data / "bad.tsv").write_bytes(b"id\tutterance\n-\t\xff\xfe\n")
    done = run(data / "bad.tsv", data)
    assert done.returncode == 2
    assert "not UTF-8" in done.stderr


def test_every_set_of_the_project_is_apart_from_its_knowledge_base() -> None:
    for path in (ROOT / "bench/blind.tsv", ROOT / "kb/data/measure.tsv"):
        done = run(path, ROOT / "kb" / "data")
        assert done.returncode == 0, done.stdout
