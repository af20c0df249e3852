"""Cleaning and checking what the agent typed before a ticket may exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.translation import gettext_lazy as _

from kb.flows.fields import FieldError, validate_fields
from kb.flows.schema import EscalateNode
from klingdesk.core.account_id import (
    MAX_DIGITS,
    MIN_DIGITS,
    AccountIdError,
    AccountIdProblem,
    PhoneError,
    PhoneProblem,
    parse_account_id,
    parse_phone,
)
from klingdesk.core.errors import Invalid
from tickets.models.labels import ContactChannel
from tickets.services.text import check_length

ACCOUNT_ID_MESSAGES: Mapping[AccountIdProblem, Any] = {
    AccountIdProblem.EMPTY: _("Ask for the account ID."),
    AccountIdProblem.MOBILE_NUMBER: _(
        "This is a mobile number. Users log in with it, but the account ID is another number: "
        "web version, avatar at the top right, below the nickname."
    ),
    AccountIdProblem.NOT_NUMERIC: _(
        "This is a nickname or a custom handle; the account ID has digits only: "
        "web version, avatar at the top right, below the nickname."
    ),
    AccountIdProblem.TOO_SHORT: _("Too short: an account ID has at least %(least)d digits.")
    % {"least": MIN_DIGITS},
    AccountIdProblem.TOO_LONG: _(
        "Too long for an account ID (at most %(most)d digits): is it a card or an order number?"
    )
    % {"most": MAX_DIGITS},
}

PHONE_MESSAGES: Mapping[PhoneProblem, Any] = {
    PhoneProblem.EMPTY: _("Which number should the advisor call?"),
    PhoneProblem.NOT_NUMERIC: _("A number to call has digits only."),
    PhoneProblem.NO_AREA_CODE: _("Add the area code of the landline."),
    PhoneProblem.NOT_A_PHONE: _("No mobile or landline number has this form; ask again."),
}

REQUIRED = _("Please fill this in.")


def _field_message(error: FieldError) -> Any:
    """A field error of the flow engine in words."""
    match error.code:
        case "required":
            return REQUIRED
        case "too_long":
            return _("At most %(max)s characters.") % error.params
        case "not_a_number":
            return _("Write a whole number.")
        case "out_of_range":
            return _("Write a number from %(min)s to %(max)s.") % error.params
        case "unknown_option":
            return _("Choose one of the options.")
        case "unknown_field":
            return _("This flow does not ask for it.")
        case _ if error.words:
            return error.words
        case _:
            return _("This must be text.")


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
        parse_account_id(raw)
    except AccountIdError as error:
        return str(ACCOUNT_ID_MESSAGES[error.code])
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
    for key, codes in wrong.items():
        errors[f"extra.{key}"] = [_field_message(code) for code in codes]
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
        return parse_account_id(raw)
    except AccountIdError as error:
        errors["account_id"] = [ACCOUNT_ID_MESSAGES[error.code]]
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
        return channel, parse_phone(value)
    except PhoneError as error:
        errors["contact_value"] = [PHONE_MESSAGES[error.code]]
        return channel, ""
