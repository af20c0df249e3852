"""Django's command; the person's sessions and API tokens end with the old password."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.management.commands import changepassword

from accounts.services.sessions import end_logins


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> Any:
        told = super().handle(*args, **options)
        name = options["username"]
        for user in get_user_model().objects.filter(username=name) if name else ():
            end_logins(user=user)
        return told
