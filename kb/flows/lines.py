"""Where in a YAML text a place of the definition stands."""

from __future__ import annotations

import yaml

from kb.flows.errors import FlowError, FlowErrors
from kb.flows.paths import Location
from kb.flows.source import compose


def lines_of(text: str, findings: tuple[FlowError, ...]) -> list[int]:
    """The line (counting from 1) of each finding in ``text``; never raises.

    A place that is not written down (something is missing) is where it belongs: the line of
    the nearest thing around it. For a text that cannot be read it is where reading stopped.
    """
    try:
        root = compose(text)
    except FlowErrors:
        root = None
    return [_line(root, each) for each in findings]


def line_of(text: str, location: Location) -> int:
    """The line of one place; 1 for a text that cannot be read. See ``lines_of``."""
    return lines_of(text, (FlowError("", "", "", location),))[0]


def _line(root: yaml.Node | None, found: FlowError) -> int:
    given = found.params.get("line")
    if root is None or not found.location:
        return given if isinstance(given, int) else 1
    line, node = 1, root
    for part in found.location:
        step = _step(node, part)
        if step is None:
            break
        line, node = step
    return line


def _step(node: yaml.Node, part: str | int) -> tuple[int, yaml.Node] | None:
    """The line on which ``part`` of ``node`` begins, and what it holds."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == str(part):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item.start_mark.line + 1, item
    return None
