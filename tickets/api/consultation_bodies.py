"""Shapes of contacts with tier 1 in the API, and of where they stand in their flow."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kb.api.strict import StrictSerializer, Text
from kb.flows.schema import EscalateNode, RedirectNode
from tickets.models import Consultation
from tickets.models.labels import Channel, ContactChannel
from tickets.selectors.runs import RunState
from tickets.services.consultations import FINISHES, MOST_WORDS
from tickets.services.text import MOST_TEXT

# --- what is sent in ----------------------------------------------------------------------------


class StartBody(StrictSerializer):
    channel = serializers.ChoiceField(Channel.values)
    utterance = Text(max_length=MOST_WORDS, help_text="What the user said, in their own words.")
    question = Text(
        max_length=80, required=False, allow_null=True, default=None, help_text="Its key."
    )


class AnswerBody(StrictSerializer):
    node = Text(max_length=80, help_text="Key of the node that is answered.")
    value = Text(max_length=80, help_text="Value of the choice; `next` where there is no choice.")


@extend_schema_field({"oneOf": [{"type": "string", "maxLength": 1000}, {"type": "integer"}]})
class FieldValue(Text):
    """A string, or a whole number where the flow asks for one."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, int) and not isinstance(data, bool):
            data = str(data)
        return super().run_validation(data)


class EscalateBody(StrictSerializer):
    """Which of these are needed is decided by the flow: `outcome.requires` names them."""

    problem = Text(max_length=MOST_TEXT, required=False, allow_blank=True, default="")
    demand = Text(max_length=MOST_TEXT, required=False, allow_blank=True, default="")
    account_id = Text(max_length=100, required=False, allow_blank=True, default="")
    contact_channel = serializers.ChoiceField(
        ContactChannel.values, required=False, allow_blank=True, default=""
    )
    contact_value = Text(
        max_length=100,
        required=False,
        allow_blank=True,
        default="",
        help_text="The number to call; not needed for a private message.",
    )
    extra = serializers.DictField(
        child=FieldValue(max_length=1_000, allow_blank=True),
        required=False,
        default=dict,
        help_text="Values of `outcome.fields` by key.",
    )


class FinishBody(StrictSerializer):
    outcome = serializers.ChoiceField(list(FINISHES))


class ContactChaseBody(StrictSerializer):
    account_id = Text(max_length=100)
    note = Text(max_length=MOST_TEXT, required=False, allow_blank=True, default="")


# --- what is sent out ---------------------------------------------------------------------------


class ChoiceBody(serializers.Serializer[Any]):
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class NodeBody(serializers.Serializer[Any]):
    """The node to be answered; `script`, where there is one, may be read to the user."""

    key = serializers.CharField()
    kind = serializers.CharField(help_text="`choice`, `retry` or `say`.")
    prompt = serializers.CharField(allow_blank=True)
    script = serializers.CharField(allow_null=True)
    choices = ChoiceBody(many=True)


class FieldBody(serializers.Serializer[Any]):
    """One thing that the flow asks for on top of what every hand-over needs."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.CharField(help_text="`text`, `count`, `datetime` or `choice`.")
    required = serializers.BooleanField()  # type: ignore[assignment]
    options = ChoiceBody(many=True)


class OutcomeBody(serializers.Serializer[Any]):
    """How the flow ends.

    `script` is null where a ticket comes first: `escalate/` then gives the script
    with its date. `requires` and `fields` say what `escalate/` wants.
    """

    kind = serializers.CharField(help_text="`answer`, `redirect`, `tier2` or `report`.")
    node = serializers.CharField()
    script = serializers.CharField(allow_null=True)
    question = serializers.CharField(allow_null=True, help_text="Redirected to this question.")
    channel = serializers.CharField(allow_null=True, help_text="Redirected to this channel.")
    requires = serializers.ListField(child=serializers.CharField())
    fields = FieldBody(many=True)  # type: ignore[assignment]


class PromiseBody(serializers.Serializer[Any]):
    """A ticket as tier 1 tells the user about it; `due_at` is null for a mere report."""

    number = serializers.CharField()
    due_at = serializers.DateTimeField(allow_null=True)
    provisional = serializers.BooleanField(source="due_provisional")


class ChasedBody(PromiseBody):
    status = serializers.CharField()
    chase_count = serializers.IntegerField()


class StepBody(serializers.Serializer[Any]):
    node = serializers.CharField()
    prompt = serializers.CharField(allow_blank=True)
    value = serializers.CharField()
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]


class QuestionReference(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()


class PositionBody(serializers.Serializer[Any]):
    """Where the flow stands: `node` while it goes on, `outcome` at its end."""

    node = NodeBody(required=False)
    outcome = OutcomeBody(required=False)


class StartedBody(serializers.Serializer[Any]):
    """`node` is null without a flow, and for a flow that begins at its end (`outcome`)."""

    id = serializers.IntegerField()
    node = NodeBody(allow_null=True)
    outcome = OutcomeBody(required=False)


class ConsultationBody(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    status = serializers.CharField(
        help_text="`open`, `answered`, `redirected`, `abandoned`, `escalated` or `chased`."
    )
    channel = serializers.CharField()
    utterance = serializers.CharField(allow_blank=True)
    question = QuestionReference(allow_null=True)
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    ticket = PromiseBody(allow_null=True)
    steps = StepBody(many=True)
    node = NodeBody(allow_null=True)
    outcome = OutcomeBody(allow_null=True)


class FinishedBody(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    status = serializers.CharField()
    finished_at = serializers.DateTimeField()


class HandedOverBody(serializers.Serializer[Any]):
    ticket = PromiseBody()
    handover_script = serializers.CharField(help_text="Read this to the user.")


class ChaseBody(serializers.Serializer[Any]):
    ticket = ChasedBody()


# --- from a run to its shape --------------------------------------------------------------------


def position_of(state: RunState | None) -> dict[str, Any]:
    """``{"node": …}``, ``{"outcome": …}``, or nothing without a flow. Hints stay inside."""
    if state is None:
        return {}
    if state.outcome_kind is not None:
        return {"outcome": _outcome(state)}
    node = state.position.node
    choices = [{"value": way.value, "label": way.label or _("Continue")} for way in node.exits()]
    return {
        "node": {
            "key": state.position.node_key,
            "kind": node.kind,
            "prompt": getattr(node, "prompt", None) or "",
            "script": node.script,
            "choices": choices,
        }
    }


def _outcome(state: RunState) -> dict[str, Any]:
    node = state.position.node
    escalates = isinstance(node, EscalateNode)
    return {
        "kind": state.outcome_kind,
        "node": state.position.node_key,
        "script": None if escalates else node.script,
        "question": node.question if isinstance(node, RedirectNode) else None,
        "channel": node.channel if isinstance(node, RedirectNode) else None,
        "requires": list(node.requires) if isinstance(node, EscalateNode) else [],
        "fields": [
            {
                "key": asked.key,
                "label": asked.label,
                "kind": asked.kind,
                "required": asked.required,
                "options": [{"value": o.value, "label": o.label} for o in asked.options or ()],
            }
            for asked in (node.fields if isinstance(node, EscalateNode) else ())
        ],
    }


def consultation_body(consultation: Consultation, state: RunState | None) -> dict[str, Any]:
    """The whole contact; ``question`` and ``ticket`` must have been fetched with it."""
    position = position_of(state)
    return dict(
        ConsultationBody(
            {
                "id": consultation.pk,
                "status": consultation.status,
                "channel": consultation.channel,
                "utterance": consultation.utterance,
                "question": consultation.question,
                "started_at": consultation.started_at,
                "finished_at": consultation.finished_at,
                "ticket": consultation.ticket,
                "steps": state.steps if state else (),
                "node": position.get("node"),
                "outcome": position.get("outcome"),
            }
        ).data
    )
