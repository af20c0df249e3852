"""Authentication by ``Authorization: Token …``; the database holds only hashes of tokens."""

from __future__ import annotations

import binascii
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import ApiToken
from klingdesk.core.roles import remember_groups
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
    statement, tokens, users = _statement()
    with kept_cursor() as cursor:
        cursor.execute(statement, [digest, timezone.now()])
        row = cursor.fetchone()
    if row is None:
        return None
    alias = connection.alias
    token: ApiToken = ApiToken.from_db(alias, tokens, row[: len(tokens)])
    user = get_user_model().from_db(alias, users, row[len(tokens) : -1])
    remember_groups(user, row[-1])
    token.user = user
    return token


@cache
def _statement() -> tuple[str, list[str], list[str]]:
    """The statement, and the attributes of token and user in the order of its columns."""
    token, user, group = ApiToken._meta, get_user_model()._meta, Group._meta
    members = get_user_model().groups.through._meta
    columns = [f't."{field.column}"' for field in token.concrete_fields]
    columns += [f'u."{field.column}"' for field in user.concrete_fields]
    statement = f"""
        SELECT {", ".join(columns)},
            ARRAY(SELECT g.name FROM "{group.db_table}" AS g
                  JOIN "{members.db_table}" AS m ON m.group_id = g.id WHERE m.user_id = u.id)
        FROM "{token.db_table}" AS t JOIN "{user.db_table}" AS u ON u.id = t.user_id
        WHERE t.digest = %s AND t.expiry > %s AND u.is_active
    """  # noqa: S608 - names of tables and columns
    return statement, _attributes(token), _attributes(user)


def _attributes(meta: Any) -> list[str]:
    return [field.attname for field in meta.concrete_fields]


class DeskTokenScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]
    """Names the scheme in the OpenAPI document."""

    target_class = "kb.api.tokens.DeskTokenAuthentication"
    name = "token"
