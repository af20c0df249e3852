"""What every desk page shares: login, role, and the same answer to the same trouble."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from klingdesk.core.errors import NotAllowed, NotFound
from klingdesk.core.roles import Role, roles_of

Response = TypeVar("Response", bound=HttpResponseBase)
View = Callable[..., HttpResponse]


def desk_page(
    *roles: Role, methods: tuple[str, ...] = ("GET", "HEAD")
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """A page of the admin site for people with one of ``roles``.

    Anonymous people go to the login page; others without the role get 403. ``NotFound``
    becomes 404 and ``NotAllowed`` 403; ``Conflict`` and ``Invalid`` stay with the view,
    which alone knows how to keep what was typed.
    """

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @require_http_methods(list(methods))
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
            if not roles_of(request.user) & set(roles):
                raise PermissionDenied
            try:
                return view(request, *args, **kwargs)
            except NotFound as error:
                raise Http404(str(error)) from error
            except NotAllowed as error:
                raise PermissionDenied(str(error)) from error

        return admin.site.admin_view(guarded)

    return decorate


def desk_render(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a whole page with the admin site's context (header, navigation, theme)."""
    return render(request, template, {**admin.site.each_context(request), **context}, status=status)


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx asked, so that a fragment is wanted instead of a page."""
    return request.headers.get("HX-Request") == "true"
