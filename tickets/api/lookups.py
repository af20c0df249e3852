"""Account IDs that a program may look up."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework.exceptions import Throttled

from accounts.services.lookups import TooManyLookups, count_lookup


def count_or_throttle(*, user: Any, typed: str, in_contact: bool = False) -> None:
    """``count_lookup``; ``Throttled`` with the seconds until the next one when there were too
    many."""
    try:
        count_lookup(user=user, typed=typed, now=timezone.now(), in_contact=in_contact)
    except TooManyLookups as refused:
        raise Throttled(wait=refused.seconds, detail=refused.message) from refused
