"""System checks that keep an unsafe production desk from starting.

Django runs them with every management command; web, worker and beat call
``refuse_unsafe`` themselves because they start without one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from klingdesk.settings import Mode


def _in_production() -> bool:
    return bool(settings.KLINGDESK_MODE == Mode.PRODUCTION)


@register(Tags.security)
def check_production_settings(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E001-E005: what a production desk must not start with."""
    if not _in_production():
        return []
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(
            Error(
                "DEBUG is on in production mode: error pages would show settings and data.",
                hint="Remove KLINGDESK_DEBUG, or set KLINGDESK_MODE=demo on a machine of your own.",
                id="klingdesk.E001",
            )
        )
    if settings.SECRET_KEY == settings.INSECURE_SECRET_KEY or len(settings.SECRET_KEY) < 32:
        found.append(
            Error(
                "KLINGDESK_SECRET_KEY is missing, the default, or shorter than 32 characters.",
                hint='Make one: python -c "import secrets; print(secrets.token_urlsafe(50))"',
                id="klingdesk.E002",
            )
        )
    if "*" in settings.ALLOWED_HOSTS or not settings.ALLOWED_HOSTS:
        found.append(
            Error(
                "KLINGDESK_ALLOWED_HOSTS must name this desk's host names in production.",
                hint="KLINGDESK_ALLOWED_HOSTS=desk.example.com",
                id="klingdesk.E004",
            )
        )
    if settings.CELERY_BROKER_URL.startswith("memory"):
        found.append(
            Error(
                "CELERY_BROKER_URL is not set: no message would ever leave this process.",
                hint="CELERY_BROKER_URL=amqp://user:password@host//",
                id="klingdesk.E005",
            )
        )
    return found


@register(Tags.database)
def check_demo_people(
    app_configs: Any = None, databases: Iterable[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """E003: demo people (whose passwords are shown to everybody) exist in production."""
    if not _in_production() or not databases:
        return []
    from tickets.selectors.people import demo_usernames

    try:
        names = demo_usernames()
    except DatabaseError:
        return []  # no tables yet: the first migration is about to make them
    if not names:
        return []
    return [
        Error(
            f"Demo people can log in to this production desk: {', '.join(names)}.",
            hint="Deactivate them: manage.py remove_demo_people",
            id="klingdesk.E003",
        )
    ]


def refuse_unsafe() -> None:
    """Raise ``ImproperlyConfigured`` with all texts when a check finds an error."""
    found = [*check_production_settings(), *check_demo_people(databases=["default"])]
    if found:
        lines = [f"{item.id}: {item.msg} {item.hint or ''}".rstrip() for item in found]
        raise ImproperlyConfigured("This desk does not start:\n" + "\n".join(lines))
