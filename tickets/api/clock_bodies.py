"""Shapes of the promise in the API: a ticket's clocks, how they were counted, where they paused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tickets.models import Clock
from tickets.models.labels import ClockKind
from tickets.selectors.clock_explanation import explain_clock
from tickets.selectors.clock_history import has_stood_still


class DayBody(serializers.Serializer[Any]):
    """One date between start and due: counted or not, and why."""

    date = serializers.DateField()
    counted = serializers.BooleanField()
    why = serializers.CharField(
        help_text="`workday`, `weekend`, `holiday`, `make_up`, `override_working`, "
        "`override_rest` or `fixed_holiday`."
    )
    name = serializers.CharField(allow_blank=True)
    provisional = serializers.BooleanField(help_text="A notice still to come may change it.")


class PauseBody(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField(allow_null=True, help_text="Null: it still stands still.")
    reason = serializers.CharField(
        help_text="`waiting` for the user, or `solved` until it was opened again."
    )
    minutes = serializers.IntegerField(help_text="Working minutes.")


class ClockBody(serializers.Serializer[Any]):
    kind = serializers.CharField()
    policy_version = serializers.IntegerField(source="policy.version")
    working_days = serializers.IntegerField(source="policy.working_days")
    started_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    provisional = serializers.BooleanField()
    paused_since = serializers.DateTimeField(
        allow_null=True, help_text="It stands still: the due instant moves when it goes on."
    )
    stopped_at = serializers.DateTimeField(allow_null=True)
    dropped = serializers.BooleanField(
        help_text="Stopped without a verdict: the ticket was merged or cancelled."
    )
    breached = serializers.SerializerMethodField()
    breached_at = serializers.DateTimeField(allow_null=True)
    days = DayBody(many=True)
    pauses = serializers.SerializerMethodField(help_text="They moved the due instant.")

    def get_breached(self, clock: Clock) -> bool:
        return is_breached(clock, self.context.get("now") or timezone.now())

    @extend_schema_field(PauseBody(many=True))
    def get_pauses(self, clock: Clock) -> Any:
        if clock.kind != ClockKind.RESOLVE or not has_stood_still(clock.ticket.events.all()):
            return []
        return PauseBody(explain_clock(clock).pauses, many=True).data


def is_breached(clock: Clock, now: datetime) -> bool:
    """Late for good, or running and past its due instant even before the sweep has seen it."""
    runs = clock.stopped_at is None and clock.paused_since is None
    return clock.breached_at is not None or (runs and clock.due_at < now)
