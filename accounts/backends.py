"""Who a session belongs to: Django's backend, with one quick statement for each request."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from accounts.selectors.with_groups import user_with_groups


class DeskBackend(ModelBackend):
    def get_user(self, user_id: int) -> Any:
        """The user with the groups noted; None for nobody, and for who was deactivated."""
        user = user_with_groups(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
