"""Who gets into the console, and that looking changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.test import Client
from django.urls import reverse

from tests.conftest import NOW
from tickets.admin.console_urls import urlpatterns

HTMX = {"HX-Request": "true"}
PAGES = ("console", "console_search", "console_question", "console_contact")
BUTTONS = (
    "console_start",
    "console_answer",
    "console_back",
    "console_jump",
    "console_restart",
    "console_instead",
    "console_finish",
    "console_account",
    "console_hand_over",
    "console_chase",
    "console_pass_on",
    "console_take_over",
    "console_parked",
    "console_ask",
    "console_choose",
)
NOT_AGENTS = ("advisor", "manager", "editor", "admin_person")


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def address(at_hand_over: Callable[..., int]) -> Callable[[str], str]:
    contact = at_hand_over()

    def of(name: str) -> str:
        if name in ("console", "console_search", "console_start", "console_parked"):
            return reverse(f"admin:{name}")
        key: Any = "price" if name == "console_question" else contact
        return reverse(f"admin:{name}", args=[key])

    return of


def logged_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables of the desk, people and sessions included."""
    return {
        model._meta.label: sorted(model._default_manager.values_list(), key=repr)
        for model in apps.get_models()
    }


def test_every_address_is_in_these_tables() -> None:
    assert {pattern.name for pattern in urlpatterns} == {*PAGES, *BUTTONS}


@pytest.mark.parametrize("who", NOT_AGENTS)
def test_other_roles_may_not(
    who: str, address: Callable[[str], str], request: pytest.FixtureRequest
) -> None:
    client = logged_in(request.getfixturevalue(who))
    before = everything()
    for name in (*PAGES, *BUTTONS):
        for headers in ({}, HTMX):
            assert client.get(address(name), headers=headers).status_code == 403
            assert client.post(address(name), headers=headers).status_code in (403, 405)
    assert everything() == before


def test_strangers_and_nobody_are_sent_to_the_login(
    address: Callable[[str], str], stranger: Any
) -> None:
    for client in (logged_in(stranger), Client()):
        before = everything()
        for name in (*PAGES, *BUTTONS):
            sent_on = client.get(address(name))
            assert sent_on.status_code == 302
            assert sent_on.headers["Location"].startswith(reverse("admin:login"))
            # The page that answers keeps what was typed.
            assert client.post(address(name)).status_code == 401
        assert everything() == before


def test_a_locked_agent_is_out(address: Callable[[str], str], agent: Any) -> None:
    client = logged_in(agent)
    agent.is_active = False
    agent.save()
    for name in PAGES:
        assert client.get(address(name)).status_code == 302


def test_looking_changes_nothing(address: Callable[[str], str], agent: Any) -> None:
    client = logged_in(agent)
    client.get(address("console"))
    before = everything()
    for name in (*PAGES, *BUTTONS):
        for headers in ({}, HTMX):
            response = client.get(address(name), {"q": "灵感值"}, headers=headers)
            assert response.status_code in (200, 302)
            client.head(address(name), headers=headers)
    for name in PAGES:
        assert client.post(address(name)).status_code == 405
    assert everything() == before


def test_a_button_reached_by_the_login_page_shows_the_contact(
    address: Callable[[str], str], agent: Any
) -> None:
    """Logging in again leads to the button's address by GET."""
    client = logged_in(agent)
    elsewhere = ("console_start", "console_take_over", "console_parked")
    for name in BUTTONS:
        response = client.get(address(name))
        if name == "console_pass_on":
            assert 'id="contact"' in response.content.decode()
        else:
            target = "console" if name in elsewhere else "console_contact"
            assert response.headers["Location"] == address(target)


def test_an_agent_who_is_a_manager_too_reads_others_contacts_only(
    address: Callable[[str], str], person: Callable[..., Any]
) -> None:
    from klingdesk.core.roles import Role

    client = logged_in(person("both", Role.AGENT, Role.MANAGER))
    text = client.get(address("console_contact")).content.decode()
    contact = text.split('id="contact"')[1].split("<footer")[0]
    assert "<button" not in re.sub(r"<button[^>]*data-copy.*?</button>", "", contact, flags=re.S)
    before = everything()
    for name in ("console_back", "console_finish", "console_hand_over", "console_chase"):
        data = {"node": "tier2", "outcome": "answered", "account_id": "880001"}
        assert client.post(address(name), data, headers=HTMX).status_code in (403, 409)
    assert everything() == before


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_private_and_free_of_inline_code(
    name: str, address: Callable[[str], str], agent: Any
) -> None:
    response = logged_in(agent).get(address(name), {"q": "灵感值"}, follow=True)
    assert "no-store" in response.headers["Cache-Control"]
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    text = response.content.decode()
    assert not re.search(r"<[^>]+\sstyle=", text)
    assert not re.search(r"<[^>]+\son\w+=", text)
    assert not re.search(r"hx-on|<style", text)
    assert all(" src=" in tag for tag in re.findall(r"<script[^>]*>", text))
