"""Reading API tokens: never the tokens themselves, which nobody has."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from accounts.models import ApiToken


def tokens_of(user: Any) -> QuerySet[ApiToken]:
    """A person's or a program's, the newest first, with who made them."""
    return ApiToken.objects.filter(user=user).select_related("created_by").order_by("-created")
