"""``/metrics``: for whoever watches the desk, and nobody else learns that it is there."""

from __future__ import annotations

import ipaddress
import secrets

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from accounts.addresses import client_address
from klingdesk.observing.figures import figures_registry
from klingdesk.observing.metrics import request_registry

_figures = figures_registry()


@csrf_exempt
def metrics(request: HttpRequest) -> HttpResponse:
    """Requests and figures as Prometheus reads them; 404 for whoever may not ask."""
    if not _may_ask(request):
        raise Http404
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    body = generate_latest(request_registry()) + generate_latest(_figures)
    return HttpResponse(
        body, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"}
    )


def _may_ask(request: HttpRequest) -> bool:
    """With ``KLINGDESK_METRICS_TOKEN`` whoever knows it; without, this machine alone."""
    token = settings.KLINGDESK_METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return secrets.compare_digest(given.encode(), token.encode())
    address = client_address(request)
    return address is not None and ipaddress.ip_address(address).is_loopback
