"""How long a session lasts, how many there are, how they end, and that a form outlives one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import ApiToken, DeskSession
from tests.conftest import NOW, PASSWORD

PAGE = "/admin/console/"


@pytest.fixture(autouse=True)
def at_now() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def logged_in(name: str = "agent", **headers: str) -> Client:
    client = Client(headers={"accept-language": "en", **headers})
    given = {"username": name, "password": PASSWORD, "next": PAGE}
    assert client.post("/admin/login/", given).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


def test_an_idle_session_ends(agent: Any, at_now: Any) -> None:
    client = logged_in()
    at_now.shift(timedelta(hours=7, minutes=59))
    assert is_in(client)
    at_now.shift(timedelta(hours=4))
    assert is_in(client), "the last request counts, not the login"
    client = logged_in()
    at_now.shift(timedelta(hours=8))
    assert not is_in(client)
    at_now.shift(timedelta(hours=-8))
    assert not is_in(client), "it is gone, not asleep"


def test_a_session_ends_after_twelve_hours_of_work(agent: Any, at_now: Any) -> None:
    client = logged_in()
    for _hour in range(11):
        at_now.shift(timedelta(hours=1))
        assert is_in(client)
    at_now.shift(timedelta(hours=1))
    assert not is_in(client)


@pytest.mark.parametrize(
    "address",
    [
        "/admin/inbox/unread/",
        "/admin/console/waiting/",
        "/admin/exports/state/",
        "/admin/kb-imports/",
        "/admin/reports/sla/",
    ],
)
def test_a_page_that_asks_by_itself_keeps_nobody_logged_in(
    manager: Any, at_now: Any, address: str
) -> None:
    client = logged_in("manager")
    for _hour in range(7):
        at_now.shift(timedelta(hours=1))
        assert client.get(address, headers={"x-desk-polling": "1"}).status_code in (200, 403)
    at_now.shift(timedelta(hours=1))
    assert not is_in(client)


def test_a_person_who_asks_the_same_is_there(agent: Any, at_now: Any) -> None:
    client = logged_in()
    at_now.shift(timedelta(hours=7))
    assert client.get("/admin/inbox/unread/").status_code == 200
    at_now.shift(timedelta(hours=4))
    assert is_in(client)


def test_times_are_kept_and_written_once_a_minute(agent: Any, at_now: Any) -> None:
    client = logged_in()
    row = DeskSession.objects.get()
    assert (row.user, row.started_at, row.seen_at) == (agent, NOW, NOW)
    at_now.shift(timedelta(seconds=59))
    client.get(PAGE)
    row.refresh_from_db()
    assert row.seen_at == NOW
    at_now.shift(timedelta(seconds=1))
    client.get(PAGE)
    row.refresh_from_db()
    assert row.seen_at == NOW + timedelta(seconds=60)
    assert row.started_at == NOW


def test_the_sixth_session_ends_the_first(agent: Any, agent2: Any, at_now: Any) -> None:
    colleague = logged_in("agent2")
    clients = []
    for _number in range(6):
        clients.append(logged_in())
        at_now.shift(timedelta(minutes=1))
    assert [is_in(client) for client in clients] == [False] + [True] * 5
    assert is_in(colleague)


def test_ending_one_session_and_all_others(agent: Any, agent2: Any, at_now: Any) -> None:
    first = logged_in(**{"user-agent": "Old browser"})
    at_now.shift(timedelta(minutes=1))
    second = logged_in()
    at_now.shift(timedelta(minutes=1))
    here, colleague = logged_in(), logged_in("agent2")
    page = here.get("/admin/account/").content.decode()
    assert "Old browser" in page
    assert "This session" in page
    end = {"started_at": NOW.isoformat()}
    assert "is ended" in here.post("/admin/account/sign-out/", end, follow=True).content.decode()
    assert [is_in(client) for client in (first, second, here)] == [False, True, True]
    again = here.post("/admin/account/sign-out/", end, follow=True).content.decode()
    assert "had ended already" in again
    odd = here.post("/admin/account/sign-out/", {"started_at": "2026-99-99T00:00"}, follow=True)
    assert "had ended already" in odd.content.decode()
    ApiToken.objects.create(agent)
    ApiToken.objects.create(agent2)
    here.post("/admin/account/sign-out/")
    assert [is_in(client) for client in (second, here, colleague)] == [False, True, True]
    assert [row.user for row in ApiToken.objects.all()] == [agent2]


def test_an_administrator_logs_somebody_out(agent: Any, manager: Any, admin_person: Any) -> None:
    client, boss, chief = logged_in(), Client(), Client()
    boss.force_login(admin_person)
    chief.force_login(manager)
    address = f"/admin/people/{agent.pk}/login/act/"
    assert chief.post(address, {"action": "sign_out"}).status_code == 403
    assert is_in(client)
    assert boss.post(address, {"action": "sign_out"}).status_code == 302
    assert not is_in(client)
    history = boss.get(f"/admin/auth/user/{agent.pk}/history/").content.decode()
    assert agent.username in history
    assert boss.post(address, {"action": "nonsense"}).status_code == 302
    assert boss.get("/admin/people/999999/login/").status_code == 404


def test_a_deactivated_person_is_out_at_once(agent: Any, admin_person: Any) -> None:
    client, boss = logged_in(), Client()
    ApiToken.objects.create(agent)
    boss.force_login(admin_person)
    given = {"username": "agent", "groups": [agent.groups.get().pk], "is_staff": "on"}
    assert boss.post(f"/admin/auth/user/{agent.pk}/change/", given).status_code == 302
    assert not is_in(client)
    assert not ApiToken.objects.filter(user=agent).exists()


def test_a_form_sent_too_late_loses_nothing(agent: Any, at_now: Any) -> None:
    client = logged_in()
    at_now.shift(timedelta(hours=13))
    typed = {"utterance": "扣了<b>两次", "tag": ["a", "b"], "old_password": "secret-typed"}
    address = "/admin/console/start/?from=search"
    response = client.post(address, typed)
    page = response.content.decode()
    assert response.status_code == 401
    assert response.headers["Cache-Control"] == "no-store"
    assert 'name="utterance" value="扣了&lt;b&gt;两次"' in page
    assert page.count('name="tag"') == 2
    assert 'action="/admin/console/start/?from=search"' in page
    assert "secret-typed" not in page
    fragment = client.post(address, typed, headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment.headers["HX-Reswap"]) == (401, "none")
    assert client.get(PAGE).headers["Location"] == f"/admin/login/?next={PAGE}"


@pytest.mark.parametrize("field", ["secret", "url", "new_password1"])
def test_secrets_of_a_form_sent_too_late_are_not_repeated(
    manager: Any, at_now: Any, field: str
) -> None:
    client = logged_in("manager")
    at_now.shift(timedelta(hours=13))
    typed = {"name": "group chat", field: "https://robots.example.com/key-4711"}
    response = client.post("/admin/webhooks/", typed)
    assert response.status_code == 401
    assert 'value="group chat"' in response.content.decode()
    assert "key-4711" not in response.content.decode()


def test_a_login_leads_back_to_the_page(agent: Any) -> None:
    client = Client()
    sent = client.get("/admin/console/?q=price")
    assert sent.status_code == 302
    given = {"username": "agent", "password": PASSWORD, "next": "/admin/console/?q=price"}
    back = client.post(sent.headers["Location"], given)
    assert back.headers["Location"] == "/admin/console/?q=price"
    given["next"] = "https://evil.example.com/"
    assert Client().post("/admin/login/", given).headers["Location"] == "/admin/"


def test_expired_sessions_and_tokens_are_forgotten(agent: Any, at_now: Any) -> None:
    from accounts.tasks import forget

    logged_in()
    ApiToken.objects.create(agent, expiry=timedelta(hours=1))
    forget()
    assert (DeskSession.objects.count(), ApiToken.objects.count()) == (1, 1)
    at_now.shift(timedelta(hours=13))
    forget()
    assert (DeskSession.objects.count(), ApiToken.objects.count()) == (0, 0)
