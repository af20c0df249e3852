"""Two-step login: switching it on, logging in with it, losing the phone, and guessing at codes."""

from __future__ import annotations

import re
from base64 import b32decode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP

from accounts.models import ApiToken, Authenticator, RecoveryCode
from tests.conftest import NOW, PASSWORD

SET_UP = "/admin/account/two-step/"
CODE = "/admin/login/code/"


@pytest.fixture(autouse=True)
def at_now() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


class Phone:
    """An authenticator app that knows the secret shown at the set-up."""

    def __init__(self, secret: str) -> None:
        self.key = b32decode(secret)

    def code(self) -> str:
        totp = TOTP(self.key)
        totp.time = timezone.now().timestamp()
        return f"{totp.token():06d}"


def browser(user: Any = None, **options: Any) -> Client:
    client = Client(headers={"accept-language": "en"}, **options)
    if user is not None:
        client.force_login(user)
    return client


def codes_on(page: Any) -> list[str]:
    shown = re.search(r'id="recovery-codes">(.*?)</pre>', page.content.decode(), re.DOTALL)
    return shown[1].split() if shown else []


def switch_on(client: Client) -> tuple[Phone, list[str]]:
    client.post(SET_UP, {"action": "begin"})
    page = client.get(SET_UP).content.decode()
    assert 'src="data:image/png;base64,' in page
    secret = re.search(r'desk-secret">([A-Z2-7 ]+)<', page)
    assert secret
    phone = Phone(secret[1].replace(" ", ""))
    done = client.post(SET_UP, {"action": "confirm", "code": phone.code()})
    codes = codes_on(done)
    assert len(codes) == 10
    return phone, codes


def password(client: Client, name: str = "agent", next_page: str = "/admin/console/") -> Any:
    given = {"username": name, "password": PASSWORD, "next": next_page}
    return client.post("/admin/login/", given)


def is_in(client: Client) -> bool:
    return client.get("/admin/console/").status_code == 200


def test_a_password_alone_lets_nobody_in(agent: Any, at_now: Any) -> None:
    phone, _codes = switch_on(browser(agent))
    at_now.shift(timedelta(minutes=2))
    client = browser()
    asked = password(client, next_page="/admin/console/?q=price")
    assert asked.headers["Location"] == CODE
    assert not is_in(client)
    wrong = client.post(CODE, {"code": "000000"})
    assert wrong.status_code == 400
    assert "wrong or was used before" in wrong.content.decode()
    at_now.shift(timedelta(seconds=2))
    right = client.post(CODE, {"code": f"{phone.code()[:3]} {phone.code()[3:]}"})
    assert right.headers["Location"] == "/admin/console/?q=price"
    assert is_in(client)


def test_a_code_works_once(agent: Any, at_now: Any) -> None:
    phone, _codes = switch_on(browser(agent))
    client = browser()
    password(client)
    assert client.post(CODE, {"code": phone.code()}).status_code == 400, "used at the set-up"
    at_now.shift(timedelta(seconds=30))
    assert client.post(CODE, {"code": phone.code()}).status_code == 302
    other = browser()
    password(other)
    assert other.post(CODE, {"code": phone.code()}).status_code == 400


def test_a_recovery_code_logs_in_once_and_only_its_hash_is_kept(agent: Any, at_now: Any) -> None:
    _phone, codes = switch_on(browser(agent))
    kept = set(RecoveryCode.objects.values_list("digest", flat=True))
    assert not kept & {code.replace("-", "") for code in codes}
    client = browser()
    password(client)
    assert client.post(CODE, {"code": codes[3].upper()}).status_code == 302
    assert RecoveryCode.objects.count() == 9
    other = browser()
    password(other)
    assert other.post(CODE, {"code": codes[3]}).status_code == 400


def test_guessing_at_codes_is_slowed_down_across_sessions(agent: Any, at_now: Any) -> None:
    phone, codes = switch_on(browser(agent))
    at_now.shift(timedelta(minutes=2))
    client = browser()
    password(client)
    assert client.post(CODE, {"code": "000000"}).status_code == 400
    other = browser()
    password(other)
    for code in (phone.code(), codes[0]):
        assert other.post(CODE, {"code": code}).status_code == 429
    assert RecoveryCode.objects.count() == 10, "a code that was not looked at is not used up"
    for seconds in (1, 2, 4, 8):
        at_now.shift(timedelta(seconds=seconds))
        last = client.post(CODE, {"code": "000000"})
    assert last.headers["Location"] == "/admin/login/", "after five the password is asked for anew"
    assert Authenticator.objects.get().throttling_failure_count == 5
    at_now.shift(timedelta(seconds=16))
    assert other.post(CODE, {"code": phone.code()}).status_code == 302
    assert Authenticator.objects.get().throttling_failure_count == 0


def test_the_right_password_is_remembered_for_ten_minutes(agent: Any, at_now: Any) -> None:
    phone, _codes = switch_on(browser(agent))
    client = browser()
    assert client.get(CODE).headers["Location"] == "/admin/login/"
    password(client)
    assert client.get(CODE).status_code == 200
    at_now.shift(timedelta(minutes=10, seconds=1))
    answer = client.post(CODE, {"code": phone.code()})
    assert answer.headers["Location"] == "/admin/login/"
    password(client)
    agent.set_password("another-one-9")
    agent.save()
    assert client.post(CODE, {"code": phone.code()}).headers["Location"] == "/admin/login/"


def test_the_secret_is_sealed_and_shown_during_the_set_up_only(agent: Any) -> None:
    client = browser(agent)
    phone, _codes = switch_on(client)
    device = Authenticator.objects.get()
    assert phone.key.hex() not in device.sealed_secret
    assert "desk-secret" not in client.get(SET_UP).content.decode()
    again = client.post(SET_UP, {"action": "begin"})
    assert again.status_code == 409
    assert Authenticator.objects.get() == device


def test_switching_it_on_ends_what_came_without_it(agent: Any) -> None:
    other, here = browser(agent), browser(agent)
    ApiToken.objects.create(agent)
    wrong = here.post(SET_UP, {"action": "confirm", "code": "123456"})
    assert wrong.status_code == 409
    here.post(SET_UP, {"action": "begin"})
    assert here.post(SET_UP, {"action": "confirm", "code": "12345"}).status_code == 400
    assert is_in(other)
    Authenticator.objects.all().delete()
    switch_on(here)
    assert (is_in(here), is_in(other)) == (True, False)
    assert not ApiToken.objects.exists()


def test_switching_it_off_and_renewing_codes_needs_a_code(agent: Any, at_now: Any) -> None:
    client = browser(agent)
    _phone, codes = switch_on(client)
    assert client.post(SET_UP, {"action": "off", "code": "000000"}).status_code == 400
    at_now.shift(timedelta(seconds=2))
    fresh = codes_on(client.post(SET_UP, {"action": "renew", "code": codes[0]}))
    assert not set(fresh) & set(codes)
    assert client.post(SET_UP, {"action": "off", "code": codes[1]}).status_code == 400
    at_now.shift(timedelta(seconds=2))
    assert client.post(SET_UP, {"action": "off", "code": fresh[0]}).status_code == 302
    assert not RecoveryCode.objects.exists()
    assert password(browser()).headers["Location"] == "/admin/console/"
    assert client.post(SET_UP, {"action": "?"}).status_code == 400


def test_roles_that_need_it_set_it_up_first(agent: Any, manager: Any, settings: Any) -> None:
    settings.KLINGDESK_REQUIRE_TOTP = ["agent"]
    client = browser()
    password(client)
    sent = client.get("/admin/console/", follow=True)
    assert sent.request["PATH_INFO"] == SET_UP
    assert "Your role needs two-step login. Set it up first." in sent.content.decode()
    assert client.post("/admin/console/start/").status_code == 302
    assert client.get("/api/v1/tickets/").json()["code"] == "two_step_owed"
    ask = {"username": "agent", "password": PASSWORD}
    token = client.post("/api/v1/auth/token/", ask, content_type="application/json")
    assert (token.status_code, token.json()["code"]) == (403, "two_step_owed")
    _phone, codes = switch_on(client)
    assert is_in(client)
    refused = client.post(SET_UP, {"action": "off", "code": codes[0]})
    assert "cannot be switched off" in refused.content.decode()
    other = browser()
    password(other, "manager", "/admin/inbox/")
    assert other.get("/admin/inbox/").status_code == 200


def test_tokens_are_issued_with_a_code_only(agent: Any, at_now: Any) -> None:
    _phone, codes = switch_on(browser(agent))

    def ask(**more: str) -> Any:
        given = {"username": "agent", "password": PASSWORD, **more}
        return Client().post("/api/v1/auth/token/", given, content_type="application/json")

    answer = ask()
    assert (answer.status_code, answer.json()["code"]) == (400, "code_required")
    assert set(answer.json()["errors"]) == {"code"}
    wrong = ask(password="guess", code=codes[0])
    assert wrong.json()["code"] == "wrong_credentials"
    assert ask(code="000000").json()["code"] == "wrong_code"
    slow = ask(code=codes[0])
    assert (slow.status_code, slow.headers["Retry-After"]) == (429, "1")
    at_now.shift(timedelta(seconds=1))
    assert "token" in ask(code=codes[0]).json()
    assert ApiToken.objects.count() == 1


def test_an_administrator_resets_it(agent: Any, admin_person: Any) -> None:
    client, boss = browser(agent), browser(admin_person)
    switch_on(client)
    address = f"/admin/people/{agent.pk}/login/"
    assert "Two-step login is on." in boss.get(address).content.decode()
    boss.post(f"{address}act/", {"action": "reset_two_step"})
    assert not is_in(client)
    assert not Authenticator.objects.exists()
    assert "Two-step login is off." in boss.get(address).content.decode()
    assert password(client).headers["Location"] == "/admin/console/"
    assert client.post(address + "act/", {"action": "reset_two_step"}).status_code == 403


def test_a_key_that_is_gone_says_so(agent: Any, settings: Any) -> None:
    phone, _codes = switch_on(browser(agent))
    client = browser()
    settings.SECRET_KEY = "another-key-of-thirty-two-characters"
    password(client)
    answer = client.post(CODE, {"code": phone.code()})
    assert answer.status_code == 400
    assert "Ask an administrator to reset it" in answer.content.decode()
