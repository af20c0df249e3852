"""What the palette finds in the knowledge and among tickets, for one person.

Everything comes through ``visible_to``; account IDs are told masked, and no text that somebody
wrote into a ticket is told at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kb.models import StandardQuestion
from kb.rules.lifecycle import KNOWN_TO_AGENTS
from kb.selectors.questions import questions_by_keys
from kb.selectors.search import search_questions
from klingdesk.core.account_id import AccountIdError, mask_account_id, parse_account_id
from klingdesk.core.roles import Role, roles_of
from tickets.admin.console_standing import standing_badge
from tickets.models import ArchivedTicket, Consultation, Ticket
from tickets.models.labels import ConsultationStatus
from tickets.rules.ticket_number import format_number, parse_number
from tickets.selectors.ticket_list import MOST_FOUND, Filters, View

MOST_QUESTIONS = 6
MOST_UNSURE = 3
"""Questions shown when the words are no sure match: pages and actions stand beside them."""
MOST_OF_ACCOUNT = 5


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the palette. ``key`` is what a browser may remember: empty for tickets, contacts
    and accounts, of which nothing stays behind. ``url`` is empty for what the page itself does.
    ``press`` are the keys that do the same."""

    label: str
    hint: str = ""
    url: str = ""
    key: str = ""
    press: str = ""


def questions_found(typed: str, *, user: Any, now: datetime) -> list[Item]:
    """Standard questions for the words, best first; found as the console finds them."""
    result = search_questions(typed, limit=MOST_QUESTIONS)
    hits = result.hits if result.confident else result.hits[:MOST_UNSURE]
    return questions_of([hit.key for hit in hits], user=user, now=now)


def questions_of(keys: Iterable[str], *, user: Any, now: datetime) -> list[Item]:
    """The questions with these keys that agents know, in this order; unknown ones are left out."""
    wanted = list(keys)
    if not wanted:
        return []
    known = questions_by_keys(user=user, keys=wanted)
    seen = [known[key] for key in wanted if key in known]
    roles = roles_of(user)
    return [_question_item(each, roles, now=now) for each in seen if each.status in KNOWN_TO_AGENTS]


def _question_item(question: StandardQuestion, roles: Collection[Role], *, now: datetime) -> Item:
    badge = standing_badge(question, now=now)
    hint = [str(question.category.title), badge.text if badge else ""]
    if Role.AGENT in roles:
        url = reverse("admin:console_question", args=[question.key])
    elif Role.EDITOR in roles:
        url = reverse("admin:kb_standardquestion_change", args=[question.pk])
    else:
        url = _queue(Filters(view=View.OPEN, question=question.key))
        hint.append(_("open tickets"))
    return Item(
        label=question.title,
        hint=" · ".join(filter(None, hint)),
        url=url,
        key=f"question:{question.key}",
    )


def tickets_found(typed: str, *, user: Any) -> list[Item]:
    """The ticket with this number, when the person may see it; also one in the archive."""
    ticket_id = parse_number(typed)
    if ticket_id is None:
        return []
    rows: list[Any] = list(_plain(Ticket.objects.visible_to(user)).filter(pk=ticket_id))
    if not rows:
        archived = ArchivedTicket.objects.visible_to(user).filter(pk=ticket_id)
        rows = list(archived.select_related("question").only("status", "question__title"))
    return [_ticket_item(row) for row in rows]


def account_found(typed: str, *, user: Any) -> list[Item]:
    """What the person may see of the account with this ID: own running contacts, its tickets.

    An account ID is personal data: it stands in no address and comes back masked.
    """
    try:
        account_id = parse_account_id(typed)
    except AccountIdError:
        return []
    roles = roles_of(user)
    rows = _plain(Ticket.objects.visible_to(user)).filter(account_id=account_id)
    tickets = list(rows.order_by("-created_at", "-pk")[:MOST_FOUND])
    found = _contact_items(account_id, user=user) if Role.AGENT in roles else []
    if tickets and roles & {Role.ADVISOR, Role.MANAGER}:
        found.append(_account_item(account_id, [each.pk for each in tickets]))
    return [*found, *map(_ticket_item, tickets[:MOST_OF_ACCOUNT])]


def _plain(tickets: Any) -> Any:
    """Number, status and question: no text that a person wrote is read."""
    return tickets.select_related("question").only("status", "created_at", "question__title")


def _ticket_item(ticket: Ticket | ArchivedTicket) -> Item:
    return Item(
        label=f"{ticket.number} · {ticket.question.title}",
        hint=str(ticket.get_status_display()),
        url=reverse("admin:ticket", args=[ticket.number]),
    )


def _account_item(account_id: str, ticket_ids: list[int]) -> Item:
    numbers = ",".join(format_number(pk) for pk in ticket_ids)
    count = len(ticket_ids)
    return Item(
        label=_("Account ID %(masked)s") % {"masked": mask_account_id(account_id)},
        hint=ngettext("%(count)d ticket", "%(count)d tickets", count) % {"count": count},
        url=_queue(Filters(view=View.ALL, found=numbers)),
    )


def _contact_items(account_id: str, *, user: Any) -> list[Item]:
    rows = (
        Consultation.objects.visible_to(user)
        .filter(account_id=account_id, agent=user, status=ConsultationStatus.OPEN)
        .select_related("question")
        .only("started_at", "question__title")
        .order_by("-started_at")
    )
    return [
        Item(
            label=row.question.title if row.question else _("Contact without a standard question"),
            hint=_("My open contacts"),
            url=reverse("admin:console_contact", args=[row.pk]),
        )
        for row in rows[:MOST_OF_ACCOUNT]
    ]


def _queue(filters: Filters) -> str:
    return f"{reverse('admin:queue')}?{filters.query()}"
