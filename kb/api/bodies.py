"""Bodies read and told with one serializer of each shape, shared by all requests and threads.

To make the fields anew for each request takes longer than all that is done with them; they hold
nothing of a request but the language, in which the framework words what a field demands when it
is first refused. A shape that is told differently to different callers has a context, and is made
for each of them.
"""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import Any

from django.utils.translation import get_language
from rest_framework.serializers import Serializer


def checked(shape: type[Serializer[Any]], data: Any) -> dict[str, Any]:
    """What was sent, clean; ``ValidationError`` names every field that was refused."""
    # What is_valid notes is the copy's; the fields are shared.
    serializer = copy(_shared(shape, get_language()))
    serializer.initial_data = data
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def told(shape: type[Serializer[Any]], value: Any) -> dict[str, Any]:
    """``value`` as the answer tells it."""
    return dict(_shared(shape, get_language()).to_representation(value))


@cache
def _shared(shape: type[Serializer[Any]], language: str | None) -> Serializer[Any]:
    made = shape()
    _ = made.fields  # made on first use otherwise, by several threads at once
    return made
