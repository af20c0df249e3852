"""Which knowledge a person may see: the one place that lists and object fetches share."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from klingdesk.core.roles import Role, roles_of

if TYPE_CHECKING:
    from kb.models.question import StandardQuestion  # noqa: F401 - used in the type below


class StandardQuestionQuerySet(models.QuerySet["StandardQuestion"]):
    def online(self, *, now: datetime) -> StandardQuestionQuerySet:
        """Published and not expired at ``now``: the only answers that may be given."""
        return self.filter(status="online").filter(Q(expires_at=None) | Q(expires_at__gt=now))

    def visible_to(self, user: Any, *, now: datetime) -> StandardQuestionQuerySet:
        """Editors see every state; everybody else on the desk sees what is online."""
        roles = roles_of(user)
        if not roles:
            return self.none()
        if Role.EDITOR in roles:
            return self.all()
        return self.online(now=now)
