"""As much of a flow as can be read: what pictures and comparisons of a draft are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from kb.flows.linting.draft import Draft, draft_of
from kb.flows.schema import FlowDefinition, Node

_NODE: TypeAdapter[Node] = TypeAdapter(Node)
_NODES = "nodes"


@dataclass(frozen=True)
class Readable:
    """``draft`` has the nodes that could be read. ``head`` is everything beside the nodes and
    ``unread`` the other nodes, both as plain data as they were written."""

    draft: Draft
    head: Mapping[str, Any] = field(default_factory=dict)
    unread: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the flow calls itself; blank when that cannot be read."""
        title = self.head.get("title")
        return title if isinstance(title, str) else ""


NOTHING = Readable(Draft(start=None, nodes={}))
"""What there is of a text of which nothing can be read."""


def readable(data: object) -> Readable:
    """What can be read of plain data, node by node; ``NOTHING`` where that is nothing."""
    if not isinstance(data, Mapping):
        return NOTHING
    raw = data.get(_NODES)
    nodes: dict[str, Node] = {}
    unread: dict[str, Any] = {}
    for key, value in raw.items() if isinstance(raw, Mapping) else ():
        try:
            nodes[str(key)] = _NODE.validate_python(value)
        except ValidationError:
            unread[str(key)] = value
    start, outcomes, version = (data.get(name) for name in ("start", "outcomes", "schema"))
    draft = Draft(
        start=start if isinstance(start, str) else None,
        nodes=nodes,
        unread=frozenset(unread),
        outcomes=_texts(outcomes) if outcomes is not None else (),
        schema_version=version if isinstance(version, int) else None,
    )
    head = {str(key): value for key, value in data.items() if key != _NODES}
    return Readable(draft, head, unread)


def readable_of(definition: FlowDefinition) -> Readable:
    """A definition, of which everything can be read."""
    head = definition.model_dump(
        mode="json", by_alias=True, exclude_defaults=True, exclude={_NODES}
    )
    return Readable(draft_of(definition), head)


def _texts(value: object) -> tuple[str, ...] | None:
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        return tuple(value)
    return None
