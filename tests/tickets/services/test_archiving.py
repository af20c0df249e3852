"""What ended long ago goes into the archive whole, is still found, and is counted as before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from klingdesk.core.errors import Invalid
from tests.concurrency.threads import (
    at_once,
    held,
    in_background,
    outcome,
    wait_until_blocked,
)
from tests.conftest import NOW
from tests.tickets.services.old_tickets import (
    DAY,
    LATER,
    Make,
    archive,
    closing,
    picture,
)
from tests.tickets.services.steps import HOUR, fresh, resolved
from tickets.models import (
    ArchivedTicket,
    Clock,
    ClockAlarm,
    ContactAttempt,
    EventPending,
    FeedEntry,
    FlowRun,
    Ticket,
    TicketEvent,
)
from tickets.rules.months import months_before
from tickets.selectors.access import allowed_actions, archived_at
from tickets.selectors.archive import ticket_read_for
from tickets.selectors.tickets import ticket_get_for
from tickets.services import archiving
from tickets.services.archiving import Archived, archive_tickets
from tickets.services.closing import close_resolved
from tickets.services.feed import sequence_events
from tickets.services.hand_over import hand_over
from tickets.services.merging import merge

MOVED = (Ticket, TicketEvent, Clock, ClockAlarm, ContactAttempt)


@pytest.fixture
def closed(make_ticket: Make, advisor: Any, agent: Any) -> Callable[..., Ticket]:
    return closing(make_ticket, advisor, agent)


def test_everything_of_a_ticket_goes_along_and_can_be_read_as_it_was(
    closed: Callable[..., Ticket], manager: Any
) -> None:
    ticket = closed()
    before = picture(ticket_get_for(user=manager, number=ticket.number))
    assert before["contacts"]
    assert before["watchers"]
    assert any(alarms for _row, _policy, alarms in before["clocks"])

    assert archive() == Archived(tickets=1, kept=0)

    assert [model.objects.count() for model in MOVED] == [0, 0, 0, 0, 0]
    after = ticket_read_for(user=manager, number=ticket.number)
    assert picture(after) == before
    assert archived_at(after) == LATER
    assert allowed_actions(after, manager) == ()


def test_contacts_and_runs_of_flows_stay_and_refer_to_the_archive(
    closed: Callable[..., Ticket],
) -> None:
    ticket = closed()
    contact = ticket.consultations.get()
    archive()
    contact.refresh_from_db()
    assert (contact.ticket_id, contact.archived_id) == (None, ticket.pk)
    assert contact.status == "escalated"
    assert FlowRun.objects.filter(consultation=contact).exists()


@pytest.mark.usefixtures("desk")
def test_only_what_ended_long_enough_ago_is_archived(
    closed: Callable[..., Ticket], make_ticket: Make
) -> None:
    ticket, still_open = closed(), make_ticket()
    assert ticket.ended_at is not None
    a_year_on = ticket.ended_at + timedelta(days=365)
    assert archive(now=a_year_on - timedelta(seconds=1)).tickets == 0
    assert archive(now=a_year_on).tickets == 1
    assert list(Ticket.objects.all()) == [still_open]
    assert archive(now=a_year_on) == Archived(tickets=0, kept=0)


def test_months_are_those_of_the_calendar() -> None:
    last_of_march = datetime.fromisoformat("2026-03-31T20:00:00+08:00")
    assert months_before(last_of_march, 1).isoformat() == "2026-02-28T20:00:00+08:00"
    assert months_before(last_of_march, 15).isoformat() == "2024-12-31T20:00:00+08:00"
    early_utc = datetime.fromisoformat("2026-02-28T20:00:00+00:00")  # the first of March there
    assert months_before(early_utc, 1).isoformat() == "2026-02-01T04:00:00+08:00"


def test_too_short_a_time_is_refused_and_nothing_moves(closed: Callable[..., Ticket]) -> None:
    ticket = closed()
    with pytest.raises(Invalid) as refused:
        archive_tickets(now=LATER, older_than_months=2)
    assert "older_than_months" in refused.value.fields
    with pytest.raises(CommandError, match="At least 3 months"):
        call_command("archive_tickets", "--older-than-months", "2", stdout=StringIO())
    assert Ticket.objects.filter(pk=ticket.pk).exists()


def test_the_command_counts_first_and_then_archives(closed: Callable[..., Ticket]) -> None:
    closed()
    EventPending.objects.all().delete()
    said = StringIO()
    with time_machine.travel(LATER):
        call_command("archive_tickets", "--older-than-months", "12", "--dry-run", stdout=said)
        assert "would be archived: 1 tickets; kept for now: 0" in said.getvalue()
        assert ArchivedTicket.objects.count() == 0
        call_command("archive_tickets", "--older-than-months", "12", stdout=said)
    assert "\narchived: 1 tickets" in said.getvalue()
    assert ArchivedTicket.objects.count() == 1


# --- families -------------------------------------------------------------------------------------


def test_a_merged_ticket_moves_with_what_it_was_merged_into(
    closed: Callable[..., Ticket], make_ticket: Make, advisor: Any, questions: Any
) -> None:
    target = make_ticket(account_id="881000")
    source = make_ticket_about(make_ticket, questions["price"], account_id="881000")
    merge(
        number=source.number, into=target.number, acting_user=advisor, reason="同", now=NOW + HOUR
    )
    assert fresh(source).ended_at == NOW + HOUR
    assert archive() == Archived(tickets=0, kept=1)  # its target is still open

    resolved(target, advisor, now=NOW + DAY)
    close_resolved(now=NOW + 9 * DAY, after_days=7)
    assert archive() == Archived(tickets=2, kept=0)
    row = ArchivedTicket.objects.get(pk=source.pk)
    assert (row.status, row.merged_into_id) == ("merged", target.pk)


def make_ticket_about(make_ticket: Make, question: Any, **changes: Any) -> Ticket:
    """A second open ticket of an account: about something else."""
    other = make_ticket(**{**changes, "account_id": "889999"})
    Ticket.objects.filter(pk=other.pk).update(question=question, **changes)
    return fresh(other)


def test_a_ticket_waits_for_those_that_follow_it(
    closed: Callable[..., Ticket], make_ticket: Make, advisor: Any
) -> None:
    old = closed()
    newer = make_ticket(now=NOW + 300 * DAY)
    Ticket.objects.filter(pk=newer.pk).update(follows=old)
    other = closed(account_id="882000")
    assert archive() == Archived(tickets=1, kept=1)
    assert set(Ticket.objects.values_list("pk", flat=True)) == {old.pk, newer.pk}
    resolved(newer, advisor, now=NOW + 301 * DAY)
    close_resolved(now=NOW + 310 * DAY, after_days=7)
    assert archive(now=NOW + 800 * DAY).tickets == 2
    assert ArchivedTicket.objects.filter(pk__in=[old.pk, newer.pk, other.pk]).count() == 3


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_families_that_lie_in_several_batches_are_not_torn(
    closed: Callable[..., Ticket], batch: int
) -> None:
    rows = [closed(account_id=str(883_000 + number)) for number in range(5)]
    chain = [(rows[1], rows[0]), (rows[3], rows[1]), (rows[4], rows[2])]
    for later, earlier in chain:
        Ticket.objects.filter(pk=later.pk).update(follows=earlier)
    # The last of the first family ended too late: all three stay.
    Ticket.objects.filter(pk=rows[3].pk).update(ended_at=LATER - DAY)
    assert archive(batch=batch).tickets == 2
    assert set(ArchivedTicket.objects.values_list("pk", flat=True)) == {rows[2].pk, rows[4].pk}


# --- what is in the way ---------------------------------------------------------------------------


def test_what_the_feed_still_holds_stays(closed: Callable[..., Ticket]) -> None:
    ticket = closed()
    FeedEntry.objects.create(position=1, event=ticket.events.last(), at=NOW)
    assert archive() == Archived(tickets=0, kept=1)
    FeedEntry.objects.all().delete()
    assert archive().tickets == 1


@pytest.mark.django_db(transaction=True)
def test_events_on_their_way_to_the_feed_keep_a_ticket(closed: Callable[..., Ticket]) -> None:
    closed()
    assert EventPending.objects.exists()
    assert archive_tickets(now=LATER, older_than_months=12) == Archived(tickets=0, kept=1)
    assert sequence_events(now=LATER) > 0
    assert archive() == Archived(tickets=0, kept=1)


def test_nobody_deletes_from_timeline_or_archive(closed: Callable[..., Ticket]) -> None:
    gone, kept = closed(), closed(account_id="884000")
    Ticket.objects.filter(pk=kept.pk).update(ended_at=LATER)
    archive()
    for statement in (
        f"DELETE FROM tickets_ticketevent WHERE ticket_id = {kept.pk}",
        f"SET LOCAL klingdesk.archiving = 'on'; "
        f"DELETE FROM tickets_ticketevent WHERE ticket_id = {kept.pk}",
        f"DELETE FROM tickets_archivedticket WHERE id = {gone.pk}",
        f"UPDATE tickets_archivedticket SET account_id = '' WHERE id = {gone.pk}",
        f"SET LOCAL klingdesk.anonymising = 'on'; "
        f"UPDATE tickets_archivedticket SET status = 'cancelled' WHERE id = {gone.pk}",
    ):
        with (
            pytest.raises(DatabaseError, match=r"append-only|is kept"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_what_is_not_written_down_is_not_deleted(
    closed: Callable[..., Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed()
    less = archiving._WRITE.replace("WHERE contact.ticket_id = ticket.id)", "WHERE false)")
    assert less != archiving._WRITE
    monkeypatch.setattr(archiving, "_WRITE", less)
    with pytest.raises(RuntimeError, match="would have deleted"):
        archive()
    assert Ticket.objects.count() == 1
    assert ContactAttempt.objects.count() == 1
    assert ArchivedTicket.objects.count() == 0


# --- killed, and two at once ----------------------------------------------------------------------


@pytest.fixture
def committed(closed: Callable[..., Ticket]) -> list[Ticket]:
    """Six closed tickets whose events have left the feed."""
    rows = [closed(account_id=str(885_000 + number)) for number in range(6)]
    EventPending.objects.all().delete()
    return rows


@pytest.mark.django_db(transaction=True)
def test_killed_between_batches_it_goes_on_where_it_was(committed: list[Ticket]) -> None:
    def killed(moved: int) -> None:
        if moved >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archive(batch=2, tell=killed)
    assert ArchivedTicket.objects.count() == 4
    assert Ticket.objects.count() == 2
    assert archive(batch=2).tickets == 2
    assert ArchivedTicket.objects.count() == len(committed)


@pytest.mark.django_db(transaction=True)
def test_killed_inside_a_batch_nothing_of_it_has_happened(
    committed: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (*archiving._DELETE[:-1], "SELECT 1 / 0")
    monkeypatch.setattr(archiving, "_DELETE", broken)
    with pytest.raises(DatabaseError):
        archive()
    assert ArchivedTicket.objects.count() == 0
    assert Ticket.objects.count() == len(committed)
    assert TicketEvent.objects.filter(ticket=committed[0]).exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_move_each_ticket_once(committed: list[Ticket]) -> None:
    done = at_once(*[lambda: archive(batch=1)] * 2)
    assert all(isinstance(each, Archived) for each in done), done
    archive(batch=1)
    assert ArchivedTicket.objects.count() == len(committed)
    assert Ticket.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_ticket_that_somebody_holds_is_left_to_the_next_run(committed: list[Ticket]) -> None:
    def hold() -> None:
        Ticket.objects.select_for_update(no_key=True).get(pk=committed[0].pk)

    with held(hold):
        assert archive(batch=10).tickets == len(committed) - 1
    assert archive().tickets == 1


@pytest.mark.django_db(transaction=True)
def test_what_goes_while_a_new_ticket_is_to_follow_it_is_told(
    committed: list[Ticket], agent: Any, at_hand_over: Callable[..., int], capture: Any
) -> None:
    old = committed[0]
    contact = at_hand_over(now=LATER)
    with held(archive) as commit:
        following = in_background(
            lambda: hand_over(
                consultation_id=contact,
                acting_user=agent,
                capture=capture(account_id=old.account_id),
                follows=old.number,
                now=LATER,
            )
        )
        wait_until_blocked()
        assert commit().tickets == len(committed)
    refused = outcome(following)
    assert isinstance(refused, Invalid)
    assert list(refused.fields) == ["follows"]
