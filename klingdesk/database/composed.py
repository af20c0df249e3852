"""Queries of the mapper that are composed once and run many times with other values.

Composing takes the mapper longer than PostgreSQL needs to answer: a look-up with four joins a
millisecond and a half, each time anew for the very same statement. What is asked, and who may see
it, is still said by querysets; only their translation is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, Generic, TypeVar

from django.contrib.auth import get_user_model
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet
from django.db.models import query as mapper
from psycopg import sql

from klingdesk.core.roles import Role, remember_roles
from klingdesk.database.base import kept_cursor

M = TypeVar("M", bound=Model)

PERSON: Final = -1
"""A blank for the id of whoever asks."""


class _Statement:
    """The text of a queryset's statement, with places for values that come later."""

    def __init__(self, queryset: QuerySet[Any], blanks: tuple[Any, ...], *, kept: bool) -> None:
        self.compiler: Any = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
        # Asked for at each call: a connection belongs to one thread, the statement to all.
        self._cursor = kept_cursor if kept else lambda: connection.cursor()
        try:
            self.text, params = self.compiler.as_sql()
        except EmptyResultSet:  # nothing for whoever asks
            self.text, params = "", ()
        if kept:
            self.text, params = _with_constants(self.text, params, blanks)
        self._params = tuple(params)
        self._places = tuple(
            (at, blanks.index(param)) for at, param in enumerate(params) if param in blanks
        )
        columns = [item[0] for item in self.compiler.select] if self.text else []
        self._converters = self.compiler.get_converters(columns)

    def rows(self, values: tuple[Any, ...]) -> Iterable[Any]:
        if not self.text:
            return ()
        params = list(self._params)
        for at, place in self._places:
            params[at] = values[place]
        with self._cursor() as cursor:
            cursor.execute(self.text, params)
            found: Iterable[Any] = cursor.fetchall()
        return (
            self.compiler.apply_converters(found, self._converters) if self._converters else found
        )


def _with_constants(
    text: str, params: Iterable[Any], blanks: tuple[Any, ...]
) -> tuple[str, tuple[Any, ...]]:
    """The statement with all values in its text but those that come later: a plan for whatever
    values may come could use no partial index."""
    values = iter(params)
    later: list[Any] = []

    def put(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return found[0]
        value = next(values)
        if value in blanks:
            later.append(value)
            return found[0]
        return sql.Literal(value).as_string(connection.connection).replace("%", "%%")

    connection.ensure_connection()
    return re.sub("%[s%]", put, text), tuple(later)


class Composed(Generic[M]):
    """A queryset's objects. Safe for many threads.

    ``blanks``: values that stand in the queryset for those that come later, each of them one that
    occurs nowhere else in it. Rows are asked for with the values in the same order; one whose
    blank the queryset did without (who sees everything is not asked for by name) is left out.

    ``kept``: PostgreSQL keeps it planned, too, for any values of the blanks. Not where one of them
    decides which index serves.
    """

    def __init__(self, queryset: QuerySet[M], *blanks: Any, kept: bool = False) -> None:
        self._statement = _Statement(queryset, blanks, kept=kept)
        compiler = self._statement.compiler
        if not self._statement.text:
            return
        info: Any = compiler.klass_info
        fields = info["select_fields"]
        self._model: type[M] = info["model"]
        self._own = slice(fields[0], fields[-1] + 1)
        self._attributes = [item[0].target.attname for item in compiler.select[self._own]]
        populators: Any = mapper.get_related_populators
        self._related = populators(info, compiler.select, DEFAULT_DB_ALIAS)

    def rows(self, *values: Any) -> list[M]:
        """All objects; one statement."""
        return [self._object(row) for row in self._statement.rows(values)]

    def first(self, *values: Any) -> M | None:
        """The first object, or None."""
        return next(iter(self.rows(*values)), None)

    def _object(self, row: Any) -> M:
        made: M = self._model.from_db(DEFAULT_DB_ALIAS, self._attributes, row[self._own])
        for populator in self._related:
            populator.populate(row, made)
        return made


class ComposedValues:
    """The tuples of a queryset of ``values_list``, also of a union; otherwise as ``Composed``."""

    def __init__(self, queryset: QuerySet[Any, Any], *blanks: Any, kept: bool = False) -> None:
        self._statement = _Statement(queryset, blanks, kept=kept)

    def rows(self, *values: Any) -> Iterable[Any]:
        """All tuples; one statement."""
        return self._statement.rows(values)


def stand_in(blank: int, roles: frozenset[Role]) -> Any:
    """Somebody with ``roles`` whose id is a blank: what such people may see, whoever it is."""
    person = get_user_model()(pk=blank)
    remember_roles(person, roles)
    return person
