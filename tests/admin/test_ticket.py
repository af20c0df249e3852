"""The page of one ticket: what it shows to whom, and what its buttons do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.conftest import CANARY, NOW
from tickets.models import ContactAttempt, Ticket, TicketEvent
from tickets.services.alarms import fire_alarms
from tickets.services.claims import claim, release
from tickets.services.notes import add_note
from tickets.services.work import log_contact, resolve

ACCOUNT = "1234567890"
PHONE = "13812345678"
MOST_QUERIES = 19
# session, person, groups; unread notices for the header; the ticket with question, category, team,
# assignee and agent; its events, contacts, clocks and their policies; policy in force, calendar
# corrections, calendar years; the account's other contacts, and which of their tickets the reader
# may open; teams and advisors to pass it on to; tickets to merge it into; for whoever came from a
# list the tickets before and after.


@pytest.fixture
def ticket(make_ticket: Any) -> Ticket:
    return make_ticket(account_id=ACCOUNT, contact_value=PHONE)


@pytest.fixture
def mine(ticket: Ticket, advisor: Any) -> Ticket:
    """The ticket, taken by ``advisor``."""
    claim(number=ticket.number, acting_user=advisor, now=timezone.now())
    ticket.refresh_from_db()
    return ticket


def url(ticket: Ticket) -> str:
    return f"/admin/ticket/{ticket.number}/"


def actions(response: Any) -> list[str]:
    return [offer.action for offer in response.context["offers"]]


# --- who sees it --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("agent", 200),  # handed it over
        ("agent2", 404),
        ("advisor", 200),
        ("other_advisor", 404),
        ("manager", 200),
        ("admin_person", 200),
        ("editor", 403),
        ("stranger", 302),
        (None, 302),
    ],
)
def test_who_may_open_it(
    who: str | None, status: int, request: pytest.FixtureRequest, ticket: Ticket
) -> None:
    client = Client()
    if who is not None:
        client.force_login(request.getfixturevalue(who))
    for response in (client.get(url(ticket)), client.head(url(ticket))):
        assert response.status_code == status
    if status == 404:
        assert ACCOUNT not in client.get(url(ticket)).content.decode()


@pytest.mark.parametrize("who", ["agent2", "other_advisor", "editor", "stranger"])
def test_who_may_not_see_it_may_not_act(
    who: str, request: pytest.FixtureRequest, ticket: Ticket
) -> None:
    client = Client()
    client.force_login(request.getfixturevalue(who))
    events = TicketEvent.objects.count()
    for action in ("claim", "note", "chase", "reveal", "contact", "resolve", "release"):
        response = client.post(url(ticket), {"action": action, "note": "x"})
        assert response.status_code in (401, 403, 404)
    assert TicketEvent.objects.count() == events
    ticket.refresh_from_db()
    assert ticket.status == "queued"


@pytest.mark.parametrize(
    "number", ["zzz", "0", "T0", "99999999", "9" * 18, "9" * 400, "T１２", "-1", "1.5"]
)
def test_no_such_ticket(number: str, manager: Any, ticket: Ticket) -> None:
    client = Client()
    client.force_login(manager)
    assert client.get(f"/admin/ticket/{number}/").status_code == 404


def test_what_each_may_do(
    agent: Any, advisor: Any, advisor2: Any, manager: Any, ticket: Ticket, as_person: Any
) -> None:
    def offered() -> dict[str, list[str]]:
        people = (agent, advisor, advisor2, manager)
        return {p.username: actions(as_person(p).get(url(ticket))) for p in people}

    waiting = {
        "agent": ["note", "chase", "cancel", "watch"],
        "advisor": ["claim", "note", "chase", "transfer", "merge", "watch"],
        "manager": ["note", "chase", "transfer", "priority", "merge", "cancel", "watch"],
    }
    assert offered() == {**waiting, "advisor2": waiting["advisor"]}
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    assert offered() == {
        "agent": ["note", "chase", "watch"],
        "advisor": [
            *("contact", "resolve", "wait", "note", "return", "chase", "transfer"),
            *("release", "merge", "cancel", "watch"),
        ],
        "advisor2": ["note", "chase", "merge", "watch"],
        "manager": [
            *("note", "chase", "transfer", "priority", "release", "merge", "cancel", "watch"),
        ],
    }


# --- what it shows ------------------------------------------------------------------------------


def test_everything_that_tier_1_learned(mine: Ticket, advisor: Any, as_person: Any) -> None:
    page = as_person(advisor).get(url(mine)).content.decode()
    for text in (
        mine.problem,
        mine.demand,
        ACCOUNT,
        f'href="tel:{PHONE}"',
        "扣了几次",
        "扣了我两次",  # the user's words
        "是否开了多个页面",
        "只有一个",
        "Handed over; answer promised until Mon 9 Mar 18:00",
        "Routed to 二线高级顾问组",
        "counted: working day 3",
        "not counted: weekend",
    ):
        assert text in page, text


def test_the_timeline_is_in_words_newest_last(mine: Ticket, advisor: Any, as_person: Any) -> None:
    add_note(number=mine.number, acting_user=advisor, note="日志里有三条", now=NOW)
    fire_alarms(now=NOW + timedelta(days=30))
    timeline = as_person(advisor).get(url(mine)).context["timeline"]
    assert [(line.words, line.actor) for line in timeline if "olution" not in line.words] == [
        ("Handed over; answer promised until Mon 9 Mar 18:00", "agent"),
        ("Routed to 二线高级顾问组 (no rule fits)", "System"),
        ("Taken", "advisor"),
        ("Note", "advisor"),
        ("Due within a working day (Mon 9 Mar 18:00)", "System"),
        ("Due within two working hours (Mon 9 Mar 18:00)", "System"),
        ("Promise breached (Mon 9 Mar 18:00)", "System"),
        ("Breached by a working day", "System"),
    ]
    assert timeline[3].note == "日志里有三条"


def test_nothing_typed_becomes_markup(
    make_ticket: Any, advisor: Any, agent: Any, as_person: Any
) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    ticket = make_ticket(problem=evil, demand=evil)
    Ticket.objects.filter(pk=ticket.pk).update(
        transcript={
            "utterance": evil,
            "channel": evil,
            "question": evil,
            "steps": [{"prompt": evil, "script": evil, "answer": evil, "at": NOW.isoformat()}],
        },
        extra=[{"key": "x", "label": evil, "value": evil}],
        tags=[evil[:40]],
    )
    add_note(number=ticket.number, acting_user=advisor, note=evil, now=NOW)
    client = as_person(advisor)
    refused = client.post(url(ticket), {"action": "resolve", "code": evil, "summary": evil})
    for response in (client.get(url(ticket)), refused):
        page = response.content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert page.count("&lt;script&gt;") >= 8


def test_nothing_internal_of_the_knowledge_base(mine: Ticket, advisor: Any, as_person: Any) -> None:
    assert CANARY not in as_person(advisor).get(url(mine)).content.decode()


def test_other_contacts_of_the_account(
    ticket: Ticket, make_ticket: Any, agent2: Any, other_advisor: Any, advisor: Any, as_person: Any
) -> None:
    """Shown in words; a ticket that the reader may not open is a number and no link."""
    resolve_it(ticket, advisor)
    newer = make_ticket(account_id=ACCOUNT, acting_user=agent2)
    hidden = make_ticket(account_id="880777", acting_user=agent2)
    Ticket.objects.filter(pk=ticket.pk).update(team=other_advisor.teams.get(), assignee=None)
    page = as_person(advisor).get(url(newer)).content.decode()
    assert ticket.number in page
    assert f'href="{url(ticket)}"' not in page
    assert hidden.number not in page
    Ticket.objects.filter(pk=ticket.pk).update(team=newer.team)
    assert f'href="{url(ticket)}"' in as_person(advisor).get(url(newer)).content.decode()


def resolve_it(ticket: Ticket, advisor: Any) -> None:
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    log_contact(
        number=ticket.number, acting_user=advisor, kind="call_back", result="reached", now=NOW
    )
    resolve(number=ticket.number, acting_user=advisor, code="fixed", summary="好了", now=NOW)


def test_query_budget(mine: Ticket, advisor: Any, agent: Any, as_person: Any) -> None:
    for number in range(20):
        add_note(number=mine.number, acting_user=agent, note=str(number), now=NOW)
        log_contact(
            number=mine.number, acting_user=advisor, kind="call_back", result="no_answer", now=NOW
        )
    for user in (advisor, agent):
        client = as_person(user)
        client.get("/admin/inbox/unread/")  # the first request of a session is written into it
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url(mine)).status_code == 200
        assert len(queries) <= MOST_QUERIES, [query["sql"] for query in queries]


def test_reading_changes_nothing(mine: Ticket, advisor: Any, as_person: Any) -> None:
    before = Ticket.objects.values().get(pk=mine.pk), TicketEvent.objects.count()
    client = as_person(advisor)
    client.get(url(mine))
    client.get(url(mine), {"action": "resolve", "code": "fixed", "summary": "x"})
    assert (Ticket.objects.values().get(pk=mine.pk), TicketEvent.objects.count()) == before


# --- personal data ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "plain"),
    [("agent", True), ("advisor", True), ("advisor2", False), ("manager", False)],
)
def test_plain_only_for_whoever_works_it(
    who: str, plain: bool, request: pytest.FixtureRequest, mine: Ticket, as_person: Any
) -> None:
    response = as_person(request.getfixturevalue(who)).get(url(mine))
    page = response.content.decode()
    assert (ACCOUNT in page, PHONE in page) == (plain, plain)
    assert ("123****890" in page, "138****5678" in page) == (not plain, not plain)
    assert ("tel:" in page) == (who == "advisor")
    assert (response.context["reveal"] is None) == plain


def test_reveal_shows_once_and_leaves_an_event(mine: Ticket, manager: Any, as_person: Any) -> None:
    client = as_person(manager)
    refused = client.post(url(mine), {"action": "reveal", "reason": " "})
    assert refused.status_code == 422
    assert ACCOUNT not in refused.content.decode()
    assert "Say why" in refused.content.decode()
    response = client.post(url(mine), {"action": "reveal", "reason": "核对退款账户"})
    assert response.status_code == 200
    page = response.content.decode()
    assert ACCOUNT in page
    assert PHONE in page
    assert "no-store" in response["Cache-Control"]
    event = TicketEvent.objects.latest("pk")
    assert (event.code, event.actor, event.note) == ("ticket.revealed", manager, "核对退款账户")
    assert "Account ID and contact details revealed" in page
    assert ACCOUNT not in client.get(url(mine)).content.decode()


def test_an_agent_who_has_nothing_to_do_with_it_reveals_nothing(
    mine: Ticket, agent2: Any, as_person: Any
) -> None:
    answer = as_person(agent2).post(url(mine), {"action": "reveal", "reason": "x"})
    assert answer.status_code == 404
    assert not TicketEvent.objects.filter(code="ticket.revealed").exists()


def test_pages_are_never_stored(mine: Ticket, advisor: Any, as_person: Any) -> None:
    assert "no-store" in as_person(advisor).get(url(mine))["Cache-Control"]


@pytest.mark.parametrize(
    ("number", "link"),
    [
        ("13812345678", "tel:13812345678"),
        ("010-82345678", "tel:01082345678"),
        ("010-82345678-801", "tel:01082345678;ext=801"),
    ],
)
def test_the_number_as_a_link(
    number: str, link: str, make_ticket: Any, advisor: Any, as_person: Any
) -> None:
    ticket = make_ticket(contact_value=number)
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    assert f'href="{link}"' in as_person(advisor).get(url(ticket)).content.decode()


# --- acting -------------------------------------------------------------------------------------


def test_claim_contact_resolve(ticket: Ticket, advisor: Any, as_person: Any) -> None:
    client = as_person(advisor)
    for data, words in (
        ({"action": "claim"}, "The ticket is yours now."),
        (
            {
                "action": "contact",
                "outcome": "call_back:no_answer",
                "next_try_at": "2099-01-05T10:30",
                "note": "没人接",
            },
            "The contact is logged.",
        ),
        ({"action": "contact", "outcome": "call_back:reached", "note": "说明白了"}, "is logged"),
        ({"action": "resolve", "code": "refunded", "summary": "退了 40"}, "is resolved"),
    ):
        response = client.post(url(ticket), data, follow=True)
        assert response.redirect_chain == [(url(ticket), 302)]
        assert words in response.content.decode()
    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolution_code, ticket.resolution_summary) == (
        "resolved",
        "refunded",
        "退了 40",
    )
    first, second = ContactAttempt.objects.order_by("pk")
    assert (first.kind, first.result, first.note) == ("call_back", "no_answer", "没人接")
    assert first.next_try_at.isoformat() == "2099-01-05T02:30:00+00:00"  # typed in Shanghai
    assert (second.result, second.next_try_at) == ("reached", None)
    page = client.get(url(ticket)).content.decode()
    assert "promise kept" in page or "kept too late" in page
    assert "Take the next one" in page


def test_note_chase_and_release(mine: Ticket, advisor: Any, agent: Any, as_person: Any) -> None:
    client = as_person(agent)
    assert client.post(url(mine), {"action": "note", "note": "补充"}).status_code == 302
    assert client.post(url(mine), {"action": "chase", "note": "又来问"}).status_code == 302
    response = as_person(advisor).post(
        url(mine), {"action": "release", "note": "明天休假"}, follow=True
    )
    assert response.redirect_chain == [("/admin/queue/", 302)]
    mine.refresh_from_db()
    assert (mine.status, mine.assignee, mine.chase_count) == ("queued", None, 1)
    notes = list(TicketEvent.objects.order_by("-pk").values_list("code", "note")[:3])
    assert notes == [
        ("ticket.released", "明天休假"),
        ("ticket.chased", "又来问"),
        ("ticket.noted", "补充"),
    ]


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        ({"action": "contact", "note": "留着"}, "outcome", "Choose"),
        ({"action": "contact", "outcome": "call_back:sent", "note": "留着"}, "outcome", "Choose"),
        (
            {
                "action": "contact",
                "outcome": "call_back:no_answer",
                "next_try_at": "2020-01-01T10:00",
                "note": "留着",
            },
            "next_try_at",
            "lies in the past",
        ),
        (
            {
                "action": "contact",
                "outcome": "call_back:no_answer",
                "next_try_at": "tomorrow",
                "note": "留着",
            },
            "next_try_at",
            "valid date",
        ),
        ({"action": "note", "note": "   "}, "note", "Write the note first"),
        ({"action": "note", "note": "留着\x00"}, "note", "Null characters"),
        ({"action": "note", "note": "留着" * 2501}, "note", "at most 5000"),
        ({"action": "chase", "note": "留着" * 2501}, "note", "at most 5000"),
        ({"action": "release", "note": "留着" * 2501}, "note", "at most 5000"),
        ({"action": "resolve", "code": "", "summary": "留着"}, "code", "Choose a resolution"),
        ({"action": "resolve", "code": "nope", "summary": "留着"}, "code", "Choose a resolution"),
        ({"action": "resolve", "code": "fixed", "summary": ""}, "summary", "Say in a sentence"),
    ],
)
def test_errors_stand_at_their_fields_and_nothing_typed_is_lost(
    data: dict[str, str], field: str, words: str, mine: Ticket, advisor: Any, as_person: Any
) -> None:
    events = TicketEvent.objects.count()
    response = as_person(advisor).post(url(mine), data)
    assert response.status_code == 422
    offer = next(o for o in response.context["offers"] if o.action == data["action"])
    assert offer.open
    assert list(offer.form.errors) == [field]
    assert words in str(offer.form.errors[field])
    page = response.content.decode()
    assert f'id="{data["action"]}-{field}_error"' in page
    assert 'aria-invalid="true"' in page
    typed = data.get("note", data.get("summary", "")).replace("\x00", "").strip()
    assert typed in page
    assert TicketEvent.objects.count() == events


def test_resolving_before_the_promise_is_kept(mine: Ticket, advisor: Any, as_person: Any) -> None:
    response = as_person(advisor).post(
        url(mine), {"action": "resolve", "code": "fixed", "summary": "已经修好了"}
    )
    assert response.status_code == 409
    page = response.content.decode()
    assert "has not been answered yet" in page
    assert page.count("已经修好了") == 1  # in its field, where it can be sent again
    mine.refresh_from_db()
    assert mine.status == "assigned"


def test_somebody_was_faster(ticket: Ticket, advisor: Any, advisor2: Any, as_person: Any) -> None:
    claim(number=ticket.number, acting_user=advisor2, now=NOW)
    response = as_person(advisor).post(url(ticket), {"action": "claim"})
    assert response.status_code == 409
    page = response.content.decode()
    assert "does not fit the ticket any more" in page
    assert "In progress · advisor2" in " ".join(page.split())
    ticket.refresh_from_db()
    assert ticket.assignee == advisor2


def test_a_ticket_taken_away_while_writing_keeps_the_text(
    mine: Ticket, advisor: Any, advisor2: Any, manager: Any, as_person: Any
) -> None:
    release(number=mine.number, acting_user=manager, now=NOW)
    client = as_person(advisor)
    data = {"action": "contact", "outcome": "call_back:reached", "note": "谈了十分钟，用户同意"}
    response = client.post(url(mine), data)
    assert response.status_code == 409
    assert "谈了十分钟，用户同意" in response.content.decode()
    claim(number=mine.number, acting_user=advisor2, now=NOW)
    response = client.post(url(mine), data)
    assert response.status_code == 403
    page = response.content.decode()
    assert "谈了十分钟，用户同意" in page
    assert "advisor2" in page
    assert not ContactAttempt.objects.exists()


def test_bad_input_to_an_action_that_is_gone_keeps_the_text_too(
    mine: Ticket, advisor: Any, manager: Any, as_person: Any
) -> None:
    release(number=mine.number, acting_user=manager, now=NOW)
    response = as_person(advisor).post(
        url(mine), {"action": "resolve", "code": "", "summary": "写了一半的总结"}
    )
    assert response.status_code == 422
    assert "写了一半的总结" in response.content.decode()


@pytest.mark.parametrize("action", ["", "route", "delete", "\x00", "__class__"])
def test_unknown_actions(action: str, mine: Ticket, manager: Any, as_person: Any) -> None:
    assert as_person(manager).post(url(mine), {"action": action}).status_code == 400


def test_other_methods_and_forged_requests(mine: Ticket, advisor: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(advisor)
    assert client.post(url(mine), {"action": "release"}).status_code == 403
    assert client.put(url(mine)).status_code == 403
    plain = Client()
    plain.force_login(advisor)
    assert plain.put(url(mine)).status_code == 405
    assert plain.delete(url(mine)).status_code == 405
    mine.refresh_from_db()
    assert mine.status == "assigned"
