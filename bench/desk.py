"""A production desk for the bench: its people, its processes, and contacts ready to hand over."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.faults.topology import Topology, eventually, free_port
from tests.services_suite.caller import Caller

QUESTION = "double-charge"
WORDS = "做一条视频扣了两份点数"
BODY = {
    "problem": "生成一个视频，灵感值详情里有两条扣除",
    "demand": "退回多扣的一份",
    "contact_channel": "call_back",
    "contact_value": "13800138000",
    "extra": {"times_charged": "2", "charged_at": "2026-11-20 10:00", "work": "海边日落"},
}


def environment(url: str, folder: Path) -> dict[str, str]:
    """Production settings that are safe on the loop-back interface."""
    return {
        "DJANGO_SETTINGS_MODULE": "klingdesk.settings",
        "DATABASE_URL": url,
        "CELERY_BROKER_URL": "pgmq://" + url.split("://", 1)[1],
        "KLINGDESK_MODE": "production",
        "KLINGDESK_SECRET_KEY": secrets.token_urlsafe(50),
        "KLINGDESK_ALLOWED_HOSTS": "127.0.0.1,testserver",
        "KLINGDESK_PLAIN_HTTP": "1",
        "KLINGDESK_STATIC_ROOT": str(folder / "static"),
        "KLINGDESK_LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
    }


@dataclass(slots=True)
class Desk:
    processes: Topology
    port: int
    agents: list[Any]
    advisors: list[Any]
    manager: Any

    def caller(self, user: Any) -> Caller:
        """Over HTTP with a token."""
        return Caller(self.port, self.token(user))

    def token(self, user: Any) -> str:
        from knox.models import get_token_model

        _record, token = get_token_model().objects.create(user=user)
        return str(token)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Web, worker and beat run."""
        web, worker = self.processes.web(self.port), self.processes.worker()
        beat = self.processes.beat()

        def answers() -> bool:
            try:
                return Caller(self.port).get("/healthz").status == 200
            except OSError:
                return False

        eventually(answers, 60, "web answers", web)
        try:
            yield
        finally:
            for each in (beat, worker, web):
                each.kill()


def open_desk(processes: Topology) -> Desk:
    """Migrated, with the starter knowledge base and people."""
    processes.manage("migrate", "--noinput")
    processes.manage("bootstrap")
    processes.manage("collectstatic", "--noinput")

    from klingdesk.core.roles import Role

    return Desk(
        processes=processes,
        port=free_port(),
        agents=[person(f"agent{n}", Role.AGENT) for n in range(8)],
        advisors=[person(f"advisor{n}", Role.ADVISOR) for n in range(8)],
        manager=person("manager", Role.MANAGER),
    )


def person(username: str, role: Any) -> Any:
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    from klingdesk.core.roles import Role
    from tickets.models import Team

    user = get_user_model().objects.create_user(username=username, is_staff=True)
    user.groups.add(Group.objects.get(name=role.value))
    if role is Role.ADVISOR:
        Team.objects.get(is_default=True).members.add(user)
    return user


def contact_at_hand_over(agent: Any, now: datetime) -> int:
    """A contact that has walked its flow; its id."""
    from tickets.services.consultations import answer_step, start_consultation

    contact = start_consultation(
        acting_user=agent, channel="phone", utterance=WORDS, question_key=QUESTION, now=now
    )
    answer_step(
        consultation_id=contact.pk, acting_user=agent, node="several-pages", value="no", now=now
    )
    return contact.pk


def hand_over_of(contact: int, first_digit: str) -> tuple[str, dict[str, Any]]:
    """Path within the API and body that hand a contact over for an account of its own."""
    body = {**BODY, "account_id": f"{first_digit}{contact:06d}"}
    return f"consultations/{contact}/escalate/", body


def routed_ticket(agent: Any, now: datetime) -> int:
    """A ticket in the default team's queue; its id."""
    from tickets.services.hand_over import Capture, hand_over
    from tickets.services.routing import route_tickets

    done = hand_over(
        consultation_id=contact_at_hand_over(agent, now),
        acting_user=agent,
        capture=Capture(**{**BODY, "account_id": "7000001"}),  # type: ignore[arg-type]
        now=now,
    )
    route_tickets(ticket_ids=[done.ticket.pk], now=now)
    return done.ticket.pk
