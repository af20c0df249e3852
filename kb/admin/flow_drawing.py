"""What a page hands to the script that draws a flow, and to those who read its outline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kb.flows.diagram import Diagram
from kb.flows.outline import Part, outline

DRAWN_AT_ONCE = 150
"""Nodes up to which a browser draws within a second or two; more are drawn when asked for."""


@dataclass(frozen=True)
class Drawing:
    """Context of ``admin/kb/_flow_drawing.html``; ``label`` is what a screen reader says."""

    diagram: Diagram
    label: str

    @property
    def data(self) -> dict[str, Any]:
        """For the script: the text, which key each id stands for, and marks of ways."""
        return {
            "text": self.mermaid,
            "nodes": {node.id: node.key for node in self.diagram.nodes},
            "ways": {way.id: way.mark for way in self.diagram.ways if way.mark},
            "atOnce": len(self.diagram.nodes) <= DRAWN_AT_ONCE,
        }

    @cached_property
    def mermaid(self) -> str:
        return self.diagram.mermaid()

    @cached_property
    def parts(self) -> list[Part]:
        return outline(self.diagram)

    @property
    def has_marks(self) -> bool:
        marked = {"added", "removed", "changed"}
        return any(marked & set(node.classes) for node in self.diagram.nodes) or any(
            way.mark for way in self.diagram.ways
        )
