"""What a person sees when a page is missing, forbidden or broken, and what stays hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import translation

from tickets.admin import queue

MANIFEST = "whitenoise.storage.CompressedManifestStaticFilesStorage"
ERROR_PAGES = ("400.html", "403.html", "403_csrf.html", "404.html", "413.html", "500.html")
TOO_MUCH = "utterance=" + "%E9%95%BF" * 300_000
"""300,000 Chinese characters: 2.7 MB as a browser sends them."""
FORM = "application/x-www-form-urlencoded"
SECRET = "canary-in-an-exception-5e1d"


def english(user: Any = None, **options: Any) -> Client:
    client = Client(headers={"accept-language": "en"}, **options)
    if user is not None:
        client.force_login(user)
    return client


class Page(HTMLParser):
    """What a browser would fetch, and whatever a strict policy would refuse."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link":
            self.fetched.append(str(given["href"]))
        if tag == "script":
            self.fetched.append(str(given.get("src")))
        if tag == "a":
            self.links.append(str(given["href"]))
        if tag == "style" or "style" in given or any(name.startswith("on") for name in given):
            self.inline.append(tag)


@pytest.fixture
def missing_manifest(settings: Any, tmp_path: Any) -> Iterator[None]:
    """A server whose static files were never collected: every hashed name fails."""
    settings.STATIC_ROOT = tmp_path
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": MANIFEST}}
    with override_settings(STORAGES=storages):
        yield


def test_a_role_that_may_not_open_a_page(agent: Any, desk: None) -> None:
    response = english(agent).get("/admin/queue/")
    assert response.status_code == 403
    assert "Your role does not open this page." in response.content.decode()
    assert Page(response.content.decode()).links == ["/", "/"]


def test_an_address_that_does_not_exist(agent: Any, desk: None) -> None:
    response = english(agent).get("/no/such/page/")
    text = response.content.decode()
    assert response.status_code == 404
    assert "or you may not see it" in text
    assert "/no/such/page/" not in text
    assert "Resolver" not in text


def test_a_ticket_that_does_not_exist(advisor: Any, desk: None) -> None:
    response = english(advisor).get("/admin/ticket/T9999999/")
    assert response.status_code == 404
    assert "<h1>Not found</h1>" in response.content.decode()


def test_a_form_from_another_login(advisor: Any, desk: None) -> None:
    response = english(advisor, enforce_csrf_checks=True).post("/admin/queue/take/")
    text = response.content.decode()
    assert response.status_code == 403
    assert "The form was out of date" in text
    assert "Nothing was changed" in text


def test_a_request_that_is_none(agent: Any, desk: None) -> None:
    fields = {f"field-{number}": "" for number in range(1_500)}
    response = english(agent).post(reverse("admin:console_start"), fields)
    assert response.status_code == 400
    assert "The request cannot be accepted" in response.content.decode()


@pytest.mark.parametrize("address", ["console_start", "console_parked", "login"])
def test_more_text_than_is_taken_at_once(agent: Any, desk: None, address: str) -> None:
    for client in (english(agent), english(agent, enforce_csrf_checks=True)):
        client.get(reverse("admin:console"))  # gives the cookie, so that the form is looked into
        response = client.post(reverse(f"admin:{address}"), TOO_MUCH, content_type=FORM)
        assert response.status_code == 413
        text = response.content.decode()
        assert "what you typed is still there" in text
        assert "HX-Reswap" not in response.headers
    response = english(agent).post(
        reverse(f"admin:{address}"), TOO_MUCH, content_type=FORM, headers={"HX-Request": "true"}
    )
    assert (response.status_code, response.headers["HX-Reswap"]) == (413, "none")


def test_every_page_can_say_that_it_is_too_much(agent: Any, desk: None) -> None:
    page = english(agent).get(reverse("admin:console")).content.decode()
    assert re.search(r'id="desk-too-large" role="alert" hidden>\s*This is more text', page)


def test_a_fault_of_ours_tells_nothing(
    advisor: Any, desk: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(queue, "listing", broken)
    client = english(advisor, raise_request_exception=False)
    response = client.get("/admin/queue/")
    text = response.content.decode()
    assert response.status_code == 500
    assert "It has been logged." in text
    assert SECRET not in text
    assert "Traceback" not in text


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("template", ERROR_PAGES)
def test_error_pages_need_nothing(template: str, language: str, missing_manifest: None) -> None:
    """No context, no database, no collected files: the page may be shown because of those."""
    with translation.override(language):
        text = get_template(template).render()
    page = Page(text)
    assert f'<html lang="{language}">' in text
    assert re.search(r"<h1>[^<]+</h1>\s*<p>[^<]+</p>", text)
    assert page.links[-1] == "/"
    assert page.inline == []
    assert len(page.fetched) == 3
    for address in page.fetched:
        assert address.startswith("/static/")
        assert finders.find(address.removeprefix("/static/")), address
