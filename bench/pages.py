"""``make bench-pages``: how long the server takes for every page of every role.

A made-up history is written into a database of its own, which is dropped at the end. Then every
address that the matrix of permissions (``tests/house/matrix.py``) opens to a role is asked for in
one process, with objects of that history in its place-holders. Worst first; the last line is the
verdict. The figures hold neither the network nor a browser.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench import made_up
from bench.server import machine, own_database
from bench.timing import percentile, timed

TICKETS = 100_000
RUNS, WARM = 20, 3
GOAL_MS = 100
WHO = ("agent", "advisor", "manager", "editor", "admin")
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
_NO_PAGES = re.compile(
    # what is no page, or leads to one
    r"jsi18n|logout|/login/|autocomplete|/r/<|export/$|/file/$|attachments|\$$|site/$"
    r"|<path:object_id>/$|kb-flow-new/$"
)


@dataclass(frozen=True, slots=True)
class Page:
    who: str
    route: str
    path: str


@dataclass(frozen=True, slots=True)
class Figure:
    page: Page
    status: int
    p50: float
    p95: float
    queries: int
    kilobytes: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--tickets", type=int, default=TICKETS, help=f"how many ({TICKETS})")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"of each page ({RUNS})")
    parser.add_argument("--only", default="", help="addresses that hold this text")
    parser.add_argument(
        "--filled", action="store_true", help="DATABASE_URL holds a history already"
    )
    chosen = parser.parse_args()
    server = os.environ.get("DATABASE_URL", "")
    if not server:
        parser.error("DATABASE_URL is not set; run: make bench-pages")
    with contextlib.nullcontext(server) if chosen.filled else own_database(server) as url:
        made_up.set_up(url)
        if not chosen.filled:
            _fill(server, chosen.tickets)
        for what, said in machine(server):
            print(f"{what}: {said}")
        return _print(list(_measured(chosen.runs, chosen.only)))


def _fill(server: str, tickets: int) -> None:
    from django.db import connection

    made_up.fill(server, tickets)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _measured(runs: int, only: str) -> Iterator[Figure]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    for who in WHO:
        person = _person(who)
        client = Client(raise_request_exception=False, headers={"accept-language": "zh-hans"})
        client.force_login(person)
        values = _values(person)
        for page in pages_of(who, values):
            if only not in page.path:
                continue
            look = partial(client.get, page.path)
            for _warm in range(WARM):
                answer = look()
            if answer.status_code != 200:
                yield Figure(page, answer.status_code, 0, 0, 0, 0)
                continue
            with CaptureQueriesContext(connection) as queries:
                answer = look()
            sent = len(queries)  # the next request empties the log
            size = len(getattr(answer, "content", b"")) / 1024
            taken = [timed(look) for _n in range(runs)]
            p50, p95 = percentile(taken, 50), percentile(taken, 95)
            yield Figure(page, 200, p50 * 1000, p95 * 1000, sent, size)


def _person(who: str) -> Any:
    """The one with most to show: whose work the history is."""
    from django.contrib.auth import get_user_model
    from django.db.models import Count

    people = get_user_model().objects.filter(is_active=True)
    if who == "admin":
        return people.filter(is_superuser=True).first() or _made(who)
    found = people.filter(groups__name=who, is_superuser=False)
    of = {"agent": "handed_over_tickets", "advisor": "assigned_tickets"}.get(who)
    if of:
        found = found.annotate(many=Count(of)).order_by("-many")
    return found.first() or _made(who)


def _made(who: str) -> Any:
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    person = get_user_model().objects.create_user(
        username=f"bench-{who}", is_staff=True, is_superuser=who == "admin"
    )
    person.groups.add(*Group.objects.filter(name=who))
    return person


def pages_of(who: str, values: Mapping[str, Any]) -> Iterator[Page]:
    """The pages that the matrix opens to somebody, those left out whose objects are not there."""
    from tests.house.matrix import MATRIX, Answer

    for route, entry in MATRIX.items():
        is_page = route.startswith("admin/") and not _NO_PAGES.search(route)
        if not is_page or entry.answer("get", who) is not Answer.LET_IN:
            continue
        names = _PLACE.findall(route)
        given = {**values, "object_id": values["objects"].get(_model_of(route))}
        if "<slug:key>" in route and "kb-flows/" in route:
            given["key"] = values["flow_key"]
        if any(given.get(name) is None for name in names):
            continue
        yield Page(who, route, "/" + _filled(route, given))


def _filled(route: str, values: Mapping[str, Any]) -> str:
    return _PLACE.sub(lambda found: str(values[found[1]]), route)


def _model_of(route: str) -> str:
    return route.split("/")[2] if route.count("/") > 2 else ""


def _values(person: Any) -> dict[str, Any]:
    """Objects for the place-holders: of what this person works on, the newest."""
    from django.apps import apps
    from django.utils import timezone

    from kb.models import Disagreement, Flow, ImportBatch, StandardQuestion
    from notices.models import Webhook
    from tickets.models import Consultation, PromiseChange, RoutingRule, SavedView, Ticket
    from tickets.rules.ticket_number import format_number

    def newest(rows: Any) -> Any:
        return rows.order_by("-pk").values_list("pk", flat=True).first()

    own = Ticket.objects.visible_to(person)
    ticket = newest(own.filter(assignee=person).open()) or newest(own.open()) or newest(own)
    contacts = Consultation.objects.visible_to(person)
    contact = newest(contacts.filter(status="open")) or newest(contacts)
    flow = Flow.objects.filter(current__isnull=False).order_by("pk").first()
    names = ("team", "user", "flow", "flowversion", "standardquestion", "revision", "category")
    models = {model._meta.model_name: model for model in apps.get_models()}
    return {
        "number": format_number(ticket) if ticket else None,
        "contact_id": contact,
        "flow_key": flow.key if flow else None,
        "step": flow.current.definition["start"] if flow and flow.current else None,
        "version": 1,
        "revision": 1,
        "key": StandardQuestion.objects.order_by("key").values_list("key", flat=True).first(),
        "day": timezone.localdate().isoformat(),
        "year": timezone.localdate().year + 1,
        "kind": "contact",
        "change_id": newest(PromiseChange.objects),
        "rule_id": newest(RoutingRule.objects),
        "person_id": person.pk,
        "user_id": person.pk,
        "view_id": newest(SavedView.objects),
        "disagreement": newest(Disagreement.objects),
        "batch_id": newest(ImportBatch.objects),
        "webhook_id": newest(Webhook.objects),
        "objects": {name: newest(models[name].objects) for name in (*names, "synonym")},
    }


def _print(figures: list[Figure]) -> int:
    shown = sorted(
        (each for each in figures if each.status == 200), key=lambda each: each.p95, reverse=True
    )
    print(f"{'p50 ms':>8}{'p95 ms':>8}{'queries':>9}{'KB':>7}  who       page")
    for each in shown:
        print(
            f"{each.p50:8.1f}{each.p95:8.1f}{each.queries:9}{each.kilobytes:7.0f}"
            f"  {each.page.who:<8}  {each.page.path}"
        )
    for each in figures:
        if each.status != 200:
            print(f"   not measured: {each.status}  {each.page.who:<8}  {each.page.path}")
    slow = [each for each in shown if each.p95 > GOAL_MS]
    print(
        f"{len(shown)} pages, {len(slow)} above {GOAL_MS} ms at p95; load {os.getloadavg()[0]:.1f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
