"""Who is told what about tickets: once, not the one who did it, and nothing of the user."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kb.models import StandardQuestion
from notices.models import Delivery, Notice
from notices.providers import audiences, working_hours
from notices.words import in_words, topic_of
from tests.conftest import DUE, NOW
from tests.notices.hooks import a_webhook
from tickets.models import Clock, ClockAlarm, Heartbeat, Team, Ticket
from tickets.models.labels import AlarmLevel
from tickets.services import telling
from tickets.services.alarms import fire_alarms
from tickets.services.claims import claim
from tickets.services.telling import tell_unrouted
from tickets.services.telling_alarms import TOLD, tell_fired_alarms

LATER = NOW + timedelta(minutes=5)
LONG_AFTER = DUE + timedelta(days=30)


def told() -> set[tuple[str, str]]:
    """User name and code of every notice."""
    return set(Notice.objects.values_list("recipient__username", "code"))


@pytest.fixture
def ticket(make_ticket: Callable[..., Ticket], advisor: Any, advisor2: Any) -> Ticket:
    """Claimed by advisor; advisor2 leads its team."""
    made = make_ticket()
    claim(number=made.number, acting_user=advisor, now=NOW)
    Team.objects.filter(slug="tier2").update(lead=advisor2)
    return Ticket.objects.get(pk=made.pk)


def test_a_watcher_who_may_not_see_it_any_more_is_told_nothing(
    ticket: Ticket, other_advisor: Any
) -> None:
    ticket.watchers.add(other_advisor)
    telling.tell_chased(ticket=ticket, acting_user=None, now=NOW)
    assert told() == {("advisor", "tickets.chased")}


@pytest.mark.parametrize(
    ("tell", "code", "people"),
    [
        (telling.tell_transferred, "tickets.transferred", {"advisor", "manager"}),
        (telling.tell_chased, "tickets.chased", {"advisor", "manager"}),
        (telling.tell_returned, "tickets.returned", {"agent", "manager"}),
        (telling.tell_completed, "tickets.completed", {"advisor", "advisor2", "manager"}),
        (telling.tell_reopened, "tickets.reopened", {"advisor", "manager"}),
        (telling.tell_cancelled, "tickets.cancelled", {"agent", "advisor", "manager"}),
        (telling.tell_merged, "tickets.merged", {"advisor", "manager"}),
    ],
)
def test_who_is_told(ticket: Ticket, manager: Any, tell: Any, code: str, people: set[str]) -> None:
    ticket.watchers.add(manager)
    if code == "tickets.transferred":
        people = people - {"manager"}
    tell(ticket=ticket, acting_user=None, now=NOW)
    tell(ticket=ticket, acting_user=None, now=NOW)  # the same event again
    assert told() == {(person, code) for person in people}
    notice = Notice.objects.first()
    assert notice is not None
    assert notice.path == f"/admin/ticket/{ticket.number}/"
    assert ticket.number in in_words(code, notice.params)
    tell(ticket=ticket, acting_user=None, now=LATER)
    assert Notice.objects.count() == 2 * len(people)


def test_whoever_did_it_is_not_told(ticket: Ticket, advisor: Any, manager: Any) -> None:
    ticket.watchers.add(advisor)
    a_webhook(manager)
    telling.tell_assigned(ticket=ticket, assignee=advisor, acting_user=advisor, now=NOW)
    telling.tell_chased(ticket=ticket, acting_user=advisor, now=NOW)
    assert told() == set()
    assert Delivery.objects.count() == 0
    telling.tell_assigned(ticket=ticket, assignee=advisor, acting_user=manager, now=NOW)
    assert told() == {("advisor", "tickets.assigned")}


def test_without_an_assignee_the_lead_is_told_and_without_a_lead_a_manager(
    make_ticket: Callable[..., Ticket], manager: Any, advisor2: Any
) -> None:
    ticket = make_ticket()
    telling.tell_chased(ticket=ticket, acting_user=None, now=NOW)
    assert {who for who, code in told() if code == "tickets.chased"} == {"manager"}
    Team.objects.update(lead=advisor2)
    ticket = Ticket.objects.get(pk=ticket.pk)
    telling.tell_chased(ticket=ticket, acting_user=None, now=LATER)
    telling.tell_transferred(ticket=ticket, acting_user=None, now=LATER)
    assert ("advisor2", "tickets.chased") in told()
    assert ("advisor2", "tickets.transferred_to_team") in told()


def test_a_mention_reaches_the_people_and_no_webhook(
    ticket: Ticket, advisor: Any, advisor2: Any, manager: Any
) -> None:
    hook = a_webhook(manager)
    hook.topics = ["tickets.mentions"]
    hook.audience = "team:tier2"
    hook.save()
    telling.tell_mentioned(ticket=ticket, people=[advisor2, advisor], acting_user=advisor, now=NOW)
    assert told() == {("advisor2", "tickets.mentioned")}
    assert Delivery.objects.count() == 0


def test_nothing_of_the_user_is_in_a_notice(ticket: Ticket) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(account_id="88000123", problem="13800138000")
    ticket.refresh_from_db()
    telling.tell_chased(ticket=ticket, acting_user=None, now=NOW)
    kept = json.dumps(list(Notice.objects.values_list("params", "path", "event")))
    assert "88000123" not in kept
    assert "13800138000" not in kept
    assert "一个视频扣了两次灵感值" not in kept


# --- alarms ---------------------------------------------------------------------------------------


def fire(now: Any) -> None:
    fire_alarms(now=now)


def contact_codes() -> set[tuple[str, str]]:
    return {(who, code) for who, code in told() if code.startswith("sla.contact.")}


def test_every_level_is_told_once_to_assignee_lead_and_managers(
    ticket: Ticket, manager: Any
) -> None:
    clock = Clock.objects.get(ticket=ticket, kind="contact")
    instants = {
        "due_soon": clock.due_soon_at,
        "last_call": clock.last_call_at,
        "breached": clock.due_at,
        "overdue_day": clock.overdue_at,
    }
    expected: set[tuple[str, str]] = set()
    for level, instant in instants.items():
        now = instant + timedelta(seconds=1)
        fire(now)
        tell_fired_alarms(now=now)
        tell_fired_alarms(now=now + timedelta(minutes=1))
        people = ("advisor", "advisor2", "manager")
        expected |= {(person, f"sla.contact.{level}") for person in people}
        assert contact_codes() == expected
    notice = Notice.objects.get(recipient=manager, code="sla.contact.breached")
    assert "2026-03-09 18:00" in in_words(notice.code, notice.params)
    assert topic_of(notice.code).key == "tickets.breaches"


def test_levels_that_fire_together_are_told_as_the_last(ticket: Ticket, manager: Any) -> None:
    fire(LONG_AFTER)
    tell_fired_alarms(now=LONG_AFTER)
    tell_fired_alarms(now=LONG_AFTER + timedelta(minutes=1))
    assert {code for _who, code in contact_codes()} == {"sla.contact.overdue_day"}


def test_what_was_settled_meanwhile_is_not_due_soon_but_a_breach_stays_one(
    ticket: Ticket, manager: Any
) -> None:
    clock = Clock.objects.get(ticket=ticket, kind="contact")
    for level, at in (("last_call", NOW), ("breached", LATER)):
        ClockAlarm.objects.create(clock=clock, level=level, fired_at=at)
    Clock.objects.filter(pk=clock.pk).update(stopped_at=NOW, next_alarm_at=None)
    tell_fired_alarms(now=LATER)
    assert {code for _who, code in contact_codes()} == {"sla.contact.breached"}


def test_a_worker_that_died_between_firing_and_telling_leaves_nothing_untold(
    ticket: Ticket, manager: Any
) -> None:
    tell_fired_alarms(now=NOW)
    fire(LONG_AFTER)  # and then it dies
    a_week_later = LONG_AFTER + timedelta(days=7)
    assert tell_fired_alarms(now=a_week_later) > 0
    assert Heartbeat.objects.get(name=TOLD).at == a_week_later


def test_old_alarms_are_not_told_by_a_desk_that_begins_to_tell(
    ticket: Ticket, manager: Any
) -> None:
    fire(LONG_AFTER)
    assert tell_fired_alarms(now=LONG_AFTER + timedelta(days=2)) == 0


def test_many_alarms_are_told_in_pages(
    make_ticket: Callable[..., Ticket], manager: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [make_ticket() for _number in range(5)]
    fire(LONG_AFTER)
    tell_fired_alarms(now=LONG_AFTER, batch=3)
    numbers = {
        notice.params["ticket"]
        for notice in Notice.objects.filter(recipient=manager, code="sla.contact.overdue_day")
    }
    assert numbers == {ticket.number for ticket in tickets}


def test_an_old_alarm_that_a_merge_copied_hides_no_newer_one(
    make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    fired, copied = (Clock.objects.get(ticket=make_ticket(), kind="contact") for _n in range(2))
    late = fired.due_at + timedelta(hours=1)
    ClockAlarm.objects.create(clock=fired, level="breached", fired_at=late)
    ClockAlarm.objects.create(clock=copied, level="breached", fired_at=late - timedelta(days=5))
    assert tell_fired_alarms(now=late, batch=2) == 1


def test_managers_are_told_of_many_questions_without_a_rule_in_one_statement(
    make_ticket: Callable[..., Ticket], manager: Any, questions: Any
) -> None:
    """One after the other, in the order of tickets, two workers would wait for each other."""
    first, second = make_ticket(), make_ticket()
    second.question = StandardQuestion.objects.get(key="price")
    with CaptureQueriesContext(connection) as seen:
        tell_unrouted(tickets=[second, first, second], now=NOW)
    written = [each for each in seen if each["sql"].startswith('INSERT INTO "notices_notice"')]
    assert len(written) == 1
    told = list(Notice.objects.filter(code="tickets.unrouted").order_by("pk").values("event"))
    assert len(told) == 2
    assert told == sorted(told, key=lambda each: each["event"])


def test_a_sweep_that_finds_nothing_asks_little(
    ticket: Ticket, manager: Any, django_assert_max_num_queries: Any
) -> None:
    fire(LONG_AFTER)
    tell_fired_alarms(now=LONG_AFTER)
    with django_assert_max_num_queries(12):
        assert tell_fired_alarms(now=LONG_AFTER + timedelta(minutes=1)) == 0


def test_every_level_of_every_clock_has_its_words(ticket: Ticket) -> None:
    for kind in ("contact", "resolve"):
        for level in AlarmLevel.values:
            assert topic_of(f"sla.{kind}.{level}").key in {"tickets.due", "tickets.breaches"}


# --- what tickets lend to notices -----------------------------------------------------------------


def test_teams_are_audiences_and_the_policy_says_the_hours(desk: None) -> None:
    keys = {key for key, _label in audiences()}
    assert {"desk", "team:tier2", "team:safety"} <= keys
    hours = working_hours()
    assert (hours.opens.hour, hours.closes.hour) == (9, 18)
    assert hours.calendar.is_working(NOW.date())
