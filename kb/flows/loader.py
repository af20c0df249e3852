"""Text or data to a checked ``FlowDefinition``; every fault is reported at once.

Shape (``schema``), rules inside a node and rules between nodes (``lint``) are checked in one
go: a node that cannot be read does not hide the faults of the others, and is not blamed on
those that lead to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from kb.flows.errors import FlowError, FlowErrors
from kb.flows.lint import error, graph_errors, node_errors, text_errors
from kb.flows.paths import Location
from kb.flows.schema import FlowDefinition, Node
from kb.flows.source import Format, read, refusal

_NODE: TypeAdapter[Node] = TypeAdapter(Node)

# pydantic's error types, as our codes and words; the others keep pydantic's.
_WORDS = {
    "missing": ("required", "is missing"),
    "extra_forbidden": ("unknown_key", "is not a key that belongs here"),
    "string_too_short": ("blank", "must not be blank"),
    "string_too_long": ("too_long", "is longer than {max_length} characters"),
    "string_type": ("not_text", "must be text; write it in quotes"),
    "string_unicode": ("not_text", "holds characters that no text may hold"),
    "string_pattern_mismatch": (
        "bad_key",
        "must be small letters and digits joined by single signs, as in “first-try”",
    ),
    "bool_type": ("not_bool", "must be true or false"),
    "tuple_type": ("not_a_list", "must be a list"),
    "dict_type": ("not_a_mapping", "must be a mapping of keys to values"),
    "model_type": ("not_a_mapping", "must be a mapping of keys to values"),
    "model_attributes_type": ("not_a_mapping", "must be a mapping of keys to values"),
    "union_tag_not_found": ("kind_missing", "has no kind"),
    "union_tag_invalid": ("unknown_kind", "“{tag}” is no kind of node ({expected_tags})"),
    "literal_error": ("not_allowed", "must be {expected}"),
    "too_short": ("too_few", "needs at least {min_length}, has {actual_length}"),
    "too_long": ("too_many", "may have at most {max_length}"),
}


def load_flow(text: str, *, source_format: Format = "yaml") -> FlowDefinition:
    """Read a flow file (YAML or JSON). Raises ``FlowErrors``."""
    return parse_flow(read(text, source_format))


def parse_flow(data: object) -> FlowDefinition:
    """Check plain data (as stored or posted). Raises ``FlowErrors``."""
    if not isinstance(data, Mapping):
        raise refusal("not_a_mapping", "a flow must be a mapping of keys to values")
    errors: list[FlowError] = []
    definition: FlowDefinition | None = None
    try:
        definition = FlowDefinition.model_validate(data)
    except ValidationError as exc:
        errors.extend(_shape_errors(exc))
    if definition is None:
        errors.extend(_errors_of_the_rest(data))
    else:
        errors.extend(_rule_errors(definition.start, definition.nodes, frozenset()))
        errors.extend(text_errors(("title",), definition.title, allowed=False))
    if errors:
        raise FlowErrors(errors)
    assert definition is not None  # noqa: S101 - no errors means that it was read
    return definition


def definition_data(definition: FlowDefinition) -> dict[str, Any]:
    """JSON-ready data of a definition, without what is default: ``parse_flow`` reads it back."""
    return definition.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _rule_errors(
    start: str | None, nodes: Mapping[str, Node], unread: frozenset[str]
) -> Iterator[FlowError]:
    for key, node in nodes.items():
        yield from node_errors(key, node)
    yield from graph_errors(start, nodes, unread)


def _errors_of_the_rest(data: Mapping[Any, Any]) -> Iterator[FlowError]:
    """Rules applied to the nodes that can be read although the whole cannot."""
    raw = data.get("nodes")
    if not isinstance(raw, Mapping):
        return
    nodes: dict[str, Node] = {}
    unread: set[str] = set()
    for key, value in raw.items():
        try:
            nodes[str(key)] = _NODE.validate_python(value)
        except ValidationError:
            unread.add(str(key))
    start = data.get("start")
    yield from _rule_errors(start if isinstance(start, str) else None, nodes, frozenset(unread))


def _shape_errors(exc: ValidationError) -> Iterator[FlowError]:
    every = exc.errors(include_url=False)
    for details in every:
        loc = details["loc"]
        # pydantic counts only the items that it could read: say what is wrong with those.
        consequence = details["type"] == "too_short" and any(
            len(other["loc"]) > len(loc) and other["loc"][: len(loc)] == loc for other in every
        )
        if not consequence:
            yield _in_our_words(details)


def _in_our_words(details: ErrorDetails) -> FlowError:
    location = _location(details["loc"])
    params = {
        name: value
        for name, value in details.get("ctx", {}).items()
        if isinstance(value, str | int | float | bool)
    }
    code, words = _WORDS.get(details["type"], (details["type"], details["msg"]))
    try:
        message = words.format(**params)
    except (KeyError, IndexError, ValueError):
        message = details["msg"]
    return error(location, code, message, **params)


def _location(loc: tuple[int | str, ...]) -> Location:
    """pydantic's place without the union's tag (``nodes, key, kind, ...``) and ``[key]``."""
    parts = [part for part in loc if part != "[key]"]
    if len(parts) > 2 and parts[0] == "nodes" and len(loc) == len(parts):
        del parts[2]
    return tuple(parts)
