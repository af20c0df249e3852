"""Undoing on the pages: the offer after an action, the button without script, what it says."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from klingdesk.undo_offers import offer_in, offer_tag
from tickets.models import Ticket, Undo
from tickets.services.claims import claim

Offer = tuple[str, str]


def act(client: Client, ticket: Ticket, action: str, **data: Any) -> Any:
    url = f"/admin/ticket/{ticket.number}/"
    return client.post(url, {"action": action, **data}, follow=True)


def offered(response: Any) -> str:
    """What the page's undo button sends."""
    html = response.content.decode()
    form = re.search(
        r'<form class="toast-undo" method="post" action="([^"]+)".*?</form>', html, re.S
    )
    assert form is not None
    assert form.group(1) == "/admin/undo/"
    assert 'data-key="u z"' in form.group()
    found = re.search(r'name="what" value="([^"]+)"', form.group())
    assert found is not None
    return found.group(1)


def said(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def take_back(client: Client, what: str) -> Any:
    return client.post("/admin/undo/", {"what": what}, follow=True)


def test_release_and_take_back(mine: Ticket, advisor: Any, as_person: Any) -> None:
    client = as_person(advisor)
    response = act(client, mine, "release")
    assert response.redirect_chain[-1][0].startswith("/admin/queue/")
    response = take_back(client, offered(response))
    assert response.redirect_chain == [(f"/admin/ticket/{mine.number}/", 302)]
    assert said(response) == ["Undone: the ticket is as it was."]
    assert "Giving back undone" in response.content.decode()
    mine.refresh_from_db()
    assert (mine.status, mine.assignee) == ("assigned", advisor)


def test_a_withdrawn_note_is_nowhere_on_the_page(
    mine: Ticket, advisor: Any, as_person: Any
) -> None:
    client = as_person(advisor)
    response = act(client, mine, "note", note="CANARY-写错工单")
    assert "CANARY-写错工单" in response.content.decode()
    html = take_back(client, offered(response)).content.decode()
    assert "CANARY" not in html
    assert "Note withdrawn" in html
    assert "<strong>Note</strong>" not in html


def test_a_transfer_out_of_sight_comes_back(mine: Ticket, advisor: Any, as_person: Any) -> None:
    client = as_person(advisor)
    response = act(client, mine, "transfer", team="safety", reason="涉及安全")
    response = take_back(client, offered(response))
    assert response.redirect_chain == [(f"/admin/ticket/{mine.number}/", 302)]


def test_too_late_is_said(mine: Ticket, advisor: Any, advisor2: Any, as_person: Any) -> None:
    client = as_person(advisor)
    what = offered(act(client, mine, "release"))
    claim(number=mine.number, acting_user=advisor2, now=timezone.now())
    response = take_back(client, what)
    assert said(response) == ["Too late to undo: advisor2 has the ticket now."]
    assert 'class="toast-undo"' not in response.content.decode()
    mine.refresh_from_db()
    assert mine.assignee == advisor2


def test_after_its_time_nothing_is_undone(mine: Ticket, advisor: Any, as_person: Any) -> None:
    client = as_person(advisor)
    what = offered(act(client, mine, "note", note="留着"))
    Undo.objects.update(until=Now() - timedelta(minutes=1))
    assert "Too late" in said(take_back(client, what))[0]


def test_others_get_nothing_by_knowing_the_offer(
    mine: Ticket, advisor: Any, advisor2: Any, editor: Any, as_person: Any
) -> None:
    what = offered(act(as_person(advisor), mine, "note", note="留着"))
    assert said(take_back(as_person(advisor2), what)) == [
        "There is nothing here that you could undo."
    ]
    assert take_back(as_person(editor), what).status_code == 403
    client = as_person(advisor)
    for wrong in ("", "x", f"{mine.number}.", f"{mine.number}.9x", "T99999999.1", "0" * 40):
        assert take_back(client, wrong).status_code in (200, 400), wrong
    assert client.get("/admin/undo/").status_code == 405
    assert mine.events.filter(code="ticket.noted", note="留着").exists()


def test_many_at_once(make_ticket: Any, advisor: Any, manager: Any, as_person: Any) -> None:
    tickets = [make_ticket(account_id=f"88000{n}") for n in range(2)]
    client = as_person(manager)
    data = {
        "do": "person",
        "person": "advisor",
        "reason": "集中处理",
        "number": [each.number for each in tickets],
    }
    response = client.post("/admin/queue/bulk/", data)
    assert response.status_code == 200
    response = take_back(client, offered(response))
    assert said(response) == ["2 tickets are as they were."]
    assert set(Ticket.objects.values_list("status", flat=True)) == {"queued"}
    assert said(take_back(client, offered_key(data, client)))[0].startswith("Too late")


def offered_key(_data: Any, _client: Client) -> str:
    """A key of nothing."""
    return "00000000-0000-4000-8000-000000000000"


def test_an_offer_ends_with_its_seconds() -> None:
    now = timezone.now()
    tag = offer_tag("T00000007.12", until=now + timedelta(seconds=10))
    offer = offer_in(f"{tag}", now=now)
    assert offer is not None
    assert (offer.what, offer.seconds) == ("T00000007.12", 10)
    assert offer_in(tag, now=now + timedelta(seconds=11)) is None
    for other in (None, "", "undo", "undo:x", "undo::9", "undo:x:nan-", "warning"):
        assert offer_in(other, now=now) is None
