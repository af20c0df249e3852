"""Errors of flows. Every error carries a stable code and parameters; the words are English.

An interface that speaks another language looks the code up and formats ``params`` itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FlowError:
    """One fault of a definition: where (``path``, in words), what (``code``, ``message``).

    ``location`` is the same place for programs, e.g. ``("nodes", "ask", "choices", 0, "next")``.
    """

    path: str
    code: str
    message: str
    location: tuple[str | int, ...] = ()
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class FlowErrors(ValueError):
    """A definition was refused; ``errors`` holds every fault found, never empty."""

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


class ScriptError(ValueError):
    """A script cannot be shown: ``variable`` is unknown, has no value, or braces are unpaired."""

    code = "flow.script"

    def __init__(self, message: str, *, variable: str | None = None) -> None:
        super().__init__(message)
        self.variable = variable
