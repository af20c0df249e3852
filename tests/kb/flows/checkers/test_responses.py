"""What a task's response means, and when its links end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.flows.checkers import Severity
from tests.kb.flows.checkers.samples import (
    NOW,
    check,
    codes,
    curl,
    said,
    seconds_before,
    task,
    violations,
)


def test_moderation_names_the_question_with_its_script() -> None:
    result = check(task("failed", error={"code": "moderation_blocked", "message": "blocked"}))
    (finding,) = result.findings
    assert (finding.code, finding.question) == ("task-moderation-blocked", "api-moderation")
    assert (result.kind, result.model) == ("response", "sora-2")


@pytest.mark.parametrize(
    ("error", "found"),
    [
        ({"code": "quota"}, "quota"),
        ({"type": "server"}, "server"),
        ({"code": 1303, "message": "busy"}, "1303"),
        ({}, "没有写"),
        ("boom", "boom"),
        (None, "没有写"),
    ],
)
def test_another_failure_is_not_explained_away(error: Any, found: str) -> None:
    (finding,) = check(task("failed", error=error)).findings
    assert (finding.code, finding.found) == ("task-failed", found)


@pytest.mark.parametrize(
    "status", ["initializing", "queued", "in_progress", "downloading", "uploading"]
)
def test_progress_is_no_violation(status: str) -> None:
    (finding,) = check(task(status)).findings
    assert (finding.code, finding.severity) == ("task-running", Severity.INFO)
    assert finding.question == "api-status"


def test_the_life_of_a_link_is_told_in_china_time() -> None:
    now = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
    completed = datetime(2026, 11, 13, 20, 30, tzinfo=UTC)
    result = check(task(completed_at=int(completed.timestamp())), now)
    assert "2026-11-21 04:30" in said(result, "result-valid")
    later = check(task(completed_at=int(completed.timestamp())), now + timedelta(days=1))
    assert "2026-11-14 04:30" in said(later, "result-expired")


def test_the_earlier_of_the_two_ends_is_told() -> None:
    expires = seconds_before(days=-0.5)
    result = check(task(completed_at=seconds_before(days=0.5), expires_at=expires))
    assert "2026-11-21 00:00" in said(result, "result-valid")


@given(st.integers(min_value=0, max_value=30 * 86_400))
def test_a_link_lives_for_seven_days_to_the_second(age: int) -> None:
    completed = int(NOW.timestamp()) - age
    expired = "result-expired" in codes(check(task(completed_at=completed)))
    assert expired is (age >= 7 * 86_400)


@pytest.mark.parametrize("moment", [None, "gestern", -5, 0, True, 1.5, 10**30, 1762416060000, []])
def test_a_moment_that_cannot_be_read_is_said_to_be_unreadable(moment: Any) -> None:
    assert codes(check(task(completed_at=moment))) == ["task-completed", "result-undated"]


def test_a_moment_in_text_is_read() -> None:
    assert "result-valid" in codes(check(task(completed_at=str(seconds_before(days=1)))))


def test_a_response_printed_by_python_is_read() -> None:
    printed = "{'id': 'qvideo-1', 'object': 'video', 'status': 'queued', 'error': None}"
    assert codes(check(printed)) == ["task-running"]


@pytest.mark.parametrize("status", ["queued", "in_progress", "failed", "cancelled", "paused"])
def test_a_remix_needs_a_finished_task(status: str) -> None:
    remix = curl('{"prompt": "夜晚"}', url="$BASE/videos/qvideo-root-1/remix")
    result = check(f"{remix}\n{task(status)}")
    assert (result.kind, violations(result)[0]) == ("remix", "remix-unfinished")
    assert "remix-unfinished" not in codes(check(task(status)))


def test_the_response_of_the_remix_itself_is_not_taken_for_the_original() -> None:
    remix = curl('{"prompt": "夜晚"}', url="$BASE/videos/qvideo-root-2/remix")
    assert codes(check(f"{remix}\n{task('queued')}")) == ["task-running"]
