"""The HTTP API: its addresses, how to get a token, and its own description."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.scopes import everything
from accounts.selectors.logins import has_two_step
from accounts.services.lockouts import in_turn, is_locked, minutes_locked
from accounts.services.logins import PASSWORD, owed_by
from accounts.services.tokens import MOST_NAME, make_token
from accounts.services.two_step import TooSoon, check_code
from kb.api import shapes  # noqa: F401 - tells the OpenAPI document of our fields
from kb.api.base import DeskView
from kb.api.contract import operation
from kb.api.rates import PeerThrottle
from kb.api.strict import StrictSerializer, Text
from klingdesk.core.errors import Invalid, NotAllowed, NotFound
from klingdesk.core.roles import is_bot, roles_of


class Credentials(StrictSerializer):
    username = Text(max_length=150)
    password = Text(max_length=1_000, trim_whitespace=False)
    code = Text(
        max_length=100,
        required=False,
        help_text="Of the authenticator app, or a recovery code, where two-step login is on.",
    )
    name = Text(
        max_length=MOST_NAME,
        required=False,
        default="",
        allow_blank=True,
        help_text="By which its owner knows it again.",
    )
    scopes = serializers.ListField(
        child=serializers.ChoiceField(everything()),
        required=False,
        allow_null=True,
        default=None,
        allow_empty=False,
        max_length=len(everything()),
        help_text="What it is for; all that the role can use unless told.",
    )
    days = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=3_650,
        help_text="How long it lives, up to the desk's limit.",
    )


class TokenBody(serializers.Serializer[Any]):
    token = serializers.CharField(
        read_only=True, default="", help_text="Send it as `Authorization: Token …`."
    )
    name = serializers.CharField(allow_blank=True)
    scopes = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField(source="expiry")


class TokenView(DeskView):
    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = [PeerThrottle]

    @operation(
        "Get a token",
        body=Credentials,
        ok={200: TokenBody},
        public=True,
        codes={
            400: ("wrong_credentials", "code_required", "wrong_code"),
            403: ("password_owed", "two_step_owed"),
        },
        examples={
            "For everything": {"username": "agent", "password": "…"},
            "For reading": {
                "username": "manager",
                "password": "…",
                "name": "Weekly figures",
                "scopes": ["reports:read"],
                "days": 90,
            },
        },
    )
    def post(self, request: Request) -> Response:
        given = self.body(Credentials)
        code = given.pop("code", "")
        wanted = {name: given.pop(name) for name in ("name", "scopes", "days")}
        user = in_turn(
            partial(_known, request._request, given),
            request=request._request,
            username=given["username"],
        )
        # Nobody without a role gets in, and nobody learns whether only the role was missing.
        if user is None or not (roles_of(user) or is_bot(user)):
            raise Invalid(_("User name or password is wrong."), code="wrong_credentials")
        _require_steps(user, code)
        made, token = make_token(user=user, acting_user=user, **wanted)
        user_logged_in.send(sender=type(user), request=request._request, user=user)
        return Response(TokenBody(made).data | {"token": token})


def _known(request: HttpRequest, given: dict[str, Any]) -> Any:
    if is_locked(request, given["username"], now=timezone.now()):
        raise Throttled(wait=minutes_locked() * 60)
    return authenticate(request, **given)


def _require_steps(user: Any, code: str) -> None:
    """What a person must do beside the password; ``Invalid`` names the field ``code``."""
    if owed := owed_by(user):
        raise NotAllowed(
            _("Log in to the desk's pages and change your password first.")
            if owed[0] == PASSWORD
            else _("Your role needs two-step login. Set it up on the desk's pages first."),
            code=f"{owed[0]}_owed",
        )
    if not has_two_step(user):
        return
    if not code:
        text = _("Two-step login is on: send the code of the app, too.")
        raise Invalid(text, code="code_required", fields={"code": [text]})
    try:
        check_code(user=user, code=code, now=timezone.now())
    except TooSoon as refused:
        raise Throttled(wait=refused.seconds) from refused


class SchemaView(SpectacularAPIView):
    """The OpenAPI document: worked out once per process and language, whatever is asked."""

    authentication_classes = []

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        filename = self._get_filename(request, "v1")  # type: ignore[no-untyped-call]
        return Response(
            _document(get_language() or ""),
            headers={"Content-Disposition": f'inline; filename="{filename}"'},
        )


@lru_cache(maxsize=8)
def _document(language: str) -> dict[str, Any]:
    generator = SpectacularAPIView.generator_class()
    document: dict[str, Any] = generator.get_schema(  # type: ignore[no-untyped-call]
        request=None, public=True
    )
    return document


class DocsView(SpectacularSwaggerSplitView):
    authentication_classes = []
    url_name = "api-schema"


class NoSuchAddress(DeskView):
    """Everything else under /api/: a missing slash at the end must not lose a body either."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        raise NotFound(_("There is no such address. Addresses end with a slash."))


v1: list[URLPattern | URLResolver] = [
    path("auth/token/", TokenView.as_view(), name="api-token"),
    path("kb/", include("kb.api.urls")),
    path("", include("tickets.api.urls")),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include(v1)),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
    re_path("", NoSuchAddress.as_view(), name="api-nowhere"),
]
