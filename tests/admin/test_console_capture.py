"""Handing over from the console: the form, its errors, the ticket, a chase in its place."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import reverse

from kb.services.content import QuestionContent
from kb.services.flow_publishing import keep_version
from kb.services.publishing import publish_question
from tests.conftest import CANARY, DUE, NOW
from tests.tickets.services.steps import resolved
from tickets.models import CalendarOverride, Consultation, Ticket
from tickets.services.consultations import go_back, start_consultation
from tickets.services.reopening import reopen

HTMX = {"HX-Request": "true"}
HOSTILE = '</textarea><script>alert("x")</script>'

REPORT = """
schema: 1
key: fraud
title: 测试：线索登记
question: fraud
start: report
nodes:
  report:
    kind: escalate
    promise: false
    requires: [problem]
    script: 已经登记，谢谢您。
    fields:
      - {key: seller, label: 卖家, kind: text, required: false}
      - key: place
        label: 在哪里买的
        kind: choice
        options: [{value: shop, label: 店铺}, {value: friend, label: 熟人}]
      - key: month
        label: 哪个月
        kind: choice
        options:
          - {value: m1, label: 一月}
          - {value: m2, label: 二月}
          - {value: m3, label: 三月}
          - {value: m4, label: 四月}
          - {value: m5, label: 五月}
          - {value: m6, label: 六月}
"""


@pytest.fixture
def console(agent: Any, questions: Any) -> Iterator[Client]:
    with time_machine.travel(NOW, tick=False):
        client = Client(headers={"accept-language": "en"})
        client.force_login(agent)
        yield client


@pytest.fixture
def report(agent: Any, questions: Any) -> int:
    keep_version(text=REPORT, acting_user=None, reason="test", now=NOW)
    publish_question(
        key="fraud",
        content=QuestionContent(
            title="诈骗线索", category="credits", status="online", script="话术。", flow="fraud"
        ),
        acting_user=None,
        reason="test",
        now=NOW,
    )
    return start_consultation(
        acting_user=agent, channel="chat", utterance="我被骗了", question_key="fraud", now=NOW
    ).pk


def typed(**changes: str) -> dict[str, str]:
    complete = {
        "node": "tier2",
        "problem": "一个视频扣了两次灵感值",
        "demand": "退回多扣的灵感值",
        "account_id": "880001",
        "contact_channel": "call_back",
        "contact_value": "13800138000",
        "extra.times": "2",
        "extra.about_when": "昨晚八点",
    }
    return {**complete, **changes}


def post(client: Client, name: str, contact: int, htmx: bool = True, **data: str) -> Any:
    return client.post(
        reverse(f"admin:console_{name}", args=[contact]), data, headers=HTMX if htmx else {}
    )


def show(client: Client, contact: int) -> str:
    response = client.get(reverse("admin:console_contact", args=[contact]))
    assert response.status_code == 200
    return response.content.decode()


def value_of(text: str, name: str) -> str:
    """What stands in a field of the page."""
    area = re.search(
        rf'<textarea [^>]*name="{re.escape(name)}"[^>]*>\n?(.*?)</textarea>', text, re.S
    )
    if area:
        return html.unescape(area[1])
    field = re.search(rf'<input [^>]*name="{re.escape(name)}" value="([^"]*)"', text)
    assert field, name
    return html.unescape(field[1])


def error_of(text: str, name: str) -> str:
    """The error shown at a field, which must be marked as invalid and described by it."""
    key = "id-" + name.replace(".", "-")
    error = re.search(rf'id="{key}-error">(.*?)</p>', text, re.S)
    assert error, f"no error at {name}"
    described = re.search(rf'aria-describedby="[^"]*{key}-error[^"]*" aria-invalid="true"', text)
    assert described, f"{name} is not tied to its error"
    return html.unescape(error[1])


# --- the form ------------------------------------------------------------------------------------


def test_the_form_begins_with_what_the_user_has_said(
    console: Client, at_hand_over: Callable[..., int]
) -> None:
    text = show(console, at_hand_over())
    problem = value_of(text, "problem")
    assert "扣了我两次" in problem
    assert "生成一次被扣了多次灵感值" in problem
    assert "- 是否开了多个页面 只有一个" in problem
    assert CANARY not in problem
    assert [value_of(text, name) for name in ("demand", "account_id", "contact_value")] == [""] * 3
    assert re.search(r'name="contact_channel" value="call_back" checked', text)
    assert "{{due_date}}" not in text, "the script is read out when the date is known"
    assert '<details class="console-hint">' in text
    # Typing begins at the first empty field.
    assert re.search(r'name="demand"[^>]* data-focus', text)


def test_all_errors_at_once_each_at_its_field(
    console: Client, at_hand_over: Callable[..., int]
) -> None:
    contact = at_hand_over()
    wrong = {
        "problem": " ",
        "demand": "",
        "account_id": "13800138000",
        "contact_value": "12",
        "extra.times": "很多",
    }
    response = post(console, "hand_over", contact, **typed(**wrong))
    text = response.content.decode()
    assert response.status_code == 422
    assert "5 fields need another look" in text
    assert error_of(text, "problem") == "Please fill this in."
    assert error_of(text, "demand") == "Please fill this in."
    assert error_of(text, "account_id").startswith("This is a mobile number.")
    assert error_of(text, "contact_value").startswith("No mobile or landline number")
    assert error_of(text, "extra.times") == "Write a whole number."
    assert value_of(text, "account_id") == "13800138000"
    assert value_of(text, "extra.times") == "很多"
    assert value_of(text, "extra.about_when") == "昨晚八点"
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"contact_channel": ""}, "contact_channel", "Choose how the advisor answers."),
        ({"contact_channel": "fax"}, "contact_channel", "Choose how the advisor answers."),
        ({"contact_value": ""}, "contact_value", "Which number should the advisor call?"),
        ({"account_id": ""}, "account_id", "Ask for the account ID."),
        ({"account_id": "kling_fan"}, "account_id", "This is a nickname or a custom handle"),
        ({"problem": "长" * 5_001}, "problem", "At most 5000 characters."),
        ({"extra.times": "0"}, "extra.times", "Write a number from 1 to 999."),
        ({"extra.about_when": "长" * 101}, "extra.about_when", "At most 100 characters."),
    ],
)
def test_an_error_in_words(
    console: Client,
    at_hand_over: Callable[..., int],
    changes: dict[str, str],
    field: str,
    message: str,
) -> None:
    for htmx in (True, False):
        response = post(console, "hand_over", at_hand_over(), htmx, **typed(**changes))
        text = response.content.decode()
        assert response.status_code == 422
        assert ("<html" in text) is not htmx
        assert error_of(text, field).startswith(message)


def test_what_was_typed_is_escaped(console: Client, at_hand_over: Callable[..., int]) -> None:
    hostile = {name: HOSTILE for name in typed() if name != "node"}
    text = post(console, "hand_over", at_hand_over(), **typed(**hostile)).content.decode()
    assert "<script>alert" not in text
    assert value_of(text, "problem") == HOSTILE
    assert value_of(text, "account_id") == HOSTILE


# --- the ticket ----------------------------------------------------------------------------------


def test_hand_over_and_read_out_the_date(
    console: Client, at_hand_over: Callable[..., int], agent: Any
) -> None:
    contact = at_hand_over()
    text = post(
        console, "hand_over", contact, **typed(account_id=" ID：８８０００１ ", demand="退\x00回")
    ).content.decode()
    ticket = Ticket.objects.get()
    assert (ticket.account_id, ticket.demand, ticket.due_at) == ("880001", "退回", DUE)
    assert (ticket.handed_over_by, ticket.created_at) == (agent, NOW)
    for shown in (text, show(console, contact)):
        assert f'id="ticket-number">{ticket.number}<' in shown
        script = re.search(r'id="script-main">(.*?)</p>', shown, re.S)
        assert script
        assert script[1] == "已为您转交高级顾问，最晚 3月9日（周一）18:00 前答复。"
        days = re.findall(r'<tr class="console-day( console-day--off)?">', shown)
        assert days == ["", "", " console-day--off", " console-day--off", ""]
        assert shown.count("weekend") == 2
        assert CANARY not in shown


def test_a_provisional_date_is_marked(console: Client, at_hand_over: Callable[..., int]) -> None:
    with time_machine.travel(NOW.replace(month=12, day=30), tick=False):
        console.force_login(Ticket._meta.get_field("handed_over_by").related_model.objects.get())
        text = post(console, "hand_over", at_hand_over(), **typed()).content.decode()
    assert Ticket.objects.get().due_provisional
    assert "Provisional: the holiday notice is still to come" in text
    assert "New Year" in text


def test_the_reason_of_an_override_is_shown(
    console: Client, at_hand_over: Callable[..., int]
) -> None:
    CalendarOverride.objects.create(date="2026-03-05", is_working=False, reason="<b>停电</b>")
    text = post(console, "hand_over", at_hand_over(), **typed()).content.decode()
    assert "&lt;b&gt;停电&lt;/b&gt;" in text


def test_without_javascript_it_is_post_then_get(
    console: Client, at_hand_over: Callable[..., int]
) -> None:
    contact = at_hand_over()
    response = post(console, "hand_over", contact, htmx=False, **typed())
    assert (response.status_code, response.headers["Location"]) == (
        302,
        reverse("admin:console_contact", args=[contact]),
    )


def test_a_private_message_needs_no_number(
    console: Client, at_hand_over: Callable[..., int]
) -> None:
    changes = {"contact_channel": "private_message", "contact_value": "不是号码"}
    assert post(console, "hand_over", at_hand_over(), **typed(**changes)).status_code == 200
    ticket = Ticket.objects.get()
    assert (ticket.contact_channel, ticket.contact_value) == ("private_message", "")


def test_a_double_submit_shows_the_same_ticket(
    console: Client, at_hand_over: Callable[..., int]
) -> None:
    contact = at_hand_over()
    post(console, "hand_over", contact, **typed())
    number = Ticket.objects.get().number
    again = post(console, "hand_over", contact, **typed(account_id="990001"))
    assert again.status_code == 200
    assert f"recorded already as {number}" in again.content.decode()
    plain = post(console, "hand_over", contact, htmx=False, **typed())
    assert plain.status_code == 302
    assert f"recorded already as {number}" in show(console, contact)
    chased = post(console, "chase", contact, **typed())
    assert f"recorded already as {number}" in chased.content.decode()
    assert (Ticket.objects.count(), Ticket.objects.get().chase_count) == (1, 0)


def test_a_form_of_a_stale_tab_loses_nothing(
    console: Client, at_hand_over: Callable[..., int], agent: Any
) -> None:
    contact = at_hand_over()
    go_back(consultation_id=contact, acting_user=agent, now=NOW)
    response = post(console, "hand_over", contact, **typed(demand=HOSTILE))
    text = response.content.decode()
    assert response.status_code == 409
    assert 'data-stage="step"' in text
    assert "moved on" in text
    rescued = text.split("What you had typed")[2].split("</section>")[0]
    assert "一个视频扣了两次灵感值" in rescued
    assert html.escape(HOSTILE) in rescued
    assert not Ticket.objects.exists()


def test_the_form_and_the_ticket_stay_within_their_queries(
    console: Client, at_hand_over: Callable[..., int], django_assert_max_num_queries: Any
) -> None:
    contact = at_hand_over()
    # session, user, roles, the admin site's permissions (2), unread notices, contact, run, steps,
    # transfers
    with django_assert_max_num_queries(10):
        show(console, contact)
    post(console, "hand_over", contact, **typed())
    # the same, and the clock
    with django_assert_max_num_queries(11):
        show(console, contact)


# --- a report without a promise ------------------------------------------------------------------


def test_a_report_asks_for_little_and_promises_nothing(console: Client, report: int) -> None:
    text = show(console, report)
    assert 'name="account_id"' not in text
    assert 'name="demand"' not in text
    assert "(optional)" in text
    assert 'type="radio" name="extra.place" value="shop"' in text
    assert '<select id="id-extra-month"' in text
    data = {"node": "report", "problem": "店铺不发货", "extra.place": "", "extra.month": "m9"}
    wrong = post(console, "hand_over", report, **data).content.decode()
    assert error_of(wrong, "extra.place") == "Please fill this in."
    assert error_of(wrong, "extra.month") == "Choose one of the options."
    data |= {"extra.place": "shop", "extra.month": "m2"}
    done = post(console, "hand_over", report, **data).content.decode()
    assert "已经登记，谢谢您。" in done
    assert "Nothing was promised" in done
    assert "How was the date counted" not in done
    ticket = Ticket.objects.get()
    assert (ticket.promise, ticket.due_at) == (False, None)
    assert [row["value"] for row in ticket.extra] == ["店铺", "二月"]


# --- the account ID while it is typed ------------------------------------------------------------


def test_account_check(console: Client, at_hand_over: Callable[..., int], make_ticket: Any) -> None:
    contact = at_hand_over()

    def check(raw: str) -> str:
        response = post(console, "account", contact, account_id=raw)
        assert response.status_code == 200
        return response.content.decode()

    assert check("").strip() == ""
    assert "This is a mobile number." in check("138 0013 8000")
    assert HOSTILE not in check(HOSTILE)
    fresh = check("ID: 770001")
    assert "770001" in fresh
    assert "First contact of this account." in fresh
    ticket = make_ticket(account_id="770001")
    known = check("770001")
    assert f'data-chase="{ticket.number}"' in known
    assert f'formaction="{reverse("admin:console_chase", args=[contact])}"' in known
    assert "Earlier contacts of this account" in known
    assert known.count("生成一次被扣了多次灵感值") == 1


def test_a_ticket_solved_lately_is_named_to_whoever_sees_it(
    console: Client, at_hand_over: Callable[..., int], make_ticket: Any, advisor: Any, agent2: Any
) -> None:
    week = timedelta(days=7)
    solved_at = NOW - week
    ticket = make_ticket(account_id="770001", now=solved_at)
    resolved(ticket, advisor, now=solved_at)
    contact = at_hand_over()

    def check(account: str = "770001") -> str:
        return str(post(console, "account", contact, account_id=account).content.decode())

    named = check()
    assert f'data-reopen="{ticket.number}"' in named
    assert reverse("admin:ticket", args=[ticket.number]) in named
    with transaction.atomic():
        reopen(number=ticket.number, acting_user=advisor, reason="又来问", now=NOW)
        again = check()
        assert "data-reopen" not in again
        assert f'data-chase="{ticket.number}"' in again, "and this contact is a chase on it"
        transaction.set_rollback(True)
    row = Ticket.objects.filter(pk=ticket.pk)
    row.update(resolved_at=solved_at - timedelta(seconds=1))
    assert "data-reopen" not in check(), "too late"
    resolved(make_ticket(account_id="770002", acting_user=agent2), advisor)
    assert "data-reopen" not in check("770002"), "a colleague's"


def test_account_history_is_short_and_counts_the_rest(
    console: Client, at_hand_over: Callable[..., int], agent: Any
) -> None:
    contact = at_hand_over()
    Consultation.objects.bulk_create(
        Consultation(
            agent=agent,
            channel="chat",
            status="answered",
            started_at=NOW,
            finished_at=NOW,
            account_id="770001",
        )
        for _ in range(8)
    )
    text = post(console, "account", contact, account_id="770001").content.decode()
    assert text.count("<li>") == 5
    assert "and 3 more" in text


# --- a chase in place of a second ticket ---------------------------------------------------------


def test_an_open_promise_is_chased_and_nothing_typed_is_lost(
    console: Client, at_hand_over: Callable[..., int], make_ticket: Any
) -> None:
    ticket = make_ticket(account_id="880001")
    contact = at_hand_over()
    response = post(console, "hand_over", contact, **typed(chase_note="又来问"))
    text = response.content.decode()
    assert response.status_code == 409
    assert f'data-chase="{ticket.number}"' in text
    assert "already has an open ticket" in text
    assert value_of(text, "demand") == "退回多扣的灵感值"
    assert value_of(text, "chase_note") == "又来问"
    done = post(console, "chase", contact, **typed(chase_note="又来\x00问")).content.decode()
    assert f'id="ticket-number">{ticket.number}<' in done
    assert "Chased once so far." in done
    ticket.refresh_from_db()
    assert (Ticket.objects.count(), ticket.chase_count) == (1, 1)
    assert ticket.events.get(code="ticket.chased").note == "又来问"
    again = post(console, "chase", contact, **typed())
    assert again.status_code == 200
    ticket.refresh_from_db()
    assert ticket.chase_count == 1


def test_a_chase_of_somebody_elses_ticket_shows_its_number_only(
    console: Client, at_hand_over: Callable[..., int], make_ticket: Any, agent2: Any
) -> None:
    ticket = make_ticket(acting_user=agent2, account_id="880001", problem="别人写的问题经过")
    text = post(console, "hand_over", at_hand_over(), **typed()).content.decode()
    assert ticket.number in text
    assert "别人写的问题经过" not in text


@pytest.mark.parametrize("raw", ["880009", "", "kling_fan"])
def test_a_chase_without_an_open_ticket(
    console: Client, at_hand_over: Callable[..., int], raw: str
) -> None:
    response = post(
        console, "chase", at_hand_over(), **typed(account_id=raw, chase_note="再问一次")
    )
    text = response.content.decode()
    assert response.status_code == 409
    assert "no open ticket about this question" in text
    assert value_of(text, "demand") == "退回多扣的灵感值"
    if raw != "880009":
        assert error_of(text, "account_id")


# --- protection ----------------------------------------------------------------------------------


def test_every_button_needs_its_token(agent: Any, at_hand_over: Callable[..., int]) -> None:
    contact = at_hand_over()
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent)
    for name in ("answer", "back", "restart", "finish", "account", "hand_over", "chase"):
        assert post(client, name, contact, **typed()).status_code == 403
    assert client.post(reverse("admin:console_start"), {}).status_code == 403
    assert Consultation.objects.get().status == "open"


def test_a_number_that_the_user_has_said_is_filled_in_to_be_checked(
    console: Client, at_hand_over: Callable[..., int]
) -> None:
    text = show(console, at_hand_over())
    assert value_of(text, "extra.times") == "2"
    assert "please check." in text
