"""Logging in: lock-outs by name and address, forced changes, and what a password change ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.core.management import call_command
from django.http import HttpRequest
from django.test import Client

from accounts.addresses import client_address, counted
from accounts.models import ApiToken
from accounts.services.passwords import password_set_by_other
from klingdesk.core.roles import Role
from tests.conftest import NOW, PASSWORD

LOGIN = "/admin/login/"
FRESH = "a-longer-secret-7"


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def attempt(client: Client, name: str, password: str = PASSWORD, **headers: str) -> bool:
    """Whether the attempt let somebody in."""
    given = {"username": name, "password": password, "next": "/admin/"}
    return client.post(LOGIN, given, headers=headers).status_code == 302


def text_of(client: Client, name: str, password: str) -> str:
    given = {"username": name, "password": password}
    return client.post(LOGIN, given, headers={"accept-language": "en"}).content.decode()


def test_guessing_ends_even_with_the_right_password(
    client: Client, agent: Any, agent2: Any
) -> None:
    for number in range(5):
        assert not attempt(client, "agent", f"guess-{number}")
    assert not attempt(client, "agent")
    assert "Wait 15 minutes, or ask an administrator" in text_of(client, "AGENT", PASSWORD)
    assert attempt(client, "agent2"), "a colleague behind the same address gets in"
    assert attempt(Client(REMOTE_ADDR="10.9.9.9"), "agent"), "the owner elsewhere gets in"


def test_a_lock_out_passes_and_trying_on_does_not_prolong_it(
    client: Client, agent: Any, at_now: Any
) -> None:
    for number in range(5):
        attempt(client, "agent", f"guess-{number}")
    at_now.shift(timedelta(minutes=14))
    assert not attempt(client, "agent")
    at_now.shift(timedelta(minutes=2))
    assert attempt(client, "agent")


def test_a_success_forgets_the_failures(client: Client, agent: Any) -> None:
    for _round in range(3):
        for number in range(4):
            attempt(client, "agent", f"guess-{number}")
        assert attempt(Client(), "agent")
    assert not AccessAttempt.objects.exists()


def test_nothing_tells_whether_there_is_such_a_person(client: Client, agent: Any) -> None:
    def answers(name: str) -> list[str]:
        return [text_of(client, name, "wrong").replace(name, "NAME") for _n in range(7)]

    def said(pages: list[str]) -> list[str]:
        return [page.split('class="errornote"')[1].split("</p>")[0] for page in pages]

    assert said(answers("agent")) == said(answers("nobody"))


def test_an_address_that_tries_many_names_is_locked(
    client: Client, agent: Any, settings: Any
) -> None:
    settings.KLINGDESK_ADDRESS_FAILURES = 6
    for number in range(6):
        assert not attempt(client, f"name-{number}", "Spring2026!")
    assert not attempt(client, "agent")
    assert attempt(Client(REMOTE_ADDR="10.9.9.9"), "agent")


def test_no_password_and_no_code_is_kept(client: Client, agent: Any) -> None:
    attempt(client, "agent", "my-secret-typo")
    client.post(
        f"{LOGIN}?next=/admin/ticket/T00000001/", {"username": "agent", "password": "other-typo"}
    )
    row = AccessAttempt.objects.get()
    kept = f"{row.get_data} {row.post_data} {row.path_info} {row.http_accept}"
    assert "typo" not in kept
    assert "T00000001" not in kept


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "1.2.3.4", "127.0.0.1"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (1, "unknown", None),
        (1, None, "127.0.0.1"),
    ],
)
def test_only_our_own_proxy_is_believed(
    proxies: int, forwarded: str | None, address: str | None, settings: Any
) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": "127.0.0.1"}
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    assert client_address(request) == address


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("10.1.2.3", "10.1.2.3"),
        (" 2001:db8:0:7:a:b:c:d ", "2001:db8:0:7::"),
        ("2001:db8:0:7::1", "2001:db8:0:7::"),
        ("2001:db8:0:8::1", "2001:db8:0:8::"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("fe80::1%eth0", "fe80::"),
        ("::1", "::1"),
        ("2001:db8::1::2", None),
        ("", None),
    ],
)
def test_an_ipv6_network_is_one_address(given: str, address: str | None) -> None:
    assert counted(given) == address


def test_whoever_has_a_network_has_no_more_tries(agent: Any) -> None:
    for number in range(5):
        assert not attempt(Client(REMOTE_ADDR=f"2001:db8:0:7::{number}"), "agent", "wrong")
    assert not attempt(Client(REMOTE_ADDR="2001:db8:0:7:1:2:3:4"), "agent")
    assert attempt(Client(REMOTE_ADDR="2001:db8:0:8::1"), "agent"), "another network is another"


def test_an_administrator_sees_and_lifts_lock_outs(
    client: Client, agent: Any, admin_person: Any, manager: Any
) -> None:
    for number in range(5):
        attempt(client, "agent", f"guess-{number}")
    boss = Client(headers={"accept-language": "en"}, REMOTE_ADDR="10.0.0.2")
    boss.force_login(admin_person)
    page = boss.get("/admin/lockouts/").content.decode()
    assert "agent" in page
    assert "127.0.0.1" in page
    chief = Client()
    chief.force_login(manager)
    row = {"name": "agent", "address": "127.0.0.1"}
    assert chief.post("/admin/lockouts/lift/", row).status_code == 403
    done = boss.post("/admin/lockouts/lift/", row, follow=True).content.decode()
    assert "The lock-out is lifted." in done
    assert "Nobody is locked out" in done
    again = boss.post("/admin/lockouts/lift/", row, follow=True).content.decode()
    assert "was over already" in again
    assert attempt(client, "agent")


def test_old_failures_are_forgotten(client: Client, agent: Any, at_now: Any) -> None:
    from accounts.tasks import forget

    attempt(client, "agent", "guess")
    forget()
    assert AccessAttempt.objects.count() == 1
    at_now.shift(timedelta(minutes=16))
    forget()
    assert not AccessAttempt.objects.exists()


# --- passwords ----------------------------------------------------------------------------------


def change(client: Client, old: str = PASSWORD, new: str = FRESH) -> Any:
    given = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post("/admin/password_change/", given, headers={"accept-language": "en"})


def test_a_changed_password_ends_tokens_and_other_sessions(agent: Any, agent2: Any) -> None:
    _row, token = ApiToken.objects.create(agent)
    ApiToken.objects.create(agent2)
    here, there, colleague = Client(), Client(), Client()
    for client, name in ((here, "agent"), (there, "agent"), (colleague, "agent2")):
        assert attempt(client, name)
    header = {"Authorization": f"Token {token}"}
    assert change(here, "no").status_code == 200
    assert Client().get("/api/v1/tickets/", headers=header).status_code == 200
    assert change(here).status_code == 302
    assert Client().get("/api/v1/tickets/", headers=header).status_code == 401
    statuses = [c.get("/admin/console/").status_code for c in (here, there, colleague)]
    assert statuses == [200, 302, 200]
    assert ApiToken.objects.filter(user=agent2).count() == 1


def test_the_present_password_is_not_guessed_where_it_is_changed(agent: Any) -> None:
    """As often as at the login, and counted with the tries there."""
    client, elsewhere = Client(), Client(REMOTE_ADDR="10.9.9.9")
    for each in (client, elsewhere):
        each.force_login(agent)
    assert not attempt(Client(), "agent", "guess")
    for number in range(4):
        page = change(client, f"guess-{number}")
        assert "was entered incorrectly" in page.content.decode()
    for present in ("guess", PASSWORD):
        page = change(client, present)
        assert (page.status_code, "Too many failed tries" in page.content.decode()) == (200, True)
    assert not attempt(Client(), "agent")
    agent.refresh_from_db()
    assert agent.check_password(PASSWORD)
    assert change(elsewhere).status_code == 302


def test_a_changed_password_forgets_the_failures(agent: Any) -> None:
    client = Client()
    client.force_login(agent)
    for _round in range(4):
        change(client, "typo")
    assert change(client).status_code == 302
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize("password", ["short-7xy", "1234567890123", "password123", PASSWORD])
def test_weak_and_unchanged_passwords_are_refused(agent: Any, password: str) -> None:
    client = Client()
    client.force_login(agent)
    response = change(client, new=password)
    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    agent.refresh_from_db()
    assert agent.check_password(PASSWORD)


def make_person(boss: Client, name: str = "newcomer") -> Any:
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    made = boss.post(
        "/admin/auth/user/add/",
        {"username": name, "usable_password": "true", "password1": FRESH, "password2": FRESH},
    )
    assert made.status_code == 302, made.content.decode()
    user = get_user_model().objects.get(username=name)
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    user.groups.add(Group.objects.get(name=Role.AGENT.value))
    return user


def test_who_was_made_by_an_administrator_changes_the_password_first(admin_person: Any) -> None:
    boss = Client()
    boss.force_login(admin_person)
    make_person(boss)
    client = Client(headers={"accept-language": "en"})
    assert attempt(client, "newcomer", FRESH)
    sent = client.get("/admin/console/", follow=True)
    assert sent.request["PATH_INFO"] == "/admin/password_change/"
    assert "Choose a password of your own first." in sent.content.decode()
    refused = client.get("/api/v1/tickets/")
    assert (refused.status_code, refused.json()["code"]) == (403, "password_owed")
    ask = {"username": "newcomer", "password": FRESH}
    token = client.post("/api/v1/auth/token/", ask, content_type="application/json")
    assert (token.status_code, token.json()["code"]) == (403, "password_owed")
    assert change(client, FRESH, FRESH).status_code == 200, "the same password is none of one's own"
    assert change(client, FRESH, "my-very-own-word-3").status_code == 302
    assert client.get("/admin/console/").status_code == 200
    assert client.get("/api/v1/tickets/").status_code == 200


def test_a_password_set_by_an_administrator_ends_everything(agent: Any, admin_person: Any) -> None:
    client, boss = Client(), Client()
    assert attempt(client, "agent")
    boss.force_login(admin_person)
    _row, token = ApiToken.objects.create(agent)
    given = {"usable_password": "true", "password1": FRESH, "password2": FRESH}
    assert boss.post(f"/admin/auth/user/{agent.pk}/password/", given).status_code == 302
    assert client.get("/admin/console/").status_code == 302
    header = {"Authorization": f"Token {token}"}
    assert Client().get("/api/v1/tickets/", headers=header).status_code == 401
    assert attempt(client, "agent", FRESH)
    assert client.get("/admin/console/").headers["Location"] == "/admin/password_change/"


def test_a_program_needs_no_page_to_change_its_password(person: Callable[..., Any]) -> None:
    from django.contrib.auth.models import Group

    robot = person("robot")
    robot.groups.add(Group.objects.get(name="bot"))
    password_set_by_other(user=robot)
    ask = {"username": "robot", "password": PASSWORD}
    answer = Client().post("/api/v1/auth/token/", ask, content_type="application/json")
    assert answer.status_code == 200


def test_the_command_that_sets_a_password_ends_tokens(
    agent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from accounts.management.commands.changepassword import Command

    ApiToken.objects.create(agent)
    monkeypatch.setattr(Command, "_get_pass", lambda *_args, **_more: FRESH)
    call_command("changepassword", "agent", verbosity=0)
    assert not ApiToken.objects.filter(user=agent).exists()
