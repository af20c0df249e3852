"""A caller of the API whose every answer is held against the OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

import jsonschema
import pytest
import time_machine
from django.core.cache import cache as django_cache
from django.test import Client
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator
from knox.models import get_token_model

from accounts.services.rates import permits
from tests.conftest import NOW

V1 = "/api/v1/"
FILE = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
"""How the document describes an answer of any media type that is not JSON."""


@cache
def document() -> dict[str, Any]:
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    found: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    plain: dict[str, Any] = json.loads(json.dumps(found, default=str))
    return plain


def documented(path: str, method: str) -> dict[str, Any]:
    """The operation that the document has for a real path."""
    route = "/" + resolve(path).route
    template = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
    operation: dict[str, Any] = document()["paths"][template][method]
    return operation


def hold_against_document(path: str, method: str, response: Any) -> None:
    answers = documented(path, method)["responses"]
    assert str(response.status_code) in answers, (method, path, response.status_code)
    content = answers[str(response.status_code)].get("content")
    if content is None:
        assert response.content == b""
        return
    media_type = response.headers["Content-Type"]
    if content == FILE and response.status_code < 400:
        return
    if response.status_code >= 400:
        told = answers[str(response.status_code)]["description"].partition(" Codes: ")[2]
        assert f"`{response.json()['code']}`" in told, (method, path, response.json(), told)
    assert media_type in content
    if "json" not in media_type:
        return
    schema = {**content[media_type]["schema"], "components": document()["components"]}
    jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    ).validate(response.json())


class Caller:
    """Speaks English and JSON, with a token of ``user``; paths are relative to the version."""

    def __init__(self, user: Any | None, **headers: str) -> None:
        self.user = user
        self.headers = {"accept-language": "en", **headers}
        if user is not None:
            _record, token = get_token_model().objects.create(user=user)
            self.headers["authorization"] = f"Token {token}"
        self.client = Client(headers=self.headers)

    def get(self, path: str, **query: Any) -> Any:
        at = V1 + path + ("?" + urlencode(query, doseq=True) if query else "")
        response = self.client.get(at)
        hold_against_document(V1 + path, "get", response)
        return response

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        response = self.client.post(
            V1 + path, json.dumps(body or {}), content_type="application/json"
        )
        hold_against_document(V1 + path, "post", response)
        return response


@pytest.fixture(autouse=True)
def at_now() -> Iterator[time_machine.Traveller]:
    """Wednesday 2026-03-04, 10:30 in Shanghai, standing still unless a test moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def no_attempts_counted() -> Iterator[None]:
    django_cache.clear()
    permits.forget()
    yield
    django_cache.clear()
    permits.forget()


@pytest.fixture
def calls() -> Callable[[Any], Caller]:
    """``calls(user)``: a caller with a token of that person, or without one for None."""
    return Caller


@pytest.fixture
def as_agent(agent: Any) -> Caller:
    return Caller(agent)


@pytest.fixture
def as_advisor(advisor: Any) -> Caller:
    return Caller(advisor)


@pytest.fixture
def as_manager(manager: Any) -> Caller:
    return Caller(manager)


CAPTURE = {
    "problem": "一个视频扣了两次灵感值",
    "demand": "退回多扣的灵感值",
    "account_id": "880001",
    "contact_channel": "call_back",
    "contact_value": "13800138000",
    "extra": {"times": "2"},
}
