"""Celery tasks: thin, idempotent, and never the only way to the truth."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from tickets.services import heartbeats
from tickets.services.clocks import fire_alarms
from tickets.services.routing import route_ticket as route_one
from tickets.services.routing import sweep_new_tickets


@shared_task(name="tickets.route_ticket")
def route_ticket(ticket_id: int) -> None:
    route_one(ticket_id=ticket_id, now=timezone.now())


@shared_task(name="tickets.sweep_routing")
def sweep_routing() -> None:
    now = timezone.now()
    sweep_new_tickets(now=now)
    heartbeats.beat(name=heartbeats.ROUTING, now=now)


@shared_task(name="tickets.sweep_sla")
def sweep_sla() -> None:
    now = timezone.now()
    fire_alarms(now=now)
    heartbeats.beat(name=heartbeats.SLA, now=now)
