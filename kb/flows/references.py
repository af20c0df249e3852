"""Which standard questions a flow refers to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kb.flows.schema import FlowDefinition

_NAMES = frozenset({"answer", "question", "in_force"})
"""Fields of nodes and conditions that hold the key of a standard question."""


def questions_of(flow: FlowDefinition) -> frozenset[str]:
    """Keys of the standard questions whose scripts its steps read out, to which they lead, or
    after which its conditions ask. Those of the flows inside are not among them."""
    return frozenset(
        key for node in flow.nodes.values() for key in _keys(node.model_dump(by_alias=True))
    )


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in _NAMES and isinstance(inner, str):
                yield inner
            else:
                yield from _keys(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _keys(inner)
