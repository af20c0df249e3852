"""Contacts of colleagues that wait for their user to come back: as little of them as it takes
to know which one to take over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from klingdesk.core.account_id import AccountIdError, mask_account_id, parse_account_id
from tickets.models import Consultation, RunStep
from tickets.selectors.first_words import first_words
from tickets.selectors.people import name_of
from tickets.selectors.runs import run_state

SHOWN = 20


@dataclass(frozen=True, slots=True)
class ParkedContact:
    """``agent`` is whose it is, ``username`` theirs; ``account`` is masked, and empty unless the
    contact was found by it."""

    pk: int
    question: str
    since: datetime
    channel: str
    agent: str
    username: str
    words: str
    account: str = ""


def parked_of_colleagues(*, user: Any) -> tuple[list[ParkedContact], int]:
    """Those that ``user`` may take over, the latest first, and how many more there are."""
    waiting = Consultation.objects.to_take_over_by(user)
    rows = waiting.select_related("question", "agent").order_by("-parked_at")[: SHOWN + 1]
    shown = [_row(each) for each in rows]
    more = waiting.count() - SHOWN if len(shown) > SHOWN else 0
    return shown[:SHOWN], more


def parked_of_account(*, user: Any, account_id: str) -> list[ParkedContact]:
    """Those of one account: its ID was filled in, as such, in the run as it stands.

    ``account_id`` is what was typed; nothing is found for what is no account ID.
    """
    try:
        clean = parse_account_id(account_id)
    except AccountIdError:
        return []
    # The database looks for the digits in what was filled in, the run says what they are.
    steps = (
        RunStep.objects.filter(
            run__consultation__in=Consultation.objects.to_take_over_by(user),
            undone_at=None,
            kind="collect",
        )
        .annotate(written=Cast("values", TextField()))
        .filter(written__contains=f'"{clean}"')
    )
    found = (
        Consultation.objects.filter(pk__in=steps.values("run__consultation"))
        .select_related("question", "agent")
        .order_by("-parked_at")[:SHOWN]
    )
    return [_row(each, account=mask_account_id(clean)) for each in _of_account(found, clean)]


def _of_account(found: Iterable[Consultation], account_id: str) -> Iterable[Consultation]:
    for each in found:
        state = run_state(each)
        if state is not None and any(
            item.variable.kind == "account_id" and item.value == account_id
            for item in state.collected
        ):
            yield each


def _row(contact: Consultation, *, account: str = "") -> ParkedContact:
    assert contact.parked_at is not None  # noqa: S101 - only those are asked for
    return ParkedContact(
        pk=contact.pk,
        question=contact.question.title if contact.question else "",
        since=contact.parked_at,
        channel=str(contact.get_channel_display()),
        agent=name_of(contact.agent),
        username=contact.agent.get_username(),
        words=first_words(contact.utterance),
        account=account,
    )
