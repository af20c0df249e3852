"""Which knowledge a person may see: the one place that lists and object fetches share."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from kb.rules.lifecycle import KNOWN_TO_AGENTS, Status
from klingdesk.core.roles import Role, is_bot, roles_of

if TYPE_CHECKING:
    from kb.models.flow import Flow  # noqa: F401 - used in the type below
    from kb.models.question import StandardQuestion  # noqa: F401 - used in the type below


class StandardQuestionQuerySet(models.QuerySet["StandardQuestion"]):
    def in_force(self, *, now: datetime) -> StandardQuestionQuerySet:
        """Online and within its dates at ``now``: the only answers that may be given."""
        return self.filter(
            Q(effective_from=None) | Q(effective_from__lte=now),
            Q(expires_at=None) | Q(expires_at__gt=now),
            Q(replaced_at=None) | Q(replaced_at__gt=now),
            status=Status.ONLINE,
        )

    def known_to_agents(self) -> StandardQuestionQuerySet:
        """Online or not released; what has expired is among them, with its script withdrawn."""
        return self.filter(status__in=KNOWN_TO_AGENTS)

    def visible_to(self, user: Any) -> StandardQuestionQuerySet:
        """Editors see every state, the others on the desk what agents know, bots what is online.

        Whether the script of a visible one may be given is another matter: ``answer_of``.
        """
        roles = roles_of(user)
        if Role.EDITOR in roles:
            return self.all()
        if roles:
            return self.known_to_agents()
        if is_bot(user):
            return self.filter(status=Status.ONLINE)
        return self.none()


class FlowQuerySet(models.QuerySet["Flow"]):
    def visible_to(self, user: Any) -> FlowQuerySet:
        """Editors write flows and managers read their numbers; agents only walk them in runs."""
        return self.all() if roles_of(user) & {Role.EDITOR, Role.MANAGER} else self.none()
