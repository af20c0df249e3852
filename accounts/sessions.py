"""Django's database sessions, with the person and the times in columns of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from klingdesk.database.composed import Composed

if TYPE_CHECKING:
    from accounts.models import DeskSession

STARTED = "started"
SEEN = "seen"
"""When the login was, and when the person last did something: seconds since 1970."""
BROWSER = "browser"
LANGUAGE = "language"
"""The person's own, read once at the login: no page asks the database for it."""
OWED = "owed"
"""What is to be done before anything else: a list of names of ``accounts.services.logins``."""


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> Any:
        # Django imports this module before the apps are ready.
        from accounts.models import DeskSession

        return DeskSession

    def _get_session_from_db(self) -> Any:
        """Django's, composed once: every request of a person reads its session."""
        found = _in_force().first(self.session_key, timezone.now())
        if found is None:
            self._session_key = None
        return found

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY)
        row.started_at = _instant(data, STARTED)
        row.seen_at = _instant(data, SEEN)
        row.browser = data.get(BROWSER, "")
        return row


@cache
def _in_force() -> Composed[DeskSession]:
    key, now = "?", datetime.min.replace(tzinfo=UTC)
    rows = SessionStore.get_model_class().objects.filter(session_key=key, expire_date__gt=now)
    return Composed(rows, key, now, kept=True)


def _instant(data: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromtimestamp(data[name], UTC) if name in data else None
