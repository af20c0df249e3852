"""What follows a changed password, whoever changed it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import LoginStanding
from accounts.services.sessions import Ended, end_logins


@transaction.atomic
def password_changed_by_owner(*, user: Any, session_key: str) -> Ended:
    """Nothing is owed any more; other sessions and all tokens end, this session goes on."""
    LoginStanding.objects.filter(user=user).update(must_change_password=False)
    return end_logins(user=user, but=(session_key,))


@transaction.atomic
def password_set_by_other(*, user: Any) -> Ended:
    """Somebody else knows the password now: it is to be changed at the next login, and all
    sessions and tokens end."""
    LoginStanding.objects.update_or_create(user=user, defaults={"must_change_password": True})
    return end_logins(user=user)
