"""Taking back a release, a transfer, a note: exactly, in time, by who did it, and untold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now

from klingdesk.core.errors import Conflict, NotAllowed, NotFound
from notices.models import Delivery, Notice, Preference
from notices.selectors import notices_for
from notices.services import mark_read
from tests.conftest import NOW
from tests.tickets.services.steps import HOUR, codes, fresh, taken, waiting
from tickets.models import Clock, Team, Ticket, TicketEvent, TicketFact, Undo
from tickets.models.labels import Assignment
from tickets.rules.undo import HELD
from tickets.selectors.clock_history import history_of
from tickets.selectors.decisions import assignment_of
from tickets.selectors.undo import undo_offer_of
from tickets.services.archiving import archive_tickets
from tickets.services.assignment import assign_queued
from tickets.services.bulk import bulk_transfer
from tickets.services.cancelling import cancel
from tickets.services.claims import claim, release
from tickets.services.notes import add_note
from tickets.services.report_facts import refresh_facts
from tickets.services.transfers import transfer
from tickets.services.undo import purge_undo, undo, undo_together
from tickets.services.watching import watch

LATER = NOW + HOUR
SOON = LATER + timedelta(seconds=3)

_CLOCK = ("kind", "due_at", "paused_since", "next_alarm_at", "days", "provisional", "overdue_at")


@pytest.fixture
def ticket(make_ticket: Callable[..., Ticket]) -> Ticket:
    """In the queue of tier2."""
    return make_ticket()


def picture(ticket: Ticket) -> dict[str, Any]:
    """Everything of the ticket and its clocks."""
    row = Ticket.objects.filter(pk=ticket.pk).values().get()
    clocks = list(Clock.objects.filter(ticket=ticket).order_by("pk").values(*_CLOCK))
    return {**row, "clocks": clocks}


def give_back(ticket: Ticket, user: Any, **more: Any) -> Ticket:
    return release(number=ticket.number, acting_user=user, now=LATER, **more)


def note(ticket: Ticket, user: Any, text: str = "内部话", **more: Any) -> Ticket:
    return add_note(number=ticket.number, acting_user=user, note=text, **{"now": LATER, **more})


def pass_on(ticket: Ticket, user: Any, **to: Any) -> Ticket:
    return transfer(number=ticket.number, acting_user=user, reason="转", now=LATER, **to)


def back(ticket: Ticket, user: Any, **more: Any) -> Ticket:
    return undo(number=ticket.number, acting_user=user, now=SOON, **more)


def time_goes_by(ticket: Ticket, seconds: float) -> None:
    Undo.objects.filter(ticket=ticket).update(until=Now() - timedelta(seconds=seconds))


# --- exactly as before ----------------------------------------------------------------------------


def test_a_release_is_taken_back_exactly(ticket: Ticket, advisor: Any) -> None:
    taken(ticket, advisor)
    before = picture(ticket)
    give_back(ticket, advisor, note="明天休假")
    assert fresh(ticket).status == "queued"
    done = ticket.events.get(code="ticket.released")
    back(ticket, advisor, event=done.pk)
    assert picture(ticket) == before
    undone = ticket.events.latest("pk")
    assert (undone.code, undone.actor) == ("ticket.release_undone", advisor)
    assert undone.new["undoes"] == [done.pk]
    assert (undone.old["status"], undone.new["status"]) == ("queued", "assigned")
    assert not Undo.objects.exists()


def test_a_manager_takes_back_what_they_took_from_an_advisor(
    ticket: Ticket, advisor: Any, manager: Any
) -> None:
    taken(ticket, advisor)
    before = picture(ticket)
    give_back(ticket, manager)
    back(ticket, manager)
    assert picture(ticket) == before
    assert fresh(ticket).assignee == advisor


@pytest.mark.parametrize("to", [{"team": "safety"}, {"person": "advisor2"}])
@pytest.mark.parametrize("come_from", ["queued", "assigned", "waiting"])
def test_a_transfer_is_taken_back_exactly(
    ticket: Ticket, advisor: Any, advisor2: Any, manager: Any, come_from: str, to: dict[str, str]
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(skill="video")
    if come_from == "assigned":
        taken(ticket, advisor)
    elif come_from == "waiting":
        waiting(ticket, advisor)
    before, past = picture(ticket), history_of(ticket.pk)
    pass_on(ticket, manager, **to)
    assert picture(ticket) != before
    back(ticket, manager)
    assert picture(ticket) == before
    assert history_of(ticket.pk) == past
    undone = ticket.events.latest("pk")
    came_with = ["ticket.resumed"] if come_from == "waiting" else []
    gone = TicketEvent.objects.filter(pk__in=undone.new["undoes"]).order_by("pk")
    names = [event.code for event in gone if not event.code.startswith("sla.")]
    assert names == [*came_with, "ticket.transferred"]


def test_why_the_desk_gave_it_holds_again(
    ticket: Ticket, advisor: Any, advisor2: Any, manager: Any
) -> None:
    Team.objects.filter(slug="tier2").update(assignment=Assignment.AUTOMATIC)
    assert assign_queued(now=NOW) == 1
    why = assignment_of(ticket.events.all())
    assert why is not None
    pass_on(ticket, manager, team="safety")
    assert assignment_of(ticket.events.all()) is None
    back(ticket, manager)
    assert assignment_of(ticket.events.all()) == why


def test_a_note_loses_its_words_for_good(ticket: Ticket, advisor: Any) -> None:
    note(ticket, advisor, "写错工单了")
    done = ticket.events.get(code="ticket.noted")
    back(ticket, advisor)
    done.refresh_from_db()
    assert (done.note, done.actor) == ("", advisor)
    assert codes(ticket)[-2:] == ["ticket.noted", "ticket.note_withdrawn"]
    assert not TicketEvent.objects.filter(note__contains="写错").exists()


def test_reports_count_as_if_nothing_had_been(ticket: Ticket, advisor: Any, manager: Any) -> None:
    waiting(ticket, advisor)
    refresh_facts(now=NOW)
    before = TicketFact.objects.values().get()
    pass_on(ticket, manager, team="safety")
    refresh_facts(now=LATER)
    assert TicketFact.objects.values().get() != before
    back(ticket, manager)
    note(ticket, advisor)
    back(ticket, advisor)
    refresh_facts(now=SOON)
    assert TicketFact.objects.values().get() == before


# --- by whom, until when, and only the last -------------------------------------------------------


def test_whoever_passed_it_out_of_sight_can_still_take_it_back(
    ticket: Ticket, advisor: Any
) -> None:
    taken(ticket, advisor)
    pass_on(ticket, advisor, team="safety")
    with pytest.raises(NotFound):
        note(ticket, advisor)
    back(ticket, advisor)
    assert fresh(ticket).assignee == advisor


def test_nobody_takes_back_what_others_did(
    ticket: Ticket, advisor: Any, advisor2: Any, agent2: Any, editor: Any
) -> None:
    taken(ticket, advisor)
    note(ticket, advisor)
    done = ticket.events.get(code="ticket.noted")
    for event in (None, done.pk):
        with pytest.raises(Conflict) as refused:
            back(ticket, advisor2, event=event)
        assert refused.value.code == "nothing_to_undo"
    with pytest.raises(NotFound):
        back(ticket, agent2)
    with pytest.raises((NotFound, NotAllowed)):
        back(ticket, editor)
    assert fresh(ticket).events.get(pk=done.pk).note == "内部话"


def test_in_time_by_the_databases_clock(ticket: Ticket, advisor: Any) -> None:
    taken(ticket, advisor)
    give_back(ticket, advisor)
    time_goes_by(ticket, 3)
    with pytest.raises(Conflict) as refused:
        back(ticket, advisor)
    assert refused.value.code == "too_late"
    assert refused.value.state["status"] == "queued"
    time_goes_by(ticket, 1)  # within the grace: the click was in time
    back(ticket, advisor)


def test_too_late_says_who_has_it(ticket: Ticket, advisor: Any, advisor2: Any) -> None:
    taken(ticket, advisor)
    give_back(ticket, advisor)
    done = ticket.events.latest("pk")
    claim(number=ticket.number, acting_user=advisor2, now=LATER)
    with pytest.raises(Conflict) as refused:
        back(ticket, advisor, event=done.pk)
    assert refused.value.code == "too_late"
    assert "advisor2" in str(refused.value.message)
    assert refused.value.state["assignee"] == "advisor2"
    assert fresh(ticket).assignee == advisor2


def test_anything_else_that_happened_is_in_the_way(
    ticket: Ticket, advisor: Any, advisor2: Any
) -> None:
    note(ticket, advisor, "第一条")
    first = ticket.events.latest("pk")
    watch(number=ticket.number, acting_user=advisor2, now=LATER)
    with pytest.raises(Conflict) as refused:
        back(ticket, advisor)
    assert refused.value.code == "too_late"
    note(ticket, advisor, "第二条")
    with pytest.raises(Conflict) as older:
        back(ticket, advisor, event=first.pk)
    assert older.value.code == "too_late"
    back(ticket, advisor)
    notes = ticket.events.filter(code="ticket.noted").order_by("pk")
    assert [event.note for event in notes] == ["第一条", ""]


def test_once_is_enough_and_what_has_ended_stays(ticket: Ticket, manager: Any) -> None:
    note(ticket, manager)
    back(ticket, manager)
    with pytest.raises(Conflict) as again:
        back(ticket, manager)
    assert again.value.code == "nothing_to_undo"
    note(ticket, manager)
    cancel(number=ticket.number, acting_user=manager, reason="误转", now=LATER)
    with pytest.raises(Conflict) as ended:
        back(ticket, manager)
    assert ended.value.code == "wrong_state"


def test_the_offer_is_for_who_did_it_and_as_long_as_nothing_else_happens(
    ticket: Ticket, advisor: Any, advisor2: Any
) -> None:
    done = note(ticket, advisor)
    read = Ticket.objects.select_related("undo").get(pk=ticket.pk)
    now = read.undo.until - timedelta(seconds=1)
    offer = undo_offer_of(read, user=advisor, now=now)
    assert offer is not None
    assert offer.event_id == done.undo.event_id
    assert undo_offer_of(read, user=advisor2, now=now) is None
    assert undo_offer_of(read, user=advisor, now=read.undo.until) is None
    read.last_event = offer.event_id + 1  # type: ignore[attr-defined]
    assert undo_offer_of(read, user=advisor, now=now) is None


# --- what others learn of it ----------------------------------------------------------------------


def test_nobody_is_told_before_it_is_certain(
    ticket: Ticket, advisor: Any, advisor2: Any, manager: Any
) -> None:
    advisor2.email = "advisor2@example.com"
    advisor2.save()
    Preference.objects.create(person=advisor2, topic="tickets.mentions", channel="email")
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    note(ticket, advisor, "@advisor2 请看", now=now)
    assert not notices_for(advisor2).exists()
    assert mark_read(acting_user=advisor2, notice_ids=None, now=now) == 0
    held = Notice.objects.get(recipient=advisor2)
    assert held.created_at == now + HELD
    for delivery in Delivery.objects.all():
        assert delivery.due_at >= now + HELD
    undo(number=ticket.number, acting_user=advisor, now=now)
    assert not Notice.objects.filter(recipient=advisor2).exists()
    assert not Delivery.objects.exists()


def test_what_was_not_undone_is_told(ticket: Ticket, advisor: Any, advisor2: Any) -> None:
    note(ticket, advisor, "@advisor2 请看")
    assert [notice.code for notice in notices_for(advisor2)] == ["tickets.mentioned"]


def test_a_transfer_undone_tells_nobody(
    ticket: Ticket, advisor: Any, advisor2: Any, manager: Any
) -> None:
    pass_on(ticket, manager, person="advisor2")
    assert Notice.objects.filter(recipient=advisor2).exists()
    back(ticket, manager)
    assert not Notice.objects.filter(recipient=advisor2).exists()


def test_the_desk_does_not_give_away_what_may_be_taken_back(
    ticket: Ticket, advisor: Any, advisor2: Any
) -> None:
    taken(ticket, advisor)
    Team.objects.filter(slug="tier2").update(assignment=Assignment.AUTOMATIC)
    give_back(ticket, advisor)
    assert assign_queued(now=LATER) == 0
    time_goes_by(ticket, 0)
    assert assign_queued(now=LATER) == 1


# --- many at once ---------------------------------------------------------------------------------


def test_many_are_taken_back_together(
    make_ticket: Callable[..., Ticket], advisor: Any, manager: Any
) -> None:
    tickets = [make_ticket(account_id=f"88000{n}") for n in range(3)]
    before = [picture(each) for each in tickets]
    key = uuid4()
    rows = bulk_transfer(
        numbers=[each.number for each in tickets],
        acting_user=manager,
        person="advisor",
        reason="集中处理",
        now=LATER,
        undo_key=key,
    )
    assert all(row.ok for row in rows)
    note(tickets[1], advisor)
    assert undo_together(key=key, acting_user=advisor, now=SOON) == (0, 0)
    assert undo_together(key=key, acting_user=manager, now=SOON) == (2, 0)
    assert [picture(tickets[n]) == before[n] for n in range(3)] == [True, False, True]


# --- the database's part --------------------------------------------------------------------------


def test_the_timeline_lets_nothing_else_be_changed(ticket: Ticket, advisor: Any) -> None:
    note(ticket, advisor)
    done = TicketEvent.objects.filter(pk=ticket.events.latest("pk").pk)
    for change in ({"note": "别的话"}, {"note": "", "code": "x"}, {"note": "", "new": {"a": 1}}):
        with pytest.raises(DatabaseError), transaction.atomic():
            done.update(**change)
    time_goes_by(ticket, 120)
    with pytest.raises(DatabaseError), transaction.atomic():
        done.update(note="")
    Undo.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        done.update(note="")


def test_offers_are_forgotten(ticket: Ticket, advisor: Any) -> None:
    note(ticket, advisor)
    (until,) = Undo.objects.values_list("until", flat=True)
    assert purge_undo(now=until) == 0
    assert purge_undo(now=until + timedelta(hours=2)) == 1


def test_an_offer_does_not_hold_up_the_archive(ticket: Ticket, manager: Any) -> None:
    note(ticket, manager)
    cancel(number=ticket.number, acting_user=manager, reason="误转", now=LATER)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tickets_eventpending")
    done = archive_tickets(now=NOW + timedelta(days=400), older_than_months=6)
    assert done.tickets == 1
    assert not Undo.objects.exists()
