"""An export read back changes nothing, whatever the texts hold."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from openpyxl import load_workbook

from kb.imports.cells import guarded, list_cells, mapping_cells, read_list, unguarded
from kb.models import Attachment, Category, Flow
from kb.services.content import AttachmentContent, FollowUpContent, QuestionContent
from kb.services.exporting import ExportForm, export_questions
from kb.services.importing import GivenFile, propose_files, published_contents
from kb.services.publishing import publish_question
from klingdesk.core.errors import Invalid
from tests.conftest import NOW

DIGEST = "ab" * 32
LETTERS = st.one_of(
    st.sampled_from("=+-@'\t\n\r[]{}\":：,，问答A&*#|>!%` 中文"),
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]),
)
TEXTS = (
    st.text(LETTERS, max_size=30)
    .map(str.strip)
    .filter(lambda text: "{{" not in text and "}}" not in text)
)
SAID = TEXTS.filter(bool)
MOMENTS = st.none() | st.integers(0, 365 * 24).map(
    lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
)


@st.composite
def contents(draw: Any) -> QuestionContent:
    wordings = draw(st.lists(SAID, max_size=4, unique=True))
    cut = draw(st.integers(0, len(wordings)))
    begins = draw(MOMENTS)
    contrasted = draw(st.booleans())
    return QuestionContent(
        title=draw(SAID),
        category=draw(st.sampled_from(["one", "two"])),
        status=draw(st.sampled_from(["online", "unreleased", "retired"])),
        script=draw(SAID),
        fallback=draw(TEXTS),
        internal_note=draw(TEXTS),
        escalates=draw(st.booleans()),
        flow="hand-over",
        phrasings=tuple(wordings[:cut]),
        learned=tuple(wordings[cut:]),
        follow_ups=tuple(
            FollowUpContent(question, script)
            for question, script in draw(st.lists(st.tuples(SAID, SAID), max_size=2))
        ),
        attachments=(AttachmentContent(DIGEST, draw(SAID)),) if draw(st.booleans()) else (),
        contrast_group="pair" if contrasted else "",
        contrast_label=draw(SAID) if contrasted else "",
        owner=draw(st.none() | st.just("editor")),
        effective_from=begins,
        expires_at=None if begins is None else begins.replace(year=2028),
        review_due=draw(st.none() | st.dates(date(2026, 1, 1))),
        review_reason=draw(TEXTS),
    )


def prepare() -> None:
    for order, slug in enumerate(("one", "two")):
        Category.objects.create(slug=slug, title=f"组 {slug}", order=order)
    Flow.objects.create(key="hand-over", title="转交")
    Attachment.objects.create(
        digest=DIGEST, name="a.png", media_type="image/png", size=1, data=b"x", created_at=NOW
    )


def proposed(form: ExportForm) -> dict[str, Any]:
    data = export_questions(form)
    return propose_files([GivenFile(f"questions.{form.value}", data)])


class EveryContentComesBack(TestCase):
    @settings(max_examples=40)
    @given(st.lists(contents(), min_size=1, max_size=3))
    def test_every_form(self, held: list[QuestionContent]) -> None:
        prepare()
        for number, content in enumerate(held):
            publish_question(
                key=f"q{number}", content=content, acting_user=None, reason="test", now=NOW
            )
        for form in ExportForm:
            proposal = proposed(form)
            changed = [entry["changes"] for entry in proposal["entries"]]
            assert changed == [[]] * len(held)
            assert proposal["counts"]["same"] == len(held)
            assert sorted(entry["key"] for entry in proposal["entries"]) == [
                f"q{number}" for number in range(len(held))
            ]


@pytest.mark.parametrize("form", list(ExportForm))
def test_an_export_into_an_empty_knowledge_base_is_all_of_it(
    form: ExportForm, questions: Any
) -> None:
    proposal = proposed(form)
    assert proposal["counts"]["same"] == 2
    contents = {entry["key"]: entry["content"] for entry in proposal["entries"]}
    assert contents == published_contents()


def test_an_export_of_nothing_can_be_read(db: None) -> None:
    for form in ExportForm:
        assert proposed(form)["entries"] == []


def test_long_lists_go_on_in_further_columns(questions: Any) -> None:
    phrasings = tuple(f"{number:03}{'长' * 190}" for number in range(400))
    content = QuestionContent(
        title="长", category="credits", status="online", script="好", phrasings=phrasings
    )
    publish_question(key="long", content=content, acting_user=None, reason="test", now=NOW)
    head = next(csv.reader(io.StringIO(export_questions(ExportForm.CSV).decode("utf-8-sig"))))
    assert "phrasings_3" in head
    for form in ExportForm:
        assert proposed(form)["counts"]["same"] == 3


def test_no_cell_of_an_export_is_a_formula(questions: Any) -> None:
    content = QuestionContent(
        title='=HYPERLINK("x")',
        category="credits",
        status="online",
        script="-1\n=2",
        internal_note="@SUM(A1)",
        phrasings=("+1", "=1"),
    )
    publish_question(key="risky", content=content, acting_user=None, reason="test", now=NOW)
    rows = list(csv.reader(io.StringIO(export_questions(ExportForm.CSV).decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(export_questions(ExportForm.XLSX))).worksheets[0]
    cells = [cell for row in rows for cell in row]
    cells += [cell.value or "" for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    for form in ExportForm:
        assert proposed(form)["counts"]["same"] == 3


@pytest.mark.parametrize("text", ["a\x07b", "长" * 33_000])
def test_what_a_workbook_cannot_hold_is_said(questions: Any, text: str) -> None:
    content = QuestionContent(
        title="甲", category="credits", status="online", script="好", review_reason=text
    )
    publish_question(key="odd", content=content, acting_user=None, reason="test", now=NOW)
    with pytest.raises(Invalid, match="odd"):
        export_questions(ExportForm.XLSX)
    assert proposed(ExportForm.YAML)["counts"]["same"] == 3


@given(st.text(LETTERS))
def test_guarding_a_cell_can_be_undone(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(SAID))
def test_lists_come_back(items: list[str]) -> None:
    assert [item for cell in list_cells(items) for item in read_list(cell)] == items


@given(st.lists(st.fixed_dictionaries({"question": SAID, "script": SAID})))
def test_mappings_come_back(items: list[dict[str, str]]) -> None:
    assert [item for cell in mapping_cells(items) for item in read_list(cell)] == items
