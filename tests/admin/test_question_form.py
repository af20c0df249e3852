"""The editor's form: what it shows, what it keeps, what it refuses."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kb.admin.content_words import PARTS
from kb.models import Attachment, Draft, Revision, SearchIndexVersion, StandardQuestion
from kb.selectors.search import search_questions
from kb.services.content import QuestionContent
from kb.services.drafts import save_draft
from klingdesk.core.roles import Role
from tests.admin.pictures import png
from tests.admin.question_desk import ADD, Desk
from tests.conftest import CANARY, NOW

CHOSEN = {"status", "flow", "owner", "category"}
"""Selects: a choice that is not on offer cannot be shown."""

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def twice(questions: dict[str, StandardQuestion]) -> StandardQuestion:
    return questions["twice-charged"]


@pytest.fixture
def desk_of_editor(editor: Any) -> Desk:
    return Desk(editor)


# --- showing and keeping -------------------------------------------------------------------------


def test_every_part_of_a_revision_is_told_of() -> None:
    assert {field.name for field in fields(QuestionContent)} == set(PARTS)


def test_the_form_shows_what_is_published(desk_of_editor: Desk, twice: StandardQuestion) -> None:
    page = desk_of_editor.open(twice)
    sent = desk_of_editor.fields
    assert sent["script"] == "请您先刷新单个页面。"
    assert CANARY in sent["internal_note"]
    assert sent["phrasings"] == "灵感值重复扣除\r\n一个视频扣两次"
    assert (sent["follow_ups-0-question"], sent["follow_ups-1-question"]) == ("会退吗", "")
    assert (sent["expected_revision"], sent["expected_version"]) == ("1", "0")
    assert (sent["flow"], sent["escalates"], sent["category"]) == ("twice", "on", "credits")
    assert "{{due_date}}" in page
    assert "There is no draft" in page


def test_publishing_unchanged_changes_nothing(
    desk_of_editor: Desk, twice: StandardQuestion
) -> None:
    """Line breaks, dates and rows come back from the browser as they went there."""
    full = QuestionContent(
        title="全",
        category="credits",
        status="online",
        script="第一行\n\n第二行",
        fallback="备用\n两行",
        internal_note="备注\n",
        phrasings=("甲", "乙"),
        learned=("丙",),
        contrast_group="a-b",
        contrast_label="区别",
        owner="editor",
        effective_from=datetime(2026, 1, 1, 1, 2, 3, tzinfo=UTC),
        expires_at=datetime(2099, 1, 1, 16, tzinfo=UTC),
        review_due=date(2026, 5, 1),
        review_reason="价格会变",
    )
    save_draft(key="full", content=full, acting_user=None, now=NOW)
    question = StandardQuestion.objects.get(key="full")
    desk_of_editor.open(question)
    desk_of_editor.done("publish", reason="上线")
    first = Revision.objects.get(question=question).content
    desk_of_editor.open(question)
    desk_of_editor.done("publish", reason="不变")
    second = question.revisions.get(number=2).content
    assert first == second
    assert QuestionContent.from_json(second) == QuestionContent.from_json(
        {**full.as_json(), "internal_note": "备注"}
    )


def test_everything_typed_is_published(desk_of_editor: Desk, twice: StandardQuestion) -> None:
    index = SearchIndexVersion.objects.get(pk=1).number
    desk_of_editor.open(twice)
    page = desk_of_editor.done(
        "publish",
        reason="补充说法",
        script="请先核实，再刷新页面。",
        phrasings="灵感值重复扣除\r\n  \r\n 扣了两遍 \r\n扣了两遍\r\n",
        learned="多扣啦\r\n扣了两遍",
        follow_ups__1__question="多久到账",
        follow_ups__1__script="三个工作日内。",
        expires_at="2099-05-01T18:00",
        owner="editor",
        contrast_group="charged",
        contrast_label="一次扣多回",
    )
    assert "Published as revision 2." in page
    twice.refresh_from_db()
    assert (twice.revision_number, twice.script) == (2, "请先核实，再刷新页面。")
    assert twice.expires_at == datetime(2099, 5, 1, 10, tzinfo=UTC)
    assert twice.flow is not None  # what the editor did not touch is still there
    assert (twice.owner.username, twice.contrast_label) == ("editor", "一次扣多回")  # type: ignore[union-attr]
    texts = list(twice.phrasings.values_list("text", "learned"))
    assert texts == [("灵感值重复扣除", False), ("扣了两遍", False), ("多扣啦", True)]
    assert list(twice.follow_ups.values_list("question", flat=True)) == ["会退吗", "多久到账"]
    assert SearchIndexVersion.objects.get(pk=1).number == index + 1
    assert search_questions("扣了两遍").hits[0].key == "twice-charged"


def test_follow_ups_are_reordered_and_removed(
    desk_of_editor: Desk, twice: StandardQuestion
) -> None:
    desk_of_editor.open(twice)
    desk_of_editor.done(
        "publish",
        reason="x",
        follow_ups__TOTAL_FORMS="3",
        follow_ups__0__order="5",
        follow_ups__1__question="没有序号的排最后",
        follow_ups__1__script="好。",
        follow_ups__2__order="1",
        follow_ups__2__question="排第一",
        follow_ups__2__script="好。",
    )
    questions = twice.follow_ups.values_list("question", flat=True)
    assert list(questions) == ["排第一", "会退吗", "没有序号的排最后"]
    desk_of_editor.open(twice)
    desk_of_editor.done(
        "publish", reason="x", follow_ups__0__DELETE="on", follow_ups__2__DELETE="on"
    )
    assert list(twice.follow_ups.values_list("question", flat=True)) == ["会退吗"]


def test_an_owner_who_is_no_editor_any_more_stays_until_changed(
    desk_of_editor: Desk, twice: StandardQuestion, person: Any
) -> None:
    gone = person("gone", Role.EDITOR)
    desk_of_editor.open(twice)
    desk_of_editor.done("publish", reason="x", owner="gone")
    gone.is_active = False
    gone.save()
    assert "gone (no editor any more)" in desk_of_editor.open(twice)
    assert desk_of_editor.fields["owner"] == "gone"
    page = desk_of_editor.open()
    assert "gone" not in page


# --- a new question ------------------------------------------------------------------------------


def test_a_new_question_begins_as_a_draft(desk_of_editor: Desk, questions: Any) -> None:
    desk_of_editor.open()
    page = desk_of_editor.done("save", title="会员能退吗", category="credits", phrasings="新说法")
    assert "The draft is saved" in page
    question = StandardQuestion.objects.get(key="hui-yuan-neng-tui-ma")
    assert (question.status, question.revision_number) == ("draft", 0)
    assert not search_questions("新说法").hits
    desk_of_editor.open(question)
    desk_of_editor.done("publish", script="您好。", reason="第一次")
    question.refresh_from_db()
    assert (question.status, question.revision_number) == ("online", 1)
    assert not Draft.objects.exists()
    assert search_questions("新说法").hits[0].key == question.key


def test_a_new_question_can_be_published_at_once(
    desk_of_editor: Desk, questions: Any, editor: Any
) -> None:
    desk_of_editor.open()
    desk_of_editor.done(
        "publish", title="新", key="new-one", category="credits", script="话术", reason="新增"
    )
    question = StandardQuestion.objects.get(key="new-one")
    assert (question.revision_number, question.revisions.get().author) == (1, editor)


@pytest.mark.parametrize(
    ("key", "message"),
    [("twice-charged", "There is a question with this key"), ("不行", "slug")],
)
def test_a_key_that_cannot_be(
    key: str, message: str, desk_of_editor: Desk, twice: StandardQuestion
) -> None:
    desk_of_editor.open()
    response = desk_of_editor.send("save", title="另一个", category="credits", key=key)
    assert response.status_code == 422
    assert message in str(desk_of_editor.errors(response)["key"])
    assert desk_of_editor.fields["title"] == "另一个"
    assert StandardQuestion.objects.count() == 2


def test_the_same_new_form_sent_twice_makes_one_question(
    desk_of_editor: Desk, questions: Any
) -> None:
    desk_of_editor.open()
    desk_of_editor.done("save", title="会员能退吗", category="credits")
    page = desk_of_editor.done("save")  # the second click of a double click
    assert "This was saved already" in page
    assert StandardQuestion.objects.filter(title="会员能退吗").count() == 1


# --- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"reason": ""}, "reason", "Say in a few words why"),
        ({"reason": "长" * 301}, "reason", "300"),
        ({"title": " "}, "title", "fill this in"),
        ({"title": "长" * 121}, "title", "120"),
        ({"category": ""}, "category", "Choose a category"),
        ({"script": ""}, "script", "needs a reference script"),
        ({"script": "长" * 10_001}, "script", "10000"),
        ({"script": "空\x00字符"}, "script", "Null"),
        ({"script": "见 {{dew_date}}"}, "script", "“dew_date”. Known: {{due_date}}, {{handover"),
        ({"script": "括号 }} 不成对"}, "script", "come in pairs"),
        ({"fallback": "{{nothing}}"}, "fallback", "no variable “nothing”"),
        ({"internal_note": "长" * 10_001}, "internal_note", "10000"),
        ({"phrasings": "长" * 201}, "phrasings", "Longer than 200"),
        ({"flow": ""}, "flow", "Only a decision flow leads to tier 2"),
        ({"flow": "gone"}, "flow", "valid choice"),
        ({"owner": "nobody"}, "owner", "valid choice"),
        ({"status": "retired"}, "status", "valid choice"),
        ({"contrast_group": "a"}, "contrast_label", "needs both"),
        ({"contrast_label": "甲"}, "contrast_group", "needs both"),
        ({"contrast_group": "A B", "contrast_label": "甲"}, "contrast_group", "Small letters"),
        ({"expires_at": "soon"}, "expires_at", "valid date"),
        ({"expires_at": "0001-01-01T00:00"}, "expires_at", "from 2000 on"),
        ({"review_due": "0001-01-01"}, "review_due", "from 2000 on"),
        (
            {"effective_from": "2027-02-01T00:00", "expires_at": "2027-01-01T00:00"},
            "expires_at",
            "before it takes effect",
        ),
        ({"follow_ups__0__script": "见 {{dew}}"}, "follow_ups-0", "no variable “dew”"),
        ({"follow_ups__0__script": ""}, "follow_ups-0", "needs a question and a script"),
        ({"follow_ups__1__script": "没有问题"}, "follow_ups-1", "needs a question and a script"),
        ({"follow_ups__0__order": "-1"}, "follow_ups-0", "greater than or equal to 0"),
        ({"follow_ups__0__question": "长" * 201}, "__all__", "Longer than 200"),
        ({"expected_revision": "x"}, "expected_revision", "whole number"),
        ({"expected_version": ""}, "expected_version", "required"),
    ],
)
def test_errors_at_the_field_and_nothing_lost(
    typed: dict[str, str], field: str, message: str, desk_of_editor: Desk, twice: StandardQuestion
) -> None:
    desk_of_editor.open(twice)
    mine = {"internal_note": "写了很久的备注", "reason": "测试", **typed}
    response = desk_of_editor.send("publish", **mine)
    assert response.status_code == 422
    errors = desk_of_editor.errors(response)
    assert list(errors) == [field]
    assert message in str(errors[field]).replace("&quot;", '"')
    if "internal_note" not in typed:
        assert desk_of_editor.fields["internal_note"] == "写了很久的备注"
    for name, value in typed.items():
        if name not in CHOSEN:
            assert desk_of_editor.fields[name.replace("__", "-")] == value
    twice.refresh_from_db()
    assert (twice.revision_number, Draft.objects.count()) == (1, 0)


def test_all_errors_are_told_at_once(desk_of_editor: Desk, twice: StandardQuestion) -> None:
    desk_of_editor.open(twice)
    response = desk_of_editor.send("publish", title="", script="{{dew}}", reason="")
    assert set(desk_of_editor.errors(response)) == {"title", "script", "reason"}
    assert '<a href="#id_script">Reference script</a>' in response.content.decode()


def test_a_draft_may_be_incomplete_but_needs_a_title(desk_of_editor: Desk, questions: Any) -> None:
    desk_of_editor.open()
    response = desk_of_editor.send("save", category="credits")
    assert list(desk_of_editor.errors(response)) == ["title"]
    desk_of_editor.done("save", title="只有标题")
    assert Draft.objects.get().content["script"] == ""


def test_rows_that_do_not_count_up_are_refused(
    desk_of_editor: Desk, twice: StandardQuestion
) -> None:
    desk_of_editor.open(twice)
    response = desk_of_editor.send("save", follow_ups__TOTAL_FORMS="many")
    assert response.status_code == 422
    assert not Draft.objects.exists()


def test_markup_in_texts_is_shown_and_never_run(
    desk_of_editor: Desk, twice: StandardQuestion
) -> None:
    desk_of_editor.open(twice)
    page = desk_of_editor.done(
        "publish",
        title=EVIL,
        script=EVIL,
        phrasings=EVIL,
        reason=EVIL,
        contrast_label=EVIL[:40],
        contrast_group="x",
    )
    desk_of_editor.open(twice)
    pages = [
        page,
        desk_of_editor.ask("preview", script=EVIL + "x"),
        desk_of_editor.ask("phrasings", words=EVIL),
    ]
    for each in pages:
        assert "<script>alert" not in each
        assert "&lt;script&gt;alert(1)" in each or "alert" in each


# --- pictures ------------------------------------------------------------------------------------


def upload(desk: Desk, step: str, *files: SimpleUploadedFile, **typed: Any) -> Any:
    return desk.send(step, uploads=list(files), **typed)


def test_pictures_are_attached_titled_ordered_and_removed(
    desk_of_editor: Desk, twice: StandardQuestion
) -> None:
    desk_of_editor.open(twice)
    one = SimpleUploadedFile("步骤一.png", png("red"))
    two = SimpleUploadedFile("步骤二.png", png("blue"))
    response = upload(desk_of_editor, "look", one, two, script="还没有保存")
    assert response.status_code == 200
    assert desk_of_editor.fields["script"] == "还没有保存"
    assert desk_of_editor.fields["attachments-1-title"] == "步骤二"
    desk_of_editor.fields.pop("uploads", None)
    desk_of_editor.done(
        "publish",
        reason="图",
        attachments__0__title="第一步",
        attachments__0__order="2",
        attachments__1__order="1",
    )
    assert [a.title for a in twice.attachments.all()] == ["步骤二", "第一步"]
    page = desk_of_editor.open(twice)
    digest = twice.attachments.first().attachment.digest  # type: ignore[union-attr]
    assert f"/admin/kb-attachments/{digest}/" in page
    desk_of_editor.done("publish", reason="去掉", attachments__0__DELETE="on")
    assert [a.title for a in twice.attachments.all()] == ["第一步"]


def test_an_upload_survives_errors_elsewhere(desk_of_editor: Desk, twice: StandardQuestion) -> None:
    desk_of_editor.open(twice)
    picture = SimpleUploadedFile("图.png", png("red"))
    response = upload(desk_of_editor, "publish", picture, title="", reason="x")
    assert list(desk_of_editor.errors(response)) == ["title"]
    assert desk_of_editor.fields["attachments-0-title"] == "图"
    desk_of_editor.fields.pop("uploads", None)
    desk_of_editor.done("publish", title="好了")
    assert twice.attachments.count() == 1


def test_a_file_that_cannot_be_attached_is_named(
    desk_of_editor: Desk, twice: StandardQuestion
) -> None:
    desk_of_editor.open(twice)
    bad = SimpleUploadedFile("价格.exe", b"MZ" * 50)
    good = SimpleUploadedFile("图.png", png("red"))
    response = upload(desk_of_editor, "save", bad, good, script="没丢")
    assert response.status_code == 422
    errors = desk_of_editor.errors(response)
    assert list(errors) == ["uploads"]
    assert "价格.exe: Only pictures" in str(errors["uploads"])
    assert desk_of_editor.fields["script"] == "没丢"
    assert desk_of_editor.fields["attachments-0-title"] == "图"
    assert not Draft.objects.exists()


def test_the_same_picture_twice_is_one_row(desk_of_editor: Desk, twice: StandardQuestion) -> None:
    desk_of_editor.open(twice)
    upload(
        desk_of_editor,
        "look",
        SimpleUploadedFile("甲.png", png("red")),
        SimpleUploadedFile("乙.png", png("red")),
    )
    assert desk_of_editor.fields["attachments-TOTAL_FORMS"] == "1"
    assert Attachment.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"attachments__0__title": ""}, "needs a title"),
        ({"attachments__0__title": "长" * 121}, "needs a title"),
        ({"attachments__0__digest": "x"}, "valid value"),
        ({"attachments__0__digest": "0" * 64}, "Upload it again"),
    ],
)
def test_attachments_that_cannot_be(
    typed: dict[str, str], message: str, desk_of_editor: Desk, twice: StandardQuestion
) -> None:
    desk_of_editor.open(twice)
    upload(desk_of_editor, "look", SimpleUploadedFile("甲.png", png("red")))
    desk_of_editor.fields.pop("uploads", None)
    response = desk_of_editor.send("publish", reason="x", **typed)
    assert response.status_code == 422
    assert message in str(desk_of_editor.errors(response))
    assert twice.revisions.count() == 1


# --- who -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["agent", "advisor", "manager", "stranger"])
def test_only_editors(who: str, request: pytest.FixtureRequest, twice: StandardQuestion) -> None:
    desk = Desk(request.getfixturevalue(who))
    refused = {302, 401} if who == "stranger" else {403}
    for address in (ADD, f"/admin/kb/standardquestion/{twice.pk}/change/"):
        assert desk.client.get(address).status_code in refused
        assert desk.client.post(address, {"step": "discard"}).status_code in refused
    for address in ("/admin/kb-questions/preview/", "/admin/kb-questions/phrasings/"):
        assert desk.client.post(address, {"title": "x"}).status_code in refused


@pytest.mark.parametrize("number", ["0", "999999", "9" * 30, "abc"])
def test_a_question_that_is_not_there(number: str, desk_of_editor: Desk, twice: Any) -> None:
    address = f"/admin/kb/standardquestion/{number}/change/"
    assert desk_of_editor.client.get(address).status_code == 404
    assert desk_of_editor.client.post(address, {"step": "save"}).status_code == 404
    history = address.replace("change", "history")
    assert desk_of_editor.client.get(history).status_code == 404
    assert desk_of_editor.client.post(history, {"expected_version": "1"}).status_code == 404


def test_the_history_are_the_revisions(desk_of_editor: Desk, twice: StandardQuestion) -> None:
    address = f"/admin/kb/standardquestion/{twice.pk}/history/"
    response = desk_of_editor.client.get(address)
    assert response["Location"] == "/admin/kb-room/questions/twice-charged/revisions/"
    assert desk_of_editor.client.get(response["Location"]).status_code == 200


def test_without_a_token_nothing_is_taken(editor: Any, twice: StandardQuestion) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    for address in (
        ADD,
        f"/admin/kb/standardquestion/{twice.pk}/change/",
        "/admin/kb-questions/preview/",
        "/admin/kb-questions/phrasings/",
    ):
        assert client.post(address, {"step": "save", "title": "x"}).status_code == 403
