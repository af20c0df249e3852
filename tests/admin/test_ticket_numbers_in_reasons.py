"""What is missing, and why, may name a number: in the words about news, and in the form."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from klingdesk.core.roles import Role
from tests.conftest import NOW
from tickets.models import Ticket, TicketEvent
from tickets.services.claims import claim
from tickets.services.returns import return_ticket

PHONE, ACCOUNT = "139-7120-3945", "7310094856"


@pytest.fixture
def returned(make_ticket: Callable[..., Ticket], advisor: Any) -> Ticket:
    """Sent back to tier 1 with a number in the reason for a thing, and in the name of another."""
    ticket = make_ticket()
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    missing = [
        {"field": "account_id", "why": f"用户说是 {ACCOUNT}，查不到"},
        {"field": "", "label": f"{PHONE} 是谁的", "why": f"打 {PHONE} 没人接"},
    ]
    return_ticket(
        number=ticket.number, acting_user=advisor, reason="资料不全", missing=missing, now=NOW
    )
    return Ticket.objects.get(pk=ticket.pk)


def numbers_in(text: str) -> list[str]:
    return [number for number in (ACCOUNT, PHONE) if number in html.unescape(text)]


def test_news_are_masked_as_the_timeline_is(
    returned: Ticket, agent: Any, advisor2: Any, manager: Any, as_person: Callable[..., Client]
) -> None:
    before = TicketEvent.objects.filter(ticket=returned).order_by("pk")[0].pk
    for user, seen in ((agent, [ACCOUNT, PHONE]), (advisor2, []), (manager, [])):
        address = f"/admin/ticket/{returned.number}/here/"
        told = as_person(user).post(address, {"seen": str(before), "writing": "0"}).json()
        assert "Returned to tier 1" in told["news"]
        assert numbers_in(told["news"]) == seen, user
    event = TicketEvent.objects.get(ticket=returned, code="ticket.returned")
    assert numbers_in(str(event.new)) == [ACCOUNT, PHONE]


def test_so_is_the_form_for_completing(
    returned: Ticket, agent: Any, manager: Any, person: Callable[..., Any], as_person: Any
) -> None:
    both = person("both", Role.AGENT, Role.MANAGER)
    for user, seen in ((agent, [ACCOUNT, PHONE]), (manager, []), (both, [])):
        page = as_person(user).get(f"/admin/ticket/{returned.number}/").content.decode()
        assert "data-missing" in page
        assert numbers_in(page) == seen, user
