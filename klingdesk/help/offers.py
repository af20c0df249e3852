"""When a tour is offered by itself, and that somebody does not want it (any more)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.selectors.tours import TOURS_SEEN
from accounts.services.tours import remember_tour
from klingdesk.core.roles import Role, roles_of
from klingdesk.help.tours import ORDER

_LATER = "tour_later"


def first_role(user: Any) -> Role | None:
    """Whose tour and help belong to somebody; nobody's for people without a role."""
    roles = roles_of(user)
    return next((role for role in ORDER if role in roles), None)


def offered_tour(request: HttpRequest) -> Role | None:
    """On a demo desk the tour of the person's role, until it was seen or put off. The session
    knows that since the login, so no page asks the database."""
    if settings.KLINGDESK_MODE != "demo" or not request.user.is_authenticated:
        return None
    seen = request.session.get(TOURS_SEEN)
    role = first_role(request.user)
    if seen is None or role is None or role.value in seen or request.session.get(_LATER):
        return None
    return role


def put_off(request: HttpRequest) -> None:
    """Not offered again before the next login."""
    request.session[_LATER] = True


def seen(request: HttpRequest, role: Role) -> None:
    """Not offered again at all; the help has it still."""
    request.session[TOURS_SEEN] = remember_tour(acting_user=request.user, name=role.value)
