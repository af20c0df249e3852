"""Handing a contact over: checking the account ID while it is typed, the ticket, or a chase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services.lookups import TooManyLookups, count_lookup
from kb.admin.flow_fields import typed_text
from kb.flows.schema import EscalateNode
from klingdesk.core.account_id import AccountIdError, parse_account_id
from klingdesk.core.errors import Conflict, Invalid, NotFound
from klingdesk.pages import is_htmx
from tickets.admin.console_contacts import after, conflict, contact_action, fresh, show_contact
from tickets.admin.console_fields import capture_fields, typed_capture
from tickets.admin.console_state import Notice, Refused
from tickets.models import Consultation, Ticket
from tickets.models.labels import ConsultationStatus
from tickets.selectors.runs import RunState, run_state, ticket_question
from tickets.selectors.tickets import account_history, ended_before, to_reopen
from tickets.services.capture import account_id_message
from tickets.services.chases import chase_from_consultation
from tickets.services.hand_over import Capture, hand_over, without_secrets
from tickets.services.open_tickets import open_ticket_for

HISTORY_SHOWN = 5


@contact_action
def account(request: HttpRequest, contact_id: int) -> HttpResponse:
    """What is known about an account ID: wrong in what way, or its history and an open promise.

    By POST, because the number is personal data and must not stand in an address.
    """
    consultation = fresh(request, contact_id)
    raw = typed_text(request.POST, "account_id")
    try:
        count_lookup(user=request.user, typed=raw, now=timezone.now(), in_contact=True)
    except TooManyLookups as refused:
        context = {"account_problem": refused.message}
        return render(request, "admin/console/_account_check.html", context)
    context = {
        **account_check(consultation, raw, user=request.user),
        "chase_url": reverse("admin:console_chase", args=[contact_id]),
    }
    return render(request, "admin/console/_account_check.html", context)


def account_check(consultation: Consultation, raw: str, *, user: Any) -> dict[str, Any]:
    """Context of the panel below the account ID; empty for an empty field."""
    if not raw.strip():
        return {}
    try:
        clean = parse_account_id(raw)
    except AccountIdError:
        return {"account_problem": account_id_message(raw)}
    history = account_history(account_id=clean)
    state = run_state(consultation)
    open_ticket = _open_ticket(consultation, state, clean)
    return {
        "account_id": clean,
        "history": history[:HISTORY_SHOWN],
        "history_more": len(history) - HISTORY_SHOWN,
        "open_ticket": open_ticket,
        "to_reopen": None if open_ticket else _to_reopen(consultation, state, clean, user),
    }


def _to_reopen(
    consultation: Consultation, state: RunState | None, account_id: str, user: Any
) -> Ticket | None:
    """What the user may have come back about; only the agent hears whether it is that."""
    question = ticket_question(consultation, state)
    if question is None:
        return None
    return to_reopen(user=user, account_id=account_id, question_id=question.pk, now=timezone.now())


def _open_ticket(consultation: Consultation, state: RunState | None, raw: str) -> Ticket | None:
    """The open promise that a hand-over of this contact would be a chase on."""
    question = ticket_question(consultation, state)
    return open_ticket_for(account_id=raw, question_id=question.pk if question else None)


@contact_action
def hand_over_contact(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Make the ticket; every error goes back to its field with all that was typed."""
    form = _Form(request, contact_id)
    try:
        form.refuse_when_elsewhere()
        hand_over(
            consultation_id=contact_id,
            acting_user=request.user,
            capture=form.typed,
            follows=form.follows,
            now=timezone.now(),
        )
    except Invalid as wrong:
        return form.refused(422, errors=wrong.fields)
    except Conflict as late:
        return form.late(late)
    return after(request, contact_id)


@contact_action
def chase(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Count this contact as a chase on the open ticket of the same account and question."""
    form = _Form(request, contact_id)
    raw = typed_text(request.POST, "account_id")
    try:
        count_lookup(user=request.user, typed=raw, now=timezone.now(), in_contact=True)
        chase_from_consultation(
            consultation_id=contact_id,
            acting_user=request.user,
            account_id=raw,
            note=form.chase_note,
            now=timezone.now(),
        )
    except TooManyLookups as refused:
        return form.refused(422, errors={"account_id": [refused.message]})
    except NotFound as gone:
        problem = account_id_message(raw)
        errors = {"account_id": [problem]} if problem else {}
        return form.refused(409, errors=errors, notice=Notice("warn", gone.message))
    except Conflict as late:
        return form.late(late)
    return after(request, contact_id)


def _asked_node(state: RunState, asked: str) -> EscalateNode | None:
    """The hand-over that the form was for, also one that the run has left meanwhile."""
    here = state.position
    node = here.node if here.node_key == asked else here.flow.nodes.get(asked)
    return node if isinstance(node, EscalateNode) else None


class _Form:
    """A posted capture form and the ways to send it back without losing what was typed."""

    def __init__(self, request: HttpRequest, contact_id: int) -> None:
        self.request = request
        self.contact_id = contact_id
        self.consultation = fresh(request, contact_id)
        state = run_state(self.consultation)
        self.here = state.position.node_key if state else ""
        self.asked = request.POST.get("node", "")
        self.node = _asked_node(state, self.asked) if state else None
        typed = typed_capture(self.node, request.POST) if self.node else Capture()
        self.typed = without_secrets(typed, state, self.node) if state and self.node else typed
        self.chase_note = typed_text(request.POST, "chase_note")

    @property
    def follows(self) -> str | None:
        """The agent's last ended ticket of this account about this question: the user is back."""
        state = run_state(self.consultation)
        question = ticket_question(self.consultation, state)
        if question is None:
            return None
        found = ended_before(
            user=self.request.user, account_id=self.typed.account_id, question_id=question.pk
        )
        return found.number if found is not None else None

    def refuse_when_elsewhere(self) -> None:
        """``Conflict`` when the form was for another hand-over than the one that stands now."""
        if self.consultation.status == ConsultationStatus.OPEN and self.asked != self.here:
            raise Conflict(
                _("This contact has moved on, perhaps in another tab. Here is where it stands."),
                code="moved_on",
            )

    def refused(
        self, status: int, *, errors: Mapping[str, Sequence[Any]], notice: Notice | None = None
    ) -> HttpResponse:
        """The form again, with its errors and everything that was typed."""
        return show_contact(
            self.request,
            self.consultation,
            status=status,
            notice=notice,
            refused=Refused(self.typed, errors, None, self.chase_note),
        )

    def late(self, late: Conflict) -> HttpResponse:
        """What stands now, and what was typed beside it or in it."""
        now = fresh(self.request, self.contact_id)
        if now.status in (ConsultationStatus.ESCALATED, ConsultationStatus.CHASED):
            return self._already_done(now)
        state = run_state(now)
        if self.node is None or state is None or state.position.node_key != self.asked:
            fields = capture_fields(self.node, self.typed, {}) if self.node else []
            rescued = [item for item in fields if item.value.strip()]
            return conflict(self.request, self.contact_id, late, rescued=rescued)
        target = _open_ticket(now, state, self.typed.account_id)
        refused = Refused(self.typed, {}, target, self.chase_note)
        return conflict(self.request, self.contact_id, late, refused=refused)

    def _already_done(self, now: Consultation) -> HttpResponse:
        """A double click or a second tab: the same result again, and no second ticket."""
        text = _("This contact was recorded already as %(number)s; nothing was done twice.") % {
            "number": now.ticket.number if now.ticket else ""
        }
        if is_htmx(self.request):
            return show_contact(self.request, now, notice=Notice("ok", text))
        messages.info(self.request, text)
        return redirect("admin:console_contact", self.contact_id)
