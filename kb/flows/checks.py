"""Between check nodes and the registered checkers: how a result leads on, what is kept of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kb.flows.checkers import run
from kb.flows.checkers.results import CheckResult, Finding
from kb.flows.errors import NotNow
from kb.flows.values import Json
from kb.flows.variables import MOST_LONG_TEXT
from kb.flows.world import Checked

EXPLAIN_NOTHING = frozenset({"task-failed", "error-unknown", "status-unknown"})
"""Findings that only say that it failed: with nothing else, an advisor has to look into it."""
ANSWER_IT = frozenset({"task-running", "task-cancelled"})
"""Findings that break no rule, and yet are what the developer has to be told."""
_CUT = "\n……（后面的内容太长，没有保留）"


def run_check(name: str, pasted: str, *, now: datetime | None) -> Checked:
    """Run the registered checker ``name``. Raises ``NotNow`` without a time to judge by."""
    if now is None:
        raise NotNow(name)
    return checked(run(name, pasted, now=now))


def checked(result: CheckResult) -> Checked:
    """``result`` as the engine keeps it; found is what explains to the developer what is wrong."""
    told = [each for each in result.findings if each in result.violations or each.code in ANSWER_IT]
    explained = [each for each in told if each.code not in EXPLAIN_NOTHING]
    results: dict[str, Json] = {
        "pasted": _short(result.pasted),
        "findings": _short(_numbered(told)),
        "corrected": _short(result.corrected or ""),
        "problems": len(told),
        "model": result.model or "",
    }
    if not result.readable:
        return Checked("unreadable", results)
    return Checked("found" if explained else "clean", results)


def _numbered(findings: Iterable[Finding]) -> str:
    said = list(dict.fromkeys(finding.say for finding in findings))
    if len(said) == 1:
        return said[0]
    return "\n".join(f"{number}. {words}" for number, words in enumerate(said, start=1))


def _short(text: str) -> str:
    if len(text) <= MOST_LONG_TEXT:
        return text
    return text[: MOST_LONG_TEXT - len(_CUT)] + _CUT
