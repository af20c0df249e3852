"""The capture form: which fields a hand-over asks for, and what stands in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from kb.admin.flow_fields import CaptureField, extra_field, typed_text
from kb.flows.schema import EscalateNode
from kb.flows.showing import prefilled
from tickets.models import Consultation
from tickets.models.labels import Channel, ContactChannel
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
        account_id=known.captured.get("account_id", ""),
        contact_channel=ContactChannel.CALL_BACK if number else own_channel,
        contact_value=number,
        extra=known.fields,
    )


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
    node: EscalateNode, typed: Capture, errors: Mapping[str, Sequence[Any]]
) -> list[CaptureField]:
    """The fields of ``node`` in their order, with values and errors."""
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
    fields += [extra_field(item, typed.extra.get(item.key, "")) for item in node.fields]
    return [replace(item, errors=errors.get(item.name, ())) for item in fields]


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
