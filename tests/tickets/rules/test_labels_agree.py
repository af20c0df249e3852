"""The words stored in columns are the words of the rules, no more and no fewer."""

from __future__ import annotations

from enum import StrEnum

import pytest
from django.db.models import TextChoices

from klingdesk.core import account_id
from tickets.models import Consultation, Ticket, labels
from tickets.rules import sla, transitions


@pytest.mark.parametrize(
    ("stored", "ruled"),
    [
        (labels.Status, transitions.Status),
        (labels.ContactChannel, transitions.ContactKind),
        (labels.ContactResult, transitions.ContactResult),
        (labels.ResolutionCode, transitions.ResolutionCode),
        (labels.AlarmLevel, sla.AlarmLevel),
    ],
    ids=lambda choices: choices.__name__,
)
def test_choices_are_the_rules_words_in_their_order(
    stored: type[TextChoices], ruled: type[StrEnum]
) -> None:
    assert stored.values == [word.value for word in ruled]


def test_every_stored_clock_is_one_the_rules_know() -> None:
    assert set(labels.ClockKind.values) <= set(sla.ClockKind)


def test_what_is_open_is_in_the_order_of_the_migrations() -> None:
    in_order = ("new", "queued", "assigned", "waiting", "returned")
    assert in_order == labels.OPEN_STATUSES
    assert set(in_order) == transitions.OPEN_STATUSES


@pytest.mark.parametrize("model", [Ticket, Consultation])
def test_the_longest_account_id_fits_its_column(model: type[Ticket | Consultation]) -> None:
    width = model._meta.get_field("account_id").max_length
    assert width is not None
    assert width >= account_id.MAX_DIGITS


def test_the_longest_call_back_number_fits_its_column() -> None:
    width = Ticket._meta.get_field("contact_value").max_length
    assert width is not None
    assert width >= len(account_id.parse_phone("0755-82345678-123456"))
