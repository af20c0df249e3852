"""Contacts, notes, chases, reveals and the end of a ticket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.conftest import DUE, NOW
from tests.tickets.services.steps import HOUR, fresh, waiting
from tickets.models import Clock, Consultation, ContactAttempt, Ticket
from tickets.selectors.access import sees_personal_data
from tickets.services.chases import chase, chase_from_consultation
from tickets.services.claims import claim, release
from tickets.services.notes import add_note
from tickets.services.privacy import reveal
from tickets.services.waiting import resume
from tickets.services.work import log_contact, resolve


@pytest.fixture
def ticket(make_ticket: Callable[..., Ticket], advisor: Any) -> Ticket:
    """Assigned to ``advisor``."""
    made = make_ticket(account_id="700002")
    return claim(number=made.number, acting_user=advisor, now=NOW)


def contact(ticket: Ticket, user: Any, kind: str, result: str, **more: Any) -> ContactAttempt:
    values: dict[str, Any] = {"now": NOW + timedelta(hours=1), **more}
    return log_contact(number=ticket.number, acting_user=user, kind=kind, result=result, **values)


@pytest.mark.parametrize(
    ("kind", "result", "kept"),
    [
        ("call_back", "reached", True),
        ("private_message", "sent", True),
        ("call_back", "no_answer", False),
        ("call_back", "wrong_number", False),
        ("call_back", "refused", False),
        ("private_message", "read", True),
        ("private_message", "answered", True),
    ],
)
def test_only_reaching_the_user_keeps_the_promise(
    kind: str, result: str, kept: bool, ticket: Ticket, advisor: Any
) -> None:
    contact(ticket, advisor, kind, result)
    assert (Clock.objects.get(ticket=ticket, kind="contact").stopped_at is not None) is kept


@pytest.mark.parametrize(("late", "code"), [(False, "sla.met"), (True, "sla.missed")])
def test_a_promise_kept_at_the_due_instant_is_kept_and_one_second_later_is_not(
    late: bool, code: str, ticket: Ticket, advisor: Any
) -> None:
    now = DUE + timedelta(seconds=1 if late else 0)
    contact(ticket, advisor, "call_back", "reached", now=now)
    clock = Clock.objects.get(ticket=ticket, kind="contact")
    assert (clock.breached_at == DUE) is late
    assert ticket.events.filter(code=code).exists()


def test_a_second_contact_after_the_first_changes_no_clock(ticket: Ticket, advisor: Any) -> None:
    contact(ticket, advisor, "private_message", "sent")
    contact(ticket, advisor, "call_back", "reached", now=DUE + timedelta(days=9))
    clock = Clock.objects.get(ticket=ticket, kind="contact")
    assert clock.stopped_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "pigeon"}, "kind"),
        ({"result": "sent"}, "result"),
        ({"result": ""}, "result"),
        ({"next_try_at": NOW}, "next_try_at"),
        ({"at": NOW + timedelta(seconds=1)}, "at"),
        ({"at": NOW - timedelta(seconds=1)}, "at"),
        ({"note": "长" * 5_001}, "note"),
    ],
)
def test_a_contact_that_cannot_be_is_refused(
    changes: dict[str, Any], field: str, ticket: Ticket, advisor: Any
) -> None:
    values: dict[str, Any] = {"kind": "call_back", "result": "no_answer", "now": NOW}
    with pytest.raises(Invalid) as wrong:
        log_contact(number=ticket.number, acting_user=advisor, **{**values, **changes})
    assert list(wrong.value.fields) == [field]
    assert not ContactAttempt.objects.exists()


def test_a_call_logged_later_that_day_counts_when_it_was_made(ticket: Ticket, advisor: Any) -> None:
    made = DUE - timedelta(minutes=10)
    attempt = contact(ticket, advisor, "call_back", "reached", at=made, now=DUE + HOUR)
    assert attempt.at == made
    clock = Clock.objects.get(ticket=ticket, kind="contact")
    assert (clock.stopped_at, clock.breached_at) == (made, None)
    assert fresh(ticket).first_answered_at == made
    assert ticket.events.get(code="ticket.contacted").new["at"] == made.isoformat()


def test_a_call_logged_on_another_day_counts_when_it_was_logged(
    ticket: Ticket, advisor: Any
) -> None:
    made = DUE - timedelta(minutes=10)
    now = DUE + timedelta(days=1)
    assert contact(ticket, advisor, "call_back", "reached", at=made, now=now).at == made
    clock = Clock.objects.get(ticket=ticket, kind="contact")
    assert (clock.stopped_at, clock.breached_at) == (now, DUE)


def test_what_is_older_than_a_week_is_not_logged_any_more(ticket: Ticket, advisor: Any) -> None:
    with pytest.raises(Invalid) as old:
        contact(ticket, advisor, "call_back", "reached", at=NOW, now=NOW + timedelta(days=8))
    assert list(old.value.fields) == ["at"]


def test_each_attempt_replaces_the_plan_of_the_one_before(ticket: Ticket, advisor: Any) -> None:
    plan = NOW + 5 * HOUR
    contact(ticket, advisor, "call_back", "no_answer", next_try_at=plan)
    assert fresh(ticket).next_try_at == plan
    contact(ticket, advisor, "private_message", "sent")
    assert fresh(ticket).next_try_at is None


def test_the_end_of_the_work_stops_the_solutions_clock_and_ends_every_plan(
    ticket: Ticket, advisor: Any
) -> None:
    contact(ticket, advisor, "private_message", "sent", next_try_at=NOW + 5 * HOUR)
    resolve(number=ticket.number, acting_user=advisor, code="fixed", summary="好", now=NOW + HOUR)
    assert Clock.objects.get(ticket=ticket, kind="resolve").stopped_at == NOW + HOUR
    assert fresh(ticket).next_try_at is None


@pytest.mark.parametrize("who", ["advisor2", "manager", "agent"])
def test_only_the_assignee_logs_contacts_and_resolves(
    who: str, request: pytest.FixtureRequest, ticket: Ticket
) -> None:
    user = request.getfixturevalue(who)
    with pytest.raises(NotAllowed):
        contact(ticket, user, "call_back", "reached")
    with pytest.raises(NotAllowed):
        resolve(number=ticket.number, acting_user=user, code="fixed", summary="好", now=NOW)


def test_no_ticket_ends_with_its_promise_unkept(ticket: Ticket, advisor: Any) -> None:
    contact(ticket, advisor, "call_back", "no_answer")
    with pytest.raises(Conflict) as open_promise:
        resolve(
            number=ticket.number,
            acting_user=advisor,
            code="user_unreachable",
            summary="打不通",
            now=NOW,
        )
    assert open_promise.value.code == "promise_open"


@pytest.mark.parametrize(
    ("code", "summary", "field"),
    [("", "好", "code"), ("gone", "好", "code"), ("fixed", "  ", "summary")],
)
def test_resolving_needs_a_code_and_a_summary(
    code: str, summary: str, field: str, ticket: Ticket, advisor: Any
) -> None:
    with pytest.raises(Invalid) as wrong:
        resolve(number=ticket.number, acting_user=advisor, code=code, summary=summary, now=NOW)
    assert list(wrong.value.fields) == [field]


def test_a_resolved_ticket_takes_no_second_resolution(ticket: Ticket, advisor: Any) -> None:
    contact(ticket, advisor, "private_message", "sent")
    resolve(number=ticket.number, acting_user=advisor, code="fixed", summary="好", now=NOW)
    with pytest.raises(Conflict) as again:
        resolve(number=ticket.number, acting_user=advisor, code="fixed", summary="好", now=NOW)
    assert again.value.state["status"] == "resolved"


def test_notes_go_into_the_timeline(ticket: Ticket, agent: Any) -> None:
    add_note(number=ticket.number, acting_user=agent, note=" 用户补充：周一的事 ", now=NOW)
    assert ticket.events.get(code="ticket.noted").note == "用户补充：周一的事"
    with pytest.raises(Invalid):
        add_note(number=ticket.number, acting_user=agent, note=" ", now=NOW)


def test_a_note_that_is_too_long_is_refused_everywhere(
    ticket: Ticket, agent: Any, advisor: Any
) -> None:
    values: dict[str, Any] = {"number": ticket.number, "note": "长" * 5_001, "now": NOW}
    for refuse in (
        lambda: chase(acting_user=agent, **values),
        lambda: release(acting_user=advisor, **values),
        lambda: add_note(acting_user=advisor, **values),
    ):
        with pytest.raises(Invalid) as wrong:
            refuse()
        assert list(wrong.value.fields) == ["note"]


def test_chases_are_counted_and_raise_the_priority(ticket: Ticket, agent: Any) -> None:
    priorities = [
        chase(number=ticket.number, acting_user=agent, note="又问", now=NOW).priority
        for _n in range(3)
    ]
    assert priorities == [1, 1, 2]
    ticket.refresh_from_db()
    assert ticket.chase_count == 3


def test_another_agents_contact_becomes_a_chase_on_the_open_ticket(
    ticket: Ticket, agent2: Any, at_hand_over: Callable[..., int]
) -> None:
    contact_id = at_hand_over(agent2)
    with pytest.raises(NotFound):
        chase(number=ticket.number, acting_user=agent2, note="", now=NOW)
    chased = chase_from_consultation(
        consultation_id=contact_id, acting_user=agent2, account_id="700002", note="", now=NOW
    )
    assert chased == ticket
    ended = Consultation.objects.get(pk=contact_id)
    assert (ended.status, ended.ticket) == ("chased", ticket)
    chase(number=ticket.number, acting_user=agent2, note="现在看得到了", now=NOW)


def test_a_chase_needs_an_open_ticket(at_hand_over: Callable[..., int], agent: Any) -> None:
    for account_id in ("700003", "no number"):
        with pytest.raises(NotFound):
            chase_from_consultation(
                consultation_id=at_hand_over(),
                acting_user=agent,
                account_id=account_id,
                note="",
                now=NOW,
            )


def test_personal_data_is_for_whoever_works_the_ticket(
    ticket: Ticket, agent: Any, agent2: Any, advisor: Any, advisor2: Any, manager: Any
) -> None:
    seen = {
        user.username: sees_personal_data(ticket, user)
        for user in (agent, agent2, advisor, advisor2, manager)
    }
    assert seen == {
        "agent": True,
        "agent2": False,
        "advisor": True,
        "advisor2": False,
        "manager": False,
    }


def test_a_reveal_leaves_an_event(ticket: Ticket, manager: Any, agent2: Any) -> None:
    reveal(
        number=ticket.number,
        acting_user=manager,
        what=["contact", "account_id"],
        reason=" 代为回拨 ",
        now=NOW,
    )
    event = ticket.events.get(code="ticket.revealed")
    assert (event.actor, event.note) == (manager, "代为回拨")
    assert event.new == {"what": ["account_id", "contact"]}
    with pytest.raises(NotFound):
        reveal(number=ticket.number, acting_user=agent2, reason="看看", now=NOW)


@pytest.mark.parametrize(
    ("what", "reason", "fields"),
    [
        (["account_id"], " ", {"reason"}),
        (["account_id"], "x" * 5_001, {"reason"}),
        ([], "回拨", {"what"}),
        (["password"], "", {"what", "reason"}),
    ],
)
def test_nothing_is_revealed_without_a_reason(
    what: list[str], reason: str, fields: set[str], ticket: Ticket, manager: Any
) -> None:
    with pytest.raises(Invalid) as refused:
        reveal(number=ticket.number, acting_user=manager, what=what, reason=reason, now=NOW)
    assert set(refused.value.fields) == fields
    assert not ticket.events.filter(code="ticket.revealed").exists()


def test_what_the_database_refuses_is_left_out_everywhere(ticket: Ticket, advisor: Any) -> None:
    """Of notes and of the summary: one character that nobody sees must lose nothing typed."""
    typed = " 说\x00好了 "
    release(number=ticket.number, acting_user=advisor, note=typed, now=NOW)
    waiting(ticket, advisor)
    resume(number=ticket.number, acting_user=advisor, note=typed, now=NOW + HOUR)
    log_contact(
        number=ticket.number,
        acting_user=advisor,
        kind="private_message",
        result="sent",
        note=typed,
        now=NOW + HOUR,
    )
    resolve(
        number=ticket.number,
        acting_user=advisor,
        code="refunded",
        summary=typed,
        now=NOW + HOUR,
    )
    codes = ("ticket.released", "ticket.resumed", "ticket.contacted", "ticket.resolved")
    said = ticket.events.filter(code__in=codes).values_list("note", flat=True)
    assert list(said) == ["说好了"] * 4
