"""Shapes of tickets in the API. Personal data is masked unless the caller works the ticket."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kb.api.bodies import told
from kb.api.sparse import CONTEXT, SparseSerializer
from klingdesk.core.account_id import mask_account_id, mask_phone
from klingdesk.core.roles import Role, roles_of
from tickets.api.clock_bodies import ClockBody, is_breached
from tickets.api.consultation_bodies import QuestionReference
from tickets.models import Consultation, Ticket
from tickets.models.labels import ClockKind
from tickets.rules.ticket_number import format_number
from tickets.rules.undo import undone_ids
from tickets.selectors.access import allowed_actions, archived_at, is_watching, sees_personal_data
from tickets.selectors.decisions import assignment_of, routing_of
from tickets.selectors.masking import EVERYTHING, PersonalPart, hide_personal_text
from tickets.selectors.tickets import last_event_id
from tickets.selectors.undo import undo_offer_of

DONE_BY_THE_DESK = frozenset({"route", "close"})
"""Actions without an address: nobody is to do them by hand."""


class TeamReference(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()


class TicketRow(SparseSerializer):
    """A ticket in a list. People are given by user name.

    The context may hold ``plain`` (ids of tickets whose personal data the caller may
    read; nobody's unless told), ``revealed`` (parts shown this once) and ``now``.
    """

    number = serializers.CharField()
    status = serializers.CharField(
        help_text="`new`, `queued`, `assigned`, `waiting`, `returned`, `resolved`, `closed`, "
        "`merged` or `cancelled`."
    )
    priority = serializers.IntegerField(help_text="0 normal, 1 high, 2 urgent.")
    question = QuestionReference()
    team = TeamReference(allow_null=True)
    skill = serializers.CharField(
        allow_blank=True, help_text="What an advisor must know to be given it."
    )
    assignee = serializers.CharField(source="assignee.username", default=None, allow_null=True)
    account_id = serializers.SerializerMethodField()
    masked = serializers.SerializerMethodField(help_text="Personal data is partly hidden.")
    promise = serializers.BooleanField(help_text="An answer was promised to the user.")
    due_at = serializers.DateTimeField(allow_null=True)
    provisional = serializers.BooleanField(source="due_provisional")
    breached = serializers.SerializerMethodField()
    chase_count = serializers.IntegerField()
    next_try_at = serializers.DateTimeField(
        allow_null=True, help_text="The planned next try; while it waits, when to look again."
    )
    created_at = serializers.DateTimeField()

    def shown(self, ticket: Ticket) -> frozenset[PersonalPart]:
        """What of the personal data the caller may read."""
        if ticket.pk in self.context.get("plain", ()):
            return EVERYTHING
        return frozenset(self.context.get("revealed", ()))

    def get_account_id(self, ticket: Ticket) -> str:
        if PersonalPart.ACCOUNT_ID in self.shown(ticket):
            return ticket.account_id
        return mask_account_id(ticket.account_id)

    def get_masked(self, ticket: Ticket) -> bool:
        return self.shown(ticket) != EVERYTHING

    def get_breached(self, ticket: Ticket) -> bool:
        now = self.context.get("now") or timezone.now()
        promises = (clock for clock in ticket.clocks.all() if clock.kind == ClockKind.CONTACT)
        return any(is_breached(clock, now) for clock in promises)


class EventBody(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    code = serializers.CharField()
    at = serializers.DateTimeField()
    actor = serializers.CharField(
        source="actor.username", default=None, allow_null=True, help_text="Null: the desk itself."
    )
    old = serializers.DictField()
    new = serializers.DictField()
    note = serializers.CharField(allow_blank=True)
    undone = serializers.BooleanField(
        default=False, help_text="It was taken back; a note that was has no text any more."
    )


class AttemptBody(serializers.Serializer[Any]):
    kind = serializers.CharField()
    result = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    by = serializers.CharField(source="by.username")
    next_try_at = serializers.DateTimeField(allow_null=True)


class ExtraBody(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    value = serializers.CharField()


class SpokenValueBody(ExtraBody):
    """Something that was filled in or worked out; `value` is in words."""

    kind = serializers.CharField()


class SourceBody(serializers.Serializer[Any]):
    """The standard question whose text was read out, and its revision of then."""

    question = serializers.CharField()
    revision = serializers.IntegerField(allow_null=True)


class SpokenBody(serializers.Serializer[Any]):
    node = serializers.CharField()
    prompt = serializers.CharField(allow_blank=True)
    script = serializers.CharField(allow_blank=True)
    answer = serializers.CharField(allow_blank=True)
    automatic = serializers.BooleanField(default=False, help_text="Nobody answered this step.")
    values = SpokenValueBody(many=True, default=list)
    source = SourceBody(allow_null=True, default=None)  # type: ignore[assignment]
    by = serializers.CharField(default="", help_text="The agent who answered.")
    at = serializers.DateTimeField()


class TranscriptBody(serializers.Serializer[Any]):
    """What was said with tier 1, as it was when the ticket was made."""

    utterance = serializers.CharField(allow_blank=True)
    channel = serializers.CharField()
    question = serializers.CharField()
    flow = serializers.CharField(allow_null=True)
    flow_version = serializers.IntegerField(allow_null=True, help_text="Its number.")
    flow_digest = serializers.CharField(allow_null=True, default=None)
    question_revision = serializers.IntegerField(
        allow_null=True, default=None, help_text="Of the contact's question when it began."
    )
    queue = serializers.CharField(
        allow_null=True, default=None, help_text="The flow's hint for routing."
    )
    steps = SpokenBody(many=True)


class ResolutionBody(serializers.Serializer[Any]):
    code = serializers.CharField()
    summary = serializers.CharField()
    at = serializers.DateTimeField()


class RoutingBody(serializers.Serializer[Any]):
    """Why the ticket lies where it was put. `rule` is the number of the rule that decided."""

    team = serializers.CharField(help_text="Its slug.")
    skill = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(help_text="`rule`, or `default` where no rule fits.")
    rule = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()


class AssignmentBody(serializers.Serializer[Any]):
    """Why the desk gave the ticket to the person who has it."""

    assignee = serializers.CharField()
    reason = serializers.CharField()
    load = serializers.IntegerField(help_text="Their open tickets before this one.")
    capacity = serializers.IntegerField()
    at = serializers.DateTimeField()


class MissingItem(serializers.Serializer[Any]):
    field = serializers.CharField(allow_blank=True)
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    why = serializers.CharField()


class UndoOffer(serializers.Serializer[Any]):
    """What the caller did last and may still take back with `undo/`."""

    event = serializers.IntegerField(source="event_id")
    until = serializers.DateTimeField()


class BulkRow(serializers.Serializer[Any]):
    number = serializers.CharField()
    ok = serializers.BooleanField()
    code = serializers.CharField(
        allow_blank=True, help_text="As in a problem of the single action; empty when done."
    )
    message = serializers.CharField(allow_blank=True)


class BulkResult(serializers.Serializer[Any]):
    """One row for each number, in the order given; one that is named twice is done once."""

    changed = serializers.IntegerField()
    rows = BulkRow(many=True)


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
    missing = MissingItem(many=True, help_text="What tier 1 is to complete.")
    bounce_count = serializers.IntegerField(help_text="How often it went back to tier 1.")
    reopen_count = serializers.IntegerField()
    merged_into = serializers.SerializerMethodField(help_text="The number of that ticket.")
    follows = serializers.SerializerMethodField(
        help_text="The number of the ticket about which the user came back."
    )
    watchers = serializers.SerializerMethodField()
    watched = serializers.SerializerMethodField(help_text="By the caller.")
    routing = serializers.SerializerMethodField()
    assignment = serializers.SerializerMethodField()
    last_event = serializers.SerializerMethodField(help_text="To be sent as `expected_event`.")
    archived = serializers.SerializerMethodField(help_text="It can only be read.")
    undo = serializers.SerializerMethodField()
    allowed_actions = serializers.SerializerMethodField()

    def to_representation(self, ticket: Ticket) -> Any:
        if PersonalPart.TRANSCRIPT not in self.shown(ticket):
            hide_personal_text(ticket)
        gone = undone_ids(ticket.events.all())
        for event in ticket.events.all():
            event.undone = event.pk in gone  # type: ignore[attr-defined]
        return super().to_representation(ticket)

    def get_contact_value(self, ticket: Ticket) -> str:
        if PersonalPart.CONTACT in self.shown(ticket):
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

    def get_merged_into(self, ticket: Ticket) -> str | None:
        return format_number(ticket.merged_into_id) or None

    def get_follows(self, ticket: Ticket) -> str | None:
        return format_number(ticket.follows_id) or None

    def get_watchers(self, ticket: Ticket) -> list[str]:
        return sorted(each.get_username() for each in ticket.watchers.all())

    def get_watched(self, ticket: Ticket) -> bool:
        return is_watching(ticket, self.context["user"])

    @extend_schema_field(RoutingBody(allow_null=True))
    def get_routing(self, ticket: Ticket) -> Any:
        found = routing_of(ticket.events.all())
        return None if found is None else told(RoutingBody, found)

    @extend_schema_field(AssignmentBody(allow_null=True))
    def get_assignment(self, ticket: Ticket) -> Any:
        found = assignment_of(ticket.events.all())
        return None if found is None else told(AssignmentBody, found)

    def get_last_event(self, ticket: Ticket) -> int:
        return last_event_id(ticket)

    def get_archived(self, ticket: Ticket) -> bool:
        return archived_at(ticket) is not None

    @extend_schema_field(UndoOffer(allow_null=True))
    def get_undo(self, ticket: Ticket) -> Any:
        now = self.context.get("now") or timezone.now()
        found = undo_offer_of(ticket, user=self.context["user"], now=now)
        return None if found is None else UndoOffer(found).data

    def get_allowed_actions(self, ticket: Ticket) -> list[str]:
        actions = allowed_actions(ticket, self.context["user"])
        return [action for action in actions if action not in DONE_BY_THE_DESK]


def ticket_rows(
    tickets: Iterable[Ticket], *, user: Any, now: datetime, only: frozenset[str] | None = None
) -> Any:
    """Rows of a list, with the personal data of those tickets that ``user`` works; of each row
    ``only`` these fields."""
    rows = list(tickets)
    context = {"plain": _plain(rows, user), "now": now, CONTEXT: only}
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
    ticket: Ticket,
    *,
    user: Any,
    now: datetime,
    revealed: frozenset[PersonalPart] = frozenset(),
    only: frozenset[str] | None = None,
) -> dict[str, Any]:
    """A ticket from ``ticket_get_for``; ``revealed`` shows parts of its data this once, ``only``
    leaves out the other fields."""
    plain = {ticket.pk} if sees_personal_data(ticket, user) else set()
    context = {"plain": plain, "revealed": revealed, "user": user, "now": now, CONTEXT: only}
    return dict(TicketBody(ticket, context=context).data)
