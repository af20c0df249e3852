"""What the database itself refuses, whoever writes to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, IntegrityError, transaction

from kb.models import FlowVersion, Revision, StandardQuestion
from tests.conftest import NOW
from tickets.models import Clock, Consultation, Team, Ticket, TicketEvent


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "lost"},
        {"status": "assigned"},
        {"status": "resolved"},
        {"status": "queued", "team": None},
        {"account_id": "kling_fan"},
        {"account_id": ""},
        {"problem": ""},
        {"demand": ""},
        {"due_at": None},
        {"contact_channel": "call_back", "contact_value": ""},
        {"contact_channel": ""},
    ],
)
def test_a_ticket_that_cannot_be(
    changes: dict[str, Any], make_ticket: Callable[..., Ticket]
) -> None:
    ticket = make_ticket()
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.filter(pk=ticket.pk).update(**changes)


def test_a_second_open_ticket_for_the_same_account_and_question(
    make_ticket: Callable[..., Ticket],
) -> None:
    first, second = make_ticket(), make_ticket()
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.filter(pk=second.pk).update(account_id=first.account_id)


def test_a_second_running_clock_of_a_kind(make_ticket: Callable[..., Ticket]) -> None:
    clock = Clock.objects.get(ticket=make_ticket(), kind="contact")
    clock.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        clock.save(force_insert=True)


def test_a_late_stop_that_is_no_breach(make_ticket: Callable[..., Ticket]) -> None:
    clock = Clock.objects.get(ticket=make_ticket(), kind="contact")
    with pytest.raises(IntegrityError), transaction.atomic():
        Clock.objects.filter(pk=clock.pk).update(stopped_at=clock.overdue_at)


def test_a_dropped_clock_that_runs(make_ticket: Callable[..., Ticket]) -> None:
    make_ticket()
    with pytest.raises(IntegrityError), transaction.atomic():
        Clock.objects.update(dropped=True)


def test_a_promised_contact_that_is_paused(make_ticket: Callable[..., Ticket]) -> None:
    make_ticket()
    with pytest.raises(IntegrityError), transaction.atomic():
        Clock.objects.filter(kind="contact").update(paused_since=NOW, next_alarm_at=None)


def test_a_paused_clock_with_an_alarm(make_ticket: Callable[..., Ticket]) -> None:
    make_ticket()
    with pytest.raises(IntegrityError), transaction.atomic():
        Clock.objects.filter(kind="resolve").update(paused_since=NOW)


def test_two_default_teams(desk: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Team.objects.create(slug="second", name="第二组", is_default=True)


def test_a_contact_that_is_over_but_has_no_end(
    at_hand_over: Callable[..., int],
) -> None:
    contact_id = at_hand_over()
    with pytest.raises(IntegrityError), transaction.atomic():
        Consultation.objects.filter(pk=contact_id).update(status="answered")
    with pytest.raises(IntegrityError), transaction.atomic():
        Consultation.objects.filter(pk=contact_id).update(status="escalated", finished_at=NOW)


def test_an_escalating_question_without_a_flow(questions: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        StandardQuestion.objects.filter(key="price").update(escalates=True)


def test_an_online_question_without_a_script(questions: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        StandardQuestion.objects.filter(key="price").update(script="")


@pytest.mark.parametrize("model", [TicketEvent, Revision, FlowVersion])
def test_history_can_neither_be_changed_nor_deleted(
    model: Any, make_ticket: Callable[..., Ticket]
) -> None:
    make_ticket()
    assert model.objects.exists()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        model.objects.update(id=model.objects.first().pk)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        model.objects.all()._raw_delete("default")


def test_what_was_done_in_the_administration_stays(manager: Any) -> None:
    entry = LogEntry.objects.create(
        user=manager,
        content_type=ContentType.objects.get_for_model(Team),
        object_id="1",
        object_repr="tier 2",
        action_flag=CHANGE,
        change_message="",
    )
    for change in ({"object_repr": "x"}, {"content_type": None, "user": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            LogEntry.objects.filter(pk=entry.pk).update(**change)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        entry.delete()
    # As when Django forgets a table that is gone.
    assert LogEntry.objects.filter(pk=entry.pk).update(content_type=None) == 1
    entry.refresh_from_db()
    assert entry.object_repr == "tier 2"
