"""Two logins of a person at the same instant: limits hold, and a code lets one of them in."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from accounts.models import DeskSession, RecoveryCode
from accounts.services.two_step import check_code
from klingdesk.core.errors import DeskError
from tests.concurrency.threads import at_once
from tests.conftest import NOW, PASSWORD
from tests.klingdesk.test_totp import browser, switch_on

pytestmark = pytest.mark.django_db(transaction=True)


def log_in(username: str) -> int:
    given = {"username": username, "password": PASSWORD, "next": "/admin/inbox/"}
    return Client().post("/admin/login/", given).status_code


def test_so_many_sessions_and_no_more(agent: Any, settings: Any) -> None:
    settings.KLINGDESK_SESSIONS_PER_PERSON = 2
    answers = at_once(*[partial(log_in, agent.username)] * 5)
    # One that was displaced before its own answer was made is told so (400).
    assert set(answers) <= {302, 400}
    assert answers.count(302) >= 2
    assert DeskSession.objects.filter(user=agent).count() == 2


def fail(username: str, number: int) -> int:
    given = {"username": username, "password": f"guess-{number}"}
    return Client().post("/admin/login/", given).status_code


def test_many_guesses_at_once_are_no_more_than_one_after_the_other(
    agent: Any, settings: Any
) -> None:
    at_once(*[partial(fail, agent.username, number) for number in range(12)])
    assert AccessAttempt.objects.get().failures_since_start == settings.AXES_FAILURE_LIMIT
    assert log_in(agent.username) == 200


def enters(user: Any, code: str) -> bool:
    try:
        check_code(user=user, code=code, now=timezone.now())
    except DeskError:
        return False
    return True


def test_a_code_lets_one_in(agent: Any) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        phone, codes = switch_on(browser(agent))
        for code in (phone.code, lambda: codes[0]):
            clock.shift(timedelta(minutes=5))
            typed = code()
            assert sorted(at_once(*[partial(enters, agent, typed)] * 4)) == [False] * 3 + [True]
    assert RecoveryCode.objects.count() == len(codes) - 1
