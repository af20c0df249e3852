"""Cleaning and checking what the agent typed before a ticket may exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kb.flows import values
from kb.flows.fields import validate_fields
from kb.flows.schema import EscalateNode
from klingdesk.core.errors import Invalid
from tickets.models.labels import ContactChannel
from tickets.services.text import check_length

REQUIRED = _("Please fill this in.")


class Typed(Protocol):
    """The raw input, as ``hand_over.Capture`` carries it."""

    @property
    def problem(self) -> str: ...
    @property
    def demand(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    @property
    def contact_channel(self) -> str: ...
    @property
    def contact_value(self) -> str: ...
    @property
    def extra(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Captured:
    """Clean values; ``extra`` is ``[{key, label, kind, value}]`` with values in words."""

    problem: str
    demand: str
    account_id: str
    contact_channel: str
    contact_value: str
    extra: list[dict[str, Any]]


def account_id_message(raw: str) -> str | None:
    """What is wrong with an account ID, in words, or None when it is one."""
    try:
        values.account_id(raw)
    except values.ValueRefused as refused:
        return values.refusal_of(refused).told(gettext)
    return None


def check_capture(node: EscalateNode, typed: Typed) -> Captured:
    """Clean everything that ``node`` requires; ``Invalid`` lists all field errors at once."""
    errors: dict[str, list[Any]] = {}
    required = frozenset(node.requires)
    problem = _text("problem", typed.problem, required, errors)
    demand = _text("demand", typed.demand, required, errors)
    account_id = _account_id(typed.account_id, required, errors)
    channel, value = _contact(typed.contact_channel, typed.contact_value, required, errors)
    extra, wrong = validate_fields(node, typed.extra)
    for key, refused in wrong.items():
        errors[f"extra.{key}"] = [refusal.told(gettext) for refusal in refused]
    if errors:
        raise Invalid(_("Some details are missing or wrong."), fields=errors)
    return Captured(
        problem=problem,
        demand=demand,
        account_id=account_id,
        contact_channel=channel,
        contact_value=value,
        extra=_in_words(node, extra),
    )


def _in_words(node: EscalateNode, clean: Mapping[str, str | int]) -> list[dict[str, Any]]:
    words = []
    for item in node.fields:
        if item.key in clean:
            value = clean[item.key]
            labels = {option.value: option.label for option in item.options or ()}
            words.append(
                {
                    "key": item.key,
                    "label": item.label,
                    "kind": item.kind,
                    "value": labels.get(str(value), value),
                }
            )
    return words


def _text(name: str, raw: str, required: frozenset[str], errors: dict[str, list[Any]]) -> str:
    text = raw.replace("\x00", "").strip()
    if not text and name in required:
        errors[name] = [REQUIRED]
    else:
        check_length(name, text, errors)
    return text


def _account_id(raw: str, required: frozenset[str], errors: dict[str, list[Any]]) -> str:
    if not raw.strip() and "account_id" not in required:
        return ""
    try:
        return values.account_id(raw)
    except values.ValueRefused as refused:
        errors["account_id"] = [values.refusal_of(refused).told(gettext)]
        return ""


def _contact(
    channel: str, value: str, required: frozenset[str], errors: dict[str, list[Any]]
) -> tuple[str, str]:
    if not channel and "contact" not in required:
        return "", ""
    if channel not in ContactChannel.values:
        errors["contact_channel"] = [_("Choose how the advisor answers.")]
        return "", ""
    if channel == ContactChannel.PRIVATE_MESSAGE:
        return channel, ""
    try:
        return channel, values.mobile(value)
    except values.ValueRefused as refused:
        errors["contact_value"] = [values.refusal_of(refused).told(gettext)]
        return channel, ""
