"""Telling people and teams: the inbox at once, what leaves the desk through the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from notices.models import Delivery, Notice, Preference, Webhook
from notices.models.labels import ChannelKind, DeliveryState
from notices.providers import WHOLE_DESK, hint, working_hours
from notices.rules.masking import mask_values
from notices.rules.quiet import Hours, sending_time
from notices.rules.topics import Severity
from notices.words import severity_of, topic_of

DELIVER = "notices.deliver"
"""The task that sends what is due."""

EMAIL_LINE = "email"


@dataclass(frozen=True, slots=True)
class Telling:
    """One event: whom it concerns, in which words (``code`` and ``params``), where to look
    (``path``). ``event`` makes it once for each person and each audience's webhook."""

    code: str
    event: str
    recipients: Sequence[Any] = ()
    audiences: Sequence[str] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""


def notify(
    *,
    recipients: Iterable[Any],
    code: str,
    event: str,
    now: datetime,
    params: Mapping[str, Any] | None = None,
    path: str = "",
    audiences: Iterable[str] = (),
    not_before: datetime | None = None,
) -> int:
    """Tell each of ``recipients`` once about ``event``; returns how many were not told before.

    Safe to repeat, and for two sweeps at once: the database keeps one row for each person and
    event, and one delivery for each target and event. ``audiences`` are the keys of teams whose
    webhooks are told, too. All of it is written in the caller's transaction. Nobody learns of it
    before ``not_before``: so long ``take_back`` makes it never told.
    """
    telling = Telling(
        code=code,
        event=event,
        recipients=tuple(recipients),
        audiences=tuple(audiences),
        params=params or {},
        path=path,
    )
    return notify_all(tellings=[telling], now=now, not_before=not_before)


@transaction.atomic(savepoint=False)
def notify_all(
    *, tellings: Sequence[Telling], now: datetime, not_before: datetime | None = None
) -> int:
    """``notify`` for many events, with as many statements as for one.

    People without an active account are left out.
    """
    told_at = max(now, not_before or now)
    fresh = _fresh_notices(tellings, told_at)
    Notice.objects.bulk_create(fresh, ignore_conflicts=True)
    new_events = {notice.event for notice in fresh}
    # An event that told nobody anything new was told before: a webhook that was made since
    # must not get it now. One without people is for the webhooks alone.
    outward = [
        each
        for each in tellings
        if each.event in new_events or not any(person.is_active for person in each.recipients)
    ]
    if outward:
        _put_into_outbox(outward, fresh, now=now, told_at=told_at)
    return len(fresh)


@transaction.atomic(savepoint=False)
def take_back(*, events: Sequence[str]) -> None:
    """Never tell of ``events`` what has not been told yet: it was undone. What is on its way
    already goes on: nothing of it can be called back."""
    Notice.objects.filter(event__in=events).delete()
    Delivery.objects.filter(event__in=events, state=DeliveryState.PENDING).delete()


def _fresh_notices(tellings: Sequence[Telling], now: datetime) -> list[Notice]:
    wanted = {
        (person.pk, telling.event): (person, telling)
        for telling in tellings
        for person in telling.recipients
        if person.is_active
    }
    if not wanted:
        return []
    told = set(
        Notice.objects.filter(
            recipient__in={pk for pk, _event in wanted}, event__in={event for _pk, event in wanted}
        ).values_list("recipient_id", "event")
    )
    # In one order everywhere: two sweeps that tell the same wait for each other, not in a circle.
    return [
        Notice(
            recipient=person,
            code=telling.code,
            params=mask_values(dict(telling.params)),
            path=telling.path,
            event=telling.event,
            created_at=now,
        )
        for key, (person, telling) in sorted(wanted.items(), key=lambda each: each[0])
        if key not in told
    ]


def _put_into_outbox(
    tellings: Sequence[Telling], fresh: list[Notice], *, now: datetime, told_at: datetime
) -> None:
    by_event = {telling.event: telling for telling in tellings}
    deliveries = [
        *_emails(by_event, fresh, told_at),
        *_webhook_calls(tellings, told_at),
    ]
    if not deliveries:
        return
    hours: Hours | None = None
    for delivery in deliveries:
        severity = Severity(delivery.severity)
        if severity is not Severity.BREACH:
            hours = hours or working_hours()
            delivery.due_at = sending_time(told_at, severity=severity, hours=hours)
    deliveries.sort(key=lambda each: (each.channel, each.target, each.event))
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    if any(delivery.due_at <= now for delivery in deliveries):
        hint(DELIVER)


def _emails(
    by_event: Mapping[str, Telling], fresh: list[Notice], now: datetime
) -> Iterable[Delivery]:
    wishes = set(
        Preference.objects.filter(
            person__in={notice.recipient_id for notice in fresh},
            topic__in={topic_of(notice.code).key for notice in fresh},
            channel=ChannelKind.EMAIL,
        )
        .exclude(person__email="")
        .values_list("person_id", "topic")
        if fresh
        else ()
    )
    for notice in fresh:
        if (notice.recipient_id, topic_of(notice.code).key) in wishes:
            yield Delivery(
                channel=ChannelKind.EMAIL,
                target=f"person:{notice.recipient_id}",
                line=EMAIL_LINE,
                recipient_id=notice.recipient_id,
                **_common(by_event[notice.event], now),
            )


def _webhook_calls(tellings: Sequence[Telling], now: datetime) -> Iterable[Delivery]:
    keys = {WHOLE_DESK, *(key for telling in tellings for key in telling.audiences)}
    hooks = list(Webhook.objects.filter(is_active=True, audience__in=keys))
    for telling in tellings:
        concerned = {WHOLE_DESK, *telling.audiences}
        for hook in hooks:
            if hook.audience in concerned and topic_of(telling.code).key in hook.topics:
                yield Delivery(
                    channel=ChannelKind.WEBHOOK,
                    target=f"webhook:{hook.pk}",
                    line=f"webhook:{hook.pk}",
                    webhook=hook,
                    **_common(telling, now),
                )


def _common(telling: Telling, now: datetime) -> dict[str, Any]:
    return {
        "event": telling.event,
        "severity": severity_of(telling.code).value,
        "payload": {
            "code": telling.code,
            "params": mask_values(dict(telling.params)),
            "path": telling.path,
            "topic": topic_of(telling.code).key,
        },
        "created_at": now,
        "due_at": now,
    }
