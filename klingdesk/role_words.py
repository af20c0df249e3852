"""What roles, and the other groups of the desk, are called."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

from klingdesk.core.roles import BOT_GROUP, GROUP_ROLES, Role

ROLE_WORDS: Mapping[Role, Any] = MappingProxyType(
    {
        Role.AGENT: _("Frontline agent"),
        Role.ADVISOR: _("Tier-2 advisor"),
        Role.MANAGER: _("Manager"),
        Role.EDITOR: _("Knowledge editor"),
        Role.ADMIN: _("Administrator"),
    }
)

GROUP_WORDS: Mapping[str, Any] = MappingProxyType(
    {
        **{role.value: ROLE_WORDS[role] for role in GROUP_ROLES},
        BOT_GROUP: _("Program that answers users"),
    }
)
"""By the name of the group."""
