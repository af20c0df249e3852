"""Shapes of tickets in the API. Personal data is masked unless the caller works the ticket."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kb.api.strict import Moment, StrictSerializer, Text
from klingdesk.core.account_id import mask_account_id, mask_phone
from klingdesk.core.roles import Role, roles_of
from tickets.api.consultation_bodies import QuestionReference
from tickets.models import Clock, Consultation, Ticket
from tickets.models.labels import ContactChannel, ContactResult, ResolutionCode
from tickets.selectors.access import allowed_actions, sees_personal_data
from tickets.selectors.masking import hide_personal_text
from tickets.services.text import MOST_TEXT

OFFERED = frozenset({"claim", "release", "contact", "resolve", "chase", "note", "reveal"})
"""Actions that have an address here."""

# --- what is sent in ----------------------------------------------------------------------------


class TeamBody(StrictSerializer):
    team = Text(max_length=50, required=False, allow_null=True, default=None, help_text="Its slug.")


class RemarkBody(StrictSerializer):
    note = Text(max_length=MOST_TEXT, required=False, allow_blank=True, default="")


class NoteBody(StrictSerializer):
    note = Text(max_length=MOST_TEXT)


@extend_schema_field({"$ref": "#/components/schemas/ContactChannelEnum"})
class ContactKindField(serializers.ChoiceField):
    """The two ways to answer a user: the same ones as in a hand-over."""


class ContactBody(StrictSerializer):
    kind = ContactKindField(ContactChannel.values)
    result = serializers.ChoiceField(ContactResult.values)
    note = Text(max_length=MOST_TEXT, required=False, allow_blank=True, default="")
    next_try_at = Moment(required=False, allow_null=True, default=None)


class ResolveBody(StrictSerializer):
    code = serializers.ChoiceField(ResolutionCode.values)
    summary = Text(max_length=MOST_TEXT)


# --- what is sent out ---------------------------------------------------------------------------


class TeamReference(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()


class TicketRow(serializers.Serializer[Any]):
    """A ticket in a list. People are given by user name.

    The context may hold ``plain`` (ids of tickets whose personal data the caller may
    read; nobody's unless told) and ``now``.
    """

    number = serializers.CharField()
    status = serializers.CharField(
        help_text="`new`, `queued`, `assigned`, `waiting`, `returned`, `resolved`, `closed`, "
        "`merged` or `cancelled`."
    )
    priority = serializers.IntegerField(help_text="0 normal, 1 high, 2 urgent.")
    question = QuestionReference()
    team = TeamReference(allow_null=True)
    assignee = serializers.CharField(source="assignee.username", default=None, allow_null=True)
    account_id = serializers.SerializerMethodField()
    masked = serializers.SerializerMethodField(help_text="Personal data is partly hidden.")
    promise = serializers.BooleanField(help_text="An answer was promised to the user.")
    due_at = serializers.DateTimeField(allow_null=True)
    provisional = serializers.BooleanField(source="due_provisional")
    breached = serializers.SerializerMethodField()
    chase_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()

    def is_plain(self, ticket: Ticket) -> bool:
        return ticket.pk in self.context.get("plain", ())

    def get_account_id(self, ticket: Ticket) -> str:
        if self.is_plain(ticket):
            return ticket.account_id
        return mask_account_id(ticket.account_id)

    def get_masked(self, ticket: Ticket) -> bool:
        return not self.is_plain(ticket)

    def get_breached(self, ticket: Ticket) -> bool:
        now = self.context.get("now") or timezone.now()
        return any(is_breached(clock, now) for clock in ticket.clocks.all())


class EventBody(serializers.Serializer[Any]):
    code = serializers.CharField()
    at = serializers.DateTimeField()
    actor = serializers.CharField(
        source="actor.username", default=None, allow_null=True, help_text="Null: the desk itself."
    )
    old = serializers.DictField()
    new = serializers.DictField()
    note = serializers.CharField(allow_blank=True)


class AttemptBody(serializers.Serializer[Any]):
    kind = serializers.CharField()
    result = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    by = serializers.CharField(source="by.username")
    next_try_at = serializers.DateTimeField(allow_null=True)


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


class ClockBody(serializers.Serializer[Any]):
    kind = serializers.CharField()
    policy_version = serializers.IntegerField(source="policy.version")
    working_days = serializers.IntegerField(source="policy.working_days")
    started_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    provisional = serializers.BooleanField()
    stopped_at = serializers.DateTimeField(allow_null=True)
    breached = serializers.SerializerMethodField()
    breached_at = serializers.DateTimeField(allow_null=True)
    days = DayBody(many=True)

    def get_breached(self, clock: Clock) -> bool:
        return is_breached(clock, self.context.get("now") or timezone.now())


class ExtraBody(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    value = serializers.CharField()


class SpokenValueBody(ExtraBody):
    """Something that was filled in or worked out; `value` is in words."""

    kind = serializers.CharField()


class SpokenBody(serializers.Serializer[Any]):
    node = serializers.CharField()
    prompt = serializers.CharField(allow_blank=True)
    script = serializers.CharField(allow_blank=True)
    answer = serializers.CharField(allow_blank=True)
    automatic = serializers.BooleanField(default=False, help_text="Nobody answered this step.")
    values = SpokenValueBody(many=True, default=list)
    at = serializers.DateTimeField()


class TranscriptBody(serializers.Serializer[Any]):
    """What was said with tier 1, as it was when the ticket was made."""

    utterance = serializers.CharField(allow_blank=True)
    channel = serializers.CharField()
    question = serializers.CharField()
    flow = serializers.CharField(allow_null=True)
    flow_version = serializers.IntegerField(allow_null=True)
    steps = SpokenBody(many=True)


class ResolutionBody(serializers.Serializer[Any]):
    code = serializers.CharField()
    summary = serializers.CharField()
    at = serializers.DateTimeField()


class TicketBody(TicketRow):
    """A whole ticket. ``context["user"]`` is who asks."""

    problem = serializers.CharField(allow_blank=True)
    demand = serializers.CharField(allow_blank=True)
    contact_channel = serializers.CharField(allow_blank=True)
    contact_value = serializers.SerializerMethodField()
    extra = ExtraBody(many=True)
    tags = serializers.ListField(child=serializers.CharField())
    handed_over_by = serializers.CharField(source="handed_over_by.username")
    routed_at = serializers.DateTimeField(allow_null=True)
    claimed_at = serializers.DateTimeField(allow_null=True)
    resolution = serializers.SerializerMethodField()
    clocks = ClockBody(many=True)
    contacts = AttemptBody(many=True)
    events = EventBody(many=True)
    transcript = TranscriptBody()
    allowed_actions = serializers.SerializerMethodField()

    def to_representation(self, ticket: Ticket) -> Any:
        if not self.is_plain(ticket):
            hide_personal_text(ticket)
        return super().to_representation(ticket)

    def get_contact_value(self, ticket: Ticket) -> str:
        if self.is_plain(ticket):
            return ticket.contact_value
        return mask_phone(ticket.contact_value)

    @extend_schema_field(ResolutionBody(allow_null=True))
    def get_resolution(self, ticket: Ticket) -> Any:
        if ticket.resolved_at is None:
            return None
        return ResolutionBody(
            {
                "code": ticket.resolution_code,
                "summary": ticket.resolution_summary,
                "at": ticket.resolved_at,
            }
        ).data

    def get_allowed_actions(self, ticket: Ticket) -> list[str]:
        return [
            action for action in allowed_actions(ticket, self.context["user"]) if action in OFFERED
        ]


def is_breached(clock: Clock, now: datetime) -> bool:
    """Late for good, or running and past its due instant even before the sweep has seen it."""
    return clock.breached_at is not None or (clock.stopped_at is None and clock.due_at < now)


def ticket_rows(tickets: Iterable[Ticket], *, user: Any, now: datetime) -> Any:
    """Rows of a list, with the personal data of those tickets that ``user`` works."""
    rows = list(tickets)
    context = {"plain": _plain(rows, user), "now": now}
    return TicketRow(rows, many=True, context=context).data


def _plain(tickets: list[Ticket], user: Any) -> frozenset[int]:
    """``sees_personal_data`` for a whole page with one query."""
    plain = {ticket.pk for ticket in tickets if ticket.assignee_id == user.pk}
    if Role.AGENT in roles_of(user):
        plain |= {ticket.pk for ticket in tickets if ticket.handed_over_by_id == user.pk}
        own = Consultation.objects.filter(agent=user, ticket__in=tickets)
        plain |= set(own.values_list("ticket_id", flat=True))
    return frozenset(plain)


def ticket_body(
    ticket: Ticket, *, user: Any, now: datetime, revealed: bool = False
) -> dict[str, Any]:
    """A ticket from ``ticket_get_for``; ``revealed`` shows its personal data this once."""
    plain = {ticket.pk} if revealed or sees_personal_data(ticket, user) else set()
    context = {"plain": plain, "user": user, "now": now}
    return dict(TicketBody(ticket, context=context).data)
