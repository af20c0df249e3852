"""A user with the names of the groups, in one row: every request reads them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection

from klingdesk.core.roles import remember_groups
from klingdesk.database.base import kept_cursor


def user_with_groups(user_id: int) -> Any:
    """The user, whose groups are noted, or None.

    Written by hand: the mapper needs half a millisecond to compose each of the two statements.
    """
    users = get_user_model()._meta.db_table
    statement = f'SELECT {user_columns("u")} FROM "{users}" AS u WHERE u.id = %s'  # noqa: S608 - names
    with kept_cursor() as cursor:
        cursor.execute(statement, [user_id])
        row = cursor.fetchone()
    return user_of_row(row) if row is not None else None


@cache
def user_columns(alias: str) -> str:
    """What ``user_of_row`` reads, for a statement in which ``alias`` stands for the users."""
    users, groups = get_user_model(), Group._meta.db_table
    members = users.groups.through._meta.db_table
    columns = ", ".join(f'{alias}."{field.column}"' for field in users._meta.concrete_fields)
    return f"""{columns}, ARRAY(SELECT g.name FROM "{groups}" AS g
        JOIN "{members}" AS m ON m.group_id = g.id WHERE m.user_id = {alias}.id)"""  # noqa: S608 - names


def user_of_row(row: Sequence[Any]) -> Any:
    """The user of the columns of ``user_columns``."""
    user = get_user_model().from_db(connection.alias, attributes(get_user_model()), row[:-1])
    remember_groups(user, row[-1])
    return user


@cache
def attributes(model: Any) -> list[str]:
    """Of a model, in the order of its columns."""
    return [field.attname for field in model._meta.concrete_fields]
