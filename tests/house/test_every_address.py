"""Rules that hold on every address: GET changes nothing, nobody gets in without a key, a strict
CSP, no English on a Chinese page.

The addresses are read from the URLconf, so a new page is covered the day it is added: stock lists,
forms and histories, refusals, the pages of somebody without a login.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.test import Client
from django.utils import timezone

from kb.models import Disagreement, Flow, Phrasing, StandardQuestion, Synonym
from kb.services.importing import GivenFile, store_import
from tests.conftest import CANARY, NOW
from tests.house.matrix import MATRIX, Answer, answer_of
from tests.house.sites import Address, all_addresses
from tests.house.test_chinese_pages import english_in
from tests.notices.hooks import a_webhook
from tests.standings import attachment, publish
from tests.tickets.services.subscribers import a_subscription
from tickets.models import (
    CalendarOverride,
    CalendarYear,
    Export,
    PromiseChange,
    RoutingRule,
    SavedView,
    Team,
    Ticket,
)
from tickets.services.claims import claim
from tickets.services.intake import HandOff, open_intake

WALKERS = {
    "agent": "agent",
    "advisor": "advisor",
    "manager": "manager",
    "editor": "editor",
    "admin": "admin_person",
    "stranger": "stranger",
    "anonymous": None,
}
"""Those of the table's people who ask for every address here, with the fixtures that make them."""

NOT_PAGES = {"/admin/logout/", "/admin/jsi18n/", "/healthz", "/readyz", "/metrics", "/api/schema/"}

THESE_TESTS = {
    *("view", "subscription", "webhook", "shown", "bot", "a.txt", "admin (admin)", "CSV"),
    *("events.example.com", "hooks.example.com"),
}
"""What the world of these tests is called, in no language."""

PUBLIC = {
    "",
    "healthz",
    "readyz",
    "metrics",  # the machine itself may ask without a token, and tests are on it
    "admin/login/",
    "admin/logout/",  # POST only, says so
    "i18n/setlang/",  # POST only, leads back
    "api/schema/",
    "api/docs/",
}
"""Routes that answer whoever asks, without a login or a role; all others send them away."""

# Sessions are written by Django when somebody logs in, and only then.
UNWATCHED = {"accounts_desksession", "django_migrations"}


@pytest.fixture
def addresses(
    make_ticket: Callable[..., Ticket],
    at_hand_over: Callable[..., int],
    advisor: Any,
    manager: Any,
    bot: Any,
) -> list[Address]:
    ticket = make_ticket()
    waits = HandOff(external_id="one", channel="chat", text="转人工，扣了两次")
    intake, _is_new = open_intake(acting_user=bot, given=waits, now=timezone.now())
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    contact_id = at_hand_over()
    Synonym.objects.create(variant="点数", canonical="灵感值")
    CalendarOverride.objects.create(date="2027-01-04", is_working=True, reason="调休")
    CalendarYear.objects.create(year=2027, source="test")
    PromiseChange.objects.create(
        cause="calendar",
        summary="test",
        new={"days": {"2027-01-04": {"is_working": True, "reason": "调休"}}},
        at=NOW,
    )
    webhook = a_webhook(advisor)
    subscription = a_subscription(advisor)
    view = SavedView.objects.create(owner=advisor, name="view", query="view=mine", created_at=NOW)
    question = StandardQuestion.objects.get(key="twice-charged")
    picture = attachment("图")
    publish("shown", attachments=(picture,))
    disagreement = Disagreement.objects.create(
        question=question, key="one", caution=CANARY, opened_at=NOW
    )
    batch = store_import(
        files=[GivenFile("a.txt", "可灵 AI-能退吗？\n\n您好，不能。".encode())],
        acting_user=None,
        now=NOW,
    )
    ids = {
        "standardquestion": question.pk,
        "flow": Flow.objects.get().pk,
        "flowversion": Flow.objects.get().current_id,
        "phrasing": Phrasing.objects.first().pk,  # type: ignore[union-attr]
        "synonym": Synonym.objects.get().pk,
        "revision": question.revisions.get().pk,
        "category": question.category_id,
        "team": Team.objects.get(slug="tier2").pk,
        "user": advisor.pk,
        "group": advisor.groups.get().pk,
    }
    values = {
        "number": ticket.number,
        "role": "agent",
        "day": "2027-01-04",
        "year": 2027,
        "kind": "contact",
        "change_id": PromiseChange.objects.get().pk,
        "digest": picture.digest,
        "key": question.key,
        "step": "pages",
        "revision": 1,
        "version": 1,
        "disagreement": disagreement.pk,
        "pk": contact_id,
        "id": contact_id,
        "consultation_id": contact_id,
        "contact_id": contact_id,
        "batch_id": batch.pk,
        "user_id": advisor.pk,
        "webhook_id": webhook.pk,
        "subscription_id": subscription.pk,
        "rule_id": RoutingRule.objects.get().pk,
        "person_id": advisor.pk,
        "view_id": view.pk,
        "intake_id": intake.pk,
        "export_id": finished_export(manager).pk,
        "action": "note",
        "content_type_id": 1,
        "app_label": "kb",
        "url": "no-such-page",
        "format": ".json",
    }
    return _with_object_ids(values, ids)


def finished_export(owner: Any) -> Export:
    """One whose file can be fetched, of two bytes."""
    now = timezone.now()
    export = Export.objects.create(
        owner=owner,
        kind="tickets",
        file_format="csv",
        language="en",
        state="done",
        attempts=1,
        size=2,
        created_at=now,
        started_at=now,
        finished_at=now,
        expires_at=now + timedelta(hours=1),
    )
    export.chunks.create(attempt=1, number=0, data=b"ok")
    return export


def _with_object_ids(values: dict[str, Any], ids: dict[str, Any]) -> list[Address]:
    """Stock admin pages call every object ``object_id``; the model's name is in the route."""
    found = []
    for address in all_addresses({**values, "object_id": "OBJECT"}):
        path = address.path
        if "OBJECT" in path:
            model = path.split("/OBJECT")[0].rsplit("/", 1)[-1]
            path = path.replace("OBJECT", str(ids.get(model, 1)))
        if "<slug:key>" in address.route and "flow" in address.route.split("<slug:key>")[0]:
            path = path.replace(str(values["key"]), Flow.objects.get().key)
        found.append(Address(address.route, path))
    return found


def _everything() -> dict[str, str]:
    """A checksum of every table."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    sums = {}
    with connection.cursor() as cursor:
        for table in sorted(tables - UNWATCHED):
            cursor.execute(
                "SELECT coalesce(md5(string_agg(row::text, chr(10) ORDER BY row::text)), '') "
                f'FROM "{table}" AS row'
            )
            sums[table] = cursor.fetchone()[0]
    return sums


class _Inline(HTMLParser):
    """Collects what a strict Content-Security-Policy would block, and internal text in scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in names and not _is_data(names)):
            self.found.append(f"<{tag}> {attrs}")
        for name, value in attrs:
            if name == "style" or name.startswith(("on", "hx-on")):
                self.found.append(f"<{tag} {name}={value!r}>")
            if name in {"src", "href", "action"} and str(value).strip().startswith("javascript:"):
                self.found.append(f"<{tag} {name}={value!r}>")
            if name in {"src"} and str(value).startswith(("http:", "https:", "//")):
                self.found.append(f"<{tag} {name}={value!r}>")


def _is_data(names: dict[str, str | None]) -> bool:
    return names.get("type") == "application/json"


@pytest.mark.parametrize("who", WALKERS)
def test_rules_of_every_get(
    who: str, request: pytest.FixtureRequest, addresses: list[Address], chinese: None
) -> None:
    """It answers as the table says, changes nothing, lives with a strict policy and speaks one
    language. Four rules in one walk: what takes long is to make the pages.
    """
    client = Client(headers={"accept-language": "zh-CN"})
    if (fixture := WALKERS[who]) is not None:
        client.force_login(request.getfixturevalue(fixture))
    before = _everything()
    wrong, blocked, english = [], {}, {}
    with time_machine.travel(NOW, tick=False):
        for address in addresses:
            path = address.path
            response = client.get(path)
            entry = MATRIX.get(address.route)  # test_matrix finds what has no line in the table
            if entry is not None and answer_of(response) is not entry.answer("get", who):
                told = entry.answer("get", who)
                wrong.append(f"{path}: {response.status_code}, the table says {told}")
            if found := _blocked_in(response):
                blocked[path] = found
            if path not in NOT_PAGES:
                # Each text once, with one of the pages it stands on.
                english |= dict.fromkeys(english_in(words_of(response)), path)
    assert wrong == []
    assert blocked == {}
    assert {t: path for t, path in english.items() if t.strip(" ·›") not in THESE_TESTS} == {}
    after = _everything()
    assert {t for t in after if after[t] != before[t]} == set()


def words_of(response: Any) -> str:
    """A page as it is, a problem of the API as a page; nothing of what is neither."""
    kind = response.headers.get("Content-Type", "").split(";")[0]
    if kind == "text/html" and not response.streaming:
        return str(response.content.decode())
    if kind == "application/problem+json":
        problem = response.json()
        return f"<p>{problem['title']}</p><p>{problem.get('detail', '')}</p>"
    return ""


def _blocked_in(response: Any) -> list[str]:
    policy = response.headers.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy or "unsafe" in policy:
        return [f"policy: {policy!r}"]
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return []
    parser = _Inline()
    parser.feed(response.content.decode())
    return parser.found


@pytest.mark.parametrize("who", ["stranger", "anonymous"])
def test_nobody_gets_in_without_a_key(who: str) -> None:
    """That the table tells what is really given is proved over HTTP, by ``test_matrix``."""
    let_in = {route for route, entry in MATRIX.items() if entry.answer("get", who) is Answer.LET_IN}
    assert let_in == PUBLIC


def test_the_canary_is_alive(questions: Any) -> None:
    """The tests that look for internal text in scripts would prove nothing without it."""
    assert CANARY in StandardQuestion.objects.get(key="price").internal_note
