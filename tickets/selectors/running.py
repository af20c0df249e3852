"""Running contacts of all agents, for those who see to it that each has somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tickets.models import Consultation
from tickets.models.labels import ConsultationStatus
from tickets.selectors.first_words import first_words
from tickets.selectors.people import active_agents, name_of

SHOWN = 50


@dataclass(frozen=True, slots=True)
class RunningContact:
    """``waiting_since`` is set while the user is trying something; ``is_left`` when its agent
    cannot log in any more or is no agent."""

    pk: int
    question: str
    words: str
    agent: str
    username: str
    is_left: bool
    started_at: datetime
    waiting_since: datetime | None


def running_contacts(*, user: Any, agent: str = "") -> tuple[list[RunningContact], bool]:
    """The open contacts that ``user`` may see (of the agent with that user name), the longest
    running first, and whether there are more than ``SHOWN``."""
    rows = Consultation.objects.visible_to(user).filter(status=ConsultationStatus.OPEN)
    if agent:
        rows = rows.filter(agent__username=agent)
    found = list(rows.select_related("question", "agent").order_by("started_at", "pk")[: SHOWN + 1])
    present = set(active_agents().values_list("pk", flat=True))
    return [_row(each, present) for each in found[:SHOWN]], len(found) > SHOWN


def _row(contact: Consultation, present: set[int]) -> RunningContact:
    return RunningContact(
        pk=contact.pk,
        question=contact.question.title if contact.question else "",
        words=first_words(contact.utterance),
        agent=name_of(contact.agent),
        username=contact.agent.get_username(),
        is_left=contact.agent_id not in present,
        started_at=contact.started_at,
        waiting_since=contact.parked_at,
    )
