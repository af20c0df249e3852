"""The form of a hand-over that is only tried: its fields, its errors, and what it would make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kb.admin.flow_fields import MOST_TEXT, CaptureField, extra_field, typed_text
from kb.flows import values
from kb.flows.fields import validate_fields
from kb.flows.refusals import Refusal
from kb.flows.schema import EscalateNode
from kb.flows.scripts import variables
from kb.flows.showing import prefilled, shown
from kb.flows.trial import Trial
from kb.flows.walking import Position
from kb.flows.world import World
from kb.script_values import values_at

CALL_BACK, PRIVATE_MESSAGE = "call_back", "private_message"
_CHANNELS = (
    (CALL_BACK, gettext_lazy("Call-back")),
    (PRIVATE_MESSAGE, gettext_lazy("Private message")),
)


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed for one step, raw, by name of the field, and what is wrong with it."""

    texts: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WouldBe:
    """What a hand-over would make, were it one: shown and forgotten."""

    promise: bool
    facts: list[tuple[str, str]]
    script: str


def first_capture(here: Position, said: Sequence[str]) -> Typed:
    """What the form of a hand-over begins with: nothing that was said already is typed again.

    ``said`` are the questions and answers so far, a line for each.
    """
    known = prefilled(here)
    number = known.captured.get("contact", "")
    return Typed(
        {
            "problem": known.captured.get("problem", "") or "\n".join(said)[:MOST_TEXT],
            "demand": known.captured.get("demand", ""),
            "account_id": known.captured.get("account_id", ""),
            "contact_channel": CALL_BACK,
            "contact_value": number,
            **{f"extra.{name}": text for name, text in known.fields.items()},
        }
    )


def capture_fields(node: EscalateNode, typed: Typed) -> list[CaptureField]:
    def made(name: str, label: str, kind: str, **more: Any) -> CaptureField:
        return CaptureField(name, label, kind, typed.texts.get(name, ""), True, **more)

    found: list[CaptureField] = []
    if "problem" in node.requires:
        found.append(made("problem", _("The problem in detail"), "long"))
    if "demand" in node.requires:
        found.append(made("demand", _("What the user asks for"), "long"))
    if "account_id" in node.requires:
        found.append(made("account_id", _("Account ID"), "digits", most=80))
    if "contact" in node.requires:
        options = [(value, str(label)) for value, label in _CHANNELS]
        found.append(
            made("contact_channel", _("How the advisor answers"), "channel", options=options)
        )
        hint = _("A mobile number, or a landline with its area code.")
        found.append(made("contact_value", _("Number to call back"), "phone", help=hint, most=80))
    found += [extra_field(item, typed.texts.get(f"extra.{item.key}", "")) for item in node.fields]
    return [replace(item, errors=typed.errors.get(item.name, ())) for item in found]


def typed_capture(node: EscalateNode, post: QueryDict) -> Typed:
    """What was typed into the form of a hand-over, and what an agent would be told about it."""
    texts = {item.name: typed_text(post, item.name) for item in capture_fields(node, Typed())}
    errors: dict[str, list[str]] = {}

    def check(name: str, parse: Any) -> None:
        try:
            parse(texts[name])
        except values.ValueRefused as refused:
            errors[name] = [values.refusal_of(refused).told(_)]

    for name in ("problem", "demand"):
        if name in texts:
            check(name, _filled_in)
    if "account_id" in texts:
        check("account_id", values.account_id)
    if texts.get("contact_channel") == CALL_BACK:
        check("contact_value", values.mobile)
    elif "contact_channel" in texts and texts["contact_channel"] != PRIVATE_MESSAGE:
        errors["contact_channel"] = [Refusal("unknown_option").told(_)]
    raw = {item.key: texts[f"extra.{item.key}"] for item in node.fields}
    _clean, wrong = validate_fields(node, raw)
    errors |= {f"extra.{name}": [each.told(_) for each in every] for name, every in wrong.items()}
    return Typed(texts, errors)


def _filled_in(text: str) -> None:
    seen = values.visible(text)
    if not seen:
        raise values.ValueRefused("required")
    if len(seen) > MOST_TEXT:
        raise values.ValueRefused("too_long", max=MOST_TEXT)


def would_be(trial: Trial, node: EscalateNode, typed: Typed) -> WouldBe:
    """The ticket or report that this would make, and what would be read out then."""
    facts = [
        (item.label, item.shown_value)
        for item in capture_fields(node, typed)
        if item.value.strip()
        and not (item.name == "contact_value" and typed.texts["contact_channel"] != CALL_BACK)
    ]
    named = (
        (_("Standard question of the ticket"), node.question or ""),
        (_("Hint for routing"), node.queue or ""),
        (_("Tags"), ", ".join(node.tags)),
    )
    script = shown(trial.position, trial.world).script
    return WouldBe(
        promise=node.promise,
        facts=[*facts, *((label, text) for label, text in named if text)],
        script=promised(script, trial.world),
    )


def promised(script: str, world: World) -> str:
    """``script`` with the desk's own variables: those of a ticket stand as words in brackets."""
    known = values_at(world.now) if world.now is not None else {}
    for name in set(variables(script)):
        if name is not None:
            stand_in = _("[due date]") if name == "due_date" else _("[promise]")
            script = script.replace("{{" + name + "}}", known.get(name, stand_in))
    return script
