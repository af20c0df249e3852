"""What an automatic node decides, from what is set and from what the desk knows now."""

from __future__ import annotations

from kb.flows import conditions
from kb.flows.automatic import ELSE, ENTER, BranchNode, CheckNode, SubflowNode, TableNode
from kb.flows.conditions import Compare, InForce, IsSet
from kb.flows.errors import Unset
from kb.flows.parts import NEXT
from kb.flows.schema import EndNode
from kb.flows.table import row_index
from kb.flows.values import Json, rank
from kb.flows.walking import Answer, Walk
from kb.flows.world import World


def decide(walk: Walk, world: World) -> Answer | None:
    """The answer of the automatic node at which ``walk`` is; None when it waits for a person."""
    node = walk.node
    key = walk.node_key
    if isinstance(node, BranchNode):
        return Answer(key, _rule(node, walk, world), automatic=True)
    if isinstance(node, TableNode):
        return _row(node, walk)
    if isinstance(node, CheckNode) and node.var is not None:
        text = _value(walk, node.var)
        checked = world.check(node.checker, str(text), now=world.now)
        kept = {name: checked.results[result] for result, name in node.gives.items()}
        return Answer(key, checked.outcome, kept, automatic=True)
    if isinstance(node, SubflowNode):
        return Answer(key, ENTER, automatic=True)
    if isinstance(node, EndNode) and walk.is_inside and not (node.script or node.answer):
        return Answer(key, NEXT, automatic=True)
    return None


def _rule(node: BranchNode, walk: Walk, world: World) -> str:
    for number, rule in enumerate(node.rules, start=1):
        if conditions.holds(rule.when, lambda leaf: _leaf(leaf, walk, world)):
            return str(number)
    return ELSE


def _leaf(leaf: Compare | IsSet | InForce, walk: Walk, world: World) -> bool:
    if isinstance(leaf, IsSet):
        return leaf.is_set in walk.values
    if isinstance(leaf, InForce):
        answer = world.answers(leaf.in_force)
        return answer is not None and answer.in_force
    return _compare(leaf, walk)


def _compare(leaf: Compare, walk: Walk) -> bool:
    value = _value(walk, leaf.var)
    if leaf.op == "in":
        wanted = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
        return any(_same(walk, leaf.var, value, each) for each in wanted)
    other = _value(walk, leaf.other) if leaf.other is not None else leaf.value
    if leaf.op in ("eq", "ne"):
        return _same(walk, leaf.var, value, other) is (leaf.op == "eq")
    assert not isinstance(other, tuple) and other is not None  # noqa: S101, PT018 - linted
    variable = walk.variables[leaf.var]
    one, two = rank(variable, value), rank(variable, other)
    # Both ranks are of one kind, because the values are.
    less, equal = one < two, one == two  # type: ignore[operator]
    return {
        "lt": less,
        "le": less or equal,
        "gt": not (less or equal),
        "ge": not less,
    }[leaf.op]


def _same(walk: Walk, name: str, value: Json, other: object) -> bool:
    variable = walk.variables[name]
    if variable.kind == "amount" and isinstance(other, str | int):
        return rank(variable, value) == rank(variable, other)
    return type(value) is type(other) and value == other


def _row(node: TableNode, walk: Walk) -> Answer:
    index = row_index(node, walk.variables, walk.values)
    if index is None:
        raise Unset(node=walk.node_key, variable="")
    return Answer(walk.node_key, str(index + 1), dict(node.rows[index].give), automatic=True)


def _value(walk: Walk, name: str) -> Json:
    if name not in walk.values:
        raise Unset(node=walk.node_key, variable=name)
    return walk.values[name]
