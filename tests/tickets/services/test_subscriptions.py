"""Event subscriptions in the hands of managers: made, changed, replayed, tested."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from notices.channels.sealing import unseal
from tests.conftest import NOW
from tests.notices.targets import Target, answering, serving
from tests.tickets.services.subscribers import (
    a_subscription,
    bodies,
    happen,
    target,
    the_one,
    this_machine,
    told,
)
from tickets.models import EventSubscription, Ticket
from tickets.selectors.feed import feed_bounds
from tickets.services.event_sending import send_due
from tickets.services.events import record
from tickets.services.feed import sequence_events
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

__all__ = ["target", "this_machine"]

Make = Callable[..., Ticket]
PUBLIC = "https://events.example.com/in"


def form(**changes: Any) -> SubscriptionForm:
    return SubscriptionForm(**{"name": "CRM", "url": PUBLIC, **changes})


def test_a_new_one_begins_now_and_its_secret_is_sealed(make_ticket: Make, manager: Any) -> None:
    make_ticket()
    sequence_events(now=NOW)
    wanted = form(codes=["sla.met", "sla.met"], team="tier2")
    made, secret = subscribe(acting_user=manager, form=wanted, now=NOW)
    assert made.position == feed_bounds().newest > 0
    assert (made.host, made.codes) == ("events.example.com", ["sla.met"])
    assert secret not in made.sealed_secret
    assert PUBLIC not in made.sealed_url
    assert (unseal(made.sealed_url), unseal(made.sealed_secret)) == (PUBLIC, secret)
    rotated = rotate_subscription_secret(acting_user=manager, subscription_id=made.pk, now=NOW)
    assert rotated == unseal(the_one().sealed_secret) != secret


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "taken"}, "name"),
        ({"url": ""}, "url"),
        ({"url": "http://events.example.com/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://localhost/"}, "url"),
        ({"codes": ["ticket.nothing"]}, "codes"),
        ({"team": "nobody"}, "team"),
    ],
)
def test_what_is_wrong_is_said_by_field(
    changes: dict[str, Any], field: str, desk: None, manager: Any
) -> None:
    a_subscription(manager, name="taken")
    with pytest.raises(Invalid) as refused:
        subscribe(acting_user=manager, form=form(**changes), now=NOW)
    assert list(refused.value.fields) == [field]
    assert EventSubscription.objects.count() == 1


def test_a_changed_one_follows_its_new_filters_and_address(
    make_ticket: Make, manager: Any, target: Target
) -> None:
    ticket = make_ticket()
    sequence_events(now=NOW)
    with serving(answering(500)) as former:
        subscription = a_subscription(manager, url=former.url)
        happen(ticket, 2)
        send_due(now=NOW)
    who = {"acting_user": manager, "subscription_id": subscription.pk, "now": NOW}
    change_subscription(form=form(name="new", url=target.url, codes=["ticket.closed"]), **who)
    record(ticket=ticket, code="ticket.closed", acting_user=None, now=NOW)
    sequence_events(now=NOW)
    send_due(now=NOW)
    assert told(target) == [(ticket.number, "ticket.closed")]
    change_subscription(form=form(name="new", url=""), **who)
    assert unseal(the_one().sealed_url) == target.url
    with pytest.raises(Invalid):
        change_subscription(form=form(name="", url=""), **who)


def test_a_replay_tells_everything_once_more_under_new_ids(
    make_ticket: Make, manager: Any, target: Target
) -> None:
    ticket = make_ticket()
    sequence_events(now=NOW)
    subscription = a_subscription(manager, url=target.url)
    who = {"acting_user": manager, "subscription_id": subscription.pk, "now": NOW}
    happen(ticket, 3)
    send_due(now=NOW)
    last = feed_bounds().newest
    switch_off(**who)
    replay(first=last - 1, **who)
    assert the_one().state == "on"
    send_due(now=NOW)
    first, again = bodies(target)
    assert again["events"] == first["events"][1:]
    replay(first=last - 2, **who)
    send_due(now=NOW)
    assert bodies(target)[2]["events"] == first["events"]
    keys = [request.headers["idempotency-key"] for request in target.received]
    assert len(set(keys)) == 3
    for wrong in (0, last + 2, -1):
        with pytest.raises(Invalid) as refused:
            replay(first=wrong, **who)
        assert f"from 1 to {last + 1}" in str(refused.value.fields["first"][0])


def test_a_test_is_a_request_without_events(
    make_ticket: Make, manager: Any, target: Target
) -> None:
    make_ticket()
    sequence_events(now=NOW)
    subscription = a_subscription(manager, url=target.url, position=1)
    who = {"acting_user": manager, "subscription_id": subscription.pk, "now": NOW}
    try_subscription(**who)
    assert (bodies(target)[0]["events"], bodies(target)[0]["next_after"]) == ([], 1)
    assert the_one().position == 1
    target.behave = answering(404)
    with pytest.raises(Conflict, match="The test did not arrive: HTTP 404"):
        try_subscription(**who)


def test_only_managers_and_only_what_is_there(desk: None, manager: Any, advisor: Any) -> None:
    subscription = a_subscription(manager)
    actions: list[tuple[Any, dict[str, Any]]] = [
        (change_subscription, {"form": form()}),
        (switch_off, {}),
        (go_on, {}),
        (replay, {"first": 1}),
        (rotate_subscription_secret, {}),
        (try_subscription, {}),
    ]
    for act, details in actions:
        with pytest.raises(NotAllowed):
            act(acting_user=advisor, subscription_id=subscription.pk, now=NOW, **details)
        with pytest.raises(NotFound):
            act(acting_user=manager, subscription_id=subscription.pk + 1, now=NOW, **details)
    with pytest.raises(NotAllowed):
        subscribe(acting_user=advisor, form=form(), now=NOW)
