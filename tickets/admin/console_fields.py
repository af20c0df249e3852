"""The capture form: which fields a hand-over asks for, and what stands in them."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from kb.admin.flow_fields import CaptureField, extra_field, typed_text
from kb.flows.schema import EscalateNode
from kb.flows.showing import prefilled
from tickets.models import Consultation
from tickets.models.labels import Channel, ContactChannel
from tickets.rules.said_count import said_count
from tickets.selectors.runs import CHANGED_FLOW, RunState
from tickets.services.hand_over import Capture
from tickets.services.text import MOST_TEXT


def typed_capture(node: EscalateNode, post: QueryDict) -> Capture:
    """What was typed into the fields that ``node`` asks for; everything else is ignored."""
    asked = frozenset(node.requires)

    def typed(name: str, need: str) -> str:
        return typed_text(post, name) if need in asked else ""

    return Capture(
        problem=typed("problem", "problem"),
        demand=typed("demand", "demand"),
        account_id=typed("account_id", "account_id"),
        contact_channel=typed("contact_channel", "contact"),
        contact_value=typed("contact_value", "contact"),
        extra={item.key: typed_text(post, f"extra.{item.key}") for item in node.fields},
    )


def first_capture(consultation: Consultation, state: RunState) -> Capture:
    """What the form begins with: nothing that the user has already said is typed again."""
    by_phone = consultation.channel == Channel.PHONE
    known = prefilled(state.position)
    own_channel = ContactChannel.CALL_BACK if by_phone else ContactChannel.PRIVATE_MESSAGE
    number = known.captured.get("contact", "")
    return Capture(
        problem=known.captured.get("problem", "") or _problem_so_far(consultation, state),
        demand=known.captured.get("demand", ""),
        account_id=known.captured.get("account_id", "") or _told_by_chatbot(consultation),
        contact_channel=ContactChannel.CALL_BACK if number else own_channel,
        contact_value=number,
        extra={**counts_said(consultation, state), **known.fields},
    )


def counts_said(consultation: Consultation, state: RunState) -> dict[str, str]:
    """Numbers that the user's words hold already, by key of the field that asks for them."""
    node = state.position.node
    asked = node.fields if isinstance(node, EscalateNode) else ()
    said = {
        item.key: said_count(item.label, consultation.utterance)
        for item in asked
        if item.kind == "count"
    }
    return {key: str(number) for key, number in said.items() if number is not None}


def _told_by_chatbot(consultation: Consultation) -> str:
    """The account ID that came with a chatbot's user."""
    intake = getattr(consultation, "intake", None)
    return intake.account_id if intake is not None else ""


def _problem_so_far(consultation: Consultation, state: RunState) -> str:
    lines = []
    if consultation.utterance:
        lines.append(_("The user's words: %(words)s") % {"words": consultation.utterance})
    if consultation.question:
        lines.append(_("Standard question: %(title)s") % {"title": consultation.question.title})
    lines += [
        f"- {step.prompt} {step.label}"
        for step in state.steps
        if step.label and step.kind != CHANGED_FLOW and not step.automatic
    ]
    return "\n".join(lines)[:MOST_TEXT]


def capture_fields(
    node: EscalateNode,
    typed: Capture,
    errors: Mapping[str, Sequence[Any]],
    *,
    said: Container[str] = (),
) -> list[CaptureField]:
    """The fields of ``node`` in their order, with values and errors.

    ``said``: keys of those that the desk has filled in from the user's words, to be checked.
    """
    asked = frozenset(node.requires)
    fields: list[CaptureField] = []
    if "problem" in asked:
        text = _("The problem in detail")
        fields.append(CaptureField("problem", text, "long", typed.problem, True))
    if "demand" in asked:
        text = _("What the user asks for")
        fields.append(CaptureField("demand", text, "long", typed.demand, True))
    if "account_id" in asked:
        fields.append(
            CaptureField("account_id", _("Account ID"), "account", typed.account_id, True, most=80)
        )
    if "contact" in asked:
        fields += _contact_fields(typed)
    for item in node.fields:
        extra = extra_field(item, typed.extra.get(item.key, ""))
        if item.key in said and extra.value:
            note = _("From the user's words; please check.")
            extra = replace(extra, help=f"{note} {extra.help}".strip())
        fields.append(extra)
    return [replace(item, errors=errors.get(item.name, ())) for item in fields]


def first_to_fill(fields: Sequence[CaptureField], typed: Capture) -> str:
    """The name of the field at which typing begins: the first empty one that must not be.

    Empty when nothing is missing, as after an open ticket was found."""
    by_message = typed.contact_channel == ContactChannel.PRIVATE_MESSAGE
    for item in fields:
        hidden = item.name == "contact_value" and by_message
        if item.required and not item.value.strip() and not item.options and not hidden:
            return item.name
    return ""


def _contact_fields(typed: Capture) -> list[CaptureField]:
    return [
        CaptureField(
            "contact_channel",
            _("How the advisor answers"),
            "channel",
            typed.contact_channel,
            True,
            options=[(value, str(label)) for value, label in ContactChannel.choices],
        ),
        CaptureField(
            "contact_value",
            _("Number to call back"),
            "phone",
            typed.contact_value,
            True,
            help=_("A mobile number, or a landline with its area code."),
            most=80,
        ),
    ]
