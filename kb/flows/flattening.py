"""A flow with the flows inside it, as one map: every node by the key it has in a record."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from kb.flows.automatic import ENTER, SubflowNode
from kb.flows.parts import NEXT
from kb.flows.schema import EndNode, FlowDefinition, Node
from kb.flows.walking import INSIDE
from kb.flows.world import Flows


@dataclass(frozen=True, slots=True)
class Flat:
    """``nodes`` by the key that steps have (``outer/inner`` inside a subflow), in the order in
    which a run may come to them; ``leads`` says to which node an answer at a node leads."""

    start: str
    nodes: Mapping[str, Node]
    leads: Mapping[tuple[str, str], str]

    def standing(self, last: tuple[str, str] | None) -> str | None:
        """Where a run stands whose ``last`` answer (node, value) this is; None for an answer
        that is not one of this flow."""
        return self.start if last is None else self.leads.get(last)

    def ends_run(self, node_key: str) -> bool:
        """Whether a run ends at this node: not at the ends of subflows, which lead on."""
        node = self.nodes[node_key]
        return node.is_terminal and (node_key, NEXT) not in self.leads


@dataclass(slots=True)
class _Made:
    flows: Flows
    nodes: dict[str, Node] = field(default_factory=dict)
    leads: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, flow: FlowDefinition, prefix: str, outcomes: Mapping[str, str] | None) -> None:
        """``outcomes``: where the ends of ``flow`` lead on to, when it is inside another one."""
        for key, node in flow.nodes.items():
            at = prefix + key
            self.nodes[at] = node
            if isinstance(node, SubflowNode):
                self._enter(node, at, prefix)
            elif isinstance(node, EndNode) and outcomes is not None:
                if node.outcome in outcomes:
                    self.leads[at, NEXT] = outcomes[node.outcome]
            else:
                self.leads |= {(at, way.value): prefix + way.next for way in node.exits()}

    def _enter(self, node: SubflowNode, at: str, prefix: str) -> None:
        inner = self.flows(node.flow, node.version)
        if inner is not None:
            self.leads[at, ENTER] = f"{at}{INSIDE}{inner.start}"
            outcomes = {outcome: prefix + target for outcome, target in node.outcomes.items()}
            self.add(inner, f"{at}{INSIDE}", outcomes)


def flattened(flow: FlowDefinition, flows: Flows) -> Flat:
    """``flow`` and every flow inside it; one whose version ``flows`` has not is left out."""
    made = _Made(flows)
    made.add(flow, "", None)
    order = _reached(flow.start, made.leads)
    nodes = {key: made.nodes[key] for key in order if key in made.nodes}
    return Flat(flow.start, {**nodes, **made.nodes}, made.leads)


def _reached(start: str, leads: Mapping[tuple[str, str], str]) -> dict[str, None]:
    """Keys of nodes, those nearest to the start first; a stored definition has no order."""
    after: dict[str, list[str]] = {}
    for (key, _value), target in leads.items():
        after.setdefault(key, []).append(target)
    seen = dict.fromkeys([start])
    queue = deque(seen)
    while queue:
        for target in after.get(queue.popleft(), ()):
            if target not in seen:
                seen[target] = None
                queue.append(target)
    return seen
