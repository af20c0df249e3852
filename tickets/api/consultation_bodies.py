"""Shapes of contacts with tier 1 in the API, and of where they stand in their flow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kb.api.sparse import CONTEXT, SparseSerializer
from kb.api.strict import StrictSerializer, Text, Whole
from kb.flows.automatic import CheckNode
from kb.flows.engine import PASTED
from kb.flows.schema import CollectNode, EscalateNode, Node, Option, RedirectNode
from kb.flows.showing import Shown, prefilled, shown
from kb.flows.variables import MOST_LONG_TEXT, OneOfVariable
from kb.selectors.flow_world import world_at
from tickets.models import Consultation, RunStep
from tickets.models.labels import Channel, ContactChannel
from tickets.selectors.masking import masked_text, masked_values
from tickets.selectors.runs import RunState, Withdrawal
from tickets.services.consultations import FINISHES
from tickets.services.contact_transfers import MOST_NOTE
from tickets.services.text import MOST_TEXT

MOST_PASTED = 2_000_000
"""Characters of a text that is typed or pasted at a node."""
LARGEST_ANSWER = 2_621_440
"""Bytes of an answer with such a text: as much as a form of the desk's pages may have."""

# --- what is sent in ----------------------------------------------------------------------------


class StartBody(StrictSerializer):
    channel = serializers.ChoiceField(Channel.values)
    utterance = Text(max_length=MOST_TEXT, help_text="What the user said, in their own words.")
    question = Text(
        max_length=80, required=False, allow_null=True, default=None, help_text="Its key."
    )


class ChosenQuestionBody(StrictSerializer):
    question = Text(max_length=80, help_text="Its key.")


class _TypedOrNumber(Text):
    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, int) and not isinstance(data, bool):
            data = str(data)
        return super().run_validation(data)


@extend_schema_field({"oneOf": [{"type": "string", "maxLength": MOST_PASTED}, {"type": "integer"}]})
class TypedValue(_TypedOrNumber):
    """A string as it was typed; counts and whole amounts may be numbers."""


@extend_schema_field(
    {"oneOf": [{"type": "string", "maxLength": MOST_LONG_TEXT}, {"type": "integer"}]}
)
class FieldValue(_TypedOrNumber):
    """A string, or a whole number where the flow asks for one."""


class AnswerBody(StrictSerializer):
    node = Text(max_length=255, help_text="Key of the node that is answered.")
    value = Text(
        max_length=80,
        required=False,
        default="next",
        help_text="Value of the choice; `next` where there is no choice.",
    )
    values = serializers.DictField(
        child=TypedValue(max_length=MOST_PASTED, allow_blank=True, trim_whitespace=False),
        required=False,
        default=dict,
        help_text="What was typed, by `node.variables[].key`.",
    )


class BackBody(StrictSerializer):
    step = Whole(
        min_value=1,
        required=False,
        allow_null=True,
        default=None,
        help_text="`steps[].number` of the answer to be asked again; the last one unless given.",
    )


class EscalateBody(StrictSerializer):
    """Which of these are needed is decided by the flow: `outcome.requires` names them."""

    problem = Text(max_length=MOST_TEXT, required=False, allow_blank=True, default="")
    demand = Text(max_length=MOST_TEXT, required=False, allow_blank=True, default="")
    account_id = Text(
        max_length=100,
        required=False,
        allow_blank=True,
        default="",
        help_text="May be left out where `outcome.filled` names it.",
    )
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
        child=FieldValue(max_length=MOST_LONG_TEXT, allow_blank=True),
        required=False,
        default=dict,
        help_text="Values of `outcome.fields` by key; those with `filled` may be left out.",
    )


class FinishBody(StrictSerializer):
    outcome = serializers.ChoiceField(list(FINISHES))


class PassOnBody(StrictSerializer):
    to = Text(max_length=150, help_text="User name of an active agent.")
    note = Text(max_length=MOST_NOTE, required=False, allow_blank=True, default="")


class TakeOverBody(StrictSerializer):
    """`from_agent` is whose it was when this was decided; with another agent by now it is 409."""

    note = Text(max_length=MOST_NOTE, required=False, allow_blank=True, default="")
    from_agent = Text(
        max_length=150, required=False, allow_null=True, default=None, help_text="A user name."
    )


class ContactChaseBody(StrictSerializer):
    account_id = Text(max_length=100)
    note = Text(max_length=MOST_TEXT, required=False, allow_blank=True, default="")


# --- what is sent out ---------------------------------------------------------------------------


class ChoiceBody(serializers.Serializer[Any]):
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class VariableBody(serializers.Serializer[Any]):
    """Something that is typed at a node; a refusal comes as the field error `values.<key>`."""

    key = serializers.CharField()
    kind = serializers.CharField(
        help_text="`account_id`, `mobile`, `datetime`, `date`, `amount`, `count`, `text` or "
        "`one_of`."
    )
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    required = serializers.BooleanField()  # type: ignore[assignment]
    help = serializers.CharField(allow_blank=True)
    options = ChoiceBody(many=True)
    when = serializers.CharField(allow_null=True, help_text="`past` or `future`.")
    min = serializers.CharField(allow_null=True)
    max = serializers.CharField(allow_null=True)
    max_length = serializers.IntegerField(allow_null=True)


class FoundBody(serializers.Serializer[Any]):
    """One thing that a check found; `say` may be told to the user."""

    field = serializers.CharField(allow_blank=True)
    found = serializers.CharField(allow_blank=True)
    allowed = serializers.CharField(allow_blank=True)
    say = serializers.CharField()
    severity = serializers.CharField(help_text="`error`, `warning` or `info`.")
    corrected = serializers.BooleanField(help_text="The corrected request has the remedy.")


class CheckedBody(serializers.Serializer[Any]):
    """What the check found that led here."""

    findings = FoundBody(many=True)
    corrected = serializers.CharField(allow_null=True, help_text="The request as it should be.")


class NodeBody(serializers.Serializer[Any]):
    """The node to be answered; `script`, where there is one, may be read to the user.

    It is null where it has been withdrawn.
    """

    key = serializers.CharField()
    kind = serializers.CharField(help_text="`choice`, `retry`, `say`, `collect`, `check` or `end`.")
    prompt = serializers.CharField(allow_blank=True)
    script = serializers.CharField(allow_null=True)
    choices = ChoiceBody(many=True)
    variables = VariableBody(many=True, help_text="What `answer/` wants as `values`.")
    checked = CheckedBody(allow_null=True)


class FieldBody(serializers.Serializer[Any]):
    """One thing that the flow asks for on top of what every hand-over needs."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.CharField(
        help_text="`text`, `count`, `datetime`, `date`, `amount`, `account_id`, `mobile` or "
        "`choice`."
    )
    required = serializers.BooleanField()  # type: ignore[assignment]
    options = ChoiceBody(many=True)
    max_length = serializers.IntegerField()
    filled = serializers.BooleanField(help_text="The flow knows it already.")


class OutcomeBody(serializers.Serializer[Any]):
    """How the flow ends.

    `script` is null where a ticket comes first (`escalate/` then gives the script
    with its date) and where it has been withdrawn. `requires` and `fields` say what
    `escalate/` wants.
    """

    kind = serializers.CharField(help_text="`answer`, `redirect`, `tier2` or `report`.")
    node = serializers.CharField()
    script = serializers.CharField(allow_null=True)
    question = serializers.CharField(allow_null=True, help_text="Redirected to this question.")
    channel = serializers.CharField(allow_null=True, help_text="Redirected to this channel.")
    requires = serializers.ListField(child=serializers.CharField())
    filled = serializers.ListField(
        child=serializers.CharField(), help_text="Those of `requires` that the flow knows already."
    )
    checked = CheckedBody(allow_null=True)
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
    number = serializers.IntegerField()
    automatic = serializers.BooleanField(help_text="Nobody answered this step.")
    node = serializers.CharField()
    prompt = serializers.CharField(allow_blank=True)
    value = serializers.CharField()
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]


class QuestionReference(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()


class WithdrawnBody(serializers.Serializer[Any]):
    """The answer has ceased to be in force since the contact began.

    The scripts of its flow are null from then on. Read `script` instead, then
    `hand-over-instead/`.
    """

    standing = serializers.CharField(help_text="`expired`, `scheduled`, `unreleased` or `retired`.")
    script = serializers.CharField(help_text="The fallback; may be read to the user.")


class PositionBody(serializers.Serializer[Any]):
    """Where the flow stands: `node` while it goes on, `outcome` at its end."""

    node = NodeBody(required=False)
    outcome = OutcomeBody(required=False)
    withdrawn = WithdrawnBody(required=False)


class StartedBody(serializers.Serializer[Any]):
    """`node` is null without a flow, and for a flow that begins at its end (`outcome`)."""

    id = serializers.IntegerField()
    node = NodeBody(allow_null=True)
    outcome = OutcomeBody(required=False)


class ConsultationBody(SparseSerializer):
    """Unless the contact is the caller's own, long numbers in its texts are hidden."""

    id = serializers.IntegerField()
    status = serializers.CharField(
        help_text="`open`, `answered`, `redirected`, `abandoned`, `escalated` or `chased`."
    )
    channel = serializers.CharField()
    utterance = serializers.CharField(allow_blank=True)
    question = QuestionReference(allow_null=True)
    agent = serializers.CharField(help_text="User name of whose contact it is.")
    started_at = serializers.DateTimeField()
    parked_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when the user is trying something."
    )
    finished_at = serializers.DateTimeField(allow_null=True)
    ticket = PromiseBody(allow_null=True)
    steps = StepBody(many=True)
    node = NodeBody(allow_null=True)
    outcome = OutcomeBody(allow_null=True)
    withdrawn = WithdrawnBody(allow_null=True)


class PassedOnBody(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    agent = serializers.CharField(source="agent.username", help_text="Whose contact it is now.")


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


def position_of(
    state: RunState | None, withdrawn: Withdrawal | None, *, now: datetime, plain: bool = True
) -> dict[str, Any]:
    """``{"node": …}``, ``{"outcome": …}``, or nothing without a flow. Hints stay inside.

    With ``{"withdrawn": …}`` there is no script in either. Unless ``plain``, what a user has
    said is masked in the texts that repeat it.
    """
    position: dict[str, Any] = {}
    if withdrawn is not None:
        position["withdrawn"] = {"standing": withdrawn.standing.value, "script": withdrawn.script}
    if state is None:
        return position
    where = "node" if state.outcome_kind is None else "outcome"
    seen = shown(state.position, world_at(now))
    position[where] = _node(state, seen) if where == "node" else _outcome(state, seen)
    position[where]["checked"] = state.checked or None
    if withdrawn is not None:
        position[where] |= {"script": None, "checked": None}
    if not plain:
        said = {name: position[where].get(name) for name in ("prompt", "script", "checked")}
        position[where] |= masked_values({n: each for n, each in said.items() if each is not None})
    return position


def _masked_step(step: RunStep) -> dict[str, Any]:
    return {
        "number": step.number,
        "automatic": step.automatic,
        "node": step.node,
        "prompt": masked_text(step.prompt),
        "value": step.value,
        "label": masked_text(step.label),
    }


def _node(state: RunState, seen: Shown) -> dict[str, Any]:
    return {
        "key": state.position.node_key,
        "kind": seen.kind,
        "prompt": seen.prompt,
        "script": seen.script or None,
        "choices": [{"value": way.value, "label": way.label or _("Continue")} for way in seen.ways],
        "variables": _variables(state.position.node),
    }


def _variables(node: Node) -> list[dict[str, Any]]:
    if isinstance(node, CheckNode):
        return [_variable(PASTED, "text", max_length=MOST_PASTED)]
    if not isinstance(node, CollectNode):
        return []
    return [
        _variable(
            each.key,
            each.kind,
            label=each.label,
            required=each.required,
            help=each.help or "",
            options=_options(each.options) if isinstance(each, OneOfVariable) else [],
            **{name: getattr(each, name, None) for name in ("when", "min", "max", "max_length")},
        )
        for each in node.variables
    ]


def _variable(key: str, kind: str, **changes: Any) -> dict[str, Any]:
    plain = {"label": "", "required": True, "help": "", "options": []}
    limits = dict.fromkeys(("when", "min", "max", "max_length"))
    return {"key": key, "kind": kind, **plain, **limits, **changes}


def _options(options: Sequence[Option] | None) -> list[dict[str, str]]:
    return [{"value": option.value, "label": option.label} for option in options or ()]


def _outcome(state: RunState, seen: Shown) -> dict[str, Any]:
    node = state.position.node
    known = prefilled(state.position)
    return {
        "kind": state.outcome_kind,
        "node": state.position.node_key,
        "script": None if isinstance(node, EscalateNode) else seen.script,
        "question": node.question if isinstance(node, RedirectNode) else None,
        "channel": node.channel if isinstance(node, RedirectNode) else None,
        "requires": list(node.requires) if isinstance(node, EscalateNode) else [],
        "filled": list(known.captured),
        "fields": [
            {
                "key": asked.key,
                "label": asked.label,
                "kind": asked.kind,
                "required": asked.required,
                "options": _options(asked.options),
                "max_length": asked.max_length,
                "filled": asked.key in known.fields,
            }
            for asked in (node.fields if isinstance(node, EscalateNode) else ())
        ],
    }


def consultation_body(
    consultation: Consultation,
    state: RunState | None,
    withdrawn: Withdrawal | None,
    *,
    user: Any,
    now: datetime,
    only: frozenset[str] | None = None,
) -> dict[str, Any]:
    """The whole contact as ``user`` may read it, or ``only`` these fields of it; ``question``
    and ``ticket`` must have been fetched with it."""
    plain = consultation.agent_id == user.pk
    position = position_of(state, withdrawn, now=now, plain=plain)
    steps = state.steps if state else ()
    said = consultation.utterance
    return dict(
        ConsultationBody(
            {
                "id": consultation.pk,
                "status": consultation.status,
                "channel": consultation.channel,
                "utterance": said if plain else masked_text(said),
                "question": consultation.question,
                "agent": consultation.agent.username,
                "started_at": consultation.started_at,
                "parked_at": consultation.parked_at,
                "finished_at": consultation.finished_at,
                "ticket": consultation.ticket,
                "steps": steps if plain else [_masked_step(step) for step in steps],
                "node": position.get("node"),
                "outcome": position.get("outcome"),
                "withdrawn": position.get("withdrawn"),
            },
            context={CONTEXT: only},
        ).data
    )
