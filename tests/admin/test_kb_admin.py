"""The stock admin: who may see which pages, and what they must not allow."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kb.models import (
    Flow,
    FlowVersion,
    Revision,
    SearchIndexVersion,
    StandardQuestion,
    Synonym,
)
from tickets.models import Consultation, Ticket, TicketEvent

QUESTIONS = "/admin/kb/standardquestion/"
SYNONYMS = "/admin/kb/synonym/"


@pytest.fixture
def twice(questions: dict[str, StandardQuestion]) -> StandardQuestion:
    return questions["twice-charged"]


# --- who and what -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "kb/standardquestion/",
        "kb/standardquestion/add/",
        "kb/synonym/",
        "kb/synonym/add/",
        "kb/category/",
        "kb/revision/",
        "kb-flows/",
        "kb-flows/twice/",
        "kb-flows/twice/versions/",
        "kb-flows/twice/versions/1/",
        "kb-flow-new/",
    ],
)
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
def test_the_knowledge_base_is_the_editors(
    who: str | None, status: int, path: str, request: pytest.FixtureRequest, questions: Any
) -> None:
    client = Client()
    if who is not None:
        client.force_login(request.getfixturevalue(who))
    assert client.get(f"/admin/{path}").status_code == status


@pytest.mark.parametrize(
    ("path", "manager_gets"),
    [
        ("tickets/team/", 200),
        ("tickets/team/add/", 200),
    ],
)
def test_teams_and_promise_are_the_managers(
    path: str, manager_gets: int, request: pytest.FixtureRequest, desk: None
) -> None:
    for who in ("manager", "agent", "advisor", "editor", "stranger"):
        client = Client()
        client.force_login(request.getfixturevalue(who))
        expected = {"manager": manager_gets, "stranger": 302}.get(who, 403)
        assert client.get(f"/admin/{path}").status_code == expected, who


def test_work_on_tickets_has_no_stock_pages(admin_person: Any) -> None:
    registered = set(admin.site._registry)
    assert not registered & {Ticket, TicketEvent, Consultation}
    ours = ("notices", "kb", "tickets")
    for model, page in admin.site._registry.items():
        if model._meta.app_label in ours and model is not Synonym:
            request = type("Request", (), {"user": admin_person})()
            assert not page.has_delete_permission(request), model


def test_read_only_pages_refuse_a_post(admin_person: Any, questions: Any, as_person: Any) -> None:
    client = as_person(admin_person)
    for model in (Flow, FlowVersion, Revision):
        row = model.objects.first()
        assert row is not None
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert client.get(f"{base}{row.pk}/change/", follow=True).status_code == 200
        before = model.objects.filter(pk=row.pk).values().get()
        refused = client.post(f"{base}{row.pk}/change/", {"number": 9, "reason": "x"})
        assert refused.status_code in (302, 403)  # flows and revisions are shown elsewhere
        assert model.objects.filter(pk=row.pk).values().get() == before
        assert client.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_question_cannot_be_deleted(editor: Any, twice: StandardQuestion, as_person: Any) -> None:
    client = as_person(editor)
    assert client.post(f"{QUESTIONS}{twice.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(
        QUESTIONS, {"action": "delete_selected", "_selected_action": [twice.pk], "post": "yes"}
    )
    assert StandardQuestion.objects.filter(pk=twice.pk).exists()


# --- lists --------------------------------------------------------------------------------------


def test_list_filters_and_search(editor: Any, questions: Any, as_person: Any) -> None:
    client = as_person(editor)

    def found(**query: str) -> list[str]:
        return [row.key for row in client.get(QUESTIONS, query).context["cl"].result_list]

    assert found() == ["price", "twice-charged"]
    assert found(q="一个视频扣两次") == ["twice-charged"]
    assert found(escalates__exact="1") == ["twice-charged"]
    assert found(status__exact="draft") == []


def test_list_costs_the_same_at_any_size(editor: Any, questions: Any, as_person: Any) -> None:
    client = as_person(editor)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(QUESTIONS)
        return len(queries)

    few = cost()
    StandardQuestion.objects.bulk_create(
        StandardQuestion(key=f"q{n}", title=f"问 {n}", category_id=questions["price"].category_id)
        for n in range(40)
    )
    assert cost() == few <= 12


def test_reading_changes_nothing(editor: Any, twice: StandardQuestion, as_person: Any) -> None:
    client = as_person(editor)
    before = SearchIndexVersion.objects.get(pk=1).number, Revision.objects.count()
    for address in (
        QUESTIONS,
        f"{QUESTIONS}{twice.pk}/change/",
        f"{QUESTIONS}add/",
        SYNONYMS,
        f"{SYNONYMS}add/",
    ):
        assert client.get(address).status_code == 200
    assert (SearchIndexVersion.objects.get(pk=1).number, Revision.objects.count()) == before
