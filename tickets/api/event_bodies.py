"""Bodies of the feed of events and of subscriptions to it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kb.api.bodies import told
from kb.api.strict import StrictSerializer, Text, Whole
from tickets.models import EventSubscription
from tickets.models.labels import SubscriptionState
from tickets.rules.event_facts import FACTS
from tickets.selectors.feed import Bounds, FeedPage
from tickets.selectors.subscriptions import events_behind
from tickets.services.subscriptions import LONGEST_NAME

LARGEST_POSITION = 2**63 - 1
USUAL_EVENTS, MOST_EVENTS = 50, 200

_FACTS = (
    "Facts by name, only those that the documentation lists for the code: never what people wrote."
)


class EventsQuery(StrictSerializer):
    after = serializers.IntegerField(
        required=False,
        default=None,
        min_value=0,
        max_value=LARGEST_POSITION,
        help_text="`next_after` of the last answer; from the oldest that is kept unless told.",
    )
    limit = serializers.IntegerField(
        required=False, default=USUAL_EVENTS, min_value=1, max_value=MOST_EVENTS
    )
    ticket = Text(
        required=False, default="", max_length=20, help_text="Number: only the events of this one."
    )


class FeedEventBody(serializers.Serializer[Any]):
    position = serializers.IntegerField(help_text="Ascending; tells an event that comes twice.")
    id = serializers.IntegerField(help_text="As in the ticket's timeline.")
    code = serializers.CharField()
    ticket = serializers.CharField(help_text="Its number.")
    at = serializers.DateTimeField()
    actor = serializers.CharField(
        allow_null=True,
        help_text="User name; null: the desk itself. Programs that answer users learn no names.",
    )
    old = serializers.DictField(help_text=_FACTS)
    new = serializers.DictField(help_text=_FACTS)


class EventsBody(serializers.Serializer[Any]):
    events = FeedEventBody(many=True)
    next_after = serializers.IntegerField(
        help_text="Go on with this, also when there were no events for you."
    )
    oldest = serializers.IntegerField(help_text="The first position that is still kept.")
    newest = serializers.IntegerField(help_text="The last position there is; 0: none yet.")


def events_body(page: FeedPage) -> dict[str, Any]:
    return {
        "events": page.events,
        "next_after": page.next_after,
        "oldest": page.bounds.oldest,
        "newest": page.bounds.newest,
    }


class SubscriptionGiven(StrictSerializer):
    """The address is never told again. Left out, `codes` are all events, `team` is every team."""

    name = Text(max_length=LONGEST_NAME)
    url = Text(max_length=1_000)
    codes = serializers.ListField(
        child=serializers.ChoiceField(sorted(FACTS)),
        required=False,
        default=list,
        max_length=len(FACTS),
    )
    team = Text(required=False, default="", max_length=50, allow_blank=True, help_text="Slug.")


class SubscriptionChange(SubscriptionGiven):
    """Everything at once; without `url` the address stays."""

    url = Text(required=False, default="", max_length=1_000, allow_blank=True)


class ReplayBody(StrictSerializer):
    first = Whole(
        min_value=1,
        max_value=LARGEST_POSITION,
        help_text="Position of the first event to be told again.",
    )


class SubscriptionBody(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    host = serializers.CharField(help_text="Of the address, which is not told.")
    codes = serializers.ListField(child=serializers.CharField(), help_text="Empty: all.")
    team = serializers.CharField(allow_null=True, help_text="Slug; null: every team.")
    state = serializers.ChoiceField(SubscriptionState.values)
    position = serializers.IntegerField(help_text="Everything up to here has been told.")
    behind = serializers.IntegerField(help_text="Positions after it; not all need match.")
    failures = serializers.IntegerField(help_text="Attempts in a row that were not taken.")
    last_error = serializers.CharField(help_text="In English; empty while all is well.")
    next_try_at = serializers.DateTimeField(allow_null=True)
    last_told_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class NewSubscriptionBody(SubscriptionBody):
    secret = serializers.CharField(help_text="Signs what is sent; told this once.")


class SubscriptionsBody(serializers.Serializer[Any]):
    results = SubscriptionBody(many=True)


class SecretBody(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text="Signs what is sent from now on; told this once.")


_WORKED_OUT = frozenset({"team", "behind"})


def subscription_body(subscription: EventSubscription, bounds: Bounds) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: getattr(subscription, name)
        for name in map(str, SubscriptionBody().fields)
        if name not in _WORKED_OUT
    }
    values["team"] = subscription.team.slug if subscription.team is not None else None
    values["behind"] = events_behind(subscription, bounds)
    return told(SubscriptionBody, values)
