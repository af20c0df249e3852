"""Checkers: what a user pasted is read and held against documented rules.

Pure: no Django, no database, no clock. A decision flow names a checker; ``run`` gives what
to tell the user, a corrected text and the pasted one without secrets, the only form of it
that may be shown or kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from kb.flows.checkers import video_api
from kb.flows.checkers.results import Checker, CheckResult, Finding, Kind
from kb.flows.checkers.words import Severity

__all__ = ["CHECKERS", "CheckResult", "Checker", "Finding", "Kind", "Severity", "run"]

CHECKERS: Mapping[str, Checker] = MappingProxyType(
    {
        checker.name: checker
        for checker in (Checker("video-api-request", "视频接口的请求与返回结果", video_api.check),)
    }
)


def run(name: str, pasted: str, *, now: datetime) -> CheckResult:
    """Run a registered checker; ``KeyError`` for a name that is not in ``CHECKERS``.

    ``now`` is an aware datetime, against which the life of result links is counted.
    """
    return CHECKERS[name].check(pasted, now)
