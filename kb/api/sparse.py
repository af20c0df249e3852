"""``?fields=number,status``: only what is asked for. The first field, the name, always comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

PARAMETER = "fields"
CONTEXT = "only"


class SparseSerializer(serializers.Serializer[Any]):
    """A shape of which a caller may ask for parts: ``context["only"]``, or all of it.

    What is left out is not worked out either.
    """

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        only = self.context.get(CONTEXT)
        if only is None:
            return fields
        first = next(iter(fields))
        return {name: field for name, field in fields.items() if name in only or name == first}


def asked_fields(request: Request, shape: type[SparseSerializer]) -> frozenset[str] | None:
    """The names in ``?fields=``, all of them known to ``shape``; None where it is not sent."""
    raw = request.query_params.get(PARAMETER)
    if raw is None:
        return None
    names = frozenset(name.strip() for name in raw.split(","))
    unknown = sorted(names - set(shape().fields))
    if unknown:
        text = _("There is no such field: %(names)s")
        shown = ", ".join(name[:40] for name in unknown[:20])
        raise ValidationError({PARAMETER: [text % {"names": shown}]})
    return names


def describe_parts(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Hook of the OpenAPI document: answers of operations with ``x-parts-of`` may be parts."""
    schemas = result.get("components", {}).get("schemas", {})
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            name = operation.pop("x-parts-of", None)
            if name in schemas:
                schemas.setdefault(f"{name}Part", _part(schemas[name], name))
                for media in operation["responses"]["200"]["content"].values():
                    _allow_parts(media, schemas, name)
    return result


def _part(whole: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {
        **whole,
        "description": f"{name} with the fields that were asked for (`fields`).",
        # In the order of the shape; the document sorts the names of what is required.
        "required": list(whole["properties"])[:1],
    }


def _allow_parts(media: dict[str, Any], schemas: Mapping[str, Any], name: str) -> None:
    """In the answer itself, or in the items of a page."""
    whole, part = ({"$ref": f"#/components/schemas/{each}"} for each in (name, f"{name}Part"))
    either = {"anyOf": [whole, part]}
    if media["schema"] == whole:
        media["schema"] = either
        return
    page = schemas[media["schema"]["$ref"].rsplit("/", 1)[1]]
    page["properties"]["results"]["items"] = either
