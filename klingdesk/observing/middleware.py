"""Every request gets an id, is counted and logged; probes are answered whatever their Host."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject, empty

from klingdesk.observing import metrics, tracing
from klingdesk.observing.context import Work, request_id_from, working
from klingdesk.observing.logs import REQUEST_LOG

log = logging.getLogger(REQUEST_LOG)

Answer = Callable[[HttpRequest], HttpResponseBase]

HEADER: Final = "X-Request-ID"
PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_TICKET: Final = re.compile(r"T[0-9]{8,12}")


class ProbeHost:
    """Whoever watches a pod or a container calls it by its IP address, which is no host name of
    the desk. What probes answer holds no link, so the name does not matter to them."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info in PROBES and settings.ALLOWED_HOSTS:
            request.META["HTTP_HOST"] = settings.ALLOWED_HOSTS[0].removeprefix(".")
            request.META.pop("HTTP_X_FORWARDED_HOST", None)
        return self.get_response(request)


class StatementCount:
    """How many statements a request sent, and how long they took; their text stays unread."""

    def __init__(self) -> None:
        self.many = 0
        self.seconds = 0.0

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        began = time.perf_counter()
        try:
            with tracing.statement(sql):
                return execute(sql, params, many, context)
        finally:
            self.many += 1
            self.seconds += time.perf_counter() - began


class Observed:
    """The outermost middleware: what it measures is what the caller waits for."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        work = Work(request_id=request_id_from(request.headers.get(HEADER, "")))
        request.desk_work = work  # type: ignore[attr-defined]
        statements = StatementCount()
        with working(work), ExitStack() as stack:
            span = stack.enter_context(tracing.request(request))
            for alias in settings.DATABASES:
                stack.enter_context(connections[alias].execute_wrapper(statements))
            response = self.get_response(request)
            response.headers[HEADER] = work.request_id
            work.user = _user_id(request)
            seconds = time.perf_counter() - began
            route = _route(request)
            tracing.name_request(span, request.method or "", route, response.status_code)
            metrics.observe(
                route, request.method or "", response.status_code, seconds, statements.many
            )
            _log(request, response, route, seconds, statements)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> None:
        """The address names the ticket: every line until the answer does, too."""
        number = kwargs.get("number")
        if isinstance(number, str) and _TICKET.fullmatch(number):
            request.desk_work.ticket = number  # type: ignore[attr-defined]


def _route(request: HttpRequest) -> str:
    return str(request.resolver_match.route) if request.resolver_match else ""


def _user_id(request: HttpRequest) -> int | None:
    """Who it is, if anybody asked for it: finding out costs a query."""
    user = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject) and user._wrapped is empty:  # type: ignore[attr-defined]
        return None
    return getattr(user, "pk", None)


def _log(
    request: HttpRequest,
    response: HttpResponseBase,
    route: str,
    seconds: float,
    statements: StatementCount,
) -> None:
    """One line without path and query string: they may name people."""
    quiet = not route or request.path_info in PROBES
    is_fine = response.status_code < 400
    log.log(
        logging.DEBUG if quiet and is_fine else logging.INFO,
        "%s %s %s",
        request.method,
        route or metrics.UNMATCHED,
        response.status_code,
        extra={
            "method": request.method,
            "route": route or metrics.UNMATCHED,
            "status": response.status_code,
            "duration_ms": round(seconds * 1000, 1),
            "statements": statements.many,
            "database_ms": round(statements.seconds * 1000, 1),
        },
    )
