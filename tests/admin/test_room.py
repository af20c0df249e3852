"""The editor's home: each number is that of the list it opens, for a constant number of queries."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kb.models import ImportBatch, LoggedSearch, StandardQuestion
from kb.services.content import published_content
from kb.services.disagreements import open_disagreement
from kb.services.drafts import save_draft, submit_draft
from kb.services.flow_drafts import create_flow
from kb.services.publishing import publish_question, retire_question
from tests.conftest import NOW

ROOM = "/admin/kb-room/"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client(editor: Any) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(editor)
    return browser


def fill(questions: dict[str, StandardQuestion], editor: Any, other: Any, times: int = 1) -> None:
    """Something of everything that waits, ``times`` times."""
    content = published_content(questions["price"])

    def publish(key: str, **changes: Any) -> None:
        text = replace(content, title=key, **changes)
        publish_question(key=key, content=text, acting_user=None, reason="t", now=NOW)

    def write(key: str, user: Any, *, submit: bool = False) -> None:
        save_draft(key=key, content=replace(content, title=key), acting_user=user, now=NOW)
        if submit:
            submit_draft(key=key, acting_user=user, now=NOW, expected_version=1)

    for each in range(times):
        publish(f"expired-{each}", expires_at=NOW)
        publish(f"soon-{each}", expires_at=NOW + 14 * DAY, owner="editor")
        publish(f"later-{each}", expires_at=NOW + 15 * DAY)
        publish(f"due-mine-{each}", review_due=date(2026, 3, 4), owner="editor")
        publish(f"due-theirs-{each}", review_due=date(2026, 1, 4), owner="admin")
        publish(f"due-{each}", review_due=date(2026, 3, 3))
        publish(f"not-due-{each}", review_due=date(2026, 3, 5))
        publish(f"retired-{each}", review_due=date(2026, 3, 3))
        retire_question(key=f"retired-{each}", acting_user=editor, reason="t", now=NOW)
        publish(f"next-{each}")
        publish(f"next-{each}", effective_from=NOW + DAY)
        write(f"mine-{each}", editor)
        write(f"due-mine-{each}", editor)
        write(f"theirs-{each}", other)
        write(f"review-{each}", editor, submit=True)
        LoggedSearch.objects.create(
            asked_at=NOW - DAY, words=f"w{each}", group_key=f"w{each}", retyped=True
        )
        ImportBatch.objects.create(files=[], proposal={}, created_at=NOW)
        ImportBatch.objects.create(files=[], proposal={}, created_at=NOW, state="applied")
        create_flow(key=f"new-{each}", title="新", text="", acting_user=other, now=NOW)
        open_disagreement(
            question_key=f"due-{each}",
            caution="c",
            our_statement="a",
            our_source="b",
            their_statement="d",
            their_source="e",
            acting_user=editor,
            now=NOW,
        )


def tiles(client: Client) -> list[Any]:
    response = client.get(ROOM)
    assert response.status_code == 200
    return [tile for _heading, section in response.context["sections"] for tile in section]


def test_every_number_is_that_of_the_list_it_opens(
    questions: Any, client: Client, editor: Any, admin_person: Any
) -> None:
    fill(questions, editor, admin_person, times=2)
    counts = {tile.label: tile.count for tile in tiles(client)}
    assert counts == {
        "My drafts": 4,
        "Waiting for review": 2,
        "Scheduled texts": 2,
        "Flows being written": 2,
        "Expired": 2,
        "Expires within 14 days": 2,
        "Open questions": 2,
        "Due, mine": 2,
        "Due, without an owner": 2,
        "Due, all": 6,
        "Searches in vain": 2,
        "Imports to look at": 2,
    }
    for tile in tiles(client):
        listed = client.get(tile.address)
        assert listed.status_code == 200, tile.address
        if tile.label == "Open questions":
            assert len(listed.context["rows"]) == tile.count
        elif tile.label in ("Searches in vain", "Flows being written"):
            assert listed.context["page"].paginator.count == tile.count
        elif tile.label != "Imports to look at":
            assert listed.context["cl"].result_count == tile.count, tile.address


def test_nothing_waits_in_a_fresh_room(questions: Any, client: Client) -> None:
    assert {tile.count for tile in tiles(client)} == {0}
    assert {tile.shown_style for tile in tiles(client)} == {"is-none"}


def test_the_home_costs_the_same_however_much_waits(
    questions: Any, client: Client, editor: Any, admin_person: Any
) -> None:
    def cost() -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(ROOM).status_code == 200
        return [query["sql"] for query in queries.captured_queries]

    few = cost()
    fill(questions, editor, admin_person, times=3)
    many = cost()
    # Session, account, roles, two of permissions, unread notices; then drafts, answers, open
    # questions, gaps, imports, drafts of flows.
    assert len(few) == len(many) == 9, "\n".join(many)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("editor", 200),
        ("admin_person", 200),
        ("agent", 403),
        ("advisor", 403),
        ("manager", 403),
        ("stranger", 302),
        (None, 302),
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        "",
        "open-questions/",
        "open-questions/new/",
        "questions/price/revisions/",
        "questions/price/revisions/1/",
        "questions/price/revisions/compare/",
    ],
)
def test_the_room_is_the_editors(
    path: str, who: str | None, status: int, questions: Any, request: pytest.FixtureRequest
) -> None:
    browser = Client()
    if who is not None:
        browser.force_login(request.getfixturevalue(who))
    assert browser.get(f"{ROOM}{path}").status_code == status
