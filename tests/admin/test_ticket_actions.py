"""Every action of the ticket page, through its form."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from notices.models import Notice
from tests.conftest import NOW
from tickets.models import Consultation, ContactAttempt, Ticket
from tickets.services.claims import claim
from tickets.services.work import log_contact, resolve

LATER = "2099-01-05T10:30"


def url(ticket: Ticket) -> str:
    return f"/admin/ticket/{ticket.number}/"


def act(client: Client, ticket: Ticket, action: str, **data: Any) -> Any:
    response = client.post(url(ticket), {"action": action, **data})
    ticket.refresh_from_db()
    return response


def errors(response: Any, action: str) -> dict[str, list[str]]:
    assert response.status_code == 422
    offer = next(each for each in response.context["offers"] if each.action == action)
    assert offer.open
    return dict(offer.form.errors)


def test_wait_then_a_contact_that_takes_it_up_again(
    mine: Ticket, advisor: Any, as_person: Any
) -> None:
    client = as_person(advisor)
    assert set(errors(act(client, mine, "wait"), "wait")) == {"note", "next_try_at"}
    past = act(client, mine, "wait", note="等截图", next_try_at="2020-01-01T10:00")
    assert set(errors(past, "wait")) == {"next_try_at"}
    assert "等截图" in past.content.decode()
    assert act(client, mine, "wait", note="等截图", next_try_at=LATER).status_code == 302
    assert mine.status == "waiting"
    assert act(client, mine, "resume", note="").status_code == 302
    assert mine.status == "assigned"
    act(client, mine, "wait", note="等截图", next_try_at=LATER)
    reached = {"outcome": "private_message:answered", "resume": "on"}
    assert act(client, mine, "contact", **reached).status_code == 302
    assert mine.status == "assigned"


def test_a_contact_that_was_made_earlier(mine: Ticket, advisor: Any, as_person: Any) -> None:
    client = as_person(advisor)
    Ticket.objects.filter(pk=mine.pk).update(created_at=timezone.now() - timedelta(days=3))
    at = timezone.localtime() - timedelta(days=1)
    data = {"outcome": "call_back:no_answer", "at": f"{at:%Y-%m-%dT%H:%M}"}
    assert act(client, mine, "contact", **data).status_code == 302
    assert timezone.localtime(ContactAttempt.objects.get().at).date() == at.date()
    future = act(client, mine, "contact", outcome="call_back:no_answer", at=LATER, note="留着")
    assert set(errors(future, "contact")) == {"at"}
    assert "留着" in future.content.decode()


def test_a_next_try_that_breaks_the_promise_is_warned_of(
    mine: Ticket, advisor: Any, as_person: Any
) -> None:
    client = as_person(advisor)
    now = timezone.now()
    clock = mine.clocks.get(kind="contact")
    tries = {"outcome": "call_back:no_answer"}

    def warned(due_at: datetime, next_try_at: datetime | None, **more: str) -> bool:
        type(clock).objects.filter(pk=clock.pk).update(due_at=due_at, due_soon_at=due_at)
        if next_try_at:
            more["next_try_at"] = f"{timezone.localtime(next_try_at):%Y-%m-%dT%H:%M}"
        done = client.post(url(mine), {"action": "contact", **tries, **more}, follow=True)
        assert "The contact is logged." in done.content.decode()
        return "comes too late for the promise" in done.content.decode()

    tomorrow, later = now + timedelta(days=1), now + timedelta(days=2)
    assert warned(tomorrow, later)
    assert not warned(later, tomorrow)
    assert not warned(tomorrow, None)
    assert not warned(now - timedelta(days=1), later), "it is broken already"
    assert not warned(tomorrow, later, outcome="call_back:reached"), "it is kept"


def test_return_and_complete(
    mine: Ticket, advisor: Any, agent: Any, agent2: Any, as_person: Any
) -> None:
    tier2, tier1 = as_person(advisor), as_person(agent)
    nothing = act(tier2, mine, "return", reason="看不清")
    assert "Say what is missing" in nothing.content.decode()
    assert "看不清" in nothing.content.decode()
    found = errors(
        act(tier2, mine, "return", **{"is.account_id": "on", "label": "截图", "reason": "缺资料"}),
        "return",
    )
    assert set(found) == {"why.account_id", "why.other"}
    given = {
        "is.account_id": "on",
        "why.account_id": "与截图不一致",
        "label": "截图",
        "why.other": "没有上传",
        "reason": "缺资料",
    }
    assert act(tier2, mine, "return", **given).status_code == 302
    assert mine.status == "returned"
    assert [item["field"] for item in mine.missing] == ["account_id", ""]

    home = tier1.get("/admin/console/").content.decode()
    assert "Returned to you" in home
    assert mine.number in home
    assert "Returned to you" not in as_person(agent2).get("/admin/console/").content.decode()
    page = tier1.get(url(mine))
    notice = page.content.decode().split('id="missing-title"')[1].split("</section>")[0]
    assert "与截图不一致" in notice
    assert "缺资料" in notice
    form = next(each.form for each in page.context["offers"] if each.action == "complete")
    shown = {name: field.initial or "" for name, field in form.fields.items()}
    wrong = act(tier1, mine, "complete", **{**shown, "account_id": "kling_fan", "note": "留着"})
    assert set(errors(wrong, "complete")) == {"account_id"}
    assert "kling_fan" in wrong.content.decode()
    assert "note" in errors(act(tier1, mine, "complete", **shown), "complete")
    fixed = {**shown, "account_id": "990055", "extra.times": "3"}
    assert act(tier1, mine, "complete", **fixed).status_code == 302
    assert (mine.status, mine.account_id) == ("queued", "990055")
    assert {item["key"]: item["value"] for item in mine.extra}["times"] == 3


def test_a_manager_completes_without_seeing_and_without_losing(
    mine: Ticket, advisor: Any, manager: Any, as_person: Any
) -> None:
    account = mine.account_id
    given = {"label": "型号", "why.other": "没问", "reason": "缺资料"}
    assert act(as_person(advisor), mine, "return", **given).status_code == 302
    client = as_person(manager)
    page = client.get(url(mine))
    assert account not in page.content.decode()
    assert mine.contact_value not in page.content.decode()
    assert (
        act(
            client,
            mine,
            "complete",
            note="已向用户核实",
            contact_channel=mine.contact_channel,
        ).status_code
        == 302
    )
    assert (mine.status, mine.account_id) == ("queued", account)


def test_transfer_to_a_person_and_away(
    mine: Ticket, advisor: Any, advisor2: Any, other_advisor: Any, as_person: Any
) -> None:
    client = as_person(advisor)
    neither = act(client, mine, "transfer", reason="更熟悉")
    assert set(errors(neither, "transfer")) == {"team"}
    assert set(errors(act(client, mine, "transfer", team="safety"), "transfer")) == {"reason"}
    assert act(client, mine, "transfer", person="advisor2", reason="更熟悉").status_code == 302
    assert mine.assignee == advisor2
    away = as_person(advisor2).post(
        f"{url(mine)}?list=view%3Dmine",
        {"action": "transfer", "team": "safety", "reason": "安全问题"},
    )
    assert away["Location"] == "/admin/queue/?view=mine"  # it is not theirs to see any more
    mine.refresh_from_db()
    assert (mine.status, mine.team.slug) == ("queued", "safety")


def test_priority_cancel_and_watch(mine: Ticket, manager: Any, agent: Any, as_person: Any) -> None:
    client = as_person(manager)
    empty = errors(act(client, mine, "priority"), "priority")
    assert set(empty) == {"priority", "reason"}
    assert act(client, mine, "priority", priority="2", reason="媒体关注").status_code == 302
    assert mine.priority == 2
    assert act(client, mine, "watch").status_code == 302
    assert list(mine.watchers.all()) == [manager]
    assert act(client, mine, "unwatch").status_code == 302
    assert set(errors(act(client, mine, "cancel"), "cancel")) == {"reason"}
    assert act(client, mine, "cancel", reason="用户撤回").status_code == 302
    assert mine.status == "cancelled"


def test_merge_offers_the_other_tickets_of_the_account(
    mine: Ticket, make_ticket: Any, advisor: Any, questions: Any, as_person: Any
) -> None:
    twin, stranger = make_ticket(), make_ticket()
    Ticket.objects.filter(pk=twin.pk).update(
        account_id=mine.account_id, question=questions["price"]
    )
    client = as_person(advisor)
    offer = next(e for e in client.get(url(mine)).context["offers"] if e.action == "merge")
    assert [value for value, _label in offer.form.fields["candidate"].choices] == [twin.number]
    data = {"number": stranger.number, "reason": "同一件事"}
    assert set(errors(act(client, mine, "merge", **data), "merge")) == {"number"}
    response = act(client, mine, "merge", candidate=twin.number, reason="同一件事")
    assert response["Location"] == url(twin)
    assert (mine.status, mine.merged_into) == ("merged", twin)


def test_a_mention_tells_and_an_unknown_name_is_refused(
    mine: Ticket, advisor: Any, advisor2: Any, as_person: Any
) -> None:
    client = as_person(advisor)
    wrong = act(client, mine, "note", note="请 @nobody9 看一下")
    assert "@nobody9" in str(errors(wrong, "note"))
    assert act(client, mine, "note", note="请 @advisor2 看一下").status_code == 302
    assert Notice.objects.filter(recipient=advisor2, code="tickets.mentioned").exists()


def settled(ticket: Ticket, advisor: Any, now: Any) -> None:
    number = ticket.number
    log_contact(number=number, acting_user=advisor, kind="call_back", result="reached", now=now)
    resolve(number=number, acting_user=advisor, code="fixed", summary="好了", now=now)


def test_reopen_in_time(mine: Ticket, advisor: Any, agent: Any, as_person: Any) -> None:
    settled(mine, advisor, timezone.now())
    client = as_person(agent)
    assert set(errors(act(client, mine, "reopen"), "reopen")) == {"reason"}
    assert act(client, mine, "reopen", reason="又出现了").status_code == 302
    assert (mine.status, mine.assignee) == ("assigned", advisor)


def test_too_late_to_reopen_a_contact_begins_and_its_ticket_follows(
    make_ticket: Any, advisor: Any, agent: Any, as_person: Any
) -> None:
    old = make_ticket()
    claim(number=old.number, acting_user=advisor, now=NOW)
    settled(old, advisor, NOW)
    client = as_person(agent)
    actions = [each.action for each in client.get(url(old)).context["offers"]]
    assert "follow_up" in actions
    assert "reopen" not in actions
    response = act(client, old, "follow_up", channel="phone", utterance="又扣了一次")
    contact = Consultation.objects.latest("pk")
    assert response["Location"] == f"/admin/console/contacts/{contact.pk}/"
    client.post(f"{response['Location']}answer/", {"node": "pages", "value": "no"})
    client.post(
        f"{response['Location']}hand-over/",
        {
            "node": "tier2",
            "problem": "又扣了",
            "demand": "退回",
            "account_id": old.account_id,
            "contact_channel": "private_message",
            "extra.times": "1",
        },
    )
    new = Ticket.objects.latest("pk")
    assert new.follows == old
    assert new.number in client.get(url(old)).content.decode()


# --- through the list -----------------------------------------------------------------------------


def test_next_and_previous_within_the_list(make_ticket: Any, advisor: Any, as_person: Any) -> None:
    first, second, third = (make_ticket(now=NOW + timedelta(days=day)) for day in range(3))
    client = as_person(advisor)
    page = client.get("/admin/queue/?view=waiting&sort=newest")
    address = f"{url(second)}?{page.context['link_query']}"
    assert address in page.content.decode()
    context = client.get(address).context
    assert context["next_url"].startswith(url(first))
    assert context["previous_url"].startswith(url(third))
    assert client.get(context["next_url"]).context["next_url"] == ""
    # What has left the list still knows where it stood.
    taken = client.post(address, {"action": "claim"})
    assert taken["Location"] == address
    context = client.get(address).context
    assert context["next_url"].startswith(url(first))
    assert context["previous_url"].startswith(url(third))


@pytest.mark.parametrize("given", ["x", "\x00", "view=zzz&sort=zzz", "=" * 3000, "found=T1,,zz"])
def test_a_list_that_is_none_breaks_nothing(
    given: str, mine: Ticket, advisor: Any, as_person: Any
) -> None:
    assert as_person(advisor).get(url(mine), {"list": given}).status_code == 200


def test_each_key_belongs_to_one_action(mine: Ticket, advisor: Any, as_person: Any) -> None:
    page = as_person(advisor).get(url(mine), {"list": "view=mine"}).content.decode()
    keys = " ".join(re.findall(r'data-key="([^"]+)"', page)).split()
    assert {"c", "s", "w", "o", "q"} <= set(keys)
    assert len(keys) == len(set(keys))


def test_a_record_without_a_promise(mine: Ticket, advisor: Any, as_person: Any) -> None:
    mine.clocks.all().delete()
    Ticket.objects.filter(pk=mine.pk).update(
        promise=False, due_at=None, account_id="", contact_channel="", contact_value=""
    )
    page = as_person(advisor).get(url(mine)).content.decode()
    assert "No answer was promised" in page
    assert "not asked" in page
