"""Traces for a collector, if ``KLINGDESK_OTLP_ENDPOINT`` names one; else all of this does nothing.

OpenTelemetry is imported only then (requirements/tracing.txt). The spans are our own: its
instrumentations would write down paths and query strings, where account IDs may stand. A statement
is told as Django sends it, with placeholders; who asked, by no more than the request's id.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from klingdesk.observing.context import present

if TYPE_CHECKING:
    from django.http import HttpRequest

_tracer: Any = None


def start(endpoint: str, *, service: str) -> None:
    """Send spans to ``endpoint`` (OTLP over HTTP) from now on; once for each process."""
    if not endpoint:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource({"service.name": service}))
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces"))
    )
    use(provider)


def use(provider: Any) -> None:
    """Trace with ``provider``; ``None`` stops tracing."""
    global _tracer
    _tracer = provider.get_tracer("klingdesk") if provider is not None else None


@contextmanager
def request(http: HttpRequest) -> Iterator[Any]:
    """A span around a request, in the trace that ``traceparent`` names."""
    if _tracer is None:
        yield None
        return
    from opentelemetry.trace import SpanKind

    with _tracer.start_as_current_span(
        http.method or "", context=_outer(dict(http.headers)), kind=SpanKind.SERVER
    ) as span:
        yield span


def name_request(span: Any, method: str, route: str, status: int) -> None:
    """What is known of a request once it has been answered."""
    if span is None:
        return
    from opentelemetry.trace import StatusCode

    span.update_name(f"{method} {route}".strip())
    span.set_attribute("http.request.method", method)
    span.set_attribute("http.route", route)
    span.set_attribute("http.response.status_code", status)
    work = present()
    if work is not None:
        for name, value in work.fields().items():
            span.set_attribute(f"klingdesk.{name}", value)
    if status >= 500:
        span.set_status(StatusCode.ERROR)


@contextmanager
def task(name: str) -> Iterator[None]:
    """A span around a task."""
    if _tracer is None:
        yield
        return
    from opentelemetry.trace import SpanKind

    with _tracer.start_as_current_span(name, kind=SpanKind.CONSUMER, record_exception=False):
        yield


def statement(sql: Any) -> Any:
    """A span around a statement; only for statements within a request or task."""
    if _tracer is None:
        return nullcontext()
    from opentelemetry.trace import SpanKind

    # What is composed by hand may hold values; a plain string holds placeholders.
    text = sql[:2_000] if isinstance(sql, str) else ""
    return _tracer.start_as_current_span(
        text.split(None, 1)[0] if text.strip() else "SQL",
        kind=SpanKind.CLIENT,
        attributes={"db.system": "postgresql", "db.query.text": text},
        record_exception=False,
    )


def _outer(headers: dict[str, str]) -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    given = {name.lower(): value for name, value in headers.items()}
    return TraceContextTextMapPropagator().extract(given)
