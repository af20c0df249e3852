"""When two pieces of plain data are the same, and which items of two lists belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_NAMES = ("value", "key")


def same(one: Any, other: Any) -> bool:
    """Equal and of the same types all through: ``1`` is not ``True``. Order of keys is nothing."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def name_of(item: Any) -> str | None:
    """What an item of a list is called: the value of a choice, the key of a field."""
    if isinstance(item, Mapping):
        names = [item[name] for name in _NAMES if isinstance(item.get(name), str)]
        return names[0] if names else None
    return item if isinstance(item, str) else None


def partners(old: Sequence[Any], new: Sequence[Any]) -> list[int | None]:
    """For each item of ``new`` the index of the item of ``old`` that it was, each used once.

    The same item first, then one of the same name, then the one that stood at the same place.
    """
    found: list[int | None] = [None] * len(new)
    free = dict.fromkeys(range(len(old)))

    def pair(matches: Any) -> None:
        for index, item in enumerate(new):
            if found[index] is None:
                found[index] = next((was for was in free if matches(was, index, item)), None)
                free.pop(found[index], None)  # type: ignore[arg-type]

    pair(lambda was, _index, item: same(old[was], item))
    pair(lambda was, _index, item: name_of(item) is not None and name_of(old[was]) == name_of(item))
    pair(lambda was, index, item: was == index and type(old[was]) is type(item))
    return found
