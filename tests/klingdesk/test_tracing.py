"""Traces: nothing without a collector; with one, spans that name routes and no people."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from klingdesk.observing import tracing
from tests.conftest import NOW
from tests.klingdesk.production import SAFE, run
from tickets.models import Ticket
from tickets.services.claims import claim

ACCOUNT = "7310094856"
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def spans() -> Iterator[Callable[[], list[Any]]]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider)
    yield lambda: list(exporter.get_finished_spans())
    tracing.use(None)


def test_a_request_and_its_statements_are_one_trace_without_personal_data(
    client: Client,
    make_ticket: Callable[..., Ticket],
    advisor: Any,
    spans: Callable[[], list[Any]],
) -> None:
    ticket = make_ticket(account_id=ACCOUNT)
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    client.force_login(advisor)
    response = client.get(
        "/api/v1/tickets/",
        {"account_id": ACCOUNT},
        headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"},
    )
    assert response.status_code == 200
    *statements, request = spans()
    assert request.name == "GET api/v1/tickets/"
    assert request.attributes["http.response.status_code"] == 200
    assert request.attributes["klingdesk.user"] == advisor.pk
    assert {f"{span.context.trace_id:032x}" for span in spans()} == {TRACE}
    assert any("tickets_ticket" in span.attributes["db.query.text"] for span in statements)
    assert ACCOUNT not in "".join(span.to_json() for span in spans())


def test_a_failure_is_marked(
    client: Client, db: None, spans: Callable[[], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(request: Any) -> Any:
        raise ValueError(f"no such account {ACCOUNT}")

    monkeypatch.setattr("django.contrib.auth.views.LoginView.get", lambda *_, **__: broken(None))
    client.raise_request_exception = False
    assert client.get("/admin/login/").status_code == 500
    request = spans()[-1]
    assert request.status.status_code.name == "ERROR"
    assert ACCOUNT not in request.to_json()


def test_without_a_collector_nothing_is_imported() -> None:
    code = "import sys, django; django.setup(); import klingdesk.observing.middleware\n"
    code += "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    environment = {**SAFE, "DJANGO_SETTINGS_MODULE": "klingdesk.settings"}
    assert run("-c", code, environment=environment).stdout.strip() == "[]"
    assert "opentelemetry" in sys.modules  # it would be there to import
    tracing.start("", service="klingdesk-web")
    assert tracing._tracer is None
