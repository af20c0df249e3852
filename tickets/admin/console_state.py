"""A contact as its page shows it: what stage it is at, and everything that stage needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from kb.admin.flow_fields import MOST_PASTED, CaptureField
from kb.flows.automatic import CheckNode
from kb.flows.schema import CollectNode, EscalateNode, Exit, Node, RedirectNode
from kb.flows.showing import shown
from kb.rules.lifecycle import KNOWN_TO_AGENTS
from kb.selectors.answers import answer_of
from kb.selectors.flow_world import world_at
from kb.selectors.questions import questions_by_keys
from tickets.admin.console_announce import announcement
from tickets.admin.console_collect import TypedValues, typed_before, value_fields
from tickets.admin.console_fields import (
    capture_fields,
    counts_said,
    first_capture,
    first_to_fill,
)
from tickets.admin.console_find import MOST_TYPED, found_questions, question_url
from tickets.admin.console_path import collected_lines, path_lines, trail_of
from tickets.admin.console_standing import standing_badge
from tickets.admin.contact_record import masked_line
from tickets.admin.words import days_words
from tickets.models import Consultation, Ticket
from tickets.models.labels import ClockKind, ConsultationStatus
from tickets.selectors.masking import hide_contact_text, masked_text, masked_values
from tickets.selectors.runs import RunState, Withdrawal, run_state, withdrawal_of
from tickets.selectors.scripts import promised_script
from tickets.services.contact_transfers import MOST_NOTE
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


@dataclass(frozen=True, slots=True)
class Passing:
    """The contact being passed on: ``colleagues`` as (user name, name), and what was typed."""

    colleagues: Sequence[tuple[str, str]]
    to: str = ""
    note: str = ""
    errors: Mapping[str, Sequence[Any]] = field(default_factory=dict)


def contact_context(
    request: HttpRequest,
    consultation: Consultation,
    *,
    now: datetime,
    notice: Notice | None = None,
    refused: Refused | None = None,
    refused_values: TypedValues | None = None,
    rescued: Sequence[CaptureField] = (),
    passing: Passing | None = None,
    asked: str | None = None,
) -> dict[str, Any]:
    """Context of the contact page and of its fragment.

    ``stage`` is one of: ``ended``, ``ask`` (no question yet; ``asked`` are the words it is looked
    for by, the user's own unless given), ``plain`` (no flow), ``step``, ``collect``, ``check``,
    ``answer``, ``redirect``, ``hand_over``. ``seen`` has the texts of a step,
    ``script`` is what may be read out at this stage; ``withdrawn`` is set when that is the
    fallback, because the answer has ceased to be in force since the contact began. ``rescued``
    is what had been typed for a stage that is over; ``passing`` is set while a colleague is
    chosen. Whoever only reads the contact of a colleague gets it masked.
    """
    user: Any = request.user
    state = run_state(consultation)
    withdrawn = withdrawal_of(consultation, state, now=now)
    is_own = consultation.agent_id == user.pk
    steps = path_lines(consultation, state)
    if not is_own:
        hide_contact_text(consultation)
        steps = [masked_line(line) for line in steps]
    context: dict[str, Any] = {
        "contact": consultation,
        "question": consultation.question,
        "is_own": is_own,
        "is_over": consultation.status != ConsultationStatus.OPEN,
        "steps": steps,
        "collected": collected_lines(state, plain=is_own) if state else (),
        "notice": notice,
        "rescued": rescued,
        "passing": passing,
        "most_note": MOST_NOTE,
        **_withdrawn(consultation, withdrawn, now=now),
    }
    context |= {
        _name(view): reverse(f"admin:{view}", args=[consultation.pk])
        for view in (
            "console_answer",
            "console_back",
            "console_jump",
            "console_restart",
            "console_finish",
            "console_instead",
            "console_pass_on",
            "console_ask",
            "console_choose",
        )
    }
    context |= _stage(consultation, state, user=user, now=now, refused=refused)
    if context["stage"] == "ask" and is_own:
        typed = consultation.utterance[:MOST_TYPED] if asked is None else asked
        context["asked_typed"] = typed
        context["asked_rows"] = found_questions(user=user, typed=typed, now=now)
    if context["stage"] in ("collect", "check") and state is not None:
        context |= _asked_for(state, refused_values, is_own=is_own)
    if withdrawn is not None and context["stage"] != "plain":
        context["script"] = withdrawn.script
    if state is not None:
        here = _here(context)
        context["trail"] = trail_of(context["steps"], here, is_over=context["is_over"])
    return {**context, "announcement": announcement(context, state)}


def _here(context: Mapping[str, Any]) -> str:
    """The end of the trail: where the contact stands, in a word or two."""
    match context["stage"]:
        case "ended":
            return str(context["contact"].get_status_display())
        case "hand_over":
            promised = context["node"].promise
            return _("Hand over to tier 2") if promised else _("Record a report")
        case "answer":
            return _("Answer the user")
        case "redirect":
            return _("Another place answers this")
        case _:
            return _("Present step")


def _stage(
    consultation: Consultation,
    state: RunState | None,
    *,
    user: Any,
    now: datetime,
    refused: Refused | None,
) -> dict[str, Any]:
    if consultation.status != ConsultationStatus.OPEN:
        ended = _ended(consultation, state, now=now)
        if consultation.agent_id != user.pk and "handover_script" in ended:
            ended["handover_script"] = masked_text(ended["handover_script"])
        return {"stage": "ended", **ended}
    if consultation.question is None:
        return {"stage": "ask"}
    if state is None:
        return {"stage": "plain", "script": _plain_script(consultation, now=now)}
    return _standing(consultation, state, user=user, now=now, refused=refused)


def _asked_for(state: RunState, refused: TypedValues | None, *, is_own: bool) -> dict[str, Any]:
    # What was typed is personal: whoever only reads the contact does not get it back.
    before = typed_before(state) if is_own and refused is None else None
    return {
        "fields": value_fields(state, refused or before),
        "is_refilled": before is not None,
        "wrong_count": len(refused.errors) if refused else 0,
        "most_pasted": MOST_PASTED,
    }


def _name(view: str) -> str:
    return view.removeprefix("console_") + "_url"


def _withdrawn(
    consultation: Consultation, withdrawn: Withdrawal | None, *, now: datetime
) -> dict[str, Any]:
    """What the agent is told about an answer that may not be given any more."""
    if withdrawn is None:
        return {}
    asked = withdrawn.question
    return {
        "withdrawn": standing_badge(asked, now=now),
        "panel_url": question_url(asked.key, consultation.utterance[:MOST_TYPED])
        if asked.status in KNOWN_TO_AGENTS
        else None,
    }


def _plain_script(consultation: Consultation, *, now: datetime) -> str:
    """Without a flow, the script of the question: whatever of it may be given now."""
    asked = consultation.question
    return answer_of(asked, now=now).script if asked else ""


def _standing(
    consultation: Consultation,
    state: RunState,
    *,
    user: Any,
    now: datetime,
    refused: Refused | None,
) -> dict[str, Any]:
    node = state.position.node
    seen, checked = shown(state.position, world_at(now)), state.checked
    if consultation.agent_id != user.pk:
        seen = replace(seen, prompt=masked_text(seen.prompt), script=masked_text(seen.script))
        checked = masked_values(checked)
        # What the form would begin with is the user's; nobody else sends it.
        refused = refused or Refused(Capture(), {})
    context: dict[str, Any] = {
        "node": node,
        "node_key": state.position.node_key,
        "seen": seen,
        "can_go_back": state.can_go_back,
        "checked": checked,
        "script": seen.script,
    }
    if isinstance(node, EscalateNode):
        return {**context, "stage": "hand_over", **_capture(consultation, state, node, refused)}
    if isinstance(node, RedirectNode):
        return {**context, "stage": "redirect", **_target(node.question, user=user, now=now)}
    if state.position.is_terminal:
        return {**context, "stage": "answer"}
    return {**context, "stage": _asking_stage(node), "choices": numbered(seen.ways)}


def _asking_stage(node: Node) -> str:
    if isinstance(node, CollectNode):
        return "collect"
    return "check" if isinstance(node, CheckNode) else "step"


def _target(key: str | None, *, user: Any, now: datetime) -> dict[str, Any]:
    """The question that a flow leads on to: its panel says what of it may be given."""
    target = questions_by_keys(user=user, keys=[key]).get(key) if key else None
    if target is None or target.status not in KNOWN_TO_AGENTS:
        return {}
    return {"target": target, "target_badge": standing_badge(target, now=now)}


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
    said = () if refused else counts_said(consultation, state)
    fields = capture_fields(node, typed, errors, said=said)
    return {
        "fields": fields,
        "focus_on": "" if errors else first_to_fill(fields, typed),
        "wrong_count": len(errors),
        "open_ticket": refused.open_ticket if refused else None,
        "chase_note": refused.chase_note if refused else "",
        "account_url": reverse("admin:console_account", args=[consultation.pk]),
        "hand_over_url": reverse("admin:console_hand_over", args=[consultation.pk]),
        "chase_url": reverse("admin:console_chase", args=[consultation.pk]),
    }


def _ended(consultation: Consultation, state: RunState | None, *, now: datetime) -> dict[str, Any]:
    """What is left to do when a contact is over: read out the promise, or nothing."""
    ticket = consultation.ticket
    if ticket is None:
        return {}
    done: dict[str, Any] = {
        "ticket": ticket,
        "ticket_is_ours": consultation.status == ConsultationStatus.ESCALATED,
        "due": ticket.due_at,
    }
    if done["ticket_is_ours"]:
        done["handover_script"] = promised_script(state, ticket, now=now)
        clock = ticket.clocks.filter(kind=ClockKind.CONTACT).order_by("pk").first()
        done["days"] = days_words(clock.days) if clock else []
        done["counted_from"] = clock.started_at if clock else None
    return done
