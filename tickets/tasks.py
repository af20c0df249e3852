"""Celery tasks: thin, idempotent, and never the only way to the truth."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from tickets.selectors.feed import feed_bounds
from tickets.selectors.subscriptions import is_anything_to_tell
from tickets.services import heartbeats
from tickets.services.absences import return_from_absent
from tickets.services.alarms import fire_alarms
from tickets.services.anonymising import anonymise as anonymise_all
from tickets.services.assignment import assign_queued
from tickets.services.closing import close_resolved as close_all
from tickets.services.event_sending import send_due
from tickets.services.exports import expire_exports
from tickets.services.exports import run_exports as run_all_exports
from tickets.services.feed import purge_feed as purge_all_of_feed
from tickets.services.feed import sequence_events as sequence_all
from tickets.services.hints import hint_after_commit
from tickets.services.intake import expire_intakes as expire_waiting
from tickets.services.presence import purge_presence
from tickets.services.recounting import recount_promises as recount_all
from tickets.services.report_facts import refresh_facts
from tickets.services.report_sums import sum_quiet_days
from tickets.services.routing import route_tickets as route_all
from tickets.services.routing import sweep_new_tickets
from tickets.services.telling_alarms import tell_fired_alarms
from tickets.services.undo import purge_undo
from tickets.services.weekly import send_weekly_report as send_week

log = logging.getLogger(__name__)


@shared_task(name="tickets.route_tickets")
def route_tickets(*ticket_ids: int) -> None:
    route_all(ticket_ids=ticket_ids, now=timezone.now())


@shared_task(name="tickets.sweep_routing")
def sweep_routing() -> None:
    now = timezone.now()
    is_routed = _done(sweep_new_tickets, now)
    _done(return_from_absent, now)
    _done(assign_queued, now)
    if is_routed:
        heartbeats.beat(name=heartbeats.ROUTING, now=now)


def _done(step: Callable[..., int], now: datetime) -> bool:
    """Run one step of a sweep; what is wrong with it must not stop the next."""
    try:
        step(now=now)
    except Exception:
        log.exception("%s failed; the next sweep tries again", step.__name__)
        return False
    return True


@shared_task(name="tickets.assign_teams")
def assign_teams(*team_ids: int) -> None:
    assign_queued(now=timezone.now(), team_ids=team_ids)


@shared_task(name="tickets.sweep_sla")
def sweep_sla() -> None:
    now = timezone.now()
    fire_alarms(now=now)
    tell_fired_alarms(now=now)
    heartbeats.beat(name=heartbeats.SLA, now=now)


@shared_task(name="tickets.sequence_events")
def sequence_events() -> None:
    if sequence_all(now=timezone.now()) and is_anything_to_tell(feed_bounds()):
        hint_after_commit(send_events.name)


@shared_task(name="tickets.send_events")
def send_events() -> None:
    send_due(now=timezone.now())


@shared_task(name="tickets.purge_feed")
def purge_feed() -> None:
    purge_all_of_feed(now=timezone.now(), days=settings.KLINGDESK_FEED_DAYS)


@shared_task(name="tickets.expire_intakes")
def expire_intakes() -> None:
    expire_waiting(now=timezone.now())


@shared_task(name="tickets.recount_promises")
def recount_promises() -> None:
    recount_all(now=timezone.now())


@shared_task(name="tickets.count_for_reports")
def count_for_reports() -> None:
    now = timezone.now()
    refresh_facts(now=now)
    sum_quiet_days(now=now)


@shared_task(name="tickets.close_resolved")
def close_resolved() -> None:
    now = timezone.now()
    close_all(now=now, after_days=settings.KLINGDESK_CLOSE_AFTER_DAYS)
    purge_presence(now=now)
    purge_undo(now=now)


@shared_task(name="tickets.anonymise")
def anonymise() -> None:
    anonymise_all(now=timezone.now(), after_days=settings.KLINGDESK_ANONYMISE_AFTER_DAYS)


@shared_task(name="tickets.run_exports")
def run_exports() -> None:
    run_all_exports(now=timezone.now())


@shared_task(name="tickets.sweep_exports")
def sweep_exports() -> None:
    now = timezone.now()
    _done(expire_exports, now)
    run_all_exports(now=now)


@shared_task(name="tickets.send_weekly_report")
def send_weekly_report() -> None:
    send_week(now=timezone.now())
