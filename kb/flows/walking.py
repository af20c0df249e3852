"""One walk through a flow and the flows inside it: where it is, what is set, how it got there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kb.flows.automatic import ENTER, CheckNode, SubflowNode, TableNode
from kb.flows.errors import FlowUnavailable, UnknownChoice, UnknownVariables, WrongNode
from kb.flows.schema import (
    CHOOSING,
    NEXT,
    CollectNode,
    EndNode,
    Exit,
    FlowDefinition,
    Node,
    RetryNode,
    declared,
)
from kb.flows.values import Json, in_words
from kb.flows.variables import Variable

INSIDE = "/"
"""Between the key of a subflow node and the key of a node inside it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered at a node; a node with one way on is always answered ``next``.

    ``values`` are the variables that were filled in or worked out; ``automatic`` means that no
    person gave the answer. ``node`` inside a subflow is ``outer/inner``.
    """

    node: str
    value: str = NEXT
    values: Mapping[str, Json] = field(default_factory=dict, hash=False)
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Set:
    """A variable that was set, and its value in words."""

    variable: Variable
    value: Json

    @property
    def words(self) -> str:
        return in_words(self.variable, self.value)


@dataclass(frozen=True, slots=True)
class Step:
    """One answered node of a run. ``label`` is empty where there is one way on only."""

    node_key: str
    node: Node
    value: str
    label: str
    values: tuple[Set, ...] = ()
    automatic: bool = False

    @property
    def in_order(self) -> list[Set]:
        """What the step set, in the order of the flow: the database keeps none."""
        order = [variable.key for variable in declared(self.node)]
        return sorted(self.values, key=lambda each: order.index(each.variable.key))


@dataclass(frozen=True, slots=True)
class Position:
    """Where a run is, and by which steps it got there.

    ``node_key`` inside a subflow is ``outer/inner``; ``flow`` is the flow that holds ``node``,
    ``values`` what is set in it. ``ways`` are the answers that can be given here.
    """

    node_key: str
    node: Node
    is_terminal: bool
    path: tuple[Step, ...]
    flow: FlowDefinition
    values: Mapping[str, Json]
    variables: Mapping[str, Variable]
    ways: tuple[Exit, ...]

    @property
    def is_parked(self) -> bool:
        """The user is trying something; the run waits, also for hours."""
        return isinstance(self.node, RetryNode)

    @property
    def collected(self) -> tuple[Set, ...]:
        """Everything that is set where the run stands."""
        return tuple(
            Set(self.variables[name], value)
            for name, value in self.values.items()
            if name in self.variables
        )

    @property
    def told(self) -> tuple[Set, ...]:
        """What was filled in and what tables gave on the way, also in flows that were left, in
        the order of the steps; of one variable what holds now."""
        known: dict[str, Set] = {}
        for step in self.path:
            if isinstance(step.node, CollectNode | TableNode):
                known |= {each.variable.key: each for each in step.in_order}
        return tuple(known.values())


@dataclass(slots=True)
class _Frame:
    flow: FlowDefinition
    prefix: str
    key: str
    values: dict[str, Json] = field(default_factory=dict)
    taken: dict[str, Variable] = field(default_factory=dict)


class Walk:
    """A replay in progress. ``flows`` gives the flows inside."""

    def __init__(
        self, flow: FlowDefinition, flows: Callable[[str, int], FlowDefinition | None]
    ) -> None:
        self._flows = flows
        self._frames = [_Frame(flow, "", flow.start)]
        self._path: list[Step] = []
        self.given_by_people = 0

    @property
    def node_key(self) -> str:
        frame = self._frames[-1]
        return frame.prefix + frame.key

    @property
    def node(self) -> Node:
        frame = self._frames[-1]
        return frame.flow.nodes[frame.key]

    @property
    def flow(self) -> FlowDefinition:
        return self._frames[-1].flow

    @property
    def values(self) -> Mapping[str, Json]:
        return self._frames[-1].values

    @property
    def variables(self) -> Mapping[str, Variable]:
        frame = self._frames[-1]
        return {**frame.flow.variables, **frame.taken} if frame.taken else frame.flow.variables

    @property
    def is_inside(self) -> bool:
        """Whether the walk is in a subflow."""
        return len(self._frames) > 1

    @property
    def is_terminal(self) -> bool:
        """Whether the run ends here; the end of a subflow does not end it."""
        node = self.node
        return node.is_terminal and not (isinstance(node, EndNode) and self.is_inside)

    def ways(self) -> tuple[Exit, ...]:
        """The answers that a person can give here."""
        node = self.node
        if isinstance(node, CheckNode):
            return (Exit(NEXT, "", ""),)
        return self._recordable()

    def _recordable(self) -> tuple[Exit, ...]:
        """The answers that may stand on record for this node."""
        node = self.node
        if isinstance(node, SubflowNode):
            return (Exit(ENTER, "", ""),)
        if isinstance(node, EndNode) and self.is_inside:
            return (Exit(NEXT, "", ""),)
        return node.exits()

    def position(self) -> Position:
        return Position(
            node_key=self.node_key,
            node=self.node,
            is_terminal=self.is_terminal,
            path=tuple(self._path),
            flow=self.flow,
            values=dict(self.values),
            variables=self.variables,
            ways=self.ways(),
        )

    def expect(self, node_key: str) -> None:
        if node_key != self.node_key:
            raise WrongNode(expected=self.node_key, given=node_key)

    def apply(self, answer: Answer) -> None:
        """Go one step. Raises ``WrongNode``, ``UnknownChoice``, ``UnknownVariables`` or
        ``FlowUnavailable``, and has not moved then."""
        self.expect(answer.node)
        node = self.node
        ways = self._recordable()
        way = next((each for each in ways if each.value == answer.value), None)
        if way is None:
            allowed = tuple(each.value for each in ways)
            raise UnknownChoice(node=self.node_key, value=answer.value, allowed=allowed)
        if isinstance(node, SubflowNode):
            self._enter(node, answer)
        elif isinstance(node, EndNode):
            self._leave(node, answer)
        else:
            self._go(node, way, answer)
        if not answer.automatic:
            self.given_by_people += 1

    def _go(self, node: Node, way: Exit, answer: Answer) -> None:
        own = {variable.key: variable for variable in declared(node)}
        strange = [name for name in answer.values if name not in own]
        if strange:
            raise UnknownVariables(node=self.node_key, names=strange)
        frame = self._frames[-1]
        fresh = dict(answer.values)
        if isinstance(node, CHOOSING) and node.sets is not None:
            fresh[node.sets] = answer.value
        for name in own:
            frame.values.pop(name, None)
        frame.values.update(fresh)
        # A choice shows its value as its answer already.
        shown = fresh if not isinstance(node, CHOOSING) else {}
        values = tuple(Set(own[name], value) for name, value in shown.items())
        label = way.label if not isinstance(node, CollectNode) else _joined(values)
        self._note(answer, label, values)
        frame.key = way.next

    def _enter(self, node: SubflowNode, answer: Answer) -> None:
        inner = self._flows(node.flow, node.version)
        if inner is None:
            raise FlowUnavailable(flow=node.flow, version=node.version)
        self._note(answer, inner.title, ())
        self._frames.append(_Frame(inner, f"{self.node_key}{INSIDE}", inner.start))

    def _leave(self, node: EndNode, answer: Answer) -> None:
        outer = self._frames[-2]
        subflow = outer.flow.nodes[outer.key]
        assert isinstance(subflow, SubflowNode)  # noqa: S101 - only they are entered
        target = subflow.outcomes.get(node.outcome)
        if target is None:
            raise UnknownChoice(
                node=self.node_key, value=node.outcome, allowed=tuple(subflow.outcomes)
            )
        self._note(answer, "", ())
        inner_values, inner_variables = self.values, self.variables
        self._frames.pop()
        for ours, theirs in subflow.take.items():
            outer.values.pop(ours, None)
            if theirs in inner_values:
                outer.values[ours] = inner_values[theirs]
                outer.taken[ours] = inner_variables[theirs]
        outer.key = target

    def _note(self, answer: Answer, label: str, values: tuple[Set, ...]) -> None:
        self._path.append(
            Step(self.node_key, self.node, answer.value, label, values, answer.automatic)
        )


def _joined(values: tuple[Set, ...]) -> str:
    """What was filled in, in one line; what is personal is left out of it."""
    return "；".join(
        f"{each.variable.label}：{each.words}" for each in values if not each.variable.is_personal
    )
