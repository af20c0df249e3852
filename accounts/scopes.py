"""What a token may be for: a short closed list. A scope narrows what a role allows, never more.

Each operation of the API names the one scope that it needs.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from klingdesk.core.roles import Role


class Scope(StrEnum):
    KB_READ = "kb:read"
    SEARCHES_WRITE = "searches:write"
    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    TICKETS_READ = "tickets:read"
    TICKETS_WRITE = "tickets:write"
    TICKETS_REVEAL = "tickets:reveal"
    PROMISE_READ = "promise:read"
    REPORTS_READ = "reports:read"
    EXPORTS_WRITE = "exports:write"
    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"
    INTAKE_READ = "intake:read"
    INTAKE_WRITE = "intake:write"


EVERYTHING = frozenset(Scope)

_EVERYBODY = frozenset(
    {Scope.KB_READ, Scope.SEARCHES_WRITE, Scope.PROMISE_READ, Scope.EXPORTS_WRITE}
)
_TICKETS = frozenset({Scope.TICKETS_READ, Scope.TICKETS_WRITE})
_CONTACTS = frozenset({Scope.CONTACTS_READ, Scope.CONTACTS_WRITE})
_INTAKE = frozenset({Scope.INTAKE_READ, Scope.INTAKE_WRITE})
_OF_ROLE = {
    Role.AGENT: _EVERYBODY | _TICKETS | _CONTACTS | _INTAKE,
    Role.ADVISOR: _EVERYBODY | _TICKETS | {Scope.TICKETS_REVEAL},
    Role.MANAGER: EVERYTHING - {Scope.INTAKE_WRITE},
    Role.EDITOR: _EVERYBODY,
    Role.ADMIN: EVERYTHING - {Scope.INTAKE_WRITE},
}
_OF_BOTS = _INTAKE | {Scope.KB_READ, Scope.SEARCHES_WRITE, Scope.EVENTS_READ}


def scopes_of(roles: Collection[Role], *, bot: bool = False) -> frozenset[Scope]:
    """Every scope that leads anywhere for people with ``roles``, or for a program (``bot``)."""
    found = frozenset[Scope]().union(*(_OF_ROLE[role] for role in roles))
    return found | _OF_BOTS if bot else found


def in_order(scopes: Collection[str]) -> list[str]:
    """Each once, in the order of the list."""
    return [scope.value for scope in Scope if scope in scopes]


def everything() -> list[str]:
    """The scopes of a token about which nothing was said."""
    return in_order(EVERYTHING)
