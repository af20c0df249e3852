"""Reading event subscriptions: what is to be told next, and how they are doing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid5

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import NotFound
from tickets.models import EventSubscription
from tickets.models.labels import SubscriptionState
from tickets.selectors.feed import WINDOW, Bounds, entries_between, told

MOST_EVENTS: Final = 50
"""In one request."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request tells; ``until`` is the position that is dealt with when it is taken."""

    events: list[dict[str, Any]]
    until: int


def subscriptions() -> QuerySet[EventSubscription]:
    """All of them, by name, with their teams and people."""
    return EventSubscription.objects.select_related("team", "created_by", "changed_by")


def subscription_get(subscription_id: int) -> EventSubscription:
    """``NotFound`` when there is none."""
    found = subscriptions().filter(pk=subscription_id).first()
    if found is None:
        raise NotFound(_("There is no such subscription."))
    return found


def events_behind(subscription: EventSubscription, bounds: Bounds) -> int:
    """How many places of the feed the subscription has not dealt with; not all need match it."""
    return max(0, bounds.newest - subscription.position)


def next_batch(subscription: EventSubscription, bounds: Bounds) -> Batch:
    """What comes next: the batch under way as it is, or up to ``MOST_EVENTS`` new ones.

    Looks at ``WINDOW`` places at most; when none of them matches, ``until`` is behind them.
    """
    start = subscription.position
    end = subscription.batch_to or min(start + WINDOW, bounds.newest)
    events = told(_matching(subscription, start, end))
    is_full = len(events) == MOST_EVENTS and subscription.batch_to is None
    return Batch(events, events[-1]["position"] if is_full else end)


def _matching(subscription: EventSubscription, start: int, end: int) -> Any:
    found = entries_between(start, end)
    if subscription.codes:
        found = found.filter(event__code__in=subscription.codes)
    if subscription.team is not None:
        # A ticket that leaves the team says so to the team as well.
        slug = subscription.team.slug
        found = found.filter(
            Q(event__ticket__team=subscription.team)
            | Q(event__old__team=slug)
            | Q(event__new__team=slug)
        )
    return found[:MOST_EVENTS]


def batch_key(subscription: EventSubscription, batch: Batch) -> UUID:
    """The id of a request: the same for the same events, another one after a replay."""
    positions = ",".join(str(event["position"]) for event in batch.events)
    return uuid5(subscription.key, f"{subscription.round}:{positions}")


def is_anything_to_tell(bounds: Bounds) -> bool:
    """Whether a subscription in use has not dealt with all of the feed."""
    return EventSubscription.objects.filter(
        state=SubscriptionState.ON, position__lt=bounds.newest
    ).exists()
