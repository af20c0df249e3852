"""The weekly report: told once to everybody who wants it, whoever sweeps and however often."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.utils import translation

from klingdesk.core.errors import Invalid, NotAllowed
from klingdesk.core.roles import Role
from notices.models import Delivery, Notice, Preference, Webhook
from notices.words import in_words
from tests.conftest import NOW
from tickets.models import Clock, ReportSubscription, Team, Ticket, WeeklyReport
from tickets.rules.sla import ZONE
from tickets.services.report_facts import refresh_facts
from tickets.services.weekly import save_subscriptions, send_weekly_report

# NOW is Wednesday of the week that the report of this Monday tells of.
MONDAY = datetime(2026, 3, 9, 9, 0, tzinfo=ZONE)


@pytest.fixture
def tier2(desk: None) -> Team:
    return Team.objects.get(slug="tier2")


@pytest.fixture
def subscribed(manager: Any, tier2: Team) -> Any:
    save_subscriptions(acting_user=manager, whole_desk=True, team_ids=[tier2.pk], now=NOW)
    return manager


@pytest.fixture
def week(make_ticket: Any) -> list[Ticket]:
    """Three hand-overs last week, one of them breached; one in the week before."""
    tickets = [make_ticket(now=NOW) for _number in range(3)]
    make_ticket(now=NOW - timedelta(days=7))
    late = Clock.objects.filter(ticket=tickets[0], kind="contact")
    hour = timedelta(hours=1)
    late.update(breached_at=NOW + hour, stopped_at=NOW + 2 * hour, next_alarm_at=None)
    met = Clock.objects.filter(ticket__in=tickets[1:], kind="contact")
    met.update(stopped_at=NOW + hour, next_alarm_at=None)
    touch(tickets)
    return tickets


def touch(tickets: list[Ticket]) -> None:
    """An event each, after which their facts are counted anew."""
    for ticket in tickets:
        ticket.events.create(code="ticket.noted", at=NOW, old={}, new={}, note="x")
    refresh_facts(now=MONDAY)


def told(person: Any) -> dict[str, Notice]:
    return {notice.code: notice for notice in Notice.objects.filter(recipient=person)}


def test_the_numbers_of_last_week_with_those_before(
    week: Any, subscribed: Any, tier2: Team
) -> None:
    assert send_weekly_report(now=MONDAY) == 2
    notices = told(subscribed)
    assert set(notices) >= {"reports.weekly", "reports.weekly_team"}
    params = notices["reports.weekly"].params
    assert (params["from"], params["to"]) == ("2026-03-02", "2026-03-08")
    assert (params["handed_over"], params["handed_over_before"]) == (3, 1)
    assert (params["breached"], params["attainment"]) == (1, "66.6%")
    assert notices["reports.weekly_team"].params["team"] == tier2.name
    for language in ("en", "zh-hans"):
        with translation.override(language):
            assert "66.6%" in in_words("reports.weekly", params)


def test_the_notice_opens_the_list_of_breaches(week: Any, subscribed: Any) -> None:
    send_weekly_report(now=MONDAY)
    client = Client(headers={"accept-language": "en"})
    client.force_login(subscribed)
    for code in ("reports.weekly", "reports.weekly_team"):
        page = client.get(told(subscribed)[code].path)
        assert page.status_code == 200
        assert week[0].number in page.content.decode()
        assert week[1].number not in page.content.decode()


def test_once_a_week_however_often_the_sweep_runs(subscribed: Any) -> None:
    assert send_weekly_report(now=MONDAY) == 2
    for later in (timedelta(0), timedelta(minutes=5), timedelta(days=1), timedelta(days=4)):
        assert send_weekly_report(now=MONDAY + later) == 0
    assert send_weekly_report(now=MONDAY + timedelta(days=7)) == 2
    assert WeeklyReport.objects.count() == 2


@pytest.mark.parametrize(
    "now",
    [
        MONDAY - timedelta(seconds=1),
        MONDAY - timedelta(days=1),
        datetime(2026, 2, 17, 10, tzinfo=ZONE),
    ],
)
def test_not_before_nine_and_never_on_a_day_off(now: datetime, subscribed: Any) -> None:
    assert send_weekly_report(now=now) == 0
    assert not WeeklyReport.objects.exists()


def test_what_was_missed_is_told_later_in_the_week(subscribed: Any) -> None:
    thursday = MONDAY + timedelta(days=3, hours=5)
    assert send_weekly_report(now=thursday) == 2
    assert told(subscribed)["reports.weekly"].params["from"] == "2026-03-02"


def test_only_those_who_subscribe_and_are_managers_still(
    subscribed: Any, person: Any, tier2: Team
) -> None:
    other = person("manager2", Role.MANAGER)
    former = person("manager3", Role.MANAGER)
    save_subscriptions(acting_user=former, whole_desk=True, team_ids=[], now=NOW)
    former.groups.clear()
    send_weekly_report(now=MONDAY)
    assert told(other) == told(former) == {}


def test_an_administrator_who_subscribed_is_told_where_there_is_no_manager(
    desk: None, admin_person: Any
) -> None:
    save_subscriptions(acting_user=admin_person, whole_desk=True, team_ids=[], now=NOW)
    assert send_weekly_report(now=MONDAY) == 1
    assert set(told(admin_person)) == {"reports.weekly"}


def test_a_week_is_not_over_while_nobody_may_see_its_numbers(desk: None) -> None:
    get_user_model().objects.all().delete()
    assert send_weekly_report(now=MONDAY) == 0
    assert not WeeklyReport.objects.exists()


def test_by_e_mail_for_those_who_want_it(subscribed: Any) -> None:
    subscribed.email = "boss@desk.example"
    subscribed.save()
    Preference.objects.create(person=subscribed, topic="reports.weekly", channel="email")
    send_weekly_report(now=MONDAY)
    assert Delivery.objects.filter(channel="email", recipient=subscribed).count() == 2


def test_a_teams_webhook_gets_its_own_report_without_any_subscriber(
    manager: Any, tier2: Team
) -> None:
    hook = Webhook.objects.create(
        name="tier 2 robot",
        kind="feishu",
        audience=f"team:{tier2.slug}",
        topics=["reports.weekly"],
        host="open.feishu.cn",
        sealed_url="x",
        created_by=manager,
        created_at=NOW,
        changed_by=manager,
        changed_at=NOW,
    )
    assert send_weekly_report(now=MONDAY) == 0
    (delivery,) = Delivery.objects.filter(webhook=hook)
    assert delivery.payload["code"] == "reports.weekly_team"
    assert delivery.payload["params"]["team"] == tier2.name


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_tell_once(subscribed: Any) -> None:
    gate, counts = threading.Barrier(4), []

    def sweep() -> None:
        try:
            gate.wait()
            counts.append(send_weekly_report(now=MONDAY))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=sweep) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 0, 0, 2]
    assert Notice.objects.filter(recipient=subscribed).count() == 2


# --- subscribing ----------------------------------------------------------------------------------


def test_a_choice_replaces_the_one_before(manager: Any, tier2: Team) -> None:
    def own() -> set[int | None]:
        rows = ReportSubscription.objects.filter(person=manager)
        return set(rows.values_list("team", flat=True))

    save = {"acting_user": manager, "now": NOW}
    save_subscriptions(whole_desk=True, team_ids=[tier2.pk], **save)
    save_subscriptions(whole_desk=True, team_ids=[tier2.pk], **save)
    assert own() == {None, tier2.pk}
    save_subscriptions(whole_desk=False, team_ids=[tier2.pk], **save)
    assert own() == {tier2.pk}
    save_subscriptions(whole_desk=True, team_ids=[], **save)
    assert own() == {None}
    with pytest.raises(Invalid):
        save_subscriptions(whole_desk=False, team_ids=[0], **save)
    assert own() == {None}


def test_it_is_for_managers(advisor: Any) -> None:
    with pytest.raises(NotAllowed):
        save_subscriptions(acting_user=advisor, whole_desk=True, team_ids=[], now=NOW)


def test_the_page(manager: Any, advisor: Any, tier2: Team) -> None:
    cache.clear()
    client = Client(headers={"accept-language": "en"})
    client.force_login(manager)
    page = "/admin/reports/weekly/"
    assert client.get(page).status_code == 200
    saved = client.post(page, {"desk": "1", "teams": [str(tier2.pk)]})
    assert saved.status_code == 302
    shown = client.get(page)
    assert shown.context["desk"] is True
    assert [row["team"] for row in shown.context["rows"] if row["chosen"]] == [tier2]
    refused = client.post(page, {"teams": [str(tier2.pk), "-5"]})
    assert refused.status_code == 400
    assert [row["team"] for row in refused.context["rows"] if row["chosen"]] == [tier2]
    assert ReportSubscription.objects.filter(person=manager).count() == 2
    client.force_login(advisor)
    assert client.get(page).status_code == 403
