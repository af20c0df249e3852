"""Cursor pages: stable while rows are added, and safe against cursors that nobody gave out."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request


class DeskCursor(CursorPagination):
    """Pages by one unique column, named in ``ordering``.

    ``position`` says what a value of that column looks like: the cursor comes back
    from outside, and anything else in it would reach the database.
    """

    position: ClassVar[re.Pattern[str]]

    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    cursor_query_description = "Taken from `next` or `previous`."
    page_size_query_description = "Results per page, 1 to 200; 50 unless told."

    def get_page_size(self, request: Request) -> int:
        raw = request.query_params.get("limit")
        if raw is None:
            return self.page_size
        if not re.fullmatch(r"[0-9]{1,3}", raw) or not 1 <= int(raw) <= self.max_page_size:
            raise ValidationError(
                {"limit": [_("Give a number from 1 to %(most)d.") % {"most": self.max_page_size}]}
            )
        return int(raw)

    def decode_cursor(self, request: Request) -> Cursor | None:
        refused = ValidationError({"cursor": [_("This is no cursor of this list.")]})
        try:
            cursor: Cursor | None = super().decode_cursor(request)
        except NotFound as unreadable:
            raise refused from unreadable
        # Without a position it would be the first page: for ever, for whoever follows a link that
        # was damaged on its way.
        if cursor is not None and not self.position.fullmatch(str(cursor.position or "")):
            raise refused
        return cursor

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The parent's is OpenAPI 3.0, where null is written in another way."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """As the parent's, with the bounds of both."""
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] = {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": self.max_page_size,
                    "default": self.page_size,
                }
            else:
                parameter["schema"] = {"type": "string", "minLength": 1}
        return parameters


def check_parameters(request: Request, known: frozenset[str]) -> None:
    """Refuses unknown and empty ones: a filter that does nothing would return everything."""
    errors = {}
    for name, values in request.query_params.lists():
        if name not in known:
            errors[name] = [_("There is no such parameter.")]
        elif "" in values:
            errors[name] = [_("Give a value, or leave the parameter out.")]
    if errors:
        raise ValidationError(dict(list(errors.items())[:20]))
