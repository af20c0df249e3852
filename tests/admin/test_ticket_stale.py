"""Two people on one ticket: a save on an old picture shows both texts and loses neither."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.conftest import NOW
from tickets.models import ContactAttempt, Presence, Ticket, TicketEvent
from tickets.services.claims import claim, release
from tickets.services.notes import add_note
from tickets.services.transfers import transfer

TYPED = "谈了十分钟，用户同意"


def url(ticket: Ticket) -> str:
    return f"/admin/ticket/{ticket.number}/"


def last_event(ticket: Ticket) -> int:
    return ticket.events.order_by("-pk").values_list("pk", flat=True)[0]


def test_both_texts_stand_side_by_side_and_can_be_saved_deliberately(
    mine: Ticket, advisor: Any, agent: Any, manager: Any, as_person: Any
) -> None:
    client = as_person(advisor)
    seen = client.get(url(mine)).context["last_event"]
    assert seen == last_event(mine)
    release(number=mine.number, acting_user=manager, now=NOW, note="主管收回")
    claim(number=mine.number, acting_user=advisor, now=NOW)
    response = client.post(url(mine), {"action": "note", "note": TYPED, "seen": seen})
    page = response.content.decode()
    assert response.status_code == 409
    assert "has changed since you opened it" in page
    assert "主管收回" in page
    assert page.count(TYPED) == 2  # beside what happened, and in its form
    assert "Save all the same" in page
    assert not TicketEvent.objects.filter(code="ticket.noted").exists()

    offer = next(each for each in response.context["offers"] if each.action == "note")
    assert (offer.open, offer.again, offer.seen) == (True, True, last_event(mine))
    again = {"action": "note", "note": TYPED, "seen": offer.seen}
    assert client.post(url(mine), again).status_code == 302
    assert TicketEvent.objects.get(code="ticket.noted").note == TYPED


def test_a_form_that_is_gone_leaves_its_text_in_a_note(
    mine: Ticket, advisor: Any, manager: Any, as_person: Any
) -> None:
    client = as_person(advisor)
    seen = last_event(mine)
    release(number=mine.number, acting_user=manager, now=NOW)
    data = {"action": "contact", "outcome": "call_back:reached", "note": TYPED, "seen": seen}
    response = client.post(url(mine), data)
    assert response.status_code == 409
    offer = next(each for each in response.context["offers"] if each.action == "note")
    assert offer.open
    assert TYPED in offer.form.initial["note"]
    assert TYPED in response.content.decode().split('id="action-note"')[1]
    assert not ContactAttempt.objects.exists()


def test_a_ticket_that_went_to_another_team_gives_the_words_back(
    mine: Ticket, advisor: Any, manager: Any, other_advisor: Any, as_person: Any
) -> None:
    transfer(
        number=mine.number, acting_user=manager, person="other_advisor", reason="专项", now=NOW
    )
    response = as_person(advisor).post(url(mine), {"action": "note", "note": TYPED})
    page = response.content.decode()
    assert response.status_code == 404
    assert TYPED in page
    assert mine.account_id not in page
    assert mine.problem not in page


def test_notes_of_others_in_between_refuse_nothing(
    mine: Ticket, advisor: Any, agent: Any, as_person: Any
) -> None:
    seen = last_event(mine)
    add_note(number=mine.number, acting_user=agent, note="补充", now=NOW)
    data = {"action": "contact", "outcome": "call_back:reached", "note": TYPED, "seen": seen}
    assert as_person(advisor).post(url(mine), data).status_code == 302


def test_a_mistake_in_a_field_does_not_make_the_writer_aware(
    mine: Ticket, advisor: Any, manager: Any, as_person: Any
) -> None:
    client, seen = as_person(advisor), last_event(mine)
    release(number=mine.number, acting_user=manager, now=NOW)
    claim(number=mine.number, acting_user=advisor, now=NOW)
    response = client.post(
        url(mine), {"action": "wait", "note": TYPED, "next_try_at": "x", "seen": seen}
    )
    assert response.status_code == 422
    offer = next(each for each in response.context["offers"] if each.action == "wait")
    assert offer.seen == seen


@pytest.mark.parametrize("seen", ["x", "-1", "９", "9" * 40])
def test_what_is_no_event_is_no_secret_way_in(
    seen: str, mine: Ticket, advisor: Any, as_person: Any
) -> None:
    response = as_person(advisor).post(url(mine), {"action": "note", "note": TYPED, "seen": seen})
    assert response.status_code == 302
    strange = {"action": "note", "note": TYPED, "seen": "1" * 17}
    response = as_person(advisor).post(url(mine), strange)
    assert response.status_code == 422
    assert TYPED in response.content.decode()


# --- who is here ----------------------------------------------------------------------------------


def test_two_people_see_each_other(
    mine: Ticket, advisor: Any, advisor2: Any, as_person: Any
) -> None:
    here = f"{url(mine)}here/"
    first, second = as_person(advisor), as_person(advisor2)
    assert first.post(here, {"writing": "1"}).json() == {"others": "", "news": ""}
    assert second.post(here, {"writing": "0"}).json()["others"] == "advisor is writing"
    assert first.post(here).json()["others"] == "advisor2 is reading"
    Presence.objects.filter(person=advisor2).update(seen_at=timezone.now() - timedelta(seconds=31))
    assert first.post(here).json()["others"] == ""
    assert not TicketEvent.objects.filter(actor=advisor2).exists()


def test_what_others_did_is_told_and_ones_own_is_not(
    mine: Ticket, advisor: Any, agent: Any, as_person: Any
) -> None:
    here, seen = f"{url(mine)}here/", last_event(mine)
    client = as_person(advisor)
    add_note(number=mine.number, acting_user=advisor, note="自己的", now=NOW)
    assert client.post(here, {"seen": seen}).json()["news"] == ""
    add_note(number=mine.number, acting_user=agent, note="别人的", now=NOW)
    assert client.post(here, {"seen": seen}).json()["news"] == "agent: Note"
    for strange in ("", "x", "９", "9" * 40):
        assert client.post(here, {"seen": strange}).json()["news"] == ""


@pytest.mark.parametrize(
    ("who", "status"), [("agent", 200), ("agent2", 404), ("other_advisor", 404), ("editor", 403)]
)
def test_only_who_may_see_the_ticket_is_here(
    who: str, status: int, request: pytest.FixtureRequest, mine: Ticket, as_person: Any
) -> None:
    client = as_person(request.getfixturevalue(who))
    assert client.post(f"{url(mine)}here/").status_code == status
    assert Presence.objects.exists() == (status == 200)


def test_presence_needs_a_token_and_get_changes_nothing(mine: Ticket, advisor: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(advisor)
    assert strict.post(f"{url(mine)}here/").status_code == 403
    assert strict.get(f"{url(mine)}here/").status_code == 302
    assert not Presence.objects.exists()
