"""What a login leaves behind: the session's times, and what the person still has to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import login as django_login
from django.http import HttpRequest

from accounts.backends import DeskBackend
from accounts.selectors.logins import has_two_step, must_change_password
from accounts.selectors.personal import language_of
from accounts.selectors.tours import TOURS_SEEN, tours_seen
from accounts.services.sessions import keep_newest
from accounts.services.two_step import is_required
from accounts.sessions import BROWSER, LANGUAGE, OWED, SEEN, STARTED
from klingdesk.core.roles import is_bot

PASSWORD = "password"  # noqa: S105 - the name of a step
TWO_STEP = "two_step"
BACKEND = f"{DeskBackend.__module__}.{DeskBackend.__qualname__}"


def owed_by(user: Any) -> list[str]:
    """What is to be done before the desk opens: steps in their order.

    Programs have no page on which to do it, and no role that needs the second step.
    """
    if is_bot(user):
        return []
    owed = [PASSWORD] if must_change_password(user) else []
    return owed + ([TWO_STEP] if is_required(user) and not has_two_step(user) else [])


def log_in(*, request: HttpRequest, user: Any, now: datetime) -> None:
    """Begin a session; beyond the number that a person may have, the oldest end."""
    django_login(request, user, backend=BACKEND)
    session = request.session
    session[STARTED] = session[SEEN] = int(now.timestamp())
    session[BROWSER] = request.headers.get("User-Agent", "")[:200].replace("\0", "")
    session[OWED] = owed_by(user)
    if language := language_of(user.pk):
        session[LANGUAGE] = language
    session[TOURS_SEEN] = tours_seen(user.pk)
    session.save()
    keep_newest(user=user, most=settings.KLINGDESK_SESSIONS_PER_PERSON)


def step_done(*, request: HttpRequest, step: str) -> None:
    """Take ``step`` from what this session owes."""
    owed = request.session.get(OWED, [])
    if step in owed:
        request.session[OWED] = [name for name in owed if name != step]
