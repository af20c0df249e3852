"""Whoever could see a ticket finds it in the archive, on pages and by programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from klingdesk.core.errors import NotFound
from tests.conftest import NOW
from tests.tickets.services.old_tickets import (
    CLOSED,
    LATER,
    Make,
    archive,
    closing,
    picture,
)
from tests.tickets.services.steps import HOUR, answered, resolved, taken
from tickets.models import (
    ArchivedTicket,
    Consultation,
    ContactAttempt,
    Ticket,
)
from tickets.rules.anonymising import ANONYMISED
from tickets.selectors.archive import archived_get_for, ticket_read_for
from tickets.selectors.tickets import account_history, ticket_get_for
from tickets.services.anonymising import anonymise, due_for_anonymising
from tickets.services.cancelling import cancel
from tickets.services.chases import chase_from_consultation
from tickets.services.closing import close_resolved
from tickets.services.merging import merge
from tickets.services.notes import add_note


@pytest.fixture
def closed(make_ticket: Make, advisor: Any, agent: Any) -> Callable[..., Ticket]:
    return closing(make_ticket, advisor, agent)


def test_permission_is_that_of_the_ticket(
    make_ticket: Make,
    at_hand_over: Callable[..., int],
    agent: Any,
    agent2: Any,
    advisor: Any,
    advisor2: Any,
    other_advisor: Any,
    manager: Any,
    editor: Any,
    stranger: Any,
) -> None:
    ticket = make_ticket(account_id="886000")
    chase_from_consultation(
        consultation_id=at_hand_over(agent2),
        acting_user=agent2,
        account_id="886000",
        note="又来问",
        now=NOW,
    )
    resolved(ticket, advisor, now=NOW + HOUR)
    close_resolved(now=CLOSED, after_days=7)
    everybody = (agent, agent2, advisor, advisor2, other_advisor, manager, editor, stranger)
    before = [sees(ticket_get_for, each, ticket) for each in everybody]
    archive()
    assert [sees(archived_get_for, each, ticket) for each in everybody] == before
    assert before == [True, True, True, True, False, True, False, False]


def sees(read: Callable[..., Ticket], user: Any, ticket: Ticket) -> bool:
    try:
        return read(user=user, number=ticket.number).pk == ticket.pk
    except NotFound:
        return False


def test_the_agent_of_a_merged_ticket_sees_the_archived_target(
    make_ticket: Make, agent2: Any, advisor: Any, questions: Any
) -> None:
    target = make_ticket(account_id="887000")
    source = make_ticket(account_id="889999", acting_user=agent2)
    Ticket.objects.filter(pk=source.pk).update(question=questions["price"], account_id="887000")
    merge(
        number=source.number, into=target.number, acting_user=advisor, reason="同", now=NOW + HOUR
    )
    resolved(target, advisor, now=NOW + HOUR)
    close_resolved(now=CLOSED, after_days=7)
    assert archive().tickets == 2
    assert sees(archived_get_for, agent2, target)


def test_the_page_shows_it_and_offers_nothing(
    closed: Callable[..., Ticket], client: Client, advisor: Any
) -> None:
    ticket = closed()
    archive()
    client.force_login(advisor)
    address = reverse("admin:ticket", args=[ticket.number])
    page = client.get(address, headers={"accept-language": "en"})
    text = page.content.decode()
    assert page.status_code == 200
    assert "this ticket can only be read" in text
    assert ticket.problem in text
    assert "data-here-url" not in text
    assert 'name="action"' not in text
    assert client.post(address, {"action": "note", "note": "还在吗"}).status_code == 404
    assert client.post(reverse("admin:ticket_here", args=[ticket.number])).status_code == 404


def test_an_agent_is_not_offered_to_follow_up_what_cannot_be_followed(
    closed: Callable[..., Ticket], client: Client, agent: Any
) -> None:
    ticket = closed()
    archive()
    client.force_login(agent)
    page = client.get(reverse("admin:ticket", args=[ticket.number])).content.decode()
    assert 'value="follow_up"' not in page


def test_others_read_it_masked(closed: Callable[..., Ticket], client: Client, manager: Any) -> None:
    ticket = closed(account_id="886655")
    archive()
    client.force_login(manager)
    page = client.get(reverse("admin:ticket", args=[ticket.number])).content.decode()
    assert "886655" not in page


def test_a_number_in_the_queue_leads_to_it(
    closed: Callable[..., Ticket], client: Client, advisor: Any, other_advisor: Any
) -> None:
    ticket = closed()
    archive()
    find = reverse("admin:queue_find")
    client.force_login(advisor)
    found = client.post(find, {"text": ticket.number})
    assert found.headers["Location"] == reverse("admin:ticket", args=[ticket.number])
    client.force_login(other_advisor)
    assert client.post(find, {"text": ticket.number}).status_code == 422


def test_programs_read_it(closed: Callable[..., Ticket], client: Client, advisor: Any) -> None:
    ticket = closed()
    client.force_login(advisor)
    address = f"/api/v1/tickets/{ticket.number}/"
    before = client.get(address).json()
    assert before.pop("archived") is False
    archive()
    after = client.get(address).json()
    assert after.pop("archived") is True
    assert after.pop("allowed_actions") == []
    assert before.pop("allowed_actions") != []
    assert after == before
    assert client.post(f"{address}note/", {"note": "?"}, "application/json").status_code == 404


def test_the_queries_of_an_archived_ticket(
    closed: Callable[..., Ticket], django_assert_num_queries: Any, manager: Any
) -> None:
    """Not found at work: roles, row; then the archived row, people, policies."""
    ticket = closed()
    archive()
    assert manager.groups.count() == 1
    with django_assert_num_queries(5):
        picture(ticket_read_for(user=manager, number=ticket.number))


def test_an_accounts_history_names_it(closed: Callable[..., Ticket], make_ticket: Make) -> None:
    old = closed(account_id="888000")
    before = account_history(account_id="888000")
    archive()
    (row,) = account_history(account_id="888000")
    assert row.archived_id == old.pk
    assert (row.ticket_number, row.ticket_status, row.resolution_label) == (
        before[0].ticket_number,
        before[0].ticket_status,
        before[0].resolution_label,
    )
    read = Ticket(pk=old.pk, account_id="888000")
    assert account_history(account_id="888000", before_ticket=read) == []


def test_a_later_tickets_page_links_to_it(
    closed: Callable[..., Ticket], make_ticket: Make, client: Client, advisor: Any
) -> None:
    old = closed(account_id="888000")
    archive()
    new = make_ticket(account_id="888000", now=LATER)
    client.force_login(advisor)
    page = client.get(reverse("admin:ticket", args=[new.number])).content.decode()
    assert reverse("admin:ticket", args=[old.number]) in page


def test_its_contact_can_be_opened(
    closed: Callable[..., Ticket], client: Client, agent: Any
) -> None:
    ticket = closed()
    contact = Consultation.objects.get(ticket=ticket)
    archive()
    client.force_login(agent)
    page = client.get(reverse("admin:console_contact", args=[contact.pk]))
    assert ticket.number in page.content.decode()
    told = client.get(f"/api/v1/consultations/{contact.pk}/").json()
    assert told["ticket"]["number"] == ticket.number


# --- personal data --------------------------------------------------------------------------------


def test_anonymising_reaches_the_archive(
    make_ticket: Make, agent: Any, advisor: Any, manager: Any
) -> None:
    said = "李四13912345678"
    ticket = make_ticket(problem=said, demand=said, account_id="99887766")
    Consultation.objects.filter(ticket=ticket).update(utterance=said)
    Ticket.objects.filter(pk=ticket.pk).update(
        transcript={**ticket.transcript, "utterance": said},
        extra=[{"key": "name", "label": "称呼", "value": said}],
    )
    taken(ticket, advisor)
    add_note(number=ticket.number, acting_user=advisor, note=said, now=NOW)
    answered(ticket, advisor, now=NOW)
    ContactAttempt.objects.update(note=said)
    cancel(number=ticket.number, acting_user=advisor, reason=said, now=NOW + HOUR)
    archive()
    assert said in json.dumps(ArchivedTicket.objects.get().document, ensure_ascii=False)
    events = [
        (event["id"], event["code"]) for event in ArchivedTicket.objects.get().document["events"]
    ]

    assert due_for_anonymising(now=LATER, after_days=365).tickets == 1
    assert anonymise(now=LATER, after_days=365).tickets == 1
    row = ArchivedTicket.objects.get()
    left = json.dumps(row.document, ensure_ascii=False)
    assert "李四" not in left
    assert "99887766" not in left
    assert (row.account_id, row.anonymised_at) == ("", LATER)
    assert [(event["id"], event["code"]) for event in row.document["events"]] == events
    contact = Consultation.objects.get(archived=row.pk)
    assert (contact.utterance, contact.account_id) == (ANONYMISED, "")
    shown = archived_get_for(user=manager, number=ticket.number)
    assert shown.problem == ANONYMISED
    assert shown.transcript["steps"] == []
    assert anonymise(now=LATER, after_days=365).tickets == 0


def test_what_is_anonymised_before_stays_so(closed: Callable[..., Ticket], manager: Any) -> None:
    ticket = closed()
    assert anonymise(now=LATER, after_days=365).tickets == 1
    assert archive().tickets == 1
    row = ArchivedTicket.objects.get()
    assert row.anonymised_at == LATER
    assert archived_get_for(user=manager, number=ticket.number).problem == ANONYMISED
    assert due_for_anonymising(now=LATER, after_days=365).tickets == 0
