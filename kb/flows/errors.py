"""Errors of flows. Every error carries a stable code and parameters; the words are English.

An interface that speaks another language looks the code up and formats ``params`` itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kb.flows.findings import FINDINGS, Severity
from kb.flows.paths import Location, Translate, in_words

if TYPE_CHECKING:
    from kb.flows.refusals import Refusal


@dataclass(frozen=True, slots=True)
class FlowError:
    """One finding about a definition: where (``path``, in words), what (``code``, ``message``),
    how bad (``severity``: error or warning) and what to do (``remedy``).

    ``location`` is the same place for programs, e.g. ``("nodes", "ask", "choices", 0, "next")``.
    """

    path: str
    code: str
    message: str
    location: Location = ()
    params: Mapping[str, object] = field(default_factory=dict)
    severity: Severity = "error"
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"

    @property
    def node(self) -> str | None:
        """The node that it is about; None for the flow as a whole."""
        is_inside = len(self.location) > 1 and self.location[0] == "nodes"
        return str(self.location[1]) if is_inside else None

    def as_data(self) -> dict[str, object]:
        """JSON-ready, to be kept: ``from_data`` tells it again later, in any language."""
        params = {
            name: value if isinstance(value, str | int | float | bool) else str(value)
            for name, value in self.params.items()
        }
        kept = {"code": self.code, "path": self.path, "severity": self.severity}
        return {**kept, "location": list(self.location), "params": params}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> FlowError:
        """What ``as_data`` kept, in the words of today; of a code that is gone, the code."""
        known = FINDINGS.get(data["code"])
        try:
            message = known.message % data["params"] if known else data["code"]
        except KeyError:
            known, message = None, data["code"]
        return cls(
            data["path"],
            data["code"] if known else "",
            message,
            tuple(data["location"]),
            data["params"],
            data["severity"],
            known.remedy if known else "",
        )

    def told(self, translate: Translate) -> tuple[str, str, str]:
        """Place, message and remedy in the language of ``translate``."""
        known = FINDINGS.get(self.code)
        message = translate(known.message) % self.params if known else self.message
        remedy = translate(self.remedy) if self.remedy else ""
        return in_words(self.location, translate), message, remedy


def finding(location: Location, code: str, **params: object) -> FlowError:
    """A finding in the words of ``kb.flows.findings``."""
    known = FINDINGS[code]
    return FlowError(
        in_words(location),
        code,
        known.message % params,
        location,
        params,
        known.severity,
        known.remedy,
    )


class FlowErrors(ValueError):
    """A definition was refused; ``errors`` holds every fault found, never empty.

    Warnings are not among them: ``kb.flows.lint.warnings`` has those of a definition.
    """

    def __init__(self, errors: Sequence[FlowError]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = tuple(errors)


class RunError(ValueError):
    """Base of everything that can go wrong while a flow is being walked."""

    code = "flow.run"


class WrongNode(RunError):
    """An answer was given to a node at which the run is not (a stale page, a double click)."""

    code = "flow.wrong_node"

    def __init__(self, *, expected: str, given: str) -> None:
        super().__init__(f"the run is at “{expected}”, not at “{given}”")
        self.expected = expected
        self.given = given


class UnknownChoice(RunError):
    """The node has no such choice. ``allowed`` is empty when the node ends the flow."""

    code = "flow.unknown_choice"

    def __init__(self, *, node: str, value: str, allowed: tuple[str, ...]) -> None:
        offer = ", ".join(allowed) if allowed else "none, the flow ends here"
        super().__init__(f"“{node}” has no choice “{value}” (allowed: {offer})")
        self.node = node
        self.value = value
        self.allowed = allowed


class NothingToUndo(RunError):
    """Back was asked for at the start."""

    code = "flow.nothing_to_undo"

    def __init__(self) -> None:
        super().__init__("the run is at its start")


class TooManyAnswers(RunError):
    """A run may go round a loop, but not for ever; ``limit`` is the number of answers kept."""

    code = "flow.too_many_answers"

    def __init__(self, *, limit: int) -> None:
        super().__init__(f"the run already holds {limit} answers")
        self.limit = limit


class FlowMismatch(RunError):
    """Recorded answers do not fit the definition; ``index`` is the first that does not."""

    code = "flow.mismatch"

    def __init__(self, *, index: int, reason: RunError) -> None:
        super().__init__(f"answer {index + 1} does not fit the flow: {reason}")
        self.index = index
        self.reason = reason


class ValuesRefused(RunError):
    """A collect or check node does not take what was filled in; ``refusals`` by variable.

    For the text that a check asks for, the name is ``pasted``.
    """

    code = "flow.values_refused"

    def __init__(self, *, node: str, refusals: Mapping[str, Refusal]) -> None:
        super().__init__(f"“{node}” does not take: {', '.join(refusals)}")
        self.node = node
        self.refusals = dict(refusals)


class UnknownVariables(RunError):
    """A recorded answer holds variables that its node does not set."""

    code = "flow.unknown_variables"

    def __init__(self, *, node: str, names: Sequence[str]) -> None:
        super().__init__(f"“{node}” does not set: {', '.join(names)}")
        self.node = node
        self.names = tuple(names)


class NotUndoable(RunError):
    """Back was asked for past what is committed already (a hand-over that was made)."""

    code = "flow.committed"

    def __init__(self) -> None:
        super().__init__("what is committed cannot be undone")


class FlowUnavailable(RunError):
    """A subflow leads into a version of a flow that is not there."""

    code = "flow.unavailable"

    def __init__(self, *, flow: str, version: int) -> None:
        super().__init__(f"there is no version {version} of the flow “{flow}”")
        self.flow = flow
        self.version = version


class NotNow(RunError):
    """A check needs to know what time it is."""

    code = "flow.no_time"

    def __init__(self, checker: str) -> None:
        super().__init__(f"the checker “{checker}” needs the time")
        self.checker = checker


class EndlessRounds(RunError):
    """Automatic nodes went round without a person; no linted flow does."""

    code = "flow.endless_rounds"

    def __init__(self, *, node: str) -> None:
        super().__init__(f"automatic steps go round at “{node}”")
        self.node = node


class Unset(RunError):
    """An automatic node needs a variable that is not set; in no linted flow."""

    code = "flow.unset"

    def __init__(self, *, node: str, variable: str) -> None:
        super().__init__(f"“{node}” needs “{variable}”, which is not set")
        self.node = node
        self.variable = variable


class ScriptError(ValueError):
    """A script cannot be shown: ``variable`` is unknown, has no value, or braces are unpaired."""

    code = "flow.script"

    def __init__(self, message: str, *, variable: str | None = None) -> None:
        super().__init__(message)
        self.variable = variable
