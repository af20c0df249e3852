"""The OpenAPI document and its page: valid, complete, and at peace with the strict policy."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS

from klingdesk.api_document import GROUPS
from tests.api.conftest import document


def operations() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_document_is_valid_and_without_warnings(tmp_path: Any, db: None) -> None:
    GENERATOR_STATS.reset()  # type: ignore[no-untyped-call]
    target = tmp_path / "schema.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(target))
    assert target.read_text().startswith("openapi: 3.1.0")


def test_every_refusal_is_described_as_a_problem() -> None:
    for name, operation in operations():
        answers = operation["responses"]
        expected = {"400", "406"}
        expected |= {"429"} if "auth/token" in name else {"401", "403"}
        expected |= {"413", "415"} if "requestBody" in operation else set()
        expected |= {"404"} if "{" in name else set()
        assert expected <= set(answers), name
        for status, answer in answers.items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], (name, status)


def test_every_operation_is_told_in_words() -> None:
    for name, operation in operations():
        assert operation["summary"], name
        assert operation["description"].startswith(operation["summary"]), name
        (tag,) = operation["tags"]
        assert tag in GROUPS, name
    told = [tag["name"] for tag in document()["tags"]]
    assert told == list(GROUPS)


def test_every_refusal_names_its_codes() -> None:
    """Which are held against the answers by ``tests.api.conftest.Caller``."""
    for name, operation in operations():
        for status, answer in operation["responses"].items():
            if status >= "400":
                meaning, _, codes = answer["description"].partition(" Codes: ")
                assert meaning.endswith("."), (name, status)
                assert re.fullmatch(r"`[a-z_]+`(, `[a-z_]+`)*\.", codes), (name, status)


def test_bodies_say_that_unknown_fields_are_refused() -> None:
    for name, operation in operations():
        if "requestBody" in operation:
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            schema = document()["components"]["schemas"][reference.rsplit("/", 1)[1]]
            assert schema["additionalProperties"] is False, name


def test_the_token_endpoint_alone_needs_no_login() -> None:
    open_to_all = [
        name for name, operation in operations() if {} in operation.get("security", [{}])
    ]
    assert open_to_all == ["post /api/v1/auth/token/"]


@pytest.mark.parametrize("query", ["", "?lang=%00", "?lang=../../etc", "?version=a%0d%0ab", "?x"])
def test_the_document_is_served_whatever_is_asked(query: str, db: None) -> None:
    response = Client(headers={"accept": "application/json"}).get("/api/schema/" + query)
    assert response.status_code == 200
    served = json.loads(response.content)
    assert served["openapi"] == "3.1.0"
    assert set(served["paths"]) == set(document()["paths"])


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_has_nothing_inline_and_nothing_from_elsewhere(db: None) -> None:
    page = _Tags()
    page.feed(Client().get("/api/docs/").content.decode())
    names = [tag for tag, _ in page.tags]
    assert "style" not in names
    assert names.count("script") == 2
    for _tag, attributes in page.tags:
        assert not {name for name in attributes if name == "style" or name.startswith("on")}
        for name in ("src", "href"):
            address = attributes.get(name)
            if address and address.startswith("/static/"):
                assert finders.find(address.removeprefix("/static/")), address
            elif address:
                assert address.startswith("/api/docs/"), address


def test_the_script_of_the_page_has_no_secret(agent: Any) -> None:
    client = Client()
    client.force_login(agent)
    page = client.get("/api/docs/").content.decode()
    source = re.findall(r'<script src="(/api/docs/[^"]*)"', page)[0].replace("&amp;", "&")
    script = client.get(source)
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "/api/schema/" in script.content.decode().replace("\\u002D", "-")
    assert "csrftoken" not in client.cookies


@pytest.mark.parametrize("query", ['?lang="><script>alert(1)</script>', "?version='-alert(1)-'"])
def test_the_page_repeats_nothing_unescaped(query: str, db: None) -> None:
    for more in ("", "&script="):
        body = Client().get("/api/docs/" + query + more).content.decode()
        assert "<script>alert" not in body
        assert "'-alert" not in body
