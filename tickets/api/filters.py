"""Filters of the ticket list. All of them narrow what the caller may see anyway."""

from __future__ import annotations

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
from tickets.models import Clock, Ticket
from tickets.models.labels import Status
from tickets.querysets import TicketQuerySet
from tickets.rules.ticket_number import parse_number
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


class MomentFilter(filters.IsoDateTimeFilter):  # type: ignore[misc]
    field_class = _MomentFormField


class TicketFilter(filters.FilterSet):  # type: ignore[misc]
    status = filters.MultipleChoiceFilter(choices=Status.choices)
    team = filters.CharFilter("team__slug", max_length=50, label="Slug of the team.")
    assignee = filters.CharFilter("assignee__username", max_length=150, label="User name.")
    question = filters.CharFilter("question__key", max_length=80, label="Its key.")
    account_id = AccountIdFilter("account_id", max_length=100, label="The whole account ID.")
    due_before = MomentFilter("due_at", lookup_expr="lt")
    created_after = MomentFilter("created_at", lookup_expr="gte")
    created_before = MomentFilter("created_at", lookup_expr="lt")
    breached = filters.TypedChoiceFilter(
        choices=(("true", "true"), ("false", "false")),
        coerce=lambda value: value == "true",
        method="by_breach",
    )
    q = filters.CharFilter(
        method="by_words", max_length=100, label="A ticket number, or words of problem or question."
    )

    class Meta:
        model = Ticket
        fields: tuple[str, ...] = ()

    @extend_schema_field({"type": "boolean"})
    def by_breach(self, tickets: TicketQuerySet, name: str, breached: bool) -> TicketQuerySet:
        """As ``is_breached`` says it of a clock."""
        late = Q(breached_at__isnull=False) | Q(stopped_at=None, due_at__lt=timezone.now())
        found = Exists(Clock.objects.filter(late, ticket=OuterRef("pk")))
        return tickets.filter(found if breached else ~found)

    def by_words(self, tickets: TicketQuerySet, name: str, words: str) -> TicketQuerySet:
        if words.replace(" ", "").replace("-", "").isdecimal():
            # A number would find whose problem names it, masked or not: only ticket numbers do.
            return tickets.filter(pk=parse_number(words) or 0)
        wanted = (
            Q(problem__icontains=words)
            | Q(demand__icontains=words)
            | Q(question__title__icontains=words)
        )
        if number := parse_number(words):
            wanted |= Q(pk=number)
        return tickets.filter(wanted)
