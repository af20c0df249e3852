"""Lists of the stock admin that answer a senseless filter with 400 instead of failing."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, EmptyResultSet
from django.db.models import QuerySet
from django.http import HttpRequest


class StrictChangeList(ChangeList):
    """Django looks at some values of a filter only when it asks the database: year -1, or NUL."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        if any("\0" in value for values in request.GET.lists() for value in values[1]):
            raise BadRequest("a filter holds a NUL character")
        found: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        try:
            found.query.get_compiler(found.db).as_sql()
        except EmptyResultSet:
            return found
        except (ValueError, OverflowError) as error:
            raise BadRequest(f"a filter cannot be read: {error}") from error
        return found
