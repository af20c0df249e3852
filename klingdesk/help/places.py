"""Where a step of a tour is: addresses of pages, with an object in them that the person may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from kb.models import StandardQuestion
from kb.selectors.search import search_questions
from klingdesk.help.tours import Step
from tickets.models.labels import Status
from tickets.selectors.consultations import open_consultations
from tickets.selectors.tickets import mine_for, tickets_for

UTTERANCE = "做一个视频扣了我两次点数"
"""What the user of the agent's tour says; content, and therefore Chinese in every language."""

_PLAIN: Mapping[str, str] = {
    "console": "admin:console",
    "intake": "admin:intake",
    "advisor_day": "admin:advisor_day",
    "queue": "admin:queue",
    "reports": "admin:sla_report",
    "forecast": "admin:forecast",
    "calendar": "admin:calendar",
    "routing": "admin:routing",
    "room": "admin:kb_room",
    "questions": "admin:kb_standardquestion_changelist",
    "flows": "admin:kb_flows",
    "gaps": "admin:kb_gaps",
    "imports": "admin:kb_imports",
    "site": "admin:site_index",
    "people": "admin:auth_user_changelist",
    "lockouts": "admin:lockouts",
    "webhooks": "admin:webhooks",
}


def _found(user: Any) -> str:
    return f"{reverse('admin:console')}?{urlencode({'q': UTTERANCE})}"


def _question(user: Any) -> str | None:
    hits = search_questions(UTTERANCE, limit=1).hits
    return reverse("admin:console_question", args=[hits[0].key]) if hits else None


def _contact(user: Any) -> str | None:
    contact = open_consultations(user=user).first()
    return reverse("admin:console_contact", args=[contact.pk]) if contact else None


def _ticket(user: Any) -> str | None:
    """One in the person's hands, where every part of the page shows something."""
    mine = mine_for(user=user).filter(status=Status.ASSIGNED).first()
    ticket = mine or tickets_for(user=user).open().first()
    return reverse("admin:ticket", args=[ticket.number]) if ticket else None


def _editing(user: Any) -> str | None:
    question = StandardQuestion.objects.visible_to(user).order_by("pk").first()
    return reverse("admin:kb_standardquestion_change", args=[question.pk]) if question else None


def _leave(user: Any) -> str:
    return reverse("admin:advisor", args=[user.pk])


_WITH_OBJECT: Mapping[str, Callable[[Any], str | None]] = {
    "found": _found,
    "question": _question,
    "contact": _contact,
    "ticket": _ticket,
    "leave": _leave,
    "editing": _editing,
}


def addresses(steps: tuple[Step, ...], *, user: Any) -> list[tuple[Step, str]]:
    """Each step with its address; "" is the page where the person is. A step whose page needs an
    object is left out while there is none: it would point at nothing."""
    known: dict[str, str | None] = {"": ""}
    for place in {step.place for step in steps} - known.keys():
        find = _WITH_OBJECT.get(place)
        known[place] = find(user) if find else reverse(_PLAIN[place])
    return [(step, address) for step in steps if (address := known[step.place]) is not None]
