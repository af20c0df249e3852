"""Which migrations the release before would not survive: while one rolls out, both run at once.

Pure: it reads migrations and the state before each of them, and no database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED

REASON: Final = "old_code_survives"
"""A migration that says in this attribute why may do what is refused: the second half of a change
whose first half was released before (docs/operations.md)."""

_GONE = (
    operations.RemoveField,
    operations.DeleteModel,
    operations.RenameField,
    operations.RenameModel,
    operations.AlterModelTable,
)
_HEAVY: Final = re.compile(
    r"\b(lock\s+table|truncate|cluster|vacuum\s+full"
    r"|drop\s+(table|column|view|function|trigger)"
    r"|rename\s+(to|column)|set\s+not\s+null|alter\s+column|add\s+constraint(?!.*not\s+valid)"
    r"|create\s+(unique\s+)?index(?!\s+concurrently)|reindex(?!.*concurrently))\b",
    re.IGNORECASE | re.DOTALL,
)


def not_survived(
    migrations: Sequence[tuple[str, Migration]], released: Mapping[str, Sequence[str]]
) -> list[str]:
    """What is refused, as ``app.name: why``; ``migrations`` of all apps in the order in which they
    are applied. Those in ``released`` have been out already; no release at all refuses nothing."""
    if not released:
        return []
    state = ProjectState()
    found: list[str] = []
    for app, migration in migrations:
        is_new = migration.name not in released.get(app, ())
        made: set[str] = set()
        excused = bool(str(getattr(migration, REASON, "")).strip())
        for operation in migration.operations:
            if is_new and not excused:
                where = f"{app}.{migration.name}"
                found += [f"{where}: {why}" for why in _reasons(operation, app, state, made)]
            if isinstance(operation, operations.CreateModel):
                made.add(operation.name_lower)
            operation.state_forwards(app, state)
    return found


def _reasons(operation: Any, app: str, state: ProjectState, made: set[str]) -> Iterator[str]:
    """Why the release before, or whoever is at work, does not survive ``operation``.

    ``made``: tables that this migration has made itself; nobody knows them yet.
    """
    if isinstance(operation, operations.SeparateDatabaseAndState):
        for inner in operation.database_operations:
            yield from _reasons(inner, app, state, made)
        return
    model = str(getattr(operation, "model_name", getattr(operation, "name", ""))).lower()
    if model in made:
        return
    said = operation.describe()
    if isinstance(operation, _GONE):
        yield f"{said}: the code before still uses it"
    elif isinstance(operation, operations.AddField):
        if not _is_filled(operation.field):
            yield f"{said}: the code before does not fill it; let it be null, or give a db_default"
    elif isinstance(operation, operations.AlterField):
        before = state.models[app, model].get_field(operation.name)
        yield from (f"{said}: {why}" for why in _narrowed(before, operation.field))
    elif isinstance(operation, operations.AddIndex) and not isinstance(
        operation, AddIndexConcurrently
    ):
        yield f"{said}: it stops all writing meanwhile; use AddIndexConcurrently"
    elif isinstance(operation, operations.AddConstraint) and not isinstance(
        operation, AddConstraintNotValid
    ):
        yield f"{said}: it stops all writing, and the code before may break it"
    elif isinstance(operation, operations.RunSQL):
        yield from (f"RunSQL {heavy!r}: stops or breaks others" for heavy in _heavy(operation.sql))


def _is_filled(field: models.Field[Any, Any]) -> bool:
    return field.null or field.many_to_many or field.db_default is not NOT_PROVIDED


def _narrowed(before: models.Field[Any, Any], after: models.Field[Any, Any]) -> Iterator[str]:
    """How ``after`` takes less than ``before``."""
    if before.null and not after.null:
        yield "null was allowed"
    if before.get_internal_type() != after.get_internal_type():
        yield f"{before.get_internal_type()} becomes {after.get_internal_type()}"
    if (after.max_length or 0) < (before.max_length or 0):
        yield f"it becomes shorter ({before.max_length} to {after.max_length})"
    if after.unique and not before.unique:
        yield "it becomes unique"


def _heavy(sql: Any) -> Iterable[str]:
    if sql == operations.RunSQL.noop:
        return
    parts = sql if isinstance(sql, list | tuple) else [sql]
    for part in parts:
        text = part[0] if isinstance(part, list | tuple) else part
        for found in _HEAVY.finditer(str(text)):
            yield " ".join(found[0].split())
