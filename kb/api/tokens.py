"""Authentication by ``Authorization: Token …``; the database holds only hashes of tokens."""

from __future__ import annotations

import binascii
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import ApiToken
from accounts.selectors.with_groups import attributes, user_columns, user_of_row
from klingdesk.database.base import kept_cursor


class DeskTokenAuthentication(TokenAuthentication):  # type: ignore[misc]
    """Knox's, safe for any header, free of writes, and one query: token, user and groups.

    Knox looks for the first characters of a token and deletes what has expired meanwhile. The
    hash is a key as good, and only whoever knows the token can name it.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[Any, ApiToken]:
        refused = AuthenticationFailed(_("Invalid token."))
        # Tokens are hexadecimal. Other bytes would fail in decoding or in the database.
        if not token.isalnum():
            raise refused
        try:
            digest = hash_token(token.decode())
        except (TypeError, binascii.Error) as unreadable:
            raise refused from unreadable
        found = _read(digest)
        if found is None:
            raise refused
        return found.user, found


def _read(digest: str) -> ApiToken | None:
    """A token in force with its active user, whose groups are noted.

    Written by hand: every request does it, and the mapper needs a millisecond to compose it.
    """
    statement, tokens = _statement()
    with kept_cursor() as cursor:
        cursor.execute(statement, [digest, timezone.now()])
        row = cursor.fetchone()
    if row is None:
        return None
    token: ApiToken = ApiToken.from_db(connection.alias, tokens, row[: len(tokens)])
    token.user = user_of_row(row[len(tokens) :])
    return token


@cache
def _statement() -> tuple[str, list[str]]:
    """The statement, and the attributes of a token in the order of its columns."""
    token, users = ApiToken._meta, get_user_model()._meta.db_table
    columns = ", ".join(f't."{field.column}"' for field in token.concrete_fields)
    statement = f"""
        SELECT {columns}, {user_columns("u")}
        FROM "{token.db_table}" AS t JOIN "{users}" AS u ON u.id = t.user_id
        WHERE t.digest = %s AND t.expiry > %s AND u.is_active
    """  # noqa: S608 - names of tables and columns
    return statement, attributes(ApiToken)


class DeskTokenScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]
    """Names the scheme in the OpenAPI document."""

    target_class = "kb.api.tokens.DeskTokenAuthentication"
    name = "token"
