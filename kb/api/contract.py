"""How endpoints describe themselves in the OpenAPI document: every answer, refusals included."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework import serializers

from kb.api.strict import StrictSerializer

View = TypeVar("View", bound=Callable[..., Any])

JSON = "application/json"
ANY = "*/*"
PROBLEM_JSON = "application/problem+json"

REFUSALS: Mapping[int, str] = {
    400: "A field, a parameter or the JSON itself is wrong; `errors` says which and why.",
    401: "No valid token or session.",
    403: "The role does not allow it, or it is somebody else's; or the CSRF check failed.",
    404: "No such object, or none that the caller may see.",
    406: "Only JSON can be sent.",
    409: "The state has moved on; `state` says what is true now.",
    413: "The body is too large.",
    415: "The body is not `application/json`.",
    429: "Too many attempts; `Retry-After` says when to come back (seconds).",
}


class StrictShape(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Says in the document that unknown fields are refused."""

    target_class = StrictSerializer
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        if not type(self.target).__doc__:
            schema.pop("description", None)  # the one of the base class
        return {**schema, "additionalProperties": False}


class Problem(serializers.Serializer[Any]):
    """Problem details, RFC 9457. `code` is for programs, `detail` is for people."""

    type = serializers.CharField(help_text="`urn:klingdesk:problem:` and the code.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="Messages by field; nested fields as `outer.inner`.",
    )
    state = serializers.DictField(required=False, help_text="What is true now (409).")


def operation(
    summary: str,
    *,
    ok: Mapping[int, Any],
    body: type[serializers.Serializer[Any]] | None = None,
    parameters: Sequence[type[serializers.Serializer[Any]] | OpenApiParameter] = (),
    found: bool = False,
    conflict: bool = False,
    public: bool = False,
    examples: Mapping[str, Mapping[str, Any]] | None = None,
) -> Callable[[View], View]:
    """Describe one method of a view.

    ``found``: an object is looked up (404). ``conflict``: a guard may fail (409).
    ``public``: no login is asked for, so attempts are limited instead (429).
    ``examples``: bodies by what they show.
    """
    statuses = {400, 406}
    statuses |= {429} if public else {401, 403}
    statuses |= {404} if found else set()
    statuses |= {409} if conflict else set()
    statuses |= {413, 415} if body else set()
    responses: dict[Any, Any] = {
        (status, ANY if shape is OpenApiTypes.BINARY else JSON): shape
        for status, shape in ok.items()
    }
    for status in sorted(statuses):
        responses[(status, PROBLEM_JSON)] = OpenApiResponse(Problem, REFUSALS[status])
    return extend_schema(
        summary=summary,
        description=f"{summary}.",  # else the docstring of a base class is taken
        request=body,
        parameters=list(parameters),
        responses=responses,
        auth=[] if public else None,
        examples=[
            OpenApiExample(name, value=dict(value), request_only=True)
            for name, value in (examples or {}).items()
        ],
    )
