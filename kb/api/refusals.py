"""What each refusal of the API means, and the codes by which programs tell refusals apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

REFUSALS: Mapping[int, str] = {
    400: "A field, a parameter or the JSON itself is wrong; `errors` says which and why.",
    401: "No valid token or session.",
    403: "The role or the token does not allow it, or it is somebody else's.",
    404: "No such object, or none that the caller may see.",
    406: "Only JSON can be sent.",
    409: "The state has moved on; `state` says what is true now.",
    410: "It is not kept any more; `state` says what is.",
    412: "The object has changed since the version in `If-Match`; `state` says what is true now.",
    413: "The body is too large.",
    415: "The body is not `application/json`.",
    422: "The `Idempotency-Key` was sent with another request.",
    429: "Too many requests; `Retry-After` says when to come back (seconds).",
}

CODES: Mapping[int, Sequence[str]] = {
    400: ("invalid", "parse_error"),
    401: ("not_authenticated", "authentication_failed"),
    403: ("permission_denied", "not_allowed", "scope_missing"),
    404: ("not_found",),
    406: ("not_acceptable",),
    409: ("in_progress", "answer_lost"),
    410: ("gone",),
    412: ("overtaken",),
    413: ("too_large",),
    415: ("unsupported_media_type",),
    422: ("key_reused",),
    429: ("throttled",),
}
"""Those that any operation may give; the others are named where the operation is described."""


def refusal(status: int, codes: Sequence[str] = ()) -> str:
    """What an operation's refusal with this status means; ``codes`` are its own ones."""
    named = ", ".join(f"`{code}`" for code in (*codes, *CODES[status]))
    return f"{REFUSALS[status]} Codes: {named}."
