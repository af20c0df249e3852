"""Filters of the ticket list. All of them narrow what the caller may see anyway."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django_filters import rest_framework as filters  # type: ignore[import-untyped]
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kb.api.strict import Moment
from klingdesk.core.account_id import parse_account_id
from klingdesk.core.roles import Role, roles_of
from tickets.api.lookups import count_or_throttle
from tickets.models import Clock, Ticket
from tickets.models.labels import ClockKind, Priority, Status
from tickets.querysets import TicketQuerySet
from tickets.rules.ticket_number import parse_number
from tickets.selectors.masking import may_ask_for_number
from tickets.services.capture import account_id_message


class _AccountIdFormField(forms.CharField):
    """Forgives what the capture form forgives, and says the same about everything else."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if text and (message := account_id_message(text)):
            raise ValidationError(message)
        return parse_account_id(text) if text else ""


class _MomentFormField(forms.CharField):
    """Instants with the bounds of bodies; PostgreSQL refuses offsets that ISO 8601 allows."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return Moment().run_validation(text)
        except serializers.ValidationError as refused:
            raise ValidationError([str(text) for text in _messages(refused)]) from refused


def _messages(refused: serializers.ValidationError) -> list[Any]:
    return refused.detail if isinstance(refused.detail, list) else [refused.detail]


class AccountIdFilter(filters.CharFilter):  # type: ignore[misc]
    field_class = _AccountIdFormField

    def filter(self, tickets: TicketQuerySet, value: str) -> TicketQuerySet:
        if value:
            count_or_throttle(user=self.parent.request.user, typed=value)
        found: TicketQuerySet = super().filter(tickets, value)
        return found


class MomentFilter(filters.IsoDateTimeFilter):  # type: ignore[misc]
    field_class = _MomentFormField


class Flag(filters.TypedChoiceFilter):  # type: ignore[misc]
    """``true`` or ``false``; left out, it does not matter."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=(("true", "true"), ("false", "false")),
            coerce=lambda value: value == "true",
            **kwargs,
        )


class TicketFilter(filters.FilterSet):  # type: ignore[misc]
    status = filters.MultipleChoiceFilter(choices=Status.choices)
    team = filters.CharFilter("team__slug", max_length=50, label="Slug of the team.")
    assignee = filters.CharFilter("assignee__username", max_length=150, label="User name.")
    question = filters.CharFilter("question__key", max_length=80, label="Its key.")
    account_id = AccountIdFilter("account_id", max_length=100, label="The whole account ID.")
    due_before = MomentFilter("due_at", lookup_expr="lt")
    created_after = MomentFilter("created_at", lookup_expr="gte")
    created_before = MomentFilter("created_at", lookup_expr="lt")
    breached = Flag(method="by_breach")
    overdue = Flag(method="by_overdue", label="Open, promised, and nobody has answered in time.")
    chased = Flag(method="by_chases")
    priority = filters.MultipleChoiceFilter(choices=Priority.choices)
    skill = filters.CharFilter("skill", max_length=40)
    waiting_until_before = MomentFilter(
        method="by_waiting", label="Waits for the user, to be looked at again before this."
    )
    mine = Flag(method="by_assignee", label="Assigned to the caller.")
    watched = Flag(method="by_watcher", label="Watched by the caller.")
    q = filters.CharFilter(
        method="by_words",
        max_length=100,
        label="A ticket number, or words of problem or question. Words with digits look into the "
        "problems of those tickets only whose personal data the caller may see.",
    )

    class Meta:
        model = Ticket
        fields: tuple[str, ...] = ()

    @extend_schema_field({"type": "boolean"})
    def by_breach(self, tickets: TicketQuerySet, name: str, breached: bool) -> TicketQuerySet:
        """As ``is_breached`` says it of the clock of the promise, which is never paused."""
        late = Q(breached_at__isnull=False) | Q(stopped_at=None, due_at__lt=timezone.now())
        found = Exists(Clock.objects.filter(late, ticket=OuterRef("pk"), kind=ClockKind.CONTACT))
        return tickets.filter(found if breached else ~found)

    @extend_schema_field({"type": "boolean"})
    def by_overdue(self, tickets: TicketQuerySet, name: str, overdue: bool) -> TicketQuerySet:
        late = tickets.open().filter(first_answered_at=None, due_at__lt=timezone.now())
        return late if overdue else tickets.exclude(pk__in=late.order_by().values("pk"))

    @extend_schema_field({"type": "boolean"})
    def by_chases(self, tickets: TicketQuerySet, name: str, chased: bool) -> TicketQuerySet:
        return tickets.filter(chase_count__gt=0) if chased else tickets.filter(chase_count=0)

    @extend_schema_field({"type": "boolean"})
    def by_assignee(self, tickets: TicketQuerySet, name: str, mine: bool) -> TicketQuerySet:
        own = Q(assignee=self.request.user)
        # A ticket of nobody is not mine: ~own alone would compare with NULL.
        return tickets.filter(own if mine else ~own | Q(assignee=None))

    @extend_schema_field({"type": "boolean"})
    def by_watcher(self, tickets: TicketQuerySet, name: str, watched: bool) -> TicketQuerySet:
        watches = Ticket.watchers.through.objects.filter(
            ticket=OuterRef("pk"), user=self.request.user
        )
        return tickets.filter(Exists(watches) if watched else ~Exists(watches))

    @extend_schema_field({"type": "string", "format": "date-time"})
    def by_waiting(self, tickets: TicketQuerySet, name: str, before: datetime) -> TicketQuerySet:
        return tickets.filter(status=Status.WAITING, next_try_at__lt=before)

    def by_words(self, tickets: TicketQuerySet, name: str, words: str) -> TicketQuerySet:
        if words.replace(" ", "").replace("-", "").isdecimal():
            # A number would find whose problem names it, masked or not: only ticket numbers do.
            return tickets.filter(pk=parse_number(words) or 0)
        told = Q(problem__icontains=words) | Q(demand__icontains=words)
        if may_ask_for_number(words):
            # Else masked digits could be asked for one by one.
            told &= self._plain()
        wanted = told | Q(question__title__icontains=words)
        if number := parse_number(words):
            wanted |= Q(pk=number)
        return tickets.filter(wanted)

    def _plain(self) -> Q:
        """``sees_personal_data`` as a condition."""
        user = self.request.user
        plain = Q(assignee=user)
        if Role.AGENT in roles_of(user):
            plain |= Q(pk__in=Ticket.objects.reported_by(user).order_by().values("pk"))
        return plain
