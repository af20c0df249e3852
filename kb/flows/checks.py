"""Between check nodes and the registered checkers: how a result leads on, what is kept of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kb.flows.automatic import CheckNode
from kb.flows.checkers import run
from kb.flows.checkers.results import CheckResult, Finding
from kb.flows.errors import NotNow
from kb.flows.schema import FlowDefinition
from kb.flows.values import Json
from kb.flows.variables import MOST_LONG_TEXT
from kb.flows.world import Checked

EXPLAIN_NOTHING = frozenset({"task-failed", "error-unknown", "status-unknown"})
"""Findings that only say that it failed: with nothing else, an advisor has to look into it."""
ANSWER_IT = frozenset({"task-running", "task-cancelled"})
"""Findings that break no rule, and yet are what the developer has to be told."""
CUT = "\n……（后面的内容太长，没有保留）"
"""End of a text that was too long to be kept whole."""


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


def secret_variables(flow: FlowDefinition) -> frozenset[str]:
    """Variables that hold a text for a check: what is typed there may have keys in it."""
    checks = [node for node in flow.nodes.values() if isinstance(node, CheckNode)]
    names = [name for node in checks for name in (node.var, node.gives.get("pasted"))]
    return frozenset(name for name in names if name is not None)


def _numbered(findings: Iterable[Finding]) -> str:
    said = list(dict.fromkeys(finding.say for finding in findings))
    if len(said) == 1:
        return said[0]
    return "\n".join(f"{number}. {words}" for number, words in enumerate(said, start=1))


def _short(text: str) -> str:
    if len(text) <= MOST_LONG_TEXT:
        return text
    return text[: MOST_LONG_TEXT - len(CUT)] + CUT
