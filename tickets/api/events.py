"""The feed of events: read with a cursor, or subscribed to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from kb.api.base import DeskView
from kb.api.contract import operation
from kb.api.cursors import check_parameters
from kb.api.strict import Nothing, StrictSerializer
from klingdesk.core.roles import Role
from tickets.api.event_bodies import (
    EventsBody,
    EventsQuery,
    NewSubscriptionBody,
    ReplayBody,
    SecretBody,
    SubscriptionBody,
    SubscriptionChange,
    SubscriptionGiven,
    SubscriptionsBody,
    events_body,
    subscription_body,
)
from tickets.models import EventSubscription
from tickets.selectors.feed import feed_bounds, feed_for
from tickets.selectors.subscriptions import subscription_get, subscriptions
from tickets.services.subscriptions import (
    SubscriptionForm,
    change_subscription,
    go_on,
    replay,
    rotate_subscription_secret,
    subscribe,
    switch_off,
    try_subscription,
)

TARGET = "https://events.example.com/klingdesk"


MANAGERS = frozenset({Role.MANAGER})


class Events(DeskView):
    roles = MANAGERS
    for_bots = True

    @operation(
        "Events of tickets that the caller may see, in the order in which they were committed",
        parameters=[EventsQuery],
        ok={200: EventsBody},
        found=True,
        gone=True,
        codes={410: ("cursor_too_old",)},
        scope="events:read",
    )
    def get(self, request: Request) -> Response:
        check_parameters(request, frozenset(EventsQuery().fields))
        given = self.query(EventsQuery)
        page = feed_for(
            user=request.user,
            after=given["after"],
            limit=given["limit"],
            number=given["ticket"],
        )
        return Response(events_body(page))


class ManagersView(DeskView):
    roles = MANAGERS

    def subscription(self, subscription: EventSubscription, **more: Any) -> dict[str, Any]:
        return {**subscription_body(subscription, feed_bounds()), **more}

    def form(self, shape: type[SubscriptionGiven]) -> SubscriptionForm:
        return SubscriptionForm(**self.body(shape))


class Subscriptions(ManagersView):
    @operation(
        "Event subscriptions, by name",
        ok={200: SubscriptionsBody},
        scope="events:read",
        operation_id="events_subscriptions_list",
    )
    def get(self, request: Request) -> Response:
        bounds = feed_bounds()
        return Response({"results": [subscription_body(each, bounds) for each in subscriptions()]})

    @operation(
        "Subscribe an address to events from now on; the secret is told this once",
        body=SubscriptionGiven,
        ok={201: NewSubscriptionBody},
        scope="events:write",
        examples={
            "What becomes of promises": {
                "name": "Dashboard",
                "url": TARGET,
                "codes": ["sla.breached", "sla.met", "sla.missed"],
            },
            "Everything of one team": {"name": "CRM", "url": TARGET, "team": "tier2"},
        },
    )
    def post(self, request: Request) -> Response:
        made, secret = subscribe(
            acting_user=request.user, form=self.form(SubscriptionGiven), now=timezone.now()
        )
        return Response(self.subscription(made, secret=secret), status=201)


class Subscription(ManagersView):
    @operation(
        "One event subscription", ok={200: SubscriptionBody}, found=True, scope="events:read"
    )
    def get(self, request: Request, subscription_id: int) -> Response:
        return Response(self.subscription(subscription_get(subscription_id)))

    @operation(
        "Change what is told, and where to",
        operation_id="events_subscriptions_change",
        body=SubscriptionChange,
        ok={200: SubscriptionBody},
        found=True,
        scope="events:write",
        examples={"All events": {"name": "CRM"}},
    )
    def post(self, request: Request, subscription_id: int) -> Response:
        changed = change_subscription(
            acting_user=request.user,
            subscription_id=subscription_id,
            form=self.form(SubscriptionChange),
            now=timezone.now(),
        )
        return Response(self.subscription(changed))


class _Switch(ManagersView):
    """An action that gives the subscription."""

    does: Callable[..., EventSubscription]

    def act(self, shape: type[StrictSerializer], subscription_id: int) -> Response:
        done = type(self).does(
            acting_user=self.request.user,
            subscription_id=subscription_id,
            now=timezone.now(),
            **self.body(shape),
        )
        return Response(self.subscription(done))


class SwitchOff(_Switch):
    does = staticmethod(switch_off)

    @operation(
        "Send nothing more until it goes on",
        body=Nothing,
        ok={200: SubscriptionBody},
        found=True,
        scope="events:write",
    )
    def post(self, request: Request, subscription_id: int) -> Response:
        return self.act(Nothing, subscription_id)


class GoOn(_Switch):
    does = staticmethod(go_on)

    @operation(
        "Send again, from where it stopped",
        body=Nothing,
        ok={200: SubscriptionBody},
        found=True,
        scope="events:write",
    )
    def post(self, request: Request, subscription_id: int) -> Response:
        return self.act(Nothing, subscription_id)


class Replay(_Switch):
    does = staticmethod(replay)

    @operation(
        "Tell everything from a position on once more",
        body=ReplayBody,
        ok={200: SubscriptionBody},
        found=True,
        scope="events:write",
        examples={"From the first event": {"first": 1}},
    )
    def post(self, request: Request, subscription_id: int) -> Response:
        return self.act(ReplayBody, subscription_id)


class RotateSecret(ManagersView):
    @operation(
        "Draw a new secret; the old one signs nothing any more",
        body=Nothing,
        ok={200: SecretBody},
        found=True,
        scope="events:write",
    )
    def post(self, request: Request, subscription_id: int) -> Response:
        self.body(Nothing)
        secret = rotate_subscription_secret(
            acting_user=request.user, subscription_id=subscription_id, now=timezone.now()
        )
        return Response({"secret": secret})


class Try(ManagersView):
    @operation(
        "Send a request without events at once",
        body=Nothing,
        ok={204: None},
        found=True,
        conflict=True,
        codes={409: ("not_delivered",)},
        scope="events:write",
    )
    def post(self, request: Request, subscription_id: int) -> Response:
        self.body(Nothing)
        try_subscription(
            acting_user=request.user, subscription_id=subscription_id, now=timezone.now()
        )
        return Response(status=204)
