"""Lists of the stock admin that answer senseless filters and choices with 400, and do not fail."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.exceptions import BadRequest, EmptyResultSet, ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

# Generic to the type checker only: Django's own class takes no parameters when it runs.
if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
else:
    AnyModelAdmin = admin.ModelAdmin

_TOO_LONG = re.compile(r"\d{19}")
"""More digits than any number of the database has."""


class StrictLists(AnyModelAdmin):
    """A stock page whose list answers what cannot be meant with 400."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[StrictChangeList]:
        return StrictChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        key = self.model._meta.pk
        for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                key.run_validators(key.to_python(chosen))
                ProhibitNullCharactersValidator()(chosen)
            except ValidationError as error:
                raise BadRequest("what was chosen is no row of this list") from error
        return super().changelist_view(request, extra_context)


class StrictChangeList(ChangeList):
    """Django looks at some values of a filter only when it asks the database: year -1, or NUL."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        for name, values in request.GET.lists():
            if any("\0" in value for value in values):
                raise BadRequest("a filter holds a NUL character")
            if name != SEARCH_VAR and any(_TOO_LONG.search(value) for value in values):
                raise BadRequest("a filter holds a number that is too long")
        try:
            found: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
            found.query.get_compiler(found.db).as_sql()
        except EmptyResultSet:
            return found
        except (ValueError, OverflowError) as error:
            raise BadRequest(f"a filter cannot be read: {error}") from error
        return found
