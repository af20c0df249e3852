"""Every address of the desk with real objects in its place-holders, for tests that visit all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.exceptions import NoReverseMatch

_SHORT = {"string": "str"}
"""Django writes this converter shorter than its class is called."""


@dataclass(frozen=True, slots=True)
class Address:
    """A route as written in the URLconf, and one path that it matches."""

    route: str
    path: str


def all_addresses(values: Mapping[str, Any]) -> list[Address]:
    """One path for each route; ``values`` fills place-holders by name.

    ``NoReverseMatch`` when a place-holder has no value: a new page needs one here, so
    that it cannot stay untested by accident.
    """
    return [Address(route, _fill(route, names, values)) for route, names in _routes()]


def all_routes() -> list[str]:
    """Every route as written in the URLconf."""
    return [route for route, _names in _routes()]


def _routes() -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    yield from _walk(get_resolver().url_patterns, "", [])


def _walk(
    patterns: list[Any], prefix: str, names: list[tuple[str, Any]]
) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        found = [*names, *getattr(pattern.pattern, "converters", {}).items()]
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route, found)
        elif isinstance(pattern, URLPattern):
            yield route, found


def _fill(route: str, names: list[tuple[str, Any]], values: Mapping[str, Any]) -> str:
    if "(?P<" in route or route.endswith("$"):
        return _fill_regex(route, values)
    path = route
    for name, converter in names:
        if name not in values:
            raise NoReverseMatch(f"tests/house: give a value for <{name}> of {route}")
        kind = type(converter).__name__.removesuffix("Converter").lower()
        for written in (f"<{_SHORT.get(kind, kind)}:{name}>", f"<{name}>"):
            path = path.replace(written, str(values[name]))
    if "<" in path:
        raise NoReverseMatch(f"tests/house: cannot fill {route} (got {path})")
    return "/" + path


def _fill_regex(route: str, values: Mapping[str, Any]) -> str:
    import re

    path = re.sub(
        r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", lambda found: str(values[found.group(1)]), route
    )
    return "/" + path.replace("^", "").replace("$", "").replace("\\", "").rstrip("?")
