"""The roles of the desk. Each is a Django group of the same name; admin is the superuser."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    AGENT = "agent"
    ADVISOR = "advisor"
    MANAGER = "manager"
    EDITOR = "editor"
    ADMIN = "admin"


BOT_GROUP = "bot"
"""Group of accounts of programs that answer users: no people of the desk, no role."""

GROUP_ROLES = (Role.AGENT, Role.ADVISOR, Role.MANAGER, Role.EDITOR)

OF_ADMINISTRATORS = frozenset({Role.ADMIN, Role.MANAGER, Role.EDITOR})
"""What an administrator is, too: no agent and no advisor, work on contacts and tickets stays with
the people whose work it is."""


def roles_of(user: Any) -> frozenset[Role]:
    """The roles of a user, read once per user object; nobody without an active staff account."""
    known: frozenset[Role] | None = getattr(user, "_desk_roles", None)
    if known is not None:
        return known
    roles: frozenset[Role] = frozenset()
    if user.is_authenticated and user.is_active and user.is_staff:
        names = _names(user)
        roles = frozenset(role for role in GROUP_ROLES if role.value in names)
        if user.is_superuser:
            roles |= OF_ADMINISTRATORS
    user._desk_roles = roles
    return roles


def remember_roles(user: Any, roles: frozenset[Role]) -> None:
    """Note the roles of ``user``, for somebody who stands for all that have them."""
    user._desk_roles = roles


def remember_groups(user: Any, names: Collection[str]) -> None:
    """Note which groups ``user`` is in, for whoever has read them along with the user."""
    user._group_names = frozenset(names)


def _names(user: Any) -> frozenset[str]:
    known: frozenset[str] | None = getattr(user, "_group_names", None)
    return frozenset(user.groups.values_list("name", flat=True)) if known is None else known


def is_bot(user: Any) -> bool:
    """Whether a program that answers users is asking: it may know only what is released."""
    known: bool | None = getattr(user, "_is_bot", None)
    if known is None:
        known = bool(
            user.is_authenticated
            and user.is_active
            and not user.is_staff
            and BOT_GROUP in _names(user)
        )
        user._is_bot = known
    return known
