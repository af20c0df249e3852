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
    WAIT = "wait"
    RESUME = "resume"
    RETURN = "return"
    COMPLETE = "complete"
    NOTE = "note"
    CHASE = "chase"
    TRANSFER = "transfer"
    PRIORITY = "priority"
    RELEASE = "release"
    MERGE = "merge"
    REOPEN = "reopen"
    CANCEL = "cancel"
    CLOSE = "close"
    WATCH = "watch"
    UNWATCH = "unwatch"
    REVEAL = "reveal"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Action:
    """One row: ``to`` holds the states it may lead to, none when it leaves the state unchanged.

    Allowed to a person who holds one of ``roles`` and, when ``requires_assignee``, is the
    assignee or holds one of ``for_others``. A role of ``for_own_hand_over`` counts only for whoever
    handed the ticket over. No roles: the desk itself does it. Which tickets a person gets to see
    at all is decided before: a frontline agent only those of contacts of their own.

    An action has several rows when different people may do it in different states.
    """

    code: ActionCode
    allowed_from: frozenset[Status]
    to: frozenset[Status]
    roles: frozenset[Role]
    requires_assignee: bool = False
    for_others: frozenset[Role] = frozenset()
    for_own_hand_over: frozenset[Role] = frozenset()

    def permits(self, roles: Collection[str], *, is_assignee: bool, handed_over: bool) -> bool:
        """Whether such a person may, in a state that this row is about."""
        acting = self.roles.intersection(roles)
        if self.requires_assignee and not is_assignee:
            acting &= self.for_others
        if not handed_over:
            acting -= self.for_own_hand_over
        return bool(acting)


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
_SAME: frozenset[Status] = frozenset()
_IN_HAND = frozenset({Status.ASSIGNED, Status.WAITING})


def _table(rows: Iterable[Action]) -> Mapping[ActionCode, tuple[Action, ...]]:
    found = tuple(rows)
    return MappingProxyType(
        {code: tuple(row for row in found if row.code is code) for code in ActionCode}
    )


ACTIONS: Mapping[ActionCode, tuple[Action, ...]] = _table(
    (
        Action(ActionCode.ROUTE, frozenset({Status.NEW}), frozenset({Status.QUEUED}), _MANAGER),
        Action(
            ActionCode.CLAIM,
            allowed_from=frozenset({Status.QUEUED}),
            to=frozenset({Status.ASSIGNED}),
            roles=frozenset({Role.ADVISOR}),
        ),
        Action(ActionCode.CONTACT, _IN_HAND, _SAME, _TIER2, requires_assignee=True),
        Action(
            ActionCode.RESOLVE,
            allowed_from=frozenset({Status.ASSIGNED}),
            to=frozenset({Status.RESOLVED}),
            roles=_TIER2,
            requires_assignee=True,
        ),
        Action(
            ActionCode.WAIT,
            allowed_from=frozenset({Status.ASSIGNED}),
            to=frozenset({Status.WAITING}),
            roles=_TIER2,
            requires_assignee=True,
        ),
        Action(
            ActionCode.RESUME,
            allowed_from=frozenset({Status.WAITING}),
            to=frozenset({Status.ASSIGNED}),
            roles=_TIER2,
            requires_assignee=True,
            for_others=_MANAGER,
        ),
        Action(
            ActionCode.RETURN,
            allowed_from=frozenset({Status.ASSIGNED}),
            to=frozenset({Status.RETURNED}),
            roles=_TIER2,
            requires_assignee=True,
        ),
        Action(
            ActionCode.COMPLETE,
            allowed_from=frozenset({Status.RETURNED}),
            to=frozenset({Status.QUEUED}),
            roles=frozenset({Role.AGENT, Role.MANAGER}),
        ),
        Action(ActionCode.NOTE, OPEN_STATUSES, _SAME, _EVERYBODY),
        Action(ActionCode.CHASE, OPEN_STATUSES, _SAME, _EVERYBODY),
        # Nobody has it yet: whoever of tier 2 sees it sorts it out.
        Action(
            ActionCode.TRANSFER,
            allowed_from=frozenset({Status.QUEUED}),
            to=frozenset({Status.QUEUED, Status.ASSIGNED}),
            roles=_TIER2,
        ),
        Action(
            ActionCode.TRANSFER,
            allowed_from=_IN_HAND,
            to=frozenset({Status.QUEUED, Status.ASSIGNED}),
            roles=_TIER2,
            requires_assignee=True,
            for_others=_MANAGER,
        ),
        Action(ActionCode.PRIORITY, OPEN_STATUSES, _SAME, _MANAGER),
        Action(
            ActionCode.RELEASE,
            allowed_from=frozenset({Status.ASSIGNED}),
            to=frozenset({Status.QUEUED}),
            roles=_TIER2,
            requires_assignee=True,
            for_others=_MANAGER,
        ),
        Action(ActionCode.MERGE, OPEN_STATUSES, frozenset({Status.MERGED}), _TIER2),
        Action(
            ActionCode.REOPEN,
            allowed_from=frozenset({Status.RESOLVED}),
            to=frozenset({Status.ASSIGNED, Status.QUEUED}),
            roles=_EVERYBODY,
        ),
        # Before tier 2 has begun, the agent may find that the hand-over was a mistake.
        Action(
            ActionCode.CANCEL,
            allowed_from=frozenset({Status.NEW, Status.QUEUED}),
            to=frozenset({Status.CANCELLED}),
            roles=frozenset({Role.AGENT, Role.MANAGER}),
            for_own_hand_over=frozenset({Role.AGENT}),
        ),
        Action(
            ActionCode.CANCEL,
            allowed_from=_IN_HAND | {Status.RETURNED},
            to=frozenset({Status.CANCELLED}),
            roles=_TIER2,
            requires_assignee=True,
            for_others=_MANAGER,
        ),
        Action(
            ActionCode.CLOSE,
            allowed_from=frozenset({Status.RESOLVED}),
            to=frozenset({Status.CLOSED}),
            roles=frozenset(),
        ),
        Action(ActionCode.WATCH, frozenset(Status), _SAME, _EVERYBODY),
        Action(ActionCode.UNWATCH, frozenset(Status), _SAME, _EVERYBODY),
        Action(ActionCode.REVEAL, frozenset(Status), _SAME, _TIER2),
        # Back to where a release or a transfer came from; a note leaves the state as it is.
        # Whether there is anything of the person's to take back, and in time, stands beside it.
        Action(
            ActionCode.UNDO,
            allowed_from=frozenset({Status.QUEUED, Status.ASSIGNED}),
            to=_IN_HAND | {Status.QUEUED},
            roles=_EVERYBODY,
        ),
        Action(
            ActionCode.UNDO,
            frozenset({Status.NEW, Status.WAITING, Status.RETURNED}),
            _SAME,
            _EVERYBODY,
        ),
    )
)


def permits(
    action: str, *, roles: Collection[str], is_assignee: bool, handed_over: bool = False
) -> bool:
    """Whether such a person may do ``action`` in some state to a ticket they see.

    ``handed_over``: they handed it over themselves. ``ValueError`` for an unknown action;
    unknown roles give nothing.
    """
    return any(
        row.permits(roles, is_assignee=is_assignee, handed_over=handed_over)
        for row in ACTIONS[ActionCode(action)]
    )


def check(
    action: str,
    status: str,
    *,
    roles: Collection[str] | None = None,
    is_assignee: bool = False,
    handed_over: bool = False,
) -> frozenset[Status]:
    """The states that ``action`` may lead to from ``status`` (``status`` itself when unchanged).

    ``roles`` ``None`` is the desk itself at work (routing by the worker): only the state counts.
    ``NotPermitted`` for roles that never may; then ``TransitionRefused`` when the state does not
    fit; then ``NotPermitted`` when the ticket is somebody else's. In this order, so that whoever
    comes second learns what has become of the ticket. ``ValueError`` for unknown words.
    """
    code, present = ActionCode(action), Status(status)
    rows = ACTIONS[code]
    if roles is not None and all(row.roles.isdisjoint(roles) for row in rows):
        raise NotPermitted(code)
    row = next((each for each in rows if present in each.allowed_from), None)
    if row is None:
        raise TransitionRefused(code, present, frozenset().union(*(r.allowed_from for r in rows)))
    if roles is not None and not row.permits(
        roles, is_assignee=is_assignee, handed_over=handed_over
    ):
        raise NotPermitted(code)
    return row.to or frozenset({present})


def allowed_actions(
    status: str, *, roles: Collection[str], is_assignee: bool, handed_over: bool = False
) -> tuple[str, ...]:
    """Codes of what such a person may do now to a ticket in ``status``, in the order of offer."""
    present = Status(status)
    return tuple(
        code.value
        for code, rows in ACTIONS.items()
        if any(
            present in row.allowed_from
            and row.permits(roles, is_assignee=is_assignee, handed_over=handed_over)
            for row in rows
        )
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
    READ = "read"
    ANSWERED = "answered"


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
        ContactKind.PRIVATE_MESSAGE: frozenset(
            {ContactResult.SENT, ContactResult.READ, ContactResult.ANSWERED}
        ),
    }
)
"""The results that each kind of contact can have."""

_KEEPS_PROMISE = frozenset(
    {
        (ContactKind.CALL_BACK, ContactResult.REACHED),
        # One that was read or answered had been sent, whether or not anybody logged that.
        (ContactKind.PRIVATE_MESSAGE, ContactResult.SENT),
        (ContactKind.PRIVATE_MESSAGE, ContactResult.READ),
        (ContactKind.PRIVATE_MESSAGE, ContactResult.ANSWERED),
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
