"""Authentication by ``Authorization: Token …``; the database holds only hashes of tokens."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed


class DeskTokenAuthentication(TokenAuthentication):  # type: ignore[misc]
    """Knox's, made safe for any header and free of writes."""

    def authenticate_credentials(self, token: bytes) -> Any:
        # Tokens are hexadecimal. Other bytes would fail in decoding or in the database.
        if not token.isalnum():
            raise AuthenticationFailed(_("Invalid token."))
        return super().authenticate_credentials(token)

    def _cleanup_token(self, auth_token: Any) -> bool:
        """Whether the token has expired.

        Knox deletes here, the user's other expired tokens too: a query more on every
        request, and a GET that writes.
        """
        return auth_token.expiry is not None and auth_token.expiry <= timezone.now()


class DeskTokenScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]
    """Names the scheme in the OpenAPI document."""

    target_class = "kb.api.tokens.DeskTokenAuthentication"
    name = "token"
