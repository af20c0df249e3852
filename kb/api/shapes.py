"""What the OpenAPI document says of our own kinds of fields, so that it is neither wider nor
narrower than what is accepted. Imported once, by the addresses of the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.contrib.django_filters import DjangoFilterExtension
from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension

from kb.api.strict import IN_RANGE, StrictSerializer, Text

NOT_BLANK = r"[^\s\x1c-\x1f\x85]"
"""What ``str.strip`` leaves something of."""


class StrictShape(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Says in the document that unknown fields are refused."""

    target_class = StrictSerializer
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        if not type(self.target).__doc__:
            schema.pop("description", None)  # the one of the base class
        return {**schema, "additionalProperties": False}


class TextShape(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Spaces alone are no text where spaces are taken off the ends."""

    target_class = Text
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Any:
        blank = self.target.allow_blank or not self.target.trim_whitespace
        # Lengths and null are added to what is returned here.
        return {"type": "string"} if blank else {"type": "string", "pattern": NOT_BLANK}


class FilterShape(DjangoFilterExtension):
    """Bounds of filters in the query: the stock extension tells their types alone."""

    priority = 1

    def resolve_filter_field(
        self, auto_schema: Any, model: Any, filterset_class: Any, name: str, filter_field: Any
    ) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super().resolve_filter_field(  # type: ignore[no-untyped-call]
            auto_schema, model, filterset_class, name, filter_field
        )
        for parameter in parameters:
            schema = parameter["schema"]
            if schema.get("format") == "date-time":
                schema["pattern"] = IN_RANGE
            elif schema.get("type") == "string" and "enum" not in schema:
                # An empty parameter is refused: it would filter nothing.
                schema["minLength"] = 1
                if most := filter_field.extra.get("max_length"):
                    schema["maxLength"] = most
        return parameters
