"""The language of the pages: Chinese unless the person chooses, and the choice is remembered."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

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
