"""Conditions of a branch: a closed set of operators over variables, nothing is evaluated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StrictBool, StrictInt, Tag

from kb.flows.parts import FieldKey, Key, Part

Operator = Literal["eq", "ne", "in", "lt", "le", "gt", "ge"]
Word = Annotated[str, Field(max_length=200)]
FORCE, NO_FORCE = "in force: ", "not in force: "
"""Prefixes of what is known about standard questions, among the facts about variables."""


def _type_tag(value: Any) -> str:
    if isinstance(value, bool):
        return "=bool"
    if isinstance(value, int):
        return "=int"
    return "=list" if isinstance(value, list | tuple) else "=text"


Scalar = Annotated[
    Annotated[StrictBool, Tag("=bool")]
    | Annotated[StrictInt, Tag("=int")]
    | Annotated[Word, Tag("=text")],
    Discriminator(_type_tag),
]
Value = Annotated[
    Annotated[StrictBool, Tag("=bool")]
    | Annotated[StrictInt, Tag("=int")]
    | Annotated[Word, Tag("=text")]
    | Annotated[tuple[Scalar, ...], Tag("=list"), Field(min_length=1, max_length=50)],
    Discriminator(_type_tag),
]


class Compare(Part):
    """``var`` against a ``value``, or against the ``other`` variable; never on an unset one."""

    var: FieldKey
    op: Operator
    value: Value | None = None
    other: FieldKey | None = None


class IsSet(Part):
    """Whether an optional variable was filled in."""

    is_set: FieldKey


class InForce(Part):
    """Whether the script of a standard question may be given at this moment."""

    in_force: Key


class All(Part):
    all: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=20)]


class Any_(Part):
    any: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=20)]


class Not(Part):
    negated: Condition = Field(alias="not")


def _tag(value: Any) -> str:
    """Which condition is meant; tags begin with = so that they can be told from places."""
    if isinstance(value, Part):
        return "=not" if isinstance(value, Not) else f"={next(iter(type(value).model_fields))}"
    if isinstance(value, Mapping):
        for name in ("all", "any", "not", "is_set", "in_force"):
            if name in value:
                return f"={name}"
    return "=var"


Condition = Annotated[
    Annotated[Compare, Tag("=var")]
    | Annotated[IsSet, Tag("=is_set")]
    | Annotated[InForce, Tag("=in_force")]
    | Annotated[All, Tag("=all")]
    | Annotated[Any_, Tag("=any")]
    | Annotated[Not, Tag("=not")],
    Discriminator(_tag),
]
All.model_rebuild()
Any_.model_rebuild()
Not.model_rebuild()


def leaves(condition: Any) -> Iterator[Compare | IsSet | InForce]:
    """Every comparison and question in ``condition``, left to right."""
    if isinstance(condition, All | Any_):
        for inner in condition.all if isinstance(condition, All) else condition.any:
            yield from leaves(inner)
    elif isinstance(condition, Not):
        yield from leaves(condition.negated)
    else:
        yield condition


def holds(condition: Any, leaf: Callable[[Compare | IsSet | InForce], bool]) -> bool:
    """Whether ``condition`` holds, when ``leaf`` says so of its leaves; left to right, lazily."""
    if isinstance(condition, All):
        return all(holds(inner, leaf) for inner in condition.all)
    if isinstance(condition, Any_):
        return any(holds(inner, leaf) for inner in condition.any)
    if isinstance(condition, Not):
        return not holds(condition.negated, leaf)
    return leaf(condition)


def known_when(condition: Any, truth: bool) -> frozenset[str]:
    """What is certain once ``condition`` came out as ``truth``: variables set, questions in force
    or not."""
    if isinstance(condition, Not):
        return known_when(condition.negated, not truth)
    if isinstance(condition, All | Any_):
        parts = condition.all if isinstance(condition, All) else condition.any
        facts = [known_when(inner, truth) for inner in parts]
        together = isinstance(condition, All) is truth
        return frozenset.union(*facts) if together else frozenset.intersection(*facts)
    if isinstance(condition, IsSet) and truth:
        return frozenset({condition.is_set})
    if isinstance(condition, InForce):
        return frozenset({(FORCE if truth else NO_FORCE) + condition.in_force})
    return frozenset()


def needed(condition: Any, given: frozenset[str] = frozenset()) -> Iterator[str]:
    """Variables that must be set before ``condition`` can be asked, ``given`` those that are.

    A part is asked only when those before it did not settle the matter, so ``is_set`` first
    guards a comparison after it.
    """
    if isinstance(condition, All | Any_):
        is_all = isinstance(condition, All)
        for inner in condition.all if isinstance(condition, All) else condition.any:
            yield from needed(inner, given)
            given |= known_when(inner, is_all)
    elif isinstance(condition, Not):
        yield from needed(condition.negated, given)
    elif isinstance(condition, Compare):
        for name in (condition.var, condition.other):
            if name is not None and name not in given:
                yield name
