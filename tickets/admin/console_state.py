"""A contact as its page shows it: what stage it is at, and everything that stage needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from kb.flows.schema import EscalateNode, Exit, RedirectNode
from kb.selectors import questions_by_keys
from tickets.admin.console_fields import CaptureField, capture_fields, first_capture
from tickets.admin.words import days_words, due_words
from tickets.models import Consultation, Ticket
from tickets.models.labels import ClockKind, ConsultationStatus
from tickets.selectors.runs import RunState, run_state
from tickets.selectors.scripts import handover_script
from tickets.services.hand_over import Capture


@dataclass(frozen=True, slots=True)
class Notice:
    """A message above the step: ``level`` is ok, warn or bad."""

    level: str
    text: Any


@dataclass(frozen=True, slots=True)
class Refused:
    """A capture that was sent back: what was typed, what is wrong, and the chase to offer."""

    typed: Capture
    errors: Mapping[str, Sequence[Any]]
    open_ticket: Ticket | None = None
    chase_note: str = ""


def contact_context(
    request: HttpRequest,
    consultation: Consultation,
    *,
    now: datetime,
    notice: Notice | None = None,
    refused: Refused | None = None,
    rescued: Sequence[CaptureField] = (),
) -> dict[str, Any]:
    """Context of the contact page and of its fragment.

    ``stage`` is one of: ``ended``, ``plain`` (no flow), ``step``, ``answer``, ``redirect``,
    ``hand_over``. ``rescued`` is what had been typed for a stage that is over.
    """
    user: Any = request.user
    state = run_state(consultation)
    context: dict[str, Any] = {
        "contact": consultation,
        "question_online": consultation.question is not None
        and consultation.question.is_online(now=now),
        "question": consultation.question,
        "is_own": consultation.agent_id == user.pk,
        "is_over": consultation.status != ConsultationStatus.OPEN,
        "steps": state.steps if state else (),
        "notice": notice,
        "rescued": rescued,
    }
    context |= {
        _name(view): reverse(f"admin:{view}", args=[consultation.pk])
        for view in ("console_answer", "console_back", "console_restart", "console_finish")
    }
    if context["is_over"]:
        return {**context, "stage": "ended", **_ended(consultation, state)}
    if state is None:
        return {**context, "stage": "plain"}
    return {**context, **_standing(consultation, state, user=user, now=now, refused=refused)}


def _name(view: str) -> str:
    return view.removeprefix("console_") + "_url"


def _standing(
    consultation: Consultation,
    state: RunState,
    *,
    user: Any,
    now: datetime,
    refused: Refused | None,
) -> dict[str, Any]:
    node = state.position.node
    context: dict[str, Any] = {
        "node": node,
        "node_key": state.position.node_key,
        "can_go_back": bool(state.steps),
    }
    if isinstance(node, EscalateNode):
        return {**context, "stage": "hand_over", **_capture(consultation, state, node, refused)}
    if isinstance(node, RedirectNode):
        known = questions_by_keys(user=user, keys=[node.question or ""], now=now)
        return {**context, "stage": "redirect", "target": known.get(node.question or "")}
    if node.is_terminal:
        return {**context, "stage": "answer"}
    return {**context, "stage": "step", "choices": numbered(node.exits())}


def numbered(exits: Sequence[Exit]) -> list[tuple[int, str, str]]:
    """Buttons of a node: number key, value, label. A say node's one way out is "Continue"."""
    return [
        (number, way.value, way.label or _("Continue")) for number, way in enumerate(exits, start=1)
    ]


def _capture(
    consultation: Consultation, state: RunState, node: EscalateNode, refused: Refused | None
) -> dict[str, Any]:
    typed = refused.typed if refused else first_capture(consultation, state)
    errors = refused.errors if refused else {}
    return {
        "fields": capture_fields(node, typed, errors),
        "wrong_count": len(errors),
        "open_ticket": refused.open_ticket if refused else None,
        "chase_note": refused.chase_note if refused else "",
        "account_url": reverse("admin:console_account", args=[consultation.pk]),
        "hand_over_url": reverse("admin:console_hand_over", args=[consultation.pk]),
        "chase_url": reverse("admin:console_chase", args=[consultation.pk]),
    }


def _ended(consultation: Consultation, state: RunState | None) -> dict[str, Any]:
    """What is left to do when a contact is over: read out the promise, or nothing."""
    ticket = consultation.ticket
    if ticket is None:
        return {}
    shown: dict[str, Any] = {
        "ticket": ticket,
        "ticket_is_ours": consultation.status == ConsultationStatus.ESCALATED,
        "due": due_words(ticket.due_at) if ticket.due_at else "",
    }
    if shown["ticket_is_ours"]:
        node = state.position.node if state else None
        if isinstance(node, EscalateNode):
            shown["handover_script"] = handover_script(node.script, ticket)
        clock = ticket.clocks.filter(kind=ClockKind.CONTACT).order_by("pk").first()
        shown["days"] = days_words(clock.days) if clock else []
        shown["counted_from"] = clock.started_at if clock else None
    return shown
