"""How the result of a checker leads on, and what is kept of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kb.flows.checkers.results import CheckResult, Finding, Kind
from kb.flows.checkers.words import Severity
from kb.flows.checks import checked, run_check
from kb.flows.errors import NotNow
from kb.flows.variables import MOST_LONG_TEXT


def result(*findings: Finding, pasted: str = "{}", readable: bool = True) -> CheckResult:
    return CheckResult(Kind.REQUEST, None, findings, None, pasted, readable)


def finding(say: str, severity: Severity = Severity.ERROR, code: str = "value") -> Finding:
    return Finding(code, severity, "field", "", "", say, None)


def test_what_breaks_a_rule_is_found_and_numbered() -> None:
    done = checked(result(finding("甲"), finding("乙", Severity.WARNING), finding("甲")))
    assert done.outcome == "found"
    assert done.results["findings"] == "1. 甲\n2. 乙"
    assert done.results["problems"] == 3


def test_one_thing_needs_no_number() -> None:
    assert checked(result(finding("甲"))).results["findings"] == "甲"


def test_what_is_only_worth_knowing_is_not_found() -> None:
    done = checked(result(finding("甲", Severity.INFO)))
    assert (done.outcome, done.results["findings"]) == ("clean", "")


def test_what_explains_nothing_is_left_to_an_advisor() -> None:
    unexplained = finding("失败了", code="task-failed")
    done = checked(result(unexplained))
    assert (done.outcome, done.results["findings"]) == ("clean", "失败了")
    assert checked(result(unexplained, finding("甲"))).outcome == "found"


def test_what_has_to_be_told_is_found_although_it_breaks_no_rule() -> None:
    done = checked(result(finding("还没有结束", Severity.INFO, "task-running")))
    assert (done.outcome, done.results["findings"]) == ("found", "还没有结束")


def test_what_cannot_be_read_is_told_apart() -> None:
    assert checked(result(finding("甲"), readable=False)).outcome == "unreadable"


def test_what_is_kept_has_an_end() -> None:
    done = checked(result(pasted="长" * (MOST_LONG_TEXT + 1)))
    kept = str(done.results["pasted"])
    assert len(kept) == MOST_LONG_TEXT
    assert kept.endswith("没有保留）")


def test_without_the_time_nothing_is_judged() -> None:
    with pytest.raises(NotNow):
        run_check("video-api-request", "{}", now=None)
    assert run_check("video-api-request", "x", now=datetime(2026, 11, 21, tzinfo=UTC)).results
