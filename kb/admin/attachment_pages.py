"""Serving attachments: nothing in them can run, and each is served as what it was found to be."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast
from urllib.parse import quote

from csp.constants import NONE
from csp.decorators import csp
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import condition

from kb.models import Attachment
from kb.selectors.attachments import attachment_for
from klingdesk.core.roles import Role
from klingdesk.pages import View, desk_page

# The library types it for views without arguments.
nothing_runs = cast(Callable[[View], View], csp({"default-src": [NONE], "sandbox": True}))
"""Opened on its own, a file is in a sandbox, without scripts, styles or an origin."""


def attachment_response(request: HttpRequest, attachment: Attachment) -> HttpResponse:
    """The bytes, with headers under which a browser shows them and runs nothing.

    ``?download`` asks for a file instead. Browsers play a video only from a server that can
    send a part of it, so single ranges are honoured.
    """
    data = bytes(attachment.data)
    part = _asked_range(request.headers.get("Range", ""), len(data))
    response = HttpResponse(data if part is None else data[part[0] : part[1]])
    if part is not None:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {part[0]}-{part[1] - 1}/{len(data)}"
    disposition = "attachment" if "download" in request.GET else "inline"
    response.headers["Content-Type"] = attachment.media_type
    response.headers["Content-Disposition"] = (
        f"{disposition}; filename*=UTF-8''{quote(attachment.name)}"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Accept-Ranges"] = "bytes"
    patch_cache_control(response, private=True, max_age=300)
    return response


def _asked_range(header: str, size: int) -> tuple[int, int] | None:
    """The half-open range of one ``bytes=a-b``; None for anything else: the whole is right too."""
    unit, _equals, ask = header.partition("=")
    first, dash, last = ask.strip().partition("-")
    if unit.strip() != "bytes" or not dash or "," in ask:
        return None
    if not all(part == "" or _is_position(part) for part in (first, last)):
        return None
    if first == "":
        begin, end = max(size - int(last or 0), 0), size
    else:
        begin, end = int(first), min(int(last) + 1, size) if last else size
    return (begin, end) if begin < end else None


def _is_position(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


@desk_page(*Role)
@nothing_runs
def attachment(request: HttpRequest, digest: str) -> HttpResponse:
    """One attachment, for whoever may see its answer; asked for again it is a 304."""
    found = attachment_for(user=request.user, digest=digest, now=timezone.now())
    known: Any = condition(etag_func=lambda _request: f'"{digest}"')
    response: HttpResponse = known(partial(attachment_response, attachment=found))(request)
    return response


urlpatterns = [path("kb-attachments/<slug:digest>/", attachment, name="kb_attachment")]
