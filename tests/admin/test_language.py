"""The language of the pages: Chinese unless the person chooses, and the choice is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import get_language

from accounts.models import PersonalSettings
from accounts.services.personal import choose_language
from klingdesk.core.errors import Invalid
from notices.channels import messages
from notices.models import Delivery
from tests.conftest import NOW, PASSWORD
from tickets.models import Ticket

SWITCH = re.compile(
    r'<form class="desk-language" method="post" action="([^"]+)".*?'
    r'name="next" value="([^"]*)".*?name="language" value="([^"]+)" lang="([^"]+)">([^<]+)<',
    re.S,
)


def switch_in(response: Any) -> tuple[str, str, str, str, str]:
    """Action, next page, language, its lang attribute and its label."""
    found = SWITCH.findall(response.content.decode())
    assert len(found) == 1
    return found[0]  # type: ignore[no-any-return]


def test_a_choice_outlives_the_login(agent: Any, desk: None) -> None:
    client = Client(headers={"accept-language": "zh-CN,zh;q=0.9"})
    client.force_login(agent)
    page = client.get("/admin/console/?q=abc")
    assert page.headers["Content-Language"] == "zh-hans"
    action, following, language, lang, label = switch_in(page)
    assert (language, lang, label) == ("en", "en", "English")
    assert following == "/admin/console/?q=abc"

    changed = client.post(action, {"next": following, "language": language})
    assert changed.status_code == 302
    assert changed.headers["Location"] == "/admin/console/?q=abc"
    cookie = changed.cookies["django_language"]
    assert int(cookie["max-age"]) >= 180 * 24 * 3600
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"

    client.logout()
    client.cookies["django_language"] = cookie.value
    login = client.get("/admin/login/?next=/admin/console/")
    assert login.headers["Content-Language"] == "en"
    assert switch_in(login)[1:] == (
        "/admin/login/?next=/admin/console/",
        "zh-hans",
        "zh-hans",
        "简体中文",
    )


def test_without_a_choice_it_is_chinese(desk: None) -> None:
    """For browsers that ask for a language the desk does not speak, too."""
    for headers in ({}, {"accept-language": "fr-FR"}):
        response = Client(headers=headers).get("/admin/login/")
        assert response.headers["Content-Language"] == "zh-hans"
        assert switch_in(response)[2] == "en"


def test_a_page_drawn_after_a_post_comes_back_by_its_address(
    make_ticket: Callable[..., Ticket], advisor: Any
) -> None:
    ticket = make_ticket()
    client = Client()
    client.force_login(advisor)
    address = f"/admin/ticket/{ticket.number}/"
    refused = client.post(address, {"action": "note", "note": ""})
    assert refused.status_code in (409, 422)
    assert switch_in(refused)[1] == address
    assert client.get(address).status_code == 200


def test_another_site_is_no_next_page(agent: Any, desk: None) -> None:
    client = Client()
    client.force_login(agent)
    response = client.post("/i18n/setlang/", {"next": "https://example.com/", "language": "en"})
    assert response.headers["Location"] == "/"


def test_the_switch_needs_the_token(agent: Any, desk: None) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent)
    response = client.post("/i18n/setlang/", {"next": "/", "language": "en"})
    assert response.status_code == 403
    assert "django_language" not in response.cookies


@pytest.mark.parametrize("language", ["xx", "de", "", "../en", "zh-hans\r\nX: 1"])
def test_languages_that_the_desk_does_not_speak(language: str, agent: Any, desk: None) -> None:
    client = Client()
    client.force_login(agent)
    client.post("/i18n/setlang/", {"next": "/", "language": language})
    assert client.get("/admin/console/").headers["Content-Language"] == "zh-hans"


# --- kept for the person --------------------------------------------------------------------------


def logged_in(name: str, **headers: str) -> Client:
    client = Client(headers={"accept-language": "zh-CN", **headers})
    given = {"username": name, "password": PASSWORD, "next": "/admin/"}
    assert client.post("/admin/login/", given).status_code == 302
    return client


def language_of_page(client: Client, address: str = "/admin/inbox/", **more: Any) -> str:
    return str(client.get(address, **more).headers["Content-Language"])


def test_a_choice_goes_along_to_another_machine(agent: Any, agent2: Any) -> None:
    here = logged_in("agent")
    here.post("/i18n/setlang/", {"next": "/", "language": "en"})
    assert PersonalSettings.objects.get().language == "en"
    assert language_of_page(here) == "en"

    elsewhere = logged_in("agent")
    assert language_of_page(elsewhere) == "en"
    assert language_of_page(logged_in("agent2")) == "zh-hans", "it is the person's, not the desk's"

    elsewhere.post("/i18n/setlang/", {"next": "/", "language": "zh-hans"})
    assert language_of_page(elsewhere) == "zh-hans"
    assert PersonalSettings.objects.get().language == "zh-hans"


def test_the_person_s_choice_wins_over_the_browser_s(agent: Any) -> None:
    choose_language(acting_user=agent, language="zh-hans")
    client = Client(headers={"accept-language": "en"})
    client.post("/i18n/setlang/", {"next": "/", "language": "en"})  # somebody, before the login
    assert language_of_page(client, "/admin/login/") == "en"
    client.post("/admin/login/", {"username": "agent", "password": PASSWORD, "next": "/admin/"})
    assert language_of_page(client) == "zh-hans"
    client.post("/admin/logout/")
    assert language_of_page(client, "/admin/login/") == "en"


def test_who_never_chose_keeps_the_browser_s(agent: Any) -> None:
    client = Client()
    client.post("/i18n/setlang/", {"next": "/", "language": "en"})
    client.post("/admin/login/", {"username": "agent", "password": PASSWORD, "next": "/admin/"})
    assert language_of_page(client) == "en"
    assert not PersonalSettings.objects.exists()


def test_the_choice_costs_no_query_on_a_page(
    agent: Any, django_assert_num_queries: Callable[..., Any]
) -> None:
    plain, chosen = logged_in("agent"), logged_in("agent")
    address = "/admin/password_change/"
    with CaptureQueriesContext(connection) as before:
        plain.get(address)
    queries = len(before)
    chosen.post("/i18n/setlang/", {"next": "/", "language": "en"})
    with django_assert_num_queries(queries):
        assert language_of_page(chosen, address) == "en"


def test_programs_are_answered_in_the_language_they_ask_for(agent: Any) -> None:
    """A token has no session: the person's choice for the pages does not change a program."""
    choose_language(acting_user=agent, language="en")
    client = Client()
    token = client.post(
        "/api/v1/auth/token/",
        {"username": "agent", "password": PASSWORD},
        content_type="application/json",
    ).json()["token"]
    asked = {"authorization": f"Token {token}"}
    address = "/api/v1/tickets/"
    assert language_of_page(Client(), address, headers=asked) == "zh-hans"
    english = {**asked, "accept-language": "en"}
    assert language_of_page(Client(), address, headers=english) == "en"
    logged = logged_in("agent")
    assert language_of_page(logged, address) == "en", "a page's own calls speak as the page"


def test_only_languages_that_the_desk_speaks_are_kept(agent: Any) -> None:
    with pytest.raises(Invalid):
        choose_language(acting_user=agent, language="fr")
    client = logged_in("agent")
    client.post("/i18n/setlang/", {"next": "/", "language": "fr"})
    assert not PersonalSettings.objects.exists()
    assert language_of_page(client) == "zh-hans"


def test_looking_at_the_switch_changes_nothing(agent: Any) -> None:
    client = logged_in("agent")
    client.get("/i18n/setlang/?language=en&next=/")
    assert not PersonalSettings.objects.exists()
    assert language_of_page(client) == "zh-hans"


@pytest.mark.parametrize(("language", "text"), [("", "有事发生"), ("en", "Something happened")])
def test_mail_is_in_the_language_of_whoever_gets_it(
    language: str, text: str, agent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if language:
        choose_language(acting_user=agent, language=language)
    monkeypatch.setattr(
        messages,
        "in_words",
        lambda _code, _params: "Something happened" if get_language() == "en" else "有事发生",
    )
    delivery = Delivery(
        recipient=agent,
        severity="info",
        created_at=NOW,
        payload={"code": "ticket.assigned", "params": {}, "path": ""},
    )
    assert messages.message_of(delivery).text == text
    delivery.recipient = None  # a webhook: programs are told in the desk's language
    assert messages.message_of(delivery).text == "有事发生"
