"""Users are taken out of what ended long ago; what reports count by stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client

from tests.conftest import NOW
from tests.tickets.services.steps import HOUR, answered, taken
from tickets.models import (
    Clock,
    Consultation,
    ContactAttempt,
    ContactTransfer,
    RunStep,
    Ticket,
    TicketEvent,
    TicketFact,
)
from tickets.rules.anonymising import ANONYMISED, KEPT_KEYS
from tickets.rules.event_facts import FACTS
from tickets.rules.undo import told as still_told
from tickets.selectors.clock_history import history_of
from tickets.services.anonymising import Anonymised, anonymise, due_for_anonymising
from tickets.services.chases import chase
from tickets.services.closing import close_resolved
from tickets.services.consultations import finish_consultation
from tickets.services.notes import add_note
from tickets.services.report_rebuild import rebuild_reports
from tickets.services.transfers import transfer
from tickets.services.undo import undo
from tickets.services.waiting import resume, wait
from tickets.services.work import resolve
from tickets.tasks import anonymise as anonymise_task

Make = Callable[..., Ticket]
YEAR = timedelta(days=365)
DAY = timedelta(days=1)
SAID = "张三13912345678"
"""Stands in every text of the planted ticket."""
ACCOUNT, PHONE = "99887766", "13800001111"
TABLES = (Ticket, TicketEvent, ContactAttempt, Consultation, RunStep, ContactTransfer)


def everything() -> str:
    """Every row of what may tell of a user, as the database has it."""
    found = []
    with connection.cursor() as cursor:
        for model in TABLES:
            cursor.execute(f'SELECT row::text FROM "{model._meta.db_table}" AS row')
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


def events(ticket: Ticket) -> list[tuple[Any, ...]]:
    return list(ticket.events.values_list("pk", "ticket_id", "code", "actor_id", "at"))


@pytest.fixture
def ended(make_ticket: Make, agent: Any, advisor: Any, agent2: Any) -> Ticket:
    """A closed ticket with something of its user in every place that there is."""
    ticket = make_ticket(
        problem=f"扣了两次 {SAID}", demand=f"退 {SAID}", account_id=ACCOUNT, contact_value=PHONE
    )
    contact = ticket.consultations.get()
    Consultation.objects.filter(pk=contact.pk).update(utterance=SAID)
    step = RunStep.objects.filter(run__consultation=contact)[0]
    step.values, step.checked = {"name": SAID}, {"corrected": SAID}
    step.prompt, step.script, step.label = SAID, SAID, SAID
    step.save()
    ContactTransfer.objects.create(
        consultation=contact, from_agent=agent, to_agent=agent2, by=agent, note=SAID, at=NOW
    )
    Ticket.objects.filter(pk=ticket.pk).update(
        extra=[{"key": "name", "label": "称呼", "value": SAID}],
        transcript={**ticket.transcript, "utterance": SAID},
    )
    chase(number=ticket.number, acting_user=agent, note=f"又来催 {SAID}", now=NOW)
    taken(ticket, advisor)
    add_note(number=ticket.number, acting_user=advisor, note=f"备注 {SAID}", now=NOW + HOUR)
    answered(ticket, advisor)
    resolve(
        number=ticket.number, acting_user=advisor, code="refunded", summary=f"已退 {SAID}", now=NOW
    )
    ContactAttempt.objects.filter(ticket=ticket).update(note=SAID)
    TicketEvent.objects.create(
        ticket=ticket,
        code="ticket.completed",
        actor=agent,
        at=NOW,
        old={"status": "returned", "problem": SAID, "extra": {"name": SAID}},
        new={"status": "queued", "account_id": ACCOUNT, "missing": [{"why": SAID}]},
        note=SAID,
    )
    close_resolved(now=NOW + timedelta(days=10), after_days=7)
    return Ticket.objects.get(pk=ticket.pk)


def test_nothing_of_the_user_is_left(ended: Ticket) -> None:
    planted = everything()
    assert planted.count(SAID) >= 15
    assert ACCOUNT in planted
    assert PHONE in planted
    now = ended.ended_at + YEAR  # type: ignore[operator]
    assert anonymise(now=now, after_days=365) == Anonymised(tickets=1, contacts=0)
    left = everything()
    assert SAID not in left
    assert "张三" not in left
    assert ACCOUNT not in left
    assert PHONE not in left
    row = Ticket.objects.get()
    assert (row.problem, row.account_id, row.extra) == (ANONYMISED, "", [])
    assert (row.transcript["steps"], row.transcript["channel"]) == ([], "phone")
    assert row.anonymised_at == now
    assert row.consultations.get().anonymised_at == now


def test_what_reports_count_by_stays(ended: Ticket) -> None:
    kept = ("question_id", "status", "priority", "team_id", "assignee_id", "handed_over_by_id")
    kept += ("created_at", "claimed_at", "resolved_at", "first_answered_at", "due_at", "ended_at")
    kept += ("resolution_code", "contact_channel", "chase_count", "bounce_count", "reopen_count")

    def facts() -> list[Any]:
        return [
            Ticket.objects.values(*kept).get(),
            list(Clock.objects.order_by("pk").values()),
            history_of(ended.pk),
            list(RunStep.objects.order_by("pk").values("node", "value", "kind", "answered_by")),
            list(Consultation.objects.values("agent", "question", "status", "started_at")),
            events(ended),
            [e.new.get("status") for e in ended.events.all()],
        ]

    before = facts()
    anonymise(now=ended.ended_at + YEAR, after_days=365)  # type: ignore[operator]
    assert facts() == before


def test_it_comes_to_the_day_and_once(ended: Ticket, make_ticket: Make) -> None:
    young = make_ticket()
    end = ended.ended_at
    assert end is not None
    early = end + YEAR - timedelta(seconds=1)
    assert due_for_anonymising(now=early, after_days=365) == Anonymised(0, 0)
    assert anonymise(now=early, after_days=365) == Anonymised(0, 0)
    assert due_for_anonymising(now=end + YEAR, after_days=365) == Anonymised(1, 0)
    assert anonymise(now=end + YEAR, after_days=365) == Anonymised(1, 0)
    after = everything()
    assert anonymise(now=end + 2 * YEAR, after_days=365) == Anonymised(0, 0)
    assert everything() == after
    young.refresh_from_db()
    assert (young.account_id != "", young.anonymised_at) == (True, None)


def test_contacts_without_a_ticket_go_by_their_own_end(
    at_hand_over: Callable[..., int], agent: Any
) -> None:
    numbers = [*(at_hand_over() for _each in range(4)), at_hand_over(now=NOW + HOUR)]
    for number in numbers[:4]:
        finish_consultation(consultation_id=number, acting_user=agent, outcome="abandoned", now=NOW)
    Consultation.objects.filter(pk__in=numbers).update(utterance=SAID, account_id=ACCOUNT)
    assert anonymise(now=NOW + YEAR, after_days=365, batch=3) == Anonymised(0, 4)
    left = Consultation.objects.exclude(account_id="").get()
    assert (left.pk, left.utterance) == (numbers[4], SAID), "the one that goes on"


def test_contacts_that_nobody_ended_go_a_year_after_the_last_step(
    agent: Any, at_hand_over: Callable[..., int]
) -> None:
    contact = at_hand_over(agent, NOW)
    Consultation.objects.filter(pk=contact).update(utterance=SAID, started_at=NOW - YEAR)
    early = NOW + YEAR - timedelta(seconds=1)
    assert anonymise(now=early, after_days=365) == Anonymised(0, 0)
    assert due_for_anonymising(now=NOW + YEAR, after_days=365) == Anonymised(0, 1)
    assert anonymise(now=NOW + YEAR, after_days=365) == Anonymised(0, 1)
    gone = Consultation.objects.get(pk=contact)
    assert (gone.status, gone.finished_at, gone.utterance) == ("abandoned", NOW, ANONYMISED)


def test_batches_and_rows_that_somebody_holds(make_ticket: Make) -> None:
    ids = [make_ticket().pk for _each in range(5)]
    Ticket.objects.filter(pk__in=ids).update(status="cancelled", ended_at=NOW)
    assert anonymise(now=NOW + YEAR, after_days=365, batch=2).tickets == 5
    assert not Ticket.objects.filter(anonymised_at=None).exists()


def test_the_page_of_an_anonymised_ticket_opens(ended: Ticket, manager: Any) -> None:
    anonymise(now=ended.ended_at + YEAR, after_days=365)  # type: ignore[operator]
    client = Client()
    client.force_login(manager)
    page = client.get(f"/admin/ticket/{ended.number}/")
    assert page.status_code == 200
    assert ANONYMISED in page.content.decode()
    detail = client.get(f"/api/v1/tickets/{ended.number}/")
    assert detail.status_code == 200
    assert SAID not in json.dumps(detail.json(), ensure_ascii=False)


@pytest.mark.parametrize(
    "change",
    [
        "SET code = 'ticket.noted'",
        "SET at = at - interval '1 day'",
        "SET actor_id = NULL",
        "SET ticket_id = ticket_id + 1",
        "SET id = id + 1000000",
    ],
)
def test_what_happened_cannot_be_changed_even_then(ended: Ticket, change: str) -> None:
    changed = f"UPDATE tickets_ticketevent {change} WHERE actor_id IS NOT NULL"
    for statement in (changed, "DELETE FROM tickets_ticketevent"):
        with pytest.raises(DatabaseError, match="append-only"):
            while_anonymising(statement)


@transaction.atomic
def while_anonymising(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL klingdesk.anonymising = 'on'")
        cursor.execute(statement)


@pytest.mark.parametrize("again", [False, True])
def test_plain_changes_are_refused_before_and_after(ended: Ticket, again: bool) -> None:
    if again:
        anonymise(now=ended.ended_at + YEAR, after_days=365)  # type: ignore[operator]
    for change in ({"note": "x"}, {"old": {}}, {"new": {"x": 1}}, {"code": "x"}):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            TicketEvent.objects.update(**change)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        TicketEvent.objects.all()._raw_delete("default")


def test_the_command_counts_first_and_the_task_does_it(ended: Ticket) -> None:
    with time_machine.travel(ended.ended_at + YEAR, tick=False):  # type: ignore[operator]
        told = StringIO()
        call_command("anonymise", "--dry-run", stdout=told)
        assert told.getvalue() == "would be anonymised: 1 tickets, 0 contacts without one\n"
        assert SAID in everything()
        anonymise_task()
        assert SAID not in everything()
        told = StringIO()
        call_command("anonymise", stdout=told)
        assert told.getvalue() == "anonymised: 0 tickets, 0 contacts without one\n"


def test_what_was_undone_stays_undone(make_ticket: Make, advisor: Any, advisor2: Any) -> None:
    """Pauses, figures and timelines leave out what was taken back, by what undid it."""
    ticket = make_ticket(account_id="700009")
    taken(ticket, advisor)
    answered(ticket, advisor)
    shortly = timedelta(seconds=3)
    wait(
        number=ticket.number,
        acting_user=advisor,
        note="等",
        next_try_at=NOW + 5 * DAY,
        now=NOW + HOUR,
    )
    at = NOW + 2 * HOUR
    transfer(number=ticket.number, acting_user=advisor, person="advisor2", reason="错", now=at)
    undo(number=ticket.number, acting_user=advisor, now=at + shortly)
    at = NOW + 3 * HOUR
    add_note(number=ticket.number, acting_user=advisor, note="写错了", now=at)
    undo(number=ticket.number, acting_user=advisor, now=at + shortly)
    end = NOW + 7 * DAY
    resume(number=ticket.number, acting_user=advisor, now=end)
    resolve(
        number=ticket.number, acting_user=advisor, code="refunded", summary="退了", now=end + HOUR
    )
    close_resolved(now=NOW + 20 * DAY, after_days=7)

    def seen() -> tuple[Any, ...]:
        rebuild_reports(now=NOW + 2 * YEAR)
        counted = TicketFact.objects.values_list("resolve_minutes", flat=True).get(pk=ticket.pk)
        told = [event.pk for event in still_told(ticket.events.order_by("pk"))]
        return history_of(ticket.pk), counted, told

    before = seen()
    assert before[0].pauses[0].end == end
    anonymise(now=NOW + 2 * YEAR, after_days=365)
    assert seen() == before


def test_what_is_read_by_name_is_kept() -> None:
    """By whoever counts clocks, undoes, or lists what a change has moved."""
    free_text = {"what"}  # of a reveal: which part was shown
    read = set().union(*FACTS.values()) - free_text
    assert read <= set(KEPT_KEYS)


def test_no_kept_key_is_one_that_a_user_fills() -> None:
    filled = {"problem", "demand", "account_id", "contact_value", "extra", "missing", "note"}
    assert not filled & set(KEPT_KEYS)
