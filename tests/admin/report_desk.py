"""A desk with a past, for the pages of the reports."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import time_machine
from django.test import Client
from django.utils import translation

from kb.models import LoggedSearch, StandardQuestion
from tests.conftest import NOW
from tests.reports.histories import make_history
from tickets.services.consultations import finish_consultation, start_consultation
from tickets.services.report_facts import refresh_facts

OVERVIEW = "/admin/reports/sla/"
GROUPS = "/admin/reports/groups/"
CONTACTS = "/admin/reports/contacts/"
HANDOVERS = "/admin/reports/hand-overs/"
KNOWLEDGE = "/admin/reports/knowledge/"
PAGES = (OVERVIEW, GROUPS, CONTACTS, HANDOVERS, KNOWLEDGE)
TICKETS = "/admin/reports/sla/tickets/"
CONTACT_LIST = "/admin/reports/contacts/list/"
SEARCH_LIST = "/admin/reports/knowledge/searches/"
LISTS = (TICKETS, CONTACT_LIST, SEARCH_LIST)


def make_past(
    *,
    seed: int,
    count: int,
    questions: dict[str, StandardQuestion],
    agents: list[Any],
    advisors: list[Any],
    now: datetime = NOW,
) -> None:
    """Tickets of every kind, contacts with every end and searches, of the last two months."""
    rng = random.Random(seed)
    asked = list(questions.values())
    make_history(rng, now=now, count=count, questions=asked, reporter=agents[0], advisors=advisors)
    for _number in range(count // 2):
        at = now - timedelta(seconds=rng.randrange(60 * 86_400))
        agent = rng.choice(agents)
        contact = start_consultation(
            acting_user=agent,
            channel="phone",
            utterance="words",
            question_key=rng.choice(["price", ""]),
            now=at,
        )
        outcome = rng.choice(["answered", "redirected", "abandoned", ""])
        if outcome:
            finish_consultation(
                consultation_id=contact.pk, acting_user=agent, outcome=outcome, now=at
            )
    LoggedSearch.objects.bulk_create(
        LoggedSearch(
            asked_at=now - timedelta(seconds=rng.randrange(60 * 86_400)),
            words=f"words {number}",
            group_key=f"words {number}",
            results=rng.choice([[], ["price"]]),
            confident=rng.random() < 0.5,
            chosen=rng.choice(["", "price", "twice-charged"]),
            retyped=rng.random() < 0.3,
        )
        for number in range(count // 2)
    )
    refresh_facts(now=now)


def in_english_at(now: datetime, settings: Any) -> Iterator[None]:
    settings.LANGUAGE_CODE = "en"
    with time_machine.travel(now, tick=False), translation.override("en"):
        yield


def text_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def list_links(page: str) -> list[tuple[str, int]]:
    """Address and number of every link from a number to the list behind it."""
    lists = "|".join(re.escape(path) for path in LISTS)
    found = re.findall(rf'href="((?:{lists})\?[^"]+)"[^>]*>\s*([\d,]+)', page)
    return [(address, int(count.replace(",", ""))) for address, count in found]


def metrics_of(links: list[tuple[str, int]]) -> set[str]:
    return {parse_qs(urlsplit(address).query)["metric"][0] for address, _count in links}


def count_lines(client: Client, address: str) -> int:
    """Rows listed on all pages of a list; its own total has to agree."""
    path = urlsplit(address).path
    seen = 0
    while True:
        page = text_of(client.get(address))
        body = page.split("<tbody>")[1].split("</tbody>")[0] if "<tbody>" in page else ""
        seen += body.count("<tr>")
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if following is None:
            break
        address = path + following[1]
    assert re.search(rf"<strong>{seen} (ticket|contact|search)", page), address
    return seen
