"""How endpoints describe themselves in the OpenAPI document: every answer, refusals included."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from typing import Any, TypeVar, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework import serializers

from accounts.models.answer import MOST_KEY
from accounts.scopes import Scope
from kb.api import once
from kb.api.refusals import refusal
from kb.api.sparse import PARAMETER, SparseSerializer
from kb.api.terms import Ending, Terms

View = TypeVar("View", bound=Callable[..., Any])

JSON = "application/json"
ANY = "*/*"
PROBLEM_JSON = "application/problem+json"


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
    state = serializers.DictField(required=False, help_text="What is true now (409, 410).")


IDEMPOTENCY_KEY = OpenApiParameter(
    once.HEADER,
    {"type": "string", "pattern": f"^[!-~]{{1,{MOST_KEY}}}$"},
    OpenApiParameter.HEADER,
    description="Drawn by the caller. The same key with the same request gives the same answer, "
    "and nothing is done twice; it is remembered for two days.",
)


IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="`ETag` of the object as it was read: 412 when anything was done to it since.",
)


def operation(
    summary: str,
    *,
    ok: Mapping[Any, Any],
    body: type[serializers.Serializer[Any]] | None = None,
    parameters: Sequence[type[serializers.Serializer[Any]] | OpenApiParameter] = (),
    scope: Scope | str | None = None,
    found: bool = False,
    conflict: bool = False,
    gone: bool = False,
    public: bool = False,
    codes: Mapping[int, Sequence[str]] | None = None,
    operation_id: str | None = None,
    examples: Mapping[str, Mapping[str, Any]] | None = None,
    matching: bool = False,
    parts_of: type[SparseSerializer] | None = None,
    ending: Ending | None = None,
) -> Callable[[View], View]:
    """Describe one method of a view, and what is promised about it.

    ``ok``: by status the shape of the answer; by status and media type where it is no JSON.
    ``scope``: what a token must hold; without one it must hold everything. ``found``: an object
    is looked up (404). ``conflict``: a guard may fail (409). ``gone``: it may not be kept any
    more (410). ``matching``: ``If-Match`` is heeded (412). ``public``: no login is asked for.
    ``codes``: of the operation's own refusals, by status. ``operation_id``: where the address does
    not make one of its own. ``examples``: bodies by what they
    show. ``parts_of``: ``?fields=`` chooses among its fields.
    ``ending``: it goes away. Every POST that is not public takes an ``Idempotency-Key``.
    """
    terms = Terms(None if scope is None else Scope(scope), ending)

    def decorate(method: View) -> View:
        is_post = method.__name__ == "post" and not public
        statuses = {400, 406, 429}
        statuses |= set() if public else {401, 403}
        statuses |= {404} if found else set()
        statuses |= {409} if conflict or is_post else set()
        statuses |= {413, 415} if body else set()
        statuses |= {422} if is_post else set()
        statuses |= {410} if gone else set()
        statuses |= {412} if matching else set()
        described = extend_schema(
            operation_id=operation_id,
            summary=summary,
            description=_description(summary, terms),
            request=body,
            parameters=[
                *parameters,
                *([IDEMPOTENCY_KEY] if is_post else []),
                *([IF_MATCH] if matching else []),
                *([_fields_of(parts_of)] if parts_of else []),
            ],
            responses=_responses(ok, statuses, codes or {}),
            auth=[] if public else None,
            deprecated=True if ending else None,
            extensions={"x-parts-of": parts_of.__name__.removesuffix("Serializer")}
            if parts_of
            else None,
            examples=[
                OpenApiExample(name, value=dict(value), request_only=True)
                for name, value in (examples or {}).items()
            ],
        )(_once(method) if is_post else method)
        described.desk_terms = terms  # type: ignore[attr-defined]
        return described

    return decorate


def _once(method: View) -> View:
    @wraps(method)
    def post(view: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        return once.answer_once(
            request,
            partial(method, view, request, *args, **kwargs),
            may_recall=lambda told: view.may_recall(told, **kwargs),
            is_shown_once=view.is_shown_once,
        )

    return cast(View, post)


def _description(summary: str, terms: Terms) -> str:
    """Never empty: else the docstring of a base class is taken."""
    needs = f" Needs the scope `{terms.scope}`." if terms.scope else ""
    gone = f" Goes away on {terms.ending.sunset:%Y-%m-%d}." if terms.ending else ""
    return f"{summary}.{needs}{gone}"


def _fields_of(shape: type[SparseSerializer]) -> OpenApiParameter:
    names = "|".join(shape().fields)
    return OpenApiParameter(
        PARAMETER,
        {"type": "string", "pattern": f"^({names})(,({names}))*$"},
        OpenApiParameter.QUERY,
        description="Only these fields, parted by commas; the first one always comes.",
    )


def _responses(
    ok: Mapping[Any, Any],
    statuses: set[int],
    codes: Mapping[int, Sequence[str]],
) -> dict[Any, Any]:
    responses: dict[Any, Any] = {
        status
        if isinstance(status, tuple)
        else (status, ANY if shape is OpenApiTypes.BINARY else JSON): shape
        for status, shape in ok.items()
    }
    for status in sorted(statuses):
        text = refusal(status, codes.get(status, ()))
        responses[(status, PROBLEM_JSON)] = OpenApiResponse(Problem, text)
    return responses
