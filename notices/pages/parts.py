"""What the pages of notices share."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from klingdesk.core.errors import Conflict, DeskError, NotFound
from klingdesk.core.roles import Role, roles_of
from notices import providers
from notices.selectors import dead_letters

LONGEST_ID = 18


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """The pages that the reader may open, and how many deliveries wait for a manager."""
    pages: list[tuple[str, str, int]] = [
        (_("Inbox"), "admin:inbox", 0),
        (_("My notices"), "admin:notice_settings", 0),
    ]
    if Role.MANAGER in roles_of(request.user):
        pages.append((_("Webhooks"), "admin:webhooks", 0))
        pages += [(str(label), name, 0) for label, name in providers.pages()]
        pages.append((_("Undelivered"), "admin:dead_letters", dead_letters().count()))
    found = []
    for label, name, count in pages:
        url = reverse(name)
        found.append({"label": label, "url": url, "count": count, "current": request.path == url})
    return found


def number_in(text: str) -> int | None:
    """A primary key that was posted; None when it is none."""
    is_one = text.isascii() and text.isdigit() and len(text) <= LONGEST_ID
    return int(text) if is_one else None


def status_of(refused: DeskError | None) -> int:
    if refused is None:
        return 200
    return 409 if isinstance(refused, Conflict | NotFound) else 422
