"""The one table of what may be done to a ticket, from which state, by whom; and what the two
actions that report a result can report.

Buttons, API and services read ``ACTIONS`` and nothing else. Names for people are given where
they are shown. Roles are those of ``klingdesk.core.roles``; an administrator holds the manager's
role there and needs no rows of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from klingdesk.core.roles import Role


class Status(StrEnum):
    """States of a ticket."""

    NEW = "new"
    QUEUED = "queued"
    ASSIGNED = "assigned"
    WAITING = "waiting"
    RETURNED = "returned"
    RESOLVED = "resolved"
    CLOSED = "closed"
    MERGED = "merged"
    CANCELLED = "cancelled"


OPEN_STATUSES = frozenset(
    {Status.NEW, Status.QUEUED, Status.ASSIGNED, Status.WAITING, Status.RETURNED}
)
"""States in which somebody still owes the user something."""


class ActionCode(StrEnum):
    """Everything that can be done to a ticket, in the order in which it is offered."""

    ROUTE = "route"
    CLAIM = "claim"
    CONTACT = "contact"
    RESOLVE = "resolve"
    NOTE = "note"
    CHASE = "chase"
    RELEASE = "release"
    REVEAL = "reveal"


@dataclass(frozen=True, slots=True)
class Action:
    """One row: ``to`` is the state afterwards, ``None`` when the action leaves it unchanged.

    Allowed to a person who holds one of ``roles`` and, when ``requires_assignee``, is the
    assignee or holds one of ``for_others``. Which tickets a person gets to see at all is decided
    before: a frontline agent only those of contacts of their own.
    """

    code: ActionCode
    allowed_from: frozenset[Status]
    to: Status | None
    roles: frozenset[Role]
    requires_assignee: bool = False
    for_others: frozenset[Role] = frozenset()


class TransitionRefused(Exception):
    """``action`` does not fit ``status``; it does fit each of ``allowed_from``."""

    def __init__(self, action: ActionCode, status: Status, allowed_from: frozenset[Status]) -> None:
        super().__init__(action, status, allowed_from)
        self.action = action
        self.status = status
        self.allowed_from = allowed_from

    def __str__(self) -> str:
        fitting = ", ".join(sorted(self.allowed_from))
        return f"{self.action} does not fit a ticket that is {self.status} (only: {fitting})"


class NotPermitted(Exception):
    """The acting person may not do ``action`` to this ticket."""

    def __init__(self, action: ActionCode) -> None:
        super().__init__(action)
        self.action = action

    def __str__(self) -> str:
        return f"this role or assignment does not allow {self.action}"


_TIER2 = frozenset({Role.ADVISOR, Role.MANAGER})
_MANAGER = frozenset({Role.MANAGER})
_EVERYBODY = frozenset({Role.AGENT, Role.ADVISOR, Role.MANAGER})


def _table(rows: Iterable[Action]) -> Mapping[ActionCode, Action]:
    found = {row.code: row for row in rows}
    return MappingProxyType({code: found[code] for code in ActionCode})


ACTIONS: Mapping[ActionCode, Action] = _table(
    (
        Action(
            ActionCode.ROUTE,
            allowed_from=frozenset({Status.NEW}),
            to=Status.QUEUED,
            roles=_MANAGER,
        ),
        Action(
            ActionCode.CLAIM,
            allowed_from=frozenset({Status.QUEUED}),
            to=Status.ASSIGNED,
            roles=frozenset({Role.ADVISOR}),
        ),
        Action(
            ActionCode.RELEASE,
            allowed_from=frozenset({Status.ASSIGNED}),
            to=Status.QUEUED,
            roles=_TIER2,
            requires_assignee=True,
            for_others=_MANAGER,
        ),
        Action(
            ActionCode.CONTACT,
            allowed_from=frozenset({Status.ASSIGNED, Status.WAITING}),
            to=None,
            roles=_TIER2,
            requires_assignee=True,
        ),
        Action(
            ActionCode.NOTE,
            allowed_from=OPEN_STATUSES,
            to=None,
            roles=_EVERYBODY,
        ),
        Action(
            ActionCode.RESOLVE,
            allowed_from=frozenset({Status.ASSIGNED}),
            to=Status.RESOLVED,
            roles=_TIER2,
            requires_assignee=True,
        ),
        Action(
            ActionCode.CHASE,
            allowed_from=OPEN_STATUSES,
            to=None,
            roles=_EVERYBODY,
        ),
        Action(
            ActionCode.REVEAL,
            allowed_from=frozenset(Status),
            to=None,
            roles=_TIER2,
        ),
    )
)


def permits(action: str, *, roles: Collection[str], is_assignee: bool) -> bool:
    """Whether such a person may do ``action`` to a ticket they see, whatever its state.

    ``ValueError`` for an unknown action; unknown roles give nothing.
    """
    row = ACTIONS[ActionCode(action)]
    acting = row.roles.intersection(roles)
    if row.requires_assignee and not is_assignee:
        acting &= row.for_others
    return bool(acting)


def check(
    action: str, status: str, *, roles: Collection[str] | None = None, is_assignee: bool = False
) -> Status:
    """The state after ``action`` in ``status`` (``status`` itself when it leaves it unchanged).

    ``roles`` ``None`` is the desk itself at work (routing by the worker): only the state counts.
    ``NotPermitted`` for roles that never may; then ``TransitionRefused`` when the state does not
    fit; then ``NotPermitted`` when the ticket is somebody else's. In this order, so that whoever
    comes second learns what has become of the ticket. ``ValueError`` for unknown words.
    """
    row, present = ACTIONS[ActionCode(action)], Status(status)
    if roles is not None and row.roles.isdisjoint(roles):
        raise NotPermitted(row.code)
    if present not in row.allowed_from:
        raise TransitionRefused(row.code, present, row.allowed_from)
    if roles is not None and not permits(row.code, roles=roles, is_assignee=is_assignee):
        raise NotPermitted(row.code)
    return row.to or present


def allowed_actions(status: str, *, roles: Collection[str], is_assignee: bool) -> tuple[str, ...]:
    """Codes of what such a person may do now to a ticket in ``status``, in the order of offer."""
    present = Status(status)
    return tuple(
        code.value
        for code, row in ACTIONS.items()
        if present in row.allowed_from and permits(code, roles=roles, is_assignee=is_assignee)
    )


class ResolutionCode(StrEnum):
    """How a ticket ended. ``REFUNDED``: credits were given back; ``REFERRED``: others answer."""

    REFUNDED = "refunded"
    FIXED = "fixed"
    EXPLAINED = "explained"
    NOT_REPRODUCIBLE = "not_reproducible"
    USER_UNREACHABLE = "user_unreachable"
    REFERRED = "referred"
    DUPLICATE = "duplicate"
    OTHER = "other"


class ContactKind(StrEnum):
    """The two ways in which tier 2 answers a user, one of which was promised."""

    CALL_BACK = "call_back"
    PRIVATE_MESSAGE = "private_message"


class ContactResult(StrEnum):
    """What became of one attempt."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
    REFUSED = "refused"
    SENT = "sent"


RESULTS: Mapping[ContactKind, frozenset[ContactResult]] = MappingProxyType(
    {
        ContactKind.CALL_BACK: frozenset(
            {
                ContactResult.REACHED,
                ContactResult.NO_ANSWER,
                ContactResult.WRONG_NUMBER,
                ContactResult.REFUSED,
            }
        ),
        ContactKind.PRIVATE_MESSAGE: frozenset({ContactResult.SENT}),
    }
)
"""The results that each kind of contact can have."""

_KEEPS_PROMISE = frozenset(
    {
        (ContactKind.CALL_BACK, ContactResult.REACHED),
        (ContactKind.PRIVATE_MESSAGE, ContactResult.SENT),
    }
)


def fits(kind: str, result: str) -> bool:
    """Whether ``result`` is one that a contact of ``kind`` can have; ``ValueError`` if unknown."""
    return ContactResult(result) in RESULTS[ContactKind(kind)]


def meets_promise(kind: str, result: str) -> bool:
    """Whether the contact keeps the promise read to the user and so stops the contact clock.

    The promise is a call-back that reaches the user or a private message that was sent; an
    attempt that reached nobody, or somebody else, keeps nothing. ``ValueError`` if unknown.
    """
    return (ContactKind(kind), ContactResult(result)) in _KEEPS_PROMISE
