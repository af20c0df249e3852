"""What a checker gives back, and the sheet on which its parts note what they find."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kb.flows.checkers.redaction import redact
from kb.flows.checkers.words import WORDS, Severity

MOST_FOUND = 80
MOST_OF_A_KIND = 20
"""A list of thousands of wrong items says no more than the first of them."""
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


class Kind(StrEnum):
    """What the pasted text turned out to be."""

    REQUEST = "request"
    RESPONSE = "response"
    REMIX = "remix"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to tell the developer; every text is free of secrets.

    ``code`` is stable, ``field`` a path such as ``image_list[0].image`` (empty: the whole),
    ``say`` customer-facing Chinese, ``question`` the key of the standard question that
    explains it, ``corrected`` true when the corrected request already holds the remedy (false:
    the developer has to decide).
    """

    code: str
    severity: Severity
    field: str
    found: str
    allowed: str
    say: str
    question: str | None
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of a check.

    ``corrected`` is a JSON text, or None when nothing could be corrected without guessing;
    ``pasted`` is the text without secrets, the only form that may be kept; ``readable`` is
    false when no request or response could be read in it.
    """

    kind: Kind
    model: str | None
    findings: tuple[Finding, ...]
    corrected: str | None
    pasted: str
    readable: bool

    @property
    def violations(self) -> tuple[Finding, ...]:
        """What is against the rules; the rest is only worth knowing."""
        return tuple(f for f in self.findings if f.severity is not Severity.INFO)


@dataclass(frozen=True, slots=True)
class Checker:
    """A registered checker: ``check(pasted, now=...)`` never raises."""

    name: str
    title: str
    check: Callable[[str, datetime], CheckResult]


def shown(value: str) -> str:
    """One line of at most 80 characters, without secrets."""
    line = _INVISIBLE.sub(" ", redact(value)).strip()
    return line if len(line) <= MOST_FOUND else line[: MOST_FOUND - 1] + "…"


@dataclass(slots=True)
class Sheet:
    """Collects findings; the words, the severity and the usual question come with the code."""

    findings: list[Finding] = field(default_factory=list)
    _told: dict[str, int] = field(default_factory=dict)

    def add(
        self,
        code: str,
        *,
        at: str = "",
        found: str = "",
        allowed: str = "",
        corrected: bool = False,
        question: str | None = None,
        severity: Severity | None = None,
        **more: str,
    ) -> None:
        self._told[code] = self._told.get(code, 0) + 1
        if self._told[code] > MOST_OF_A_KIND:
            return
        words = WORDS[code]
        where, seen = shown(at), shown(found)
        say = words.say.format(
            field=where, found=seen, allowed=allowed, **{k: shown(v) for k, v in more.items()}
        )
        if corrected:
            say += words.remedy
        self.findings.append(
            Finding(
                code=code,
                severity=severity or words.severity,
                field=where,
                found=seen,
                allowed=allowed,
                say=say,
                question=question or words.question,
                corrected=corrected,
            )
        )

    def has(self, *codes: str) -> bool:
        return any(code in self._told for code in codes)
