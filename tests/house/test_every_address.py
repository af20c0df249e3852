"""Rules that hold on every address: GET changes nothing, nobody gets in without a key, strict CSP.

The addresses are read from the URLconf, so a new page is covered the day it is added.
"""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from kb.models import Disagreement, Flow, Phrasing, StandardQuestion, Synonym
from kb.services.importing import GivenFile, store_import
from tests.conftest import CANARY, NOW
from tests.house.sites import Address, all_addresses
from tests.notices.hooks import a_webhook
from tests.standings import attachment, publish
from tickets.models import (
    CalendarOverride,
    CalendarYear,
    PromiseChange,
    RoutingRule,
    SavedView,
    Team,
    Ticket,
)
from tickets.services.claims import claim

ROLES = ("agent", "advisor", "manager", "editor", "admin_person")

PUBLIC = {
    "/",
    "/healthz",
    "/readyz",
    "/admin/login/",
    "/admin/login/code/",  # without a password before it, it leads back to the login
    "/admin/logout/",  # POST only: GET is 405
    "/admin/jsi18n/",
    "/i18n/setlang/",
    "/api/schema/",
    "/api/docs/",
    "/api/v1/auth/token/",  # POST only
}
"""What somebody without a login may ask for; everything else must send them away."""

# Sessions are written by Django when somebody logs in, and only then.
UNWATCHED = {"accounts_desksession", "django_migrations"}


@pytest.fixture
def addresses(
    make_ticket: Callable[..., Ticket], at_hand_over: Callable[..., int], advisor: Any
) -> list[Address]:
    ticket = make_ticket()
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
        "rule_id": RoutingRule.objects.get().pk,
        "person_id": advisor.pk,
        "view_id": view.pk,
        "action": "note",
        "content_type_id": 1,
        "app_label": "kb",
        "url": "no-such-page",
        "format": ".json",
    }
    found = []
    for address in _with_object_ids(values, ids):
        found.append(address)
    return found


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


@pytest.mark.parametrize("role", ROLES)
def test_get_changes_nothing_and_never_breaks(
    role: str, request: pytest.FixtureRequest, client: Client, addresses: list[Address]
) -> None:
    client.force_login(request.getfixturevalue(role))
    before = _everything()
    broken = []
    for address in addresses:
        if address.path == "/admin/logout/":
            continue
        response = client.get(address.path)
        if response.status_code >= 500 and address.path != "/readyz":
            broken.append((address.path, response.status_code))
    assert broken == []
    after = _everything()
    assert {t for t in after if after[t] != before[t]} == set()


def test_nobody_gets_in_without_a_key(client: Client, addresses: list[Address]) -> None:
    let_in = []
    for address in addresses:
        if address.path in PUBLIC:
            continue
        response = client.get(address.path)
        to_login = response.status_code == 302 and "/admin/login/" in response["Location"]
        if not to_login and response.status_code not in {401, 403, 404, 405}:
            let_in.append((address.path, response.status_code))
    assert let_in == []


def test_a_person_without_a_role_sees_nothing_of_the_desk(
    client: Client, stranger: Any, addresses: list[Address]
) -> None:
    client.force_login(stranger)
    let_in = []
    for address in addresses:
        if address.path in PUBLIC:
            continue
        response = client.get(address.path)
        to_login = response.status_code == 302 and "/admin/login/" in response["Location"]
        if not to_login and response.status_code not in {401, 403, 404, 405}:
            let_in.append((address.path, response.status_code))
    assert let_in == []


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


@pytest.mark.parametrize("role", ROLES)
def test_every_page_lives_with_a_strict_policy(
    role: str, request: pytest.FixtureRequest, client: Client, addresses: list[Address]
) -> None:
    client.force_login(request.getfixturevalue(role))
    found = {}
    for address in addresses:
        if address.path == "/admin/logout/":
            continue
        response = client.get(address.path)
        policy = response.headers.get("Content-Security-Policy", "")
        if "default-src 'none'" not in policy or "unsafe" in policy:
            found[address.path] = [f"policy: {policy!r}"]
        if response.headers.get("Content-Type", "").startswith("text/html"):
            parser = _Inline()
            parser.feed(response.content.decode())
            if parser.found:
                found[address.path] = parser.found
    assert found == {}


def test_the_canary_is_alive(questions: Any) -> None:
    """The tests that look for internal text in scripts would prove nothing without it."""
    assert CANARY in StandardQuestion.objects.get(key="price").internal_note
