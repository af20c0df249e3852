"""How people are named in reports."""

from __future__ import annotations

from django.db.models import Value
from django.db.models.functions import Coalesce, Concat, NullIf, Trim


def person_name(prefix: str = "") -> Coalesce:
    """An expression: a person's full name, else the user name; ``prefix`` as in a lookup."""
    full = Trim(Concat(f"{prefix}first_name", Value(" "), f"{prefix}last_name"))
    return Coalesce(NullIf(full, Value("")), f"{prefix}username")
