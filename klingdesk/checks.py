"""System checks: what a production desk must not start with, and what managers have to mend.

E001-E005 keep an unsafe production desk from starting; W001 warns of a calendar that ends, W010 of
e-mail that cannot be sent.

Django runs them with every management command; web, worker and beat call
``refuse_unsafe`` themselves because they start without one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, ProgrammingError
from django.utils import timezone

from klingdesk.core.calendar import WorkingCalendar
from klingdesk.settings import Mode

NOTICE_EXPECTED_DAYS = 60
"""Before a year begins: its notice has come out between late October and the middle of December."""


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
    if not settings.CELERY_BROKER_URL or settings.CELERY_BROKER_URL.startswith("memory"):
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
    """E003: demo people (whose passwords are shown to everybody) exist in production.

    E006: nobody can say, because the database does not answer.
    """
    if not _in_production() or not databases:
        return []
    from tickets.selectors.people import demo_usernames

    try:
        names = demo_usernames()
    except ProgrammingError:
        return []  # no tables yet: the first migration is about to make them
    except DatabaseError:
        return [
            Error(
                "The database does not answer, so nobody can say who may log in.",
                hint="See that PostgreSQL runs and that DATABASE_URL is right, then start again.",
                id="klingdesk.E006",
            )
        ]
    if not names:
        return []
    return [
        Error(
            f"Demo people can log in to this production desk: {', '.join(names)}.",
            hint="Deactivate them: manage.py remove_demo_people",
            id="klingdesk.E003",
        )
    ]


def years_without_notice(calendar: WorkingCalendar, *, today: date) -> list[int]:
    """This year, and 60 days ahead the next, as far as ``calendar`` does not know them."""
    is_near = (date(today.year + 1, 1, 1) - today).days <= NOTICE_EXPECTED_DAYS
    wanted = [today.year] + [today.year + 1] * is_near
    return [year for year in wanted if not calendar.is_known(year)]


@register(Tags.database)
def check_calendar(
    app_configs: Any = None, databases: Iterable[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """W001: due dates are counted with guesses because a year's holiday notice is missing."""
    if not databases:
        return []
    from tickets.selectors.sla import working_calendar

    try:
        missing = years_without_notice(working_calendar(), today=timezone.localdate())
    except DatabaseError:
        return []  # no tables yet
    if not missing:
        return []
    years = " and ".join(str(year) for year in missing)
    return [
        Warning(
            f"The working-day calendar has no holiday notice for {years}: due dates there are "
            "provisional.",
            hint="Load the State Council's notice (managers do), or update chinesecalendar once it "
            "holds the year; until then the desk marks such dates.",
            id="klingdesk.W001",
        )
    ]


@register(Tags.database)
def check_email(
    app_configs: Any = None, databases: Iterable[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """W010: somebody wants notices by e-mail, and none leaves this desk."""
    if not databases or settings.KLINGDESK_EMAIL_READY:
        return []
    from notices.selectors import is_email_wanted

    try:
        wanted = is_email_wanted()
    except DatabaseError:
        return []  # no tables yet
    if not wanted:
        return []
    return [
        Warning(
            "E-mail is not configured, but people have chosen to be told by e-mail: what they "
            "are sent ends in the dead letters.",
            hint="Set KLINGDESK_EMAIL_URL and KLINGDESK_EMAIL_FROM.",
            id="klingdesk.W010",
        )
    ]


def refuse_unsafe() -> None:
    """Raise ``ImproperlyConfigured`` with all texts when a check finds an error."""
    found = [*check_production_settings(), *check_demo_people(databases=["default"])]
    if found:
        lines = [f"{item.id}: {item.msg} {item.hint or ''}".rstrip() for item in found]
        raise ImproperlyConfigured("This desk does not start:\n" + "\n".join(lines))
