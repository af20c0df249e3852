"""The stock admin: publishing standard questions, synonyms, teams; and what it must not allow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kb.models import (
    Flow,
    FlowVersion,
    Phrasing,
    Revision,
    SearchIndexVersion,
    StandardQuestion,
    Synonym,
)
from kb.selectors import search_questions
from kb.services import publishing
from klingdesk.core.errors import Invalid
from tests.conftest import NOW
from tickets.models import Consultation, RoutingRule, SlaPolicy, Ticket, TicketEvent

QUESTIONS = "/admin/kb/standardquestion/"
SYNONYMS = "/admin/kb/synonym/"


@pytest.fixture
def as_person() -> Callable[[Any], Client]:
    """A logged-in browser that reads English, whatever the catalogues say."""

    def make(user: Any) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(user)
        return client

    return make


@pytest.fixture
def twice(questions: dict[str, StandardQuestion]) -> StandardQuestion:
    return questions["twice-charged"]


def page_of(question: StandardQuestion) -> str:
    return f"{QUESTIONS}{question.pk}/change/"


def posted(client: Client, address: str, **changes: Any) -> dict[str, Any]:
    """What a browser would send from the form at ``address``, with ``changes``."""
    context = client.get(address).context
    form = context["adminform"].form
    data: dict[str, Any] = {}
    for field in form:
        value = field.value()
        if isinstance(value, datetime):
            data |= {f"{field.html_name}_0": f"{value:%Y-%m-%d}", f"{field.html_name}_1": "18:00"}
        elif value is not None and value is not False:
            data[field.html_name] = value
    for wrapper in context["inline_admin_formsets"]:
        formset = wrapper.formset
        for part in (formset.management_form, *formset.forms):
            for field in part:
                value = field.value()
                if value is not None and value is not False:
                    data[field.html_name] = str(value)
    return {"reason": "测试", **data, **changes}


# --- who and what -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "kb/standardquestion/",
        "kb/standardquestion/add/",
        "kb/synonym/",
        "kb/synonym/add/",
        "kb/category/",
        "kb/flow/",
        "kb/flowversion/",
        "kb/revision/",
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
        ("tickets/routingrule/", 200),
        ("tickets/routingrule/add/", 200),
        ("tickets/slapolicy/", 200),
        ("tickets/slapolicy/add/", 403),
        ("tickets/calendaroverride/", 200),
        ("tickets/calendaroverride/add/", 403),
        ("tickets/calendaryear/", 200),
        ("tickets/calendaryear/add/", 403),
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
    for model, page in admin.site._registry.items():
        if model._meta.app_label in ("kb", "tickets") and model not in (Synonym, RoutingRule):
            request = type("Request", (), {"user": admin_person})()
            assert not page.has_delete_permission(request), model


def test_read_only_pages_refuse_a_post(admin_person: Any, questions: Any, as_person: Any) -> None:
    client = as_person(admin_person)
    for model in (Flow, FlowVersion, Revision, SlaPolicy):
        row = model.objects.first()
        assert row is not None
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert client.get(f"{base}{row.pk}/change/").status_code == 200
        assert client.post(f"{base}{row.pk}/change/", {"number": 9}).status_code == 403
        assert client.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_question_cannot_be_deleted(editor: Any, twice: StandardQuestion, as_person: Any) -> None:
    client = as_person(editor)
    assert client.post(f"{QUESTIONS}{twice.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(
        QUESTIONS, {"action": "delete_selected", "_selected_action": [twice.pk], "post": "yes"}
    )
    assert StandardQuestion.objects.filter(pk=twice.pk).exists()


# --- publishing a question ----------------------------------------------------------------------


def test_saving_publishes_a_revision(editor: Any, twice: StandardQuestion, as_person: Any) -> None:
    client = as_person(editor)
    index = SearchIndexVersion.objects.get(pk=1).number
    data = posted(
        client,
        page_of(twice),
        script="请先核实，再刷新页面。",
        phrasings="灵感值重复扣除\n  \n 扣了两遍 \n扣了两遍\n",
        reason="补充说法",
        expires_at_0="2027-05-01",
        expires_at_1="18:00",
    )
    data |= {"follow_ups-1-question": "多久到账", "follow_ups-1-script": "三个工作日内。"}
    response = client.post(page_of(twice), data)
    assert response.status_code == 302, response.context["errors"]
    twice.refresh_from_db()
    assert (twice.revision_number, twice.script) == (2, "请先核实，再刷新页面。")
    assert twice.expires_at == datetime(2027, 5, 1, 10, tzinfo=UTC)
    assert twice.flow is not None  # what the editor did not touch is still there
    assert list(twice.phrasings.values_list("text", flat=True)) == ["灵感值重复扣除", "扣了两遍"]
    assert list(twice.follow_ups.values_list("question", flat=True)) == ["会退吗", "多久到账"]
    revision = twice.revisions.get(number=2)
    assert (revision.author, revision.reason) == (editor, "补充说法")
    assert SearchIndexVersion.objects.get(pk=1).number == index + 1
    assert search_questions("扣了两遍", now=NOW).hits[0].key == "twice-charged"
    assert "补充说法" in client.get(page_of(twice)).content.decode()
    assert "补充说法" in client.get(f"{QUESTIONS}{twice.pk}/history/").content.decode()


def test_follow_ups_are_reordered_and_removed(
    editor: Any, twice: StandardQuestion, as_person: Any
) -> None:
    client = as_person(editor)
    data = posted(client, page_of(twice))
    data |= {
        "follow_ups-TOTAL_FORMS": "3",
        "follow_ups-0-order": "5",
        "follow_ups-1-question": "没有序号的排最后",
        "follow_ups-1-script": "好。",
        "follow_ups-2-order": "1",
        "follow_ups-2-question": "排第一",
        "follow_ups-2-script": "好。",
    }
    assert client.post(page_of(twice), data).status_code == 302
    assert list(twice.follow_ups.values_list("question", flat=True)) == [
        "排第一",
        "会退吗",
        "没有序号的排最后",
    ]
    data = posted(client, page_of(twice))
    data |= {"follow_ups-0-DELETE": "on", "follow_ups-2-DELETE": "on"}
    assert client.post(page_of(twice), data).status_code == 302
    assert list(twice.follow_ups.values_list("question", flat=True)) == ["会退吗"]


def test_a_new_question(editor: Any, questions: Any, as_person: Any) -> None:
    client = as_person(editor)
    category = questions["price"].category_id
    data = posted(
        client,
        f"{QUESTIONS}add/",
        key="new-one",
        title="新的标准问",
        category=category,
        status="draft",
        script="话术",
        phrasings="新说法",
    )
    assert client.post(f"{QUESTIONS}add/", data).status_code == 302
    question = StandardQuestion.objects.get(key="new-one")
    assert (question.revision_number, question.revisions.get().author) == (1, editor)
    # The same key again is an error at the field, never a new text for the old question.
    response = client.post(f"{QUESTIONS}add/", {**data, "title": "另一个"})
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["key"]
    question.refresh_from_db()
    assert question.title == "新的标准问"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"title": " "}, "title"),
        ({"title": "长" * 121}, "title"),
        ({"script": ""}, "script"),
        ({"script": "最晚 {{due_date}} 前答复"}, "script"),
        ({"script": "括号 }} 不成对"}, "script"),
        ({"script": "长" * 10_001}, "script"),
        ({"script": "空\x00字符"}, "script"),
        ({"phrasings": "长" * 201}, "phrasings"),
        ({"flow": ""}, "flow"),  # it may go to tier 2, which only a flow leads to
        ({"status": "gone"}, "status"),
        ({"expected_revision": "x"}, "expected_revision"),
    ],
)
def test_errors_at_the_field_and_nothing_saved(
    changes: dict[str, str], field: str, editor: Any, twice: StandardQuestion, as_person: Any
) -> None:
    client = as_person(editor)
    typed = {"internal_note": "写了很久的备注"}
    response = client.post(page_of(twice), posted(client, page_of(twice), **typed, **changes))
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]
    assert "写了很久的备注" in response.content.decode()
    twice.refresh_from_db()
    assert twice.revision_number == 1


def test_variables_are_refused_in_follow_ups_too(
    editor: Any, twice: StandardQuestion, as_person: Any
) -> None:
    client = as_person(editor)
    data = posted(client, page_of(twice)) | {"follow_ups-0-script": "见 {{due_date}}"}
    response = client.post(page_of(twice), data)
    assert response.status_code == 200
    assert "Double braces are not allowed" in response.content.decode()
    assert twice.revisions.count() == 1


def test_the_service_refuses_it_as_well(twice: StandardQuestion) -> None:
    """Whoever publishes, by whatever way."""
    content = publishing.QuestionContent(
        title="",
        category="credits",
        status="nope",
        script="{{",
        escalates=True,
        phrasings=("a", "a", " "),
        follow_ups=(publishing.FollowUpContent("q", ""), publishing.FollowUpContent("q", "}}")),
    )
    with pytest.raises(Invalid) as refused:
        publishing.publish_question(
            key="twice-charged", content=content, acting_user=None, reason="x", now=NOW
        )
    assert set(refused.value.fields) == {
        "title",
        "status",
        "script",
        "flow",
        "phrasings",
        "follow_ups",
    }


# --- two editors --------------------------------------------------------------------------------


def test_the_second_editor_learns_it_and_loses_nothing(
    editor: Any, admin_person: Any, twice: StandardQuestion, as_person: Any
) -> None:
    first, second = as_person(editor), as_person(admin_person)
    mine = posted(first, page_of(twice), script="第一位的话术", reason="第一位")
    yours = posted(second, page_of(twice), script="第二位的话术", reason="第二位")
    mine["follow_ups-0-script"] = "第一位改的追问"
    assert first.post(page_of(twice), mine).status_code == 302

    response = second.post(page_of(twice), yours)
    assert response.status_code == 200
    page = response.content.decode()
    assert "Not saved: editor published revision 2" in page
    assert "第一位的话术" in page
    assert "第一位改的追问" in page
    assert "第二位的话术" in page
    twice.refresh_from_db()
    assert (twice.revision_number, twice.script) == (2, "第一位的话术")

    # Having read it, the second editor decides and saves what the page now holds.
    again = yours | {
        "expected_revision": response.context["adminform"].form["expected_revision"].value()
    }
    assert second.post(page_of(twice), again).status_code == 302
    twice.refresh_from_db()
    assert (twice.revision_number, twice.script) == (3, "第二位的话术")
    assert [r.content["script"] for r in twice.revisions.order_by("number")][1:] == [
        "第一位的话术",
        "第二位的话术",
    ]


def test_follow_ups_typed_meanwhile_are_not_lost(
    editor: Any, admin_person: Any, twice: StandardQuestion, as_person: Any
) -> None:
    """The first editor removes the row in which the second one is writing."""
    first, second = as_person(editor), as_person(admin_person)
    mine = posted(first, page_of(twice)) | {"follow_ups-0-DELETE": "on"}
    yours = posted(second, page_of(twice)) | {"follow_ups-0-script": "第二位写的追问话术"}
    assert first.post(page_of(twice), mine).status_code == 302
    assert not twice.follow_ups.exists()
    response = second.post(page_of(twice), yours)
    assert response.status_code == 200
    assert "第二位写的追问话术" in response.content.decode()
    assert second.post(page_of(twice), yours | {"expected_revision": "2"}).status_code == 302
    assert twice.follow_ups.get().script == "第二位写的追问话术"


def test_a_publication_between_check_and_write(
    editor: Any, twice: StandardQuestion, as_person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The narrowest race: the check saw nothing, then the other revision came, then the lock."""
    from kb.admin import questions as page

    client = as_person(editor)
    data = posted(client, page_of(twice), script="慢的一方")
    publishing.publish_question(
        key="twice-charged",
        content=publishing.QuestionContent(
            title=twice.title, category="credits", status="online", script="快的一方"
        ),
        acting_user=None,
        reason="快",
        now=NOW,
    )
    true_check, checks = page.QuestionForm._check_revision, []

    def check(form: Any) -> None:
        checks.append(True)
        if len(checks) > 1:
            true_check(form)

    monkeypatch.setattr(page.QuestionForm, "_check_revision", check)
    response = client.post(page_of(twice), data)
    assert response.status_code == 200
    assert len(checks) == 2
    page_text = response.content.decode()
    assert "the starter knowledge base published revision 2" in page_text
    assert "慢的一方" in page_text
    twice.refresh_from_db()
    assert (twice.revision_number, twice.script) == (2, "快的一方")


@pytest.mark.parametrize("revision", ["0", "7", "2147483647"])
def test_a_revision_that_never_was_is_a_conflict(
    revision: str, editor: Any, twice: StandardQuestion, as_person: Any
) -> None:
    client = as_person(editor)
    data = posted(client, page_of(twice), expected_revision=revision)
    assert client.post(page_of(twice), data).status_code == 200
    assert twice.revisions.count() == 1


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


def test_markup_in_texts_is_shown_and_never_run(
    editor: Any, twice: StandardQuestion, as_person: Any
) -> None:
    evil = "<script>alert(1)</script>"
    client = as_person(editor)
    data = posted(client, page_of(twice), title=evil, script=evil, phrasings=evil, reason=evil)
    assert client.post(page_of(twice), data).status_code == 302
    revision = twice.revisions.get(number=2)
    for address in (
        QUESTIONS,
        page_of(twice),
        f"/admin/kb/revision/{revision.pk}/change/",
        "/admin/kb/revision/",
    ):
        page = client.get(address).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_reading_changes_nothing(editor: Any, twice: StandardQuestion, as_person: Any) -> None:
    client = as_person(editor)
    before = SearchIndexVersion.objects.get(pk=1).number, Revision.objects.count()
    for address in (QUESTIONS, page_of(twice), f"{QUESTIONS}add/", SYNONYMS, f"{SYNONYMS}add/"):
        assert client.get(address).status_code == 200
    assert (SearchIndexVersion.objects.get(pk=1).number, Revision.objects.count()) == before


def test_phrasings_survive_an_unchanged_save(
    editor: Any, twice: StandardQuestion, as_person: Any
) -> None:
    client = as_person(editor)
    before = twice.revisions.get(number=1).content
    assert client.post(page_of(twice), posted(client, page_of(twice))).status_code == 302
    assert twice.revisions.get(number=2).content == before
    assert Phrasing.objects.filter(question=twice).count() == 2
