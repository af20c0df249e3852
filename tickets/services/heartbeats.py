"""Periodic jobs say that they ran, so that a stopped worker or beat is seen."""

from __future__ import annotations

from datetime import datetime

from tickets.models import Heartbeat

ROUTING = "sweep_routing"
SLA = "sweep_sla"


def beat(*, name: str, now: datetime) -> None:
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now})
