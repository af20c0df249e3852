"""Who may do what with the ways out of the desk."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import NotAllowed
from klingdesk.core.roles import Role, roles_of


def require_manager(user: Any) -> None:
    """``NotAllowed`` for anybody else: what leaves the desk, and to whom, is a manager's matter."""
    if Role.MANAGER not in roles_of(user):
        raise NotAllowed(_("Only managers decide what leaves the desk."))
