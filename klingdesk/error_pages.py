"""Pages for requests that Django itself refuses, before a page of ours sees them."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

from klingdesk.pages import is_htmx


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, and 413 with what to do for a form with more text than the desk takes at once.

    htmx gets it without a swap: the form stays as it is, ``desk.js`` says what is wrong.
    """
    if not isinstance(exception, RequestDataTooBig):
        return defaults.bad_request(request, exception)
    response = HttpResponse(render_to_string("413.html"), status=413)
    if is_htmx(request):
        response.headers["HX-Reswap"] = "none"
    return response
