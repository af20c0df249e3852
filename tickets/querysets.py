"""Who may see which consultation and ticket: shared by lists and single fetches."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from klingdesk.core.roles import Role, is_bot, roles_of
from tickets.rules.transitions import OPEN_STATUSES, Status

if TYPE_CHECKING:
    from tickets.models.archive import ArchivedTicket  # noqa: F401 - named in types below
    from tickets.models.consultation import Consultation  # noqa: F401 - named in types below
    from tickets.models.intake import Intake  # noqa: F401 - named in types below
    from tickets.models.ticket import Ticket  # noqa: F401 - named in types below

_OPEN = tuple(status.value for status in Status if status in OPEN_STATUSES)


class ConsultationQuerySet(models.QuerySet["Consultation"]):
    def visible_to(self, user: Any) -> ConsultationQuerySet:
        """Managers see all; agents see their own contacts."""
        roles = roles_of(user)
        if Role.MANAGER in roles:
            return self.all()
        if Role.AGENT in roles:
            return self.filter(agent=user)
        return self.none()

    def to_take_over_by(self, user: Any) -> ConsultationQuerySet:
        """Colleagues' contacts that wait for their user. An agent may know that they are there,
        and take one over; to read it, it must be the agent's own (``visible_to``)."""
        if Role.AGENT not in roles_of(user):
            return self.none()
        return self.filter(status="open", parked_at__isnull=False).exclude(agent=user)


class IntakeQuerySet(models.QuerySet["Intake"]):
    def visible_to(self, user: Any) -> IntakeQuerySet:
        """Managers: all. Agents: whoever waits, and whom they took. Programs: their own."""
        roles = roles_of(user)
        if Role.MANAGER in roles:
            return self.all()
        if Role.AGENT in roles:
            return self.filter(Q(status="waiting") | Q(taken_by=user))
        return self.filter(bot=user) if is_bot(user) else self.none()

    def waiting(self, *, now: datetime) -> IntakeQuerySet:
        """Those that an agent may take at ``now``."""
        return self.filter(status="waiting", expires_at__gt=now)


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, user: Any) -> TicketQuerySet:
        """Managers: all. Advisors: their teams' and their own. Agents: handed over or chased,
        and what such a ticket was merged into."""
        roles = roles_of(user)
        if Role.MANAGER in roles:
            return self.all()
        seen = Q()
        if Role.ADVISOR in roles:
            team_ids = user.teams.through.objects.filter(user_id=user.pk).values("team_id")
            seen |= Q(assignee=user) | Q(team__in=team_ids)
        if Role.AGENT in roles:
            seen |= self._reported_by(user)
        return self.filter(seen) if seen else self.none()

    def reported_by(self, agent: Any) -> TicketQuerySet:
        """Those that ``agent`` handed over or chased, or that such a ticket was merged into."""
        return self.filter(self._reported_by(agent))

    def _reported_by(self, agent: Any) -> Q:
        merged = self.model._default_manager.filter(_told_by(agent), merged_into=OuterRef("pk"))
        return _told_by(agent) | Q(Exists(merged))

    def open(self) -> TicketQuerySet:
        return self.filter(status__in=_OPEN)

    def in_queue_order(self) -> TicketQuerySet:
        """By due date, records without a promise last, then the more urgent, then the older."""
        return self.order_by(F("due_at").asc(nulls_last=True), "-priority", "id")


class ArchivedTicketQuerySet(models.QuerySet["ArchivedTicket"]):
    def visible_to(self, user: Any) -> ArchivedTicketQuerySet:
        """As for tickets that are not archived; whom agents told of is written in the row."""
        roles = roles_of(user)
        if Role.MANAGER in roles:
            return self.all()
        seen = Q()
        if Role.ADVISOR in roles:
            team_ids = user.teams.through.objects.filter(user_id=user.pk).values("team_id")
            seen |= Q(assignee=user) | Q(team__in=team_ids)
        if Role.AGENT in roles:
            seen |= Q(reporters__contains=[user.pk])
        return self.filter(seen) if seen else self.none()


def _told_by(agent: Any) -> Q:
    """Tickets that an agent handed over, or chased in a contact of their own."""
    contacts = apps.get_model("tickets", "Consultation")._default_manager
    return Q(handed_over_by=agent) | Q(Exists(contacts.filter(agent=agent, ticket=OuterRef("pk"))))
