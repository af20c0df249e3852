"""A YAML text that says something else, with all that still says the same left as it is written.

The text is not read and written anew: that would lose comments behind texts that are replaced,
fold lines and move brackets in places that nobody touched, and it would need a second opinion on
what is text and what is ``true``. Instead the places of everything are taken from the parser that
reads flows, and only what differs is written in its place. What comes out is read again; when it
does not say exactly what was wanted, whole steps are written anew, and else nothing is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from kb.flows.editing.blocks import Blocks
from kb.flows.editing.same import same
from kb.flows.errors import FlowErrors
from kb.flows.source import SOURCE_LIMIT, compose_placed, read

_MERGE = "tag:yaml.org,2002:merge"


class CannotPatch(ValueError):
    """The text is written in a way that only a person can change."""


def patched(text: str, wanted: Mapping[str, Any]) -> str:
    """``text`` changed so that it reads as ``wanted``.

    Untouched entries keep their very characters; an entry's comments are those on its line and
    in the lines right above it, and go where it goes. Raises ``FlowErrors`` for a text that
    ``kb.flows.source.read`` refuses, or one that would become too long; ``CannotPatch`` when
    the change cannot be written into it.
    """
    present = read(text, "yaml")
    if same(present, wanted):
        return text
    is_windows = text.count("\r\n") == text.count("\n") > 0
    plain = text.replace("\r\n", "\n") if is_windows else text
    base = plain if plain.endswith("\n") else plain + "\n"
    # A text of several lines at the very end gains the line break that it lacked.
    known = present if base == text else read(base, "yaml")
    root = compose_placed(base)
    if not isinstance(root, yaml.MappingNode) or not _is_plain(root, known):
        raise CannotPatch
    for is_coarse in (False, True):
        blocks = Blocks(base, root, is_coarse=is_coarse)
        result = _checked(blocks.document(known, wanted), wanted)
        if result is not None:
            return result.replace("\n", "\r\n") if is_windows else result
    raise CannotPatch


def _checked(result: str, wanted: Mapping[str, Any]) -> str | None:
    """``result`` when it reads as what was wanted."""
    try:
        return result if same(read(result, "yaml"), wanted) else None
    except FlowErrors:
        if len(result) > SOURCE_LIMIT:
            raise
        return None


def _is_plain(node: yaml.Node, data: Any) -> bool:
    """Whether what is written is what is read, entry by entry: not so when mappings are merged
    or two keys are one."""
    if isinstance(node, yaml.MappingNode):
        return (
            isinstance(data, Mapping)
            and len(data) == len(node.value)
            and all(key.tag != _MERGE for key, _value in node.value)
            and all(
                _is_plain(each[1], data[key]) for each, key in zip(node.value, data, strict=True)
            )
        )
    if isinstance(node, yaml.SequenceNode):
        return isinstance(data, list) and all(map(_is_plain, node.value, data))
    return True
