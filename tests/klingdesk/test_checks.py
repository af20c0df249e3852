"""What a production desk must not start with, and the warning of a calendar that ends."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import time_machine
from django.core.checks import Tags, registry
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from klingdesk import checks
from klingdesk.core.calendar import Override, WorkingCalendar
from klingdesk.settings import Mode
from tests.faults.topology import other_database
from tests.klingdesk.production import SAFE, SECRETS, run
from tickets.models import CalendarYear
from tickets.services.desk import prepare_demo_people, remove_demo_people


@pytest.fixture
def production(settings: Any) -> Any:
    """Settings of a production desk with which nothing is wrong."""
    settings.KLINGDESK_MODE = Mode.PRODUCTION
    settings.DEBUG = False
    settings.SECRET_KEY = "k" * 50
    settings.ALLOWED_HOSTS = ["desk.example.com"]
    settings.CELERY_BROKER_URL = "amqp://localhost//"
    return settings


UNSAFE = [
    pytest.param(
        "DEBUG", True, "klingdesk.E001", "DEBUG is on", "Remove KLINGDESK_DEBUG", id="debug"
    ),
    pytest.param(
        "SECRET_KEY", "k" * 31, "klingdesk.E002", "shorter than 32", "token_urlsafe", id="short key"
    ),
    pytest.param(
        "SECRET_KEY",
        "not-a-secret-only-for-demo-and-tests",
        "klingdesk.E002",
        "the default",
        "token_urlsafe",
        id="default key",
    ),
    pytest.param(
        "ALLOWED_HOSTS", [], "klingdesk.E004", "name this desk", "desk.example.com", id="no host"
    ),
    pytest.param(
        "ALLOWED_HOSTS",
        ["desk.example.com", "*"],
        "klingdesk.E004",
        "name this desk",
        "desk.example.com",
        id="any host",
    ),
    pytest.param(
        "CELERY_BROKER_URL", "memory://", "klingdesk.E005", "not set", "amqp://", id="no broker"
    ),
    pytest.param(
        "CELERY_BROKER_URL", "", "klingdesk.E005", "not set", "amqp://", id="an empty broker"
    ),
]


def test_a_safe_production_desk_starts(production: Any, desk: None) -> None:
    assert checks.check_production_settings() == []
    assert checks.check_demo_people(databases=["default"]) == []
    checks.refuse_unsafe()


@pytest.mark.parametrize(("name", "value", "code", "text", "hint"), UNSAFE)
def test_each_unsafe_setting_is_an_error_with_a_way_out(
    production: Any, desk: None, name: str, value: Any, code: str, text: str, hint: str
) -> None:
    setattr(production, name, value)
    (found,) = checks.check_production_settings()
    assert (found.id, found.is_serious()) == (code, True)
    assert text in found.msg
    assert hint in found.hint
    with pytest.raises(ImproperlyConfigured) as caught:
        checks.refuse_unsafe()
    assert str(caught.value) == f"This desk does not start:\n{code}: {found.msg} {found.hint}"


@pytest.mark.parametrize("mode", [Mode.DEMO, Mode.TEST])
def test_other_modes_may_be_unsafe(production: Any, desk: None, mode: Mode) -> None:
    for parameter in UNSAFE:
        setattr(production, str(parameter.values[0]), parameter.values[1])
    prepare_demo_people(password="shown-to-everybody")
    production.KLINGDESK_MODE = mode
    checks.refuse_unsafe()


def test_everything_wrong_is_told_at_once(production: Any, desk: None) -> None:
    for parameter in UNSAFE:
        setattr(production, str(parameter.values[0]), parameter.values[1])
    prepare_demo_people(password="shown-to-everybody")
    with pytest.raises(ImproperlyConfigured) as caught:
        checks.refuse_unsafe()
    for number in range(1, 6):
        assert f"klingdesk.E00{number}: " in str(caught.value)


def test_demo_people_are_refused_until_they_are_removed(production: Any, desk: None) -> None:
    prepare_demo_people(password="shown-to-everybody")
    assert checks.check_demo_people() == []  # Django's way to say: no database was asked for
    (found,) = checks.check_demo_people(databases=["default"])
    assert found.id == "klingdesk.E003"
    assert "advisor, advisor2, agent" in found.msg
    assert "remove_demo_people" in found.hint
    with pytest.raises(ImproperlyConfigured, match=r"klingdesk\.E003"):
        checks.refuse_unsafe()
    remove_demo_people()
    checks.refuse_unsafe()


def test_the_checks_are_registered_with_their_tags() -> None:
    def registered(tag: str) -> set[Callable[..., Any]]:
        known = registry.registry.get_checks(include_deployment_checks=False)
        return {check for check in known if tag in check.tags}

    assert checks.check_production_settings in registered(Tags.security)
    # Database checks run with migrate, and with check --database.
    assert {checks.check_demo_people, checks.check_calendar} <= registered(Tags.database)


# --- real processes -------------------------------------------------------------------------------

UNSAFE_PROCESS = {
    **SAFE,
    "KLINGDESK_DEBUG": "1",
    "KLINGDESK_SECRET_KEY": "short-but-mine",
    "KLINGDESK_ALLOWED_HOSTS": "*",
    "CELERY_BROKER_URL": "",
}


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("manage.py", "check"), id="manage.py check"),
        pytest.param(("-c", "import klingdesk.wsgi"), id="gunicorn's import"),
        pytest.param(
            ("-m", "celery", "-A", "klingdesk", "beat", "--scheduler", "celery.beat:Scheduler"),
            id="celery beat",
        ),
        pytest.param(("-m", "celery", "-A", "klingdesk", "worker", "-P", "solo"), id="worker"),
    ],
)
def test_no_process_of_an_unsafe_desk_starts(arguments: tuple[str, ...]) -> None:
    done = run(*arguments, environment=UNSAFE_PROCESS)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    for number in (1, 2, 4, 5):
        assert f"klingdesk.E00{number}" in said
    assert "KLINGDESK_SECRET_KEY is missing, the default, or shorter" in said
    assert "short-but-mine" not in said


def test_a_safe_desk_passes_as_a_process() -> None:
    done = run("manage.py", "check", "--fail-level", "WARNING", environment=SAFE)
    assert done.returncode == 0, done.stderr
    assert not any(secret in done.stdout + done.stderr for secret in SECRETS)


@pytest.mark.django_db(transaction=True)
def test_demo_people_keep_a_production_process_from_starting(desk: None) -> None:
    prepare_demo_people(password="shown-to-everybody")
    url = other_database(os.environ["DATABASE_URL"], connection.settings_dict["NAME"])
    environment = {**SAFE, "DATABASE_URL": url}

    refused = run("-c", "import klingdesk.wsgi", environment=environment)
    assert refused.returncode != 0
    assert "klingdesk.E003: Demo people can log in" in refused.stderr
    refused = run("manage.py", "check", "--database", "default", environment=environment)
    assert refused.returncode != 0
    assert "klingdesk.E003" in refused.stderr

    cured = run("manage.py", "remove_demo_people", environment=environment)
    assert (cured.returncode, cured.stdout) == (0, "7 demo people deactivated\n")
    started = run("-c", "import klingdesk.wsgi", environment=environment)
    assert started.returncode == 0, started.stderr


# --- the calendar ---------------------------------------------------------------------------------

KNOWN = WorkingCalendar()


@pytest.mark.parametrize(
    ("today", "calendar", "missing"),
    [
        (date(2026, 3, 4), KNOWN, []),
        (date(2026, 11, 1), KNOWN, []),
        (date(2026, 11, 2), KNOWN, [2027]),
        (date(2026, 12, 31), KNOWN, [2027]),
        (date(2027, 1, 1), KNOWN, [2027]),
        (date(2027, 11, 2), KNOWN, [2027, 2028]),
        (date(2026, 11, 2), WorkingCalendar(covered_years=frozenset({2027})), []),
        (date(2027, 11, 2), WorkingCalendar(covered_years=frozenset({2027})), [2028]),
        (date(2025, 12, 31), KNOWN, []),
        # A few corrections of next year are no notice.
        (date(2026, 11, 2), WorkingCalendar({date(2027, 2, 7): Override(True)}), [2027]),
    ],
)
def test_years_without_notice(today: date, calendar: WorkingCalendar, missing: list[int]) -> None:
    assert checks.years_without_notice(calendar, today=today) == missing


@pytest.mark.django_db
def test_warns_sixty_days_ahead_until_the_year_is_loaded() -> None:
    with time_machine.travel("2026-11-01 15:59:59Z", tick=False):
        assert checks.check_calendar(databases=["default"]) == []
    with time_machine.travel("2026-11-01 16:00:00Z", tick=False):  # midnight in Shanghai
        assert checks.check_calendar() == []
        (found,) = checks.check_calendar(databases=["default"])
        assert (found.id, found.is_serious()) == ("klingdesk.W001", False)
        assert "2027" in found.msg
        assert "chinesecalendar" in found.hint
        assert "notice" in found.hint
        checks.refuse_unsafe()
        CalendarYear.objects.create(year=2027, source="notice")
        assert checks.check_calendar(databases=["default"]) == []


def test_a_database_that_does_not_answer_keeps_production_from_starting() -> None:
    environment = {**SAFE, "DATABASE_URL": "postgres://desk@127.0.0.1:9/desk"}
    done = run("-c", "import klingdesk.wsgi", environment=environment)
    assert done.returncode != 0
    assert "klingdesk.E006: The database does not answer" in done.stderr
