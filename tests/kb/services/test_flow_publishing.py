"""Publishing flows: errors never, warnings when they were read, one version after the other."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from kb.flows.errors import FlowErrors
from kb.models import Flow, FlowDraft, FlowVersion
from kb.services.flow_drafts import create_flow, save_flow_draft
from kb.services.flow_publishing import FlowRefused, check_text, keep_version, publish_flow
from kb.services.starter import DATA, load_starter
from klingdesk.core.errors import Conflict, Invalid
from tests.conftest import FLOW, NOW

LATER = NOW + timedelta(hours=1)
CHANGED = FLOW.replace("请您先刷新页面再试。", "请您先刷新一下页面。")
BROKEN = FLOW.replace("next: done", "next: nowhere")
ALIKE = FLOW.replace("label: 开了", "label: 只有两个")
"""A warning: two answers begin alike."""

MORE_ALIKE = ALIKE.replace("label: 好了", "label: 依旧不行")
"""Two warnings."""

AROUND = FLOW.replace("schema: 1", "schema: 2").replace("script: 很高兴帮到您。", "answer: gone")
"""Reads out a standard question that is not there."""


@pytest.fixture(autouse=True)
def there(questions: Any) -> None:
    """``twice`` is published in version 1."""


def publish(editor: Any, text: str, **values: Any) -> FlowVersion:
    given = {"reason": "更顺口", "now": LATER, **values}
    return publish_flow(key="twice", text=text, acting_user=editor, **given)


def current() -> FlowVersion:
    version = Flow.objects.get(key="twice").current
    assert version is not None
    return version


def warnings(text: str) -> list[tuple[str, str]]:
    return [(each.code, each.path) for each in check_text(text, now=NOW)[1]]


# --- a new version ------------------------------------------------------------------------------


def test_a_new_version_is_current_and_says_who_when_and_why(editor: Any) -> None:
    made = publish(editor, CHANGED + "# 备注\n")
    assert current() == made
    assert (made.number, made.author, made.reason, made.created_at) == (2, editor, "更顺口", LATER)
    assert made.source == CHANGED + "# 备注\n"
    assert made.accepted == []
    assert made.definition["nodes"]["refresh"]["script"] == "请您先刷新一下页面。"


def test_versions_are_never_changed_or_deleted(editor: Any) -> None:
    made = publish(editor, CHANGED)
    for change in (
        lambda: FlowVersion.objects.filter(pk=made.pk).update(reason="anders"),
        lambda: FlowVersion.objects.filter(pk=made.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_the_title_follows(editor: Any) -> None:
    publish(editor, FLOW.replace("测试：重复扣费", "扣了两次"))
    assert Flow.objects.get().title == "扣了两次"


def test_the_first_version_of_a_new_flow(editor: Any) -> None:
    text = FLOW.replace("key: twice", "key: fresh")
    create_flow(key="fresh", title="新", text=text, acting_user=editor, now=NOW)
    made = publish_flow(
        key="fresh",
        text=text,
        acting_user=editor,
        reason="r",
        now=NOW,
        expected_number=0,
        replaces_draft=1,
    )
    assert made.number == 1
    assert not FlowDraft.objects.exists()


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("", "Please fill this in."),
        ("  ", "Please fill this in."),
        ("长" * 301, "At most 300 characters."),
    ],
)
def test_a_reason_is_needed_and_is_short(reason: str, words: str, editor: Any) -> None:
    with pytest.raises(Invalid) as refused:
        publish(editor, CHANGED, reason=reason)
    assert {name: [*map(str, said)] for name, said in refused.value.fields.items()} == {
        "reason": [words]
    }
    assert current().number == 1


def test_blanks_around_a_reason_do_not_count(editor: Any) -> None:
    assert publish(editor, CHANGED, reason=f" {'长' * 300}\n").reason == "长" * 300


# --- the same again -----------------------------------------------------------------------------


def test_the_same_content_makes_no_version(editor: Any) -> None:
    assert publish(editor, FLOW) == current()
    assert FlowVersion.objects.count() == 1


def test_a_draft_that_says_what_is_published_is_done(editor: Any) -> None:
    save_flow_draft(key="twice", text=FLOW, acting_user=editor, now=NOW)
    publish(editor, FLOW, replaces_draft=1)
    assert not FlowDraft.objects.exists()


def test_comments_that_no_version_holds_stay_in_the_draft(editor: Any) -> None:
    text = f"# 别改顺序\n{FLOW}"
    save_flow_draft(key="twice", text=text, acting_user=editor, now=NOW)
    assert publish(editor, text, replaces_draft=1).number == 1
    assert FlowDraft.objects.get().text == text


def test_an_older_content_is_a_new_version(editor: Any) -> None:
    publish(editor, CHANGED)
    back = publish(editor, FLOW)
    assert (back.number, back.digest) == (3, FlowVersion.objects.get(number=1).digest)


# --- what the lint finds --------------------------------------------------------------------------


@pytest.mark.parametrize("text", [BROKEN, "nodes: [", "", "- a list", "key: twice"])
def test_errors_cannot_be_published_even_when_accepted(text: str, editor: Any) -> None:
    with pytest.raises(FlowRefused) as refused:
        publish(editor, text, accepted=warnings(text))
    assert refused.value.code == "flow_errors"
    assert refused.value.findings == check_text(text, now=LATER, key="twice")[1]
    assert FlowVersion.objects.count() == 1


def test_warnings_wait_until_they_were_read(editor: Any) -> None:
    with pytest.raises(FlowRefused) as refused:
        publish(editor, ALIKE)
    assert refused.value.code == "flow_warnings"
    [found] = refused.value.findings
    assert (found.code, found.severity) == ("alike_labels", "warning")
    made = publish(editor, ALIKE, accepted=[(found.code, found.path)])
    [kept] = made.accepted
    assert (kept["code"], kept["path"]) == ("alike_labels", found.path)
    assert type(found).from_data(kept) == found
    assert made.reason == "更顺口"


def test_a_warning_that_nobody_has_read_refuses(editor: Any) -> None:
    with pytest.raises(FlowRefused) as refused:
        publish(editor, MORE_ALIKE, accepted=warnings(ALIKE))
    assert refused.value.code == "flow_warnings"
    assert len(refused.value.findings) == 2
    publish(editor, MORE_ALIKE, accepted=warnings(MORE_ALIKE))


def test_accepted_warnings_that_are_mended_are_not_kept(editor: Any) -> None:
    assert publish(editor, CHANGED, accepted=warnings(MORE_ALIKE)).accepted == []


def test_a_flow_keeps_its_key(editor: Any) -> None:
    other = CHANGED.replace("key: twice", "key: thrice")
    with pytest.raises(FlowRefused) as refused:
        publish(editor, other)
    assert [each.code for each in refused.value.findings] == ["key_changed"]
    assert not Flow.objects.filter(key="thrice").exists()
    assert [each.code for each in check_text(other, now=NOW)[1]] == []


def test_a_number_as_key_is_told_by_its_shape(editor: Any) -> None:
    found = check_text(CHANGED.replace("key: twice", "key: 12"), now=NOW, key="twice")[1]
    assert {each.code for each in found} == {"key_changed", "not_text"}


def test_what_is_around_counts_at_that_moment(questions: Any, editor: Any) -> None:
    says = AROUND
    with pytest.raises(FlowRefused) as refused:
        publish(editor, says)
    assert [each.code for each in refused.value.findings] == ["question_missing"]


# --- two editors --------------------------------------------------------------------------------


def test_publishing_on_an_older_version_is_noticed(editor: Any, admin_person: Any) -> None:
    publish(admin_person, CHANGED, expected_number=1)
    with pytest.raises(Conflict) as noticed:
        publish(editor, FLOW, expected_number=1)
    assert noticed.value.state == {"number": 2, "version": 0}
    assert current().number == 2


def test_publishing_an_older_draft_is_noticed(editor: Any, admin_person: Any) -> None:
    save_flow_draft(key="twice", text="one", acting_user=editor, now=NOW)
    save_flow_draft(key="twice", text="two", acting_user=admin_person, now=NOW)
    with pytest.raises(Conflict) as noticed:
        publish(editor, CHANGED, replaces_draft=1)
    assert noticed.value.state == {"number": 1, "version": 2}
    assert (FlowDraft.objects.get().text, current().number) == ("two", 1)


def test_a_draft_that_was_begun_meanwhile_is_noticed(editor: Any, admin_person: Any) -> None:
    save_flow_draft(key="twice", text="theirs", acting_user=admin_person, now=NOW)
    with pytest.raises(Conflict):
        publish(editor, CHANGED, replaces_draft=0)
    assert FlowDraft.objects.get().text == "theirs"


# --- files --------------------------------------------------------------------------------------


def test_keeping_a_version_asks_nobody_but_reads_it(desk: None) -> None:
    text = AROUND
    assert keep_version(text=text, acting_user=None, reason="move", now=NOW).number == 2
    with pytest.raises(FlowErrors):
        keep_version(text=BROKEN, acting_user=None, reason="move", now=NOW)


def test_the_starter_leaves_what_an_editor_published(editor: Any) -> None:
    load_starter(now=NOW)
    source = (DATA / "flows" / "sync.yaml").read_text("utf-8")
    version = Flow.objects.get(key="sync").current
    assert version is not None
    assert version.source == source
    edited = f"{source}\n".replace("title: ", "title: 新")
    publish_flow(key="sync", text=edited, acting_user=editor, reason="改名", now=LATER)
    before = FlowVersion.objects.count()
    assert load_starter(now=LATER + timedelta(days=1)).kept == 1
    assert FlowVersion.objects.count() == before
    assert Flow.objects.get(key="sync").current.source == edited  # type: ignore[union-attr]


def test_the_starter_follows_its_files_while_nobody_edited(desk: None, tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "questions").mkdir()
    (tmp_path / "synonyms.yaml").write_text("[]", encoding="utf-8")
    file = tmp_path / "flows" / "twice.yaml"
    file.write_text(FLOW, encoding="utf-8")
    load_starter(now=NOW, data=tmp_path)
    assert current().number == 1
    file.write_text(CHANGED, encoding="utf-8")
    load_starter(now=LATER, data=tmp_path)
    assert (current().number, current().author) == (2, None)


def test_the_starter_leaves_a_draft_alone(editor: Any) -> None:
    load_starter(now=NOW)
    save_flow_draft(key="sync", text="mine", acting_user=editor, now=NOW)
    load_starter(now=LATER)
    assert FlowDraft.objects.get().text == "mine"
