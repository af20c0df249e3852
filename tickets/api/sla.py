"""When a promise falls due, with the reason for every day counted or left out."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.scopes import Scope
from kb.api.base import DeskView
from kb.api.bodies import told
from kb.api.contract import operation
from kb.api.strict import Moment, StrictSerializer
from tickets.api.clock_bodies import DayBody
from tickets.models.labels import ClockKind
from tickets.selectors.due import explain_due

MOST_DAYS = 366


class DueQuery(StrictSerializer):
    days = serializers.IntegerField(
        required=False,
        default=None,
        min_value=1,
        max_value=MOST_DAYS,
        help_text="Working days; as promised by the policy unless told.",
    )
    policy = serializers.ChoiceField(
        ClockKind.values,
        default=ClockKind.CONTACT.value,
        help_text="contact: until the user is answered; resolve: until the solution.",
    )

    def get_fields(self) -> dict[str, Any]:
        """With ``from``, which Python does not allow as a name."""
        start = Moment(
            source="started_at",
            required=False,
            default=None,
            help_text="Instant of the promise, whose day is not counted; now unless told.",
        )
        return {"from": start, **super().get_fields()}


class DueBody(serializers.Serializer[Any]):
    due_at = serializers.DateTimeField()
    provisional = serializers.BooleanField()
    days = DayBody(many=True)
    explanation = serializers.CharField(help_text="In words, in the language of the request.")


class SlaDue(DeskView):
    @operation(
        "Count working days",
        parameters=[DueQuery],
        ok={200: DueBody},
        found=True,
        scope=Scope.PROMISE_READ,
    )
    def get(self, request: Request) -> Response:
        asked = self.query(DueQuery)
        answer = explain_due(
            started_at=asked["started_at"] or timezone.now(),
            working_days=asked["days"],
            kind=asked["policy"],
        )
        return Response(told(DueBody, answer))
