"""Celery tasks: thin, idempotent, and never the only way to the truth."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from tickets.services import heartbeats
from tickets.services.absences import return_from_absent
from tickets.services.alarms import fire_alarms
from tickets.services.anonymising import anonymise as anonymise_all
from tickets.services.assignment import assign_queued
from tickets.services.closing import close_resolved as close_all
from tickets.services.presence import purge_presence
from tickets.services.recounting import recount_promises as recount_all
from tickets.services.routing import route_ticket as route_one
from tickets.services.routing import sweep_new_tickets
from tickets.services.telling_alarms import tell_fired_alarms

log = logging.getLogger(__name__)


@shared_task(name="tickets.route_ticket")
def route_ticket(ticket_id: int) -> None:
    route_one(ticket_id=ticket_id, now=timezone.now())


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


@shared_task(name="tickets.assign_team")
def assign_team(team_id: int) -> None:
    assign_queued(now=timezone.now(), team_id=team_id)


@shared_task(name="tickets.sweep_sla")
def sweep_sla() -> None:
    now = timezone.now()
    fire_alarms(now=now)
    tell_fired_alarms(now=now)
    heartbeats.beat(name=heartbeats.SLA, now=now)


@shared_task(name="tickets.recount_promises")
def recount_promises() -> None:
    recount_all(now=timezone.now())


@shared_task(name="tickets.close_resolved")
def close_resolved() -> None:
    now = timezone.now()
    close_all(now=now, after_days=settings.KLINGDESK_CLOSE_AFTER_DAYS)
    purge_presence(now=now)


@shared_task(name="tickets.anonymise")
def anonymise() -> None:
    anonymise_all(now=timezone.now(), after_days=settings.KLINGDESK_ANONYMISE_AFTER_DAYS)
