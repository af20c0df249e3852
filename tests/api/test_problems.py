"""Every refusal is problem details, in the caller's language, and tells nothing of the inside."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.test import Client
from django.utils import translation
from rest_framework.exceptions import APIException, ValidationError

from kb.api import base
from klingdesk.core.errors import Conflict, DeskError, Invalid, NotAllowed, NotFound
from klingdesk.problems import problem_response
from tests.api.conftest import Caller

JSON = "application/json"
NOTE = "/api/v1/consultations/"


def send(caller: Caller, raw: bytes | str, content_type: str = JSON, **headers: str) -> Any:
    return caller.client.generic("POST", NOTE, raw, content_type=content_type, headers=headers)


def refused(response: Any, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    assert body["type"] == f"urn:klingdesk:problem:{code}"
    assert body["title"]
    assert body["detail"]
    return body


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"{'a': 1}",
        b"nan",
        b'{"channel": NaN}',
        b'{"utterance": "\xff"}',
        b"\xef\xbb\xbf{}",
        b'{"channel": ' + b"9" * 5_000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 20_000,
    ],
)
def test_malformed_json(raw: bytes, as_agent: Caller, desk: None) -> None:
    refused(send(as_agent, raw), 400, "parse_error")


@pytest.mark.parametrize("raw", ["[]", '"text"', "5", "null", "true", "[{}]"])
def test_json_that_is_no_object(raw: str, as_agent: Caller, desk: None) -> None:
    body = refused(send(as_agent, raw), 400, "invalid")
    assert list(body["errors"]) == ["non_field_errors"]


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/xml", "application/problem+json", "x" * 5_000],
)  # fmt: skip
def test_other_content_types(content_type: str, as_agent: Caller, desk: None) -> None:
    refused(send(as_agent, "a=b", content_type), 415, "unsupported_media_type")


@pytest.mark.parametrize("charset", ["utf-16", "gbk", "utf-7", "no-such"])
def test_json_is_utf_8_whatever_is_claimed(charset: str, as_agent: Caller, questions: Any) -> None:
    raw = json.dumps({"channel": "phone", "utterance": "扣费"}, ensure_ascii=False).encode()
    made = send(as_agent, raw, f"application/json; charset={charset}")
    assert made.status_code == 201
    found = as_agent.client.get(
        "/api/v1/kb/search/?q=%E6%89%A3%E8%B4%B9",
        headers={"content-type": f"application/json; charset={charset}"},
    )
    assert found.json()["query"] == "扣费"


def test_too_large(as_agent: Caller, desk: None) -> None:
    fits = json.dumps({"utterance": "x" * (base.LARGEST_BODY - 20)})
    assert len(fits) <= base.LARGEST_BODY
    refused(send(as_agent, fits), 400, "invalid")
    refused(send(as_agent, fits + " " * 20), 413, "too_large")


def test_an_answer_does_not_repeat_thousands_of_names(as_agent: Caller, desk: None) -> None:
    raw = json.dumps({f"field-{number}": 1 for number in range(5_000)})
    body = refused(send(as_agent, raw), 400, "invalid")
    assert len(body["errors"]) < 30


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options", "trace"])
def test_wrong_methods(method: str, as_agent: Caller, desk: None) -> None:
    response = as_agent.client.generic(method.upper(), NOTE)
    body = refused(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "POST"
    assert method.upper() in body["detail"]


def test_a_head_is_a_get_without_its_body(as_agent: Caller, questions: Any) -> None:
    response = as_agent.client.head("/api/v1/kb/questions/")
    assert (response.status_code, response.content) == (200, b"")


def test_only_json_is_sent(as_agent: Caller, desk: None) -> None:
    response = as_agent.client.get("/api/v1/kb/questions/", headers={"accept": "text/html"})
    refused(response, 406, "not_acceptable")
    browser = as_agent.client.get(
        "/api/v1/kb/questions/", headers={"accept": "text/html,application/xml;q=0.9,*/*;q=0.8"}
    )
    assert browser.headers["Content-Type"] == JSON


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "path",
    ["", "v1", "v1/", "v1/tickets", "v2/tickets/", "v1/tickets//", "%00", "v1/kb/questions/a%0Ab/"],
)
def test_addresses_that_do_not_exist(method: str, path: str, db: None) -> None:
    """No redirect to the address with a slash either: it would lose the body of a POST."""
    refused(Client().generic(method, f"/api/{path}"), 404, "not_found")


def test_thousands_of_parameters(as_agent: Caller, desk: None) -> None:
    query = "&".join(f"a{number}=1" for number in range(2_000))
    refused(as_agent.client.get(f"/api/v1/tickets/?{query}"), 400, "parse_error")


def test_the_language_is_the_callers(agent: Any, desk: None) -> None:
    def detail(language: str) -> str:
        response = Client(headers={"accept-language": language}).get("/api/v1/tickets/")
        assert response.headers["Content-Language"] == language
        return str(refused(response, 401, "not_authenticated")["detail"])

    assert detail("en") == "Authentication credentials were not provided."
    assert detail("zh-hans") != detail("en")


# --- a fault of ours ---------------------------------------------------------------------------


def test_a_crash_is_logged_and_tells_nothing(
    as_agent: Caller, questions: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def crash(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("secret-inside")

    monkeypatch.setattr("kb.api.views.search_questions", crash)
    as_agent.client.raise_request_exception = False
    response = as_agent.client.get("/api/v1/kb/search/?q=x")
    refused(response, 500, "failed")
    assert "secret-inside" not in response.content.decode()
    (record,) = [found for found in caplog.records if found.levelname == "ERROR"]
    assert "secret-inside" in str(record.exc_info)
    as_agent.client.raise_request_exception = True
    with pytest.raises(RuntimeError):
        as_agent.client.get("/api/v1/kb/search/?q=x")


def test_while_debugging_a_crash_keeps_its_traceback(settings: Any, db: None) -> None:
    settings.DEBUG = True
    assert problem_response(RuntimeError(), {}) is None


# --- errors of services, and of the framework ---------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Invalid("x", fields={"a": ["b"]}), 400, "invalid"),
        (NotAllowed("x"), 403, "not_allowed"),
        (NotFound("x"), 404, "not_found"),
        (Conflict("x", code="chase_due", state={"ticket": "T1"}), 409, "chase_due"),
        (DeskError("x"), 400, "error"),
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "permission_denied"),
        (SuspiciousOperation(), 400, "parse_error"),
        (BadRequest(), 400, "parse_error"),
        (APIException(), 500, "error"),
    ],
)
def test_each_error_has_its_status(error: Exception, status: int, code: str, db: None) -> None:
    response = problem_response(error, {})
    assert response is not None
    assert (response.status_code, response.data["code"]) == (status, code)


def test_members_of_a_problem(db: None) -> None:
    lazy = translation.gettext_lazy("Not allowed")
    with translation.override("en"):
        invalid = problem_response(Invalid(lazy, fields={"extra.times": [lazy]}), {})
        conflict = problem_response(Conflict(lazy, code="moved_on", state={"node": "a"}), {})
    assert invalid is not None
    assert conflict is not None
    assert invalid.data == {
        "type": "urn:klingdesk:problem:invalid",
        "title": "The request cannot be accepted",
        "status": 400,
        "detail": "Not allowed",
        "code": "invalid",
        "errors": {"extra.times": ["Not allowed"]},
    }
    assert conflict.data["state"] == {"node": "a"}


def test_nested_messages_get_dotted_names(db: None) -> None:
    response = problem_response(
        ValidationError({"a": {"b": ["x", "y"]}, "c": [{}, {"d": ["z"]}], "e": "w"}), {}
    )
    assert response is not None
    assert response.data["errors"] == {"a.b": ["x", "y"], "c.1.d": ["z"], "e": ["w"]}


def test_a_state_of_a_real_conflict_is_json(
    make_ticket: Callable[..., Any], as_advisor: Caller, advisor2: Any
) -> None:
    path = f"tickets/{make_ticket().number}/claim/"
    as_advisor.post(path)
    body = refused(Caller(advisor2).post(path), 409, "wrong_state")
    assert body["state"]["status"] == "assigned"


@pytest.mark.parametrize(
    "body",
    [
        '{"username": "a", "password": "b", "\\ud800": 1}',
        '{"username": "a", "password": "b", "scopes": ["\\ud800"]}',
    ],
)
def test_half_of_a_character_is_refused_and_not_sent_back(desk: None, body: str) -> None:
    """An answer that repeats it could not be written."""
    client = Client(headers={"accept-language": "en"})
    response = client.post("/api/v1/auth/token/", body, content_type="application/json")
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["errors"]
