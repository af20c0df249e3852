"""Event subscriptions: made, changed, switched, replayed and tested by managers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Conflict, Invalid, NotFound
from notices.channels.errors import SendError
from notices.channels.sealing import draw_secret, seal
from notices.channels.webhook import addressable, send_signed
from notices.error_words import REFUSALS, in_error_words
from notices.rules.targets import Refused, Target
from notices.services.access import require_manager
from notices.services.naming import save_named
from tickets.models import EventSubscription, Team
from tickets.models.labels import SubscriptionState
from tickets.rules.event_facts import FACTS
from tickets.selectors.feed import feed_bounds
from tickets.selectors.subscriptions import Batch
from tickets.services.event_sending import payload
from tickets.services.hints import hint_after_commit
from tickets.services.traces import leave_trace

LONGEST_NAME: Final = 60
_NOT_SAVED = _("The subscription was not saved.")
SEND: Final = "tickets.send_events"
"""The task that sends what is due."""


@dataclass(frozen=True, slots=True)
class SubscriptionForm:
    """What was typed, raw. ``codes`` empty: all events; ``team`` empty: all teams. An empty
    ``url`` of a subscription that exists keeps its address."""

    name: str = ""
    url: str = field(default="", repr=False)
    codes: Sequence[str] = ()
    team: str = ""


def subscribe(
    *, acting_user: Any, form: SubscriptionForm, now: datetime
) -> tuple[EventSubscription, str]:
    """Make a subscription to what happens from now on; returns it with the secret that was drawn.

    Nobody can read the secret again. ``Invalid`` with all field errors at once.
    """
    require_manager(acting_user)
    team, target = _check(form, is_new=True)
    assert target is not None  # noqa: S101 - a new one has an address, or was refused
    drawn = draw_secret()
    subscription = EventSubscription(
        name=form.name.strip(),
        codes=sorted(set(form.codes)),
        team=team,
        host=target.host,
        sealed_url=seal(form.url.strip()),
        sealed_secret=seal(drawn),
        position=feed_bounds().newest,
        created_by=acting_user,
        created_at=now,
        changed_by=acting_user,
        changed_at=now,
    )
    save_named(subscription, refusal=_NOT_SAVED)
    return subscription, drawn


@transaction.atomic
def change_subscription(
    *, acting_user: Any, subscription_id: int, form: SubscriptionForm, now: datetime
) -> EventSubscription:
    """Change what is told, and where to; events that are still to be told follow it.

    ``Invalid`` with all field errors at once.
    """
    subscription = _lock(subscription_id, acting_user)
    subscription.team, target = _check(form, is_new=False)
    subscription.name = form.name.strip()
    subscription.codes = sorted(set(form.codes))
    # What was under way was chosen by the old filters.
    subscription.batch_to = None
    if target is not None:
        subscription.host = target.host
        subscription.sealed_url = seal(form.url.strip())
        _try_at_once(subscription)
    _touch(subscription, acting_user, now)
    save_named(subscription, refusal=_NOT_SAVED)
    return subscription


@transaction.atomic
def switch_off(*, acting_user: Any, subscription_id: int, now: datetime) -> EventSubscription:
    """Send nothing more until it goes on; it keeps its place as long as the feed does."""
    subscription = _lock(subscription_id, acting_user)
    subscription.state = SubscriptionState.OFF
    _touch(subscription, acting_user, now)
    save_named(subscription, refusal=_NOT_SAVED)
    return subscription


@transaction.atomic
def go_on(*, acting_user: Any, subscription_id: int, now: datetime) -> EventSubscription:
    """Send again, at once, from where it stopped, or from the oldest event that is kept."""
    subscription = _lock(subscription_id, acting_user)
    subscription.state = SubscriptionState.ON
    oldest = feed_bounds().oldest
    if subscription.position < oldest - 1:
        subscription.position, subscription.batch_to = oldest - 1, None
    _try_at_once(subscription)
    _touch(subscription, acting_user, now)
    save_named(subscription, refusal=_NOT_SAVED)
    hint_after_commit(SEND)
    return subscription


@transaction.atomic
def replay(
    *, acting_user: Any, subscription_id: int, first: int, now: datetime
) -> EventSubscription:
    """Tell everything from position ``first`` on once more, with new ids; one that was paused or
    off goes on. ``Invalid`` when that position is not kept any more, or not given yet."""
    subscription = _lock(subscription_id, acting_user)
    bounds = feed_bounds()
    if not bounds.oldest <= first <= bounds.newest + 1:
        raise Invalid(
            _("Nothing is replayed."),
            fields={
                "first": [
                    _("Give a position from %(oldest)d to %(newest)d.")
                    % {"oldest": bounds.oldest, "newest": bounds.newest + 1}
                ]
            },
        )
    subscription.state = SubscriptionState.ON
    subscription.position, subscription.batch_to = first - 1, None
    subscription.round += 1
    # Whoever is sending just now must not move the place on when they come back.
    subscription.claim += 1
    _try_at_once(subscription)
    _touch(subscription, acting_user, now)
    save_named(subscription, refusal=_NOT_SAVED)
    hint_after_commit(SEND)
    return subscription


@transaction.atomic
def rotate_subscription_secret(*, acting_user: Any, subscription_id: int, now: datetime) -> str:
    """Draw a new secret; the old one signs nothing any more. Returned once."""
    subscription = _lock(subscription_id, acting_user)
    drawn = draw_secret()
    subscription.sealed_secret = seal(drawn)
    _touch(subscription, acting_user, now)
    save_named(subscription, refusal=_NOT_SAVED)
    return drawn


@transaction.atomic
def delete_subscription(*, acting_user: Any, subscription_id: int, now: datetime) -> str:
    """Take a subscription away with its address and its secret; returns its name.

    What it was, and how far it had been told, stays in the log of the administration. A sender
    that is under way finds no row to mark, and changes nothing.
    """
    subscription = _lock(subscription_id, acting_user)
    leave_trace(
        of=subscription,
        row_id=subscription.pk,
        name=subscription.name,
        acting_user=acting_user,
        now=now,
        old=_as_it_was(subscription),
        new=None,
    )
    subscription.delete()
    return subscription.name


def _as_it_was(subscription: EventSubscription) -> dict[str, Any]:
    """What may be kept of it: neither address nor secret."""
    return {
        "name": subscription.name,
        "host": subscription.host,
        "codes": subscription.codes,
        "team": subscription.team.name if subscription.team is not None else "",
        "state": subscription.state,
        "position": subscription.position,
    }


def try_subscription(*, acting_user: Any, subscription_id: int, now: datetime) -> None:
    """Send a request without events at once; ``Conflict`` says what went wrong."""
    require_manager(acting_user)
    subscription = EventSubscription.objects.filter(pk=subscription_id).first()
    if subscription is None:
        raise _gone()
    content = payload(Batch([], subscription.position), feed_bounds())
    try:
        send_signed(subscription, content, key=uuid4(), at=now)
    except SendError as error:
        raise Conflict(
            _("The test did not arrive: %(why)s") % {"why": in_error_words(str(error))},
            code="not_delivered",
        ) from error


def _try_at_once(subscription: EventSubscription) -> None:
    subscription.failures = 0
    subscription.failing_since = None
    subscription.next_try_at = None
    subscription.last_error = ""


def _touch(subscription: EventSubscription, acting_user: Any, now: datetime) -> None:
    subscription.changed_by = acting_user
    subscription.changed_at = now


def _gone() -> NotFound:
    return NotFound(_("There is no such subscription."))


def _lock(subscription_id: int, acting_user: Any) -> EventSubscription:
    require_manager(acting_user)
    found = EventSubscription.objects.select_for_update(no_key=True).filter(pk=subscription_id)
    subscription = found.first()
    if subscription is None:
        raise _gone()
    return subscription


def _check(form: SubscriptionForm, *, is_new: bool) -> tuple[Team | None, Target | None]:
    """``Invalid`` with everything that is wrong; else the team, and where the address leads if one
    was given."""
    errors: dict[str, list[Any]] = {}
    name = form.name.strip()
    if not name:
        errors["name"] = [_("Give it a name.")]
    elif len(name) > LONGEST_NAME:
        errors["name"] = [_("At most %(count)d characters.") % {"count": LONGEST_NAME}]
    if not set(form.codes) <= set(FACTS):
        errors["codes"] = [_("Choose among the events that are shown.")]
    team = Team.objects.filter(slug=form.team).first() if form.team else None
    if form.team and team is None:
        errors["team"] = [_("Choose one of the teams that are shown.")]
    target = None
    if form.url.strip() or is_new:
        try:
            target = addressable(form.url.strip())
        except Refused as refused:
            errors["url"] = [REFUSALS[refused.why]]
    if errors:
        raise Invalid(_NOT_SAVED, fields=errors)
    return team, target
