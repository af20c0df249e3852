"""Every refusal of the API as problem details (RFC 9457), whoever raised it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.signals import got_request_exception
from django.http import Http404
from django.utils.log import log_response
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.services.answers import KeyReused
from kb.api.base import TooLarge
from klingdesk.core.errors import (
    Conflict,
    DeskError,
    Gone,
    Invalid,
    NotAllowed,
    NotFound,
    Overtaken,
)

MEDIA_TYPE = "application/problem+json"

TITLES: Mapping[int, Any] = {
    400: _("The request cannot be accepted"),
    401: _("Log in first"),
    403: _("Not allowed"),
    404: _("Not found"),
    405: _("This address has no such method"),
    406: _("Only JSON can be sent"),
    409: _("The state has moved on"),
    410: _("Not kept any more"),
    412: _("It has changed since you read it"),
    413: _("Too large"),
    415: _("Only JSON can be read"),
    422: _("The key belongs to another request"),
    429: _("Too many attempts"),
    500: _("The desk failed"),
}

_STATUS: tuple[tuple[type[DeskError], int], ...] = (
    (KeyReused, 422),
    (Invalid, 400),
    (NotAllowed, 403),
    (NotFound, 404),
    (Overtaken, 412),
    (Conflict, 409),
    (Gone, 410),
    (DeskError, 400),
)

# Django's own refusals, in terms of the framework's.
_DJANGO: tuple[tuple[type[Exception], type[exceptions.APIException]], ...] = (
    (Http404, exceptions.NotFound),
    (PermissionDenied, exceptions.PermissionDenied),
    (RequestDataTooBig, TooLarge),
    (SuspiciousOperation, exceptions.ParseError),
    (BadRequest, exceptions.ParseError),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal; ``errors`` are messages by field, ``state`` is what is true now."""

    status: int
    code: str
    detail: Any
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        body: dict[str, Any] = {
            "type": f"urn:klingdesk:problem:{self.code}",
            "title": str(TITLES.get(self.status, TITLES[400])),
            "status": self.status,
            "detail": str(self.detail),
            "code": self.code,
        }
        if self.errors:
            body["errors"] = dict(self.errors)
        if self.state:
            body["state"] = dict(self.state)
        return Response(
            body, status=self.status, headers=dict(self.headers), content_type=MEDIA_TYPE
        )


def problem_response(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """The framework's exception handler. With ``DEBUG`` a crash keeps its traceback page."""
    set_rollback()
    if isinstance(exc, DeskError):
        return _of_desk_error(exc).response()
    for theirs, ours in _DJANGO:
        if isinstance(exc, theirs):
            exc = ours()
            break
    if isinstance(exc, exceptions.APIException):
        return _of_api_exception(exc).response()
    return None if settings.DEBUG else _crashed(exc, context)


def _of_desk_error(error: DeskError) -> Problem:
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    errors = error.fields if isinstance(error, Invalid) else {}
    headers = {"Retry-After": "1"} if error.code == "in_progress" else {}
    return Problem(
        status=status,
        code=error.code,
        detail=error.message,
        errors={name: [str(text) for text in texts] for name, texts in errors.items()},
        state=error.state if isinstance(error, Conflict | Gone) else {},
        headers=headers,
    )


def _of_api_exception(exc: exceptions.APIException) -> Problem:
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(ceil(wait))
    if isinstance(exc, exceptions.ValidationError):
        errors: dict[str, list[str]] = {}
        for name, message in _flat(exc.detail, ""):
            errors.setdefault(_sendable(name), []).append(_sendable(message))
        detail = _("Some details are missing or wrong.")
        return Problem(exc.status_code, "invalid", detail, errors=errors, headers=headers)
    return Problem(exc.status_code, str(exc.default_code), exc.detail, headers=headers)


def _sendable(text: str) -> str:
    """Names and values of the body may hold half of a character (``\\ud800``), which no answer can:
    it would fail after everything else has gone well."""
    return text.encode("utf-8", "replace").decode()


def _flat(detail: Any, path: str) -> Iterator[tuple[str, str]]:
    """Messages with the dotted path of their field."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _flat(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from _flat(inner, f"{path}.{number}" if nested else path)
    else:
        yield path or "non_field_errors", str(detail)


def _crashed(exc: Exception, context: Mapping[str, Any]) -> Response:
    """A fault of ours: told to the log and to whoever listens, and to the caller only as such."""
    request = getattr(context.get("request"), "_request", None)
    got_request_exception.send(sender=None, request=request)
    response = Problem(
        500, "failed", _("Something went wrong here. It has been logged.")
    ).response()
    log_response(
        "Internal Server Error: %s",
        getattr(request, "path", ""),
        response=response,
        request=request,
        exception=exc,
        logger=logging.getLogger("django.request"),
    )
    return response
