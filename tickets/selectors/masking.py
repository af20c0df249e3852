"""Free text for people who do not work the ticket: users read numbers out in the middle of it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from klingdesk.core.account_id import HIDDEN, mask_account_id, mask_phone
from notices.rules.masking import BETWEEN, DIGIT, LOOSE, RECENT
from tickets.models import Consultation, Ticket, TicketEvent


class PersonalPart(StrEnum):
    """What is masked, and revealed, by itself. ``TRANSCRIPT`` is everything that was said or
    written: problem, demand, further details, what tier 1 heard, notes, the summary."""

    ACCOUNT_ID = "account_id"
    CONTACT = "contact"
    TRANSCRIPT = "transcript"


EVERYTHING = frozenset(PersonalPart)

_DIGIT = re.compile(DIGIT)
_NUMBER = rf"{LOOSE}|{DIGIT}(?:{BETWEEN}{DIGIT}){{5,}}+"
"""Six digits or more, as account IDs, phones, cards and identity numbers have, however they are
grouped or read out."""

_ALONE = rf"(?!{BETWEEN}{DIGIT})"
_TOLD = re.compile(
    rf"(?P<keep>(?:(?<![0-9A-Za-z_])T[0-9]{{8}}(?![A-Za-z_])|{RECENT}(?:{BETWEEN}{RECENT}){{0,3}})"
    rf"{_ALONE})"
    rf"|(?P<number>{_NUMBER})"
)
"""Numbers of tickets and recent dates stay, where no other digit is near them: without them nobody
understands what happened."""

_PART_OF_NUMBER = re.compile(rf"\d|{DIGIT}{BETWEEN}{DIGIT}")


def masked_text(text: str) -> str:
    """``text`` with the greater part of every long number hidden: ``1391234567`` → ``13****``."""
    return _TOLD.sub(_kept_or_hidden, text)


def _kept_or_hidden(found: re.Match[str]) -> str:
    if found["keep"]:
        return found["keep"]
    return "".join(_DIGIT.findall(found[0])[:2]) + HIDDEN


def may_ask_for_number(words: str) -> bool:
    """Whether looking for ``words`` in texts would tell digits that ``masked_text`` hides: one
    that was typed, or two that are read out."""
    return _PART_OF_NUMBER.search(words) is not None


def masked_values(values: Any) -> Any:
    """Every text inside JSON as ``masked_text`` has it."""
    if isinstance(values, str):
        return masked_text(values)
    if isinstance(values, dict):
        return {key: masked_values(value) for key, value in values.items()}
    if isinstance(values, list):
        return [masked_values(value) for value in values]
    return values


def masked_value(kind: str, value: Any, *, personal: bool = False) -> Any:
    """A captured or collected value for people who do not work the ticket.

    ``kind`` is that of the field or variable: IDs and telephone numbers are masked as the
    ticket's own are, a ``personal`` text is hidden whole.
    """
    if not isinstance(value, str):
        return value
    match kind:
        case "account_id":
            return mask_account_id(value)
        case "mobile":
            return mask_phone(value)
        case _ if personal:
            return HIDDEN
        case _:
            return masked_text(value)


def hide_personal_text(ticket: Ticket) -> None:
    """Mask the texts of a ticket object that is about to be shown, and is never saved.

    Covers what tier 1 wrote and heard, what it is to complete, notes of the timeline and of
    contacts, the summary.
    """
    for name in ("problem", "demand", "resolution_summary"):
        setattr(ticket, name, masked_text(getattr(ticket, name)))
    ticket.extra = _masked(ticket.extra)
    ticket.transcript = {
        **ticket.transcript,
        "utterance": masked_text(ticket.transcript.get("utterance", "")),
        "steps": [_masked_step(step) for step in ticket.transcript.get("steps", ())],
    }
    ticket.missing = _masked_missing(ticket.missing)
    for event in ticket.events.all():
        hide_event_text(event)
    for contact in ticket.contacts.all():
        contact.note = masked_text(contact.note)


def hide_event_text(event: TicketEvent) -> None:
    """The same for one event of the timeline: its note, and what is to be completed."""
    event.note = masked_text(event.note)
    if "missing" in event.new:
        event.new = {**event.new, "missing": _masked_missing(event.new["missing"])}


def hide_contact_text(contact: Consultation) -> None:
    """Mask what the user of a contact said, and who they are, in an object that is about to be
    shown to a colleague of its agent and is never saved."""
    contact.utterance = masked_text(contact.utterance)
    intake = getattr(contact, "intake", None)
    if intake is not None:
        intake.account_id = mask_account_id(intake.account_id)
        intake.session, intake.transcript = "", []


def _masked_missing(items: list[dict[str, str]]) -> list[dict[str, str]]:
    """What tier 2 wrote about each thing that tier 1 is to complete."""
    return [
        {**item, "label": masked_text(item["label"]), "why": masked_text(item["why"])}
        for item in items
    ]


def _masked(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            **item,
            "value": masked_value(
                item.get("kind", "text"), item["value"], personal=item.get("personal", False)
            ),
        }
        for item in values
    ]


def _masked_step(step: dict[str, Any]) -> dict[str, Any]:
    """What was typed may stand in the answer, and in a text that repeats it."""
    return {
        **step,
        **{name: masked_text(step.get(name, "")) for name in ("prompt", "script", "answer")},
        "values": _masked(step.get("values", [])),
    }
