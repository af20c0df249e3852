"""What every endpoint shares: who gets in, what is read, and what may be kept by caches."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException, ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.services.rates import Permit
from kb.api.bodies import checked
from kb.api.rates import RoleThrottle, tell_rate
from kb.api.sparse import CONTEXT, SparseSerializer, asked_fields
from kb.api.strict import StrictSerializer
from kb.api.terms import HasScope, tell_ending, terms_of
from kb.api.tokens import DeskTokenAuthentication
from klingdesk.core.roles import Role, is_bot, roles_of

LARGEST_BODY = 256 * 1024
"""Bytes. Problem, demand and twenty further fields at their limits fit, each character escaped."""


class TooLarge(APIException):
    """The body is larger than any that this API could accept."""

    status_code = 413
    default_code = "too_large"
    default_detail = _("The body is too large.")


class DeskJSONParser(JSONParser):
    """JSON in UTF-8 (RFC 8259, section 8.1) of bounded size and depth.

    Django's own limit on bodies does not apply to streams, which is what parsers read.
    """

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        request: Request = (parser_context or {})["request"]
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        view = (parser_context or {})["view"]
        if length > view.largest_body:
            raise TooLarge
        try:
            return super().parse(stream, media_type, {**parser_context, "encoding": "utf-8"})
        except RecursionError as deep:
            raise ParseError(_("The JSON is nested too deeply.")) from deep


class AcceptNegotiation(DefaultContentNegotiation):
    """By the ``Accept`` header alone: ``?format=`` is an unknown parameter like any other."""

    settings = SimpleNamespace(URL_FORMAT_OVERRIDE=None)  # type: ignore[assignment]


class HasDeskRole(BasePermission):
    """Lets in people with one of the view's ``roles``, and programs where the view is for them."""

    message = _("Your role does not allow this.")

    def has_permission(self, request: Request, view: Any) -> bool:
        if roles_of(request.user) & view.roles:
            return True
        return bool(view.for_bots and is_bot(request.user))


class DeskView(APIView):
    """Base of all endpoints; ``roles`` says who may call it at all.

    ``for_bots``: so may programs that answer users (``klingdesk.core.roles.is_bot``).
    ``largest_body`` is in bytes; more is refused before it is read.
    ``is_shown_once``: its answers are not kept for who sends an ``Idempotency-Key`` again.
    Which objects a caller sees is decided by selectors and services, never here.
    """

    roles: ClassVar[frozenset[Role]] = frozenset(Role)
    for_bots: ClassVar[bool] = False
    largest_body: ClassVar[int] = LARGEST_BODY
    is_shown_once: ClassVar[bool] = False
    permit: Permit | None = None

    authentication_classes = [DeskTokenAuthentication, SessionAuthentication]
    permission_classes = [HasDeskRole, HasScope]
    throttle_classes = [RoleThrottle]
    parser_classes = [DeskJSONParser]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AcceptNegotiation
    http_method_names = ["get", "head", "post"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # A charset in Content-Type would decide how the query string is decoded too.
        request._request.encoding = "utf-8"
        super().initial(request, *args, **kwargs)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        final: Response = super().finalize_response(request, response, *args, **kwargs)
        final.headers.setdefault("Cache-Control", "no-store")
        tell_rate(final, self.permit)
        tell_ending(final, terms_of(self, request.method))
        return final

    def may_recall(self, told: Any, /, **place: Any) -> None:
        """Raise ``NotFound`` or ``Conflict`` when an answer of before may not be given again.

        ``told`` is its body, ``place`` what stands in the address. Views of objects that leave
        somebody's sight look whether they may still be seen.
        """

    def body(self, serializer_class: type[StrictSerializer]) -> dict[str, Any]:
        """The checked body; ``ValidationError`` names every field that was refused."""
        data = self.request.data
        # An empty body of any content type reads as an empty form.
        return checked(serializer_class, {} if isinstance(data, QueryDict) else data)

    def query(self, serializer_class: type[StrictSerializer]) -> dict[str, Any]:
        """The checked query string; of a repeated parameter the last one counts."""
        return checked(serializer_class, self.request.query_params.dict())

    def only(self, shape: type[SparseSerializer]) -> dict[str, Any]:
        """Context for ``shape``: the fields that ``?fields=`` asks for."""
        return {CONTEXT: asked_fields(self.request, shape)}
