"""Making and revoking API tokens: one's own, and those of programs."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken
from accounts.scopes import Scope, in_order, scopes_of
from klingdesk.core.errors import Invalid, NotAllowed
from klingdesk.core.roles import Role, is_bot, roles_of

MOST_NAME = 80


def open_scopes(user: Any) -> frozenset[Scope]:
    """The scopes that lead anywhere for ``user``."""
    return scopes_of(roles_of(user), bot=is_bot(user))


@transaction.atomic
def make_token(
    *,
    user: Any,
    acting_user: Any,
    name: str = "",
    scopes: Collection[str] | None = None,
    days: int | None = None,
) -> tuple[ApiToken, str]:
    """A token of ``user`` and its text, which is told here and never again.

    ``scopes``: all that lead anywhere for the user unless given. ``days``: how long it lives,
    ``KLINGDESK_TOKEN_DAYS`` unless given. ``Invalid`` with the fields ``name``, ``scopes`` and
    ``days``; ``NotAllowed`` for a token of somebody else, but for administrators and programs.
    """
    _check_may_manage(user, acting_user)
    allowed = open_scopes(user)
    errors: dict[str, list[Any]] = {}
    if len(name) > MOST_NAME:
        errors["name"] = [_("At most %(most)d characters.") % {"most": MOST_NAME}]
    wanted = allowed if scopes is None else frozenset(scopes)
    if not wanted or not wanted <= allowed:
        names = ", ".join(in_order(allowed))
        errors["scopes"] = [_("Choose one or more of: %(scopes)s") % {"scopes": names}]
    most = settings.KLINGDESK_TOKEN_MOST_DAYS
    lives = min(settings.KLINGDESK_TOKEN_DAYS, most) if days is None else days
    if not 1 <= lives <= most:
        errors["days"] = [_("Give a number from 1 to %(most)d.") % {"most": most}]
    if errors:
        raise Invalid(_("Some details are missing or wrong."), fields=errors)
    return ApiToken.objects.create(
        user,
        expiry=timedelta(days=lives),
        name=name.replace("\x00", "").strip(),
        scopes=in_order(wanted),
        created_by=acting_user,
    )


@transaction.atomic
def revoke_token(*, user: Any, acting_user: Any, reference: str) -> bool:
    """End one token of ``user``; False when it had ended already."""
    _check_may_manage(user, acting_user)
    try:
        known = uuid.UUID(reference)
    except ValueError:
        return False
    return bool(ApiToken.objects.filter(user=user, reference=known).delete()[0])


def _check_may_manage(user: Any, acting_user: Any) -> None:
    if user.pk == acting_user.pk:
        return
    if Role.ADMIN not in roles_of(acting_user) or not is_bot(user):
        raise NotAllowed(_("People make their own tokens; administrators those of programs."))
