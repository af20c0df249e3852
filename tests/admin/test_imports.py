"""The import pages: upload, review, apply, discard, export; and who may."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from kb.admin import import_rows
from kb.imports.entries import MOST_BYTES
from kb.models import Draft, ImportBatch, ImportState, StandardQuestion
from kb.services.import_claims import LEASE, claim_next
from kb.services.import_jobs import MOST_WAITING, begin_import, work_on_imports
from kb.services.importing import GivenFile, store_import
from tests.conftest import NOW
from tests.kb.imports.documents import MARKDOWN_FORM, TEXT_FORM
from tests.kb.imports.jobs import begun, offered

LIST = "/admin/kb-imports/"


@pytest.fixture
def client(editor: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(editor)
    return client


def uploaded(name: str, text: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode())


@pytest.fixture
def batch(editor: Any) -> ImportBatch:
    files = [GivenFile("a.txt", TEXT_FORM.encode())]
    return store_import(files=files, acting_user=editor, now=NOW)


def page_of(batch: ImportBatch) -> str:
    return f"{LIST}{batch.pk}/"


def work() -> None:
    """What a worker does with what waits."""
    work_on_imports(now=timezone.now())


def ticked(html: str) -> set[str]:
    return set(re.findall(r'type="checkbox" name="(take-\d+)" value="0" checked', html))


# --- upload -----------------------------------------------------------------


def test_files_become_a_proposal(client: Client) -> None:
    response = client.post(
        LIST, {"files": [uploaded("a.txt", TEXT_FORM), uploaded("b.md", MARKDOWN_FORM)]}
    )
    batch = ImportBatch.objects.get()
    assert response.status_code == 302
    assert response["Location"] == page_of(batch)
    html = client.get(page_of(batch)).content.decode()
    assert "Waits its turn" in html
    assert 'id="import-progress" hx-get="' in html
    work()
    assert len(ticked(client.get(page_of(batch)).content.decode())) == 9
    assert not StandardQuestion.objects.exists()
    html = client.get(LIST).content.decode()
    assert page_of(batch) in html
    assert "a.txt, b.md" in html
    assert "hx-get" not in html


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "Choose at least one file."),
        ([("a.txt", b"")], "a.txt: The file is empty."),
        ([("a.docx", b"x")], "a.docx: This kind of file cannot be read."),
        ([("a.txt", b"x" * (MOST_BYTES + 1))], "at most 10 MB can be read"),
    ],
)
def test_a_file_that_is_refused_at_once(
    client: Client, files: list[tuple[str, bytes]], words: str
) -> None:
    response = client.post(LIST, {"files": [uploaded(*file) for file in files]})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not ImportBatch.objects.exists()


def test_files_that_cannot_be_read_are_told_on_their_page(client: Client) -> None:
    formula, alias = b"title,script\nx,=1\n", b"a: &b 1"
    client.post(LIST, {"files": [uploaded("a.csv", formula), uploaded("a.yaml", alias)]})
    work()
    batch = ImportBatch.objects.get()
    html = client.get(page_of(batch)).content.decode()
    assert "a.csv, line 2: Column script has a formula" in html
    assert "a.yaml, line 1: Anchors and aliases" in html
    assert 'name="action"' not in html
    assert "Cannot be read" in client.get(LIST).content.decode()
    assert client.post(page_of(batch), {"action": "discard"}).status_code == 409


def test_one_person_has_so_many_waiting(client: Client, editor: Any) -> None:
    for _number in range(MOST_WAITING):
        begun(editor, offered("a.txt", TEXT_FORM))
    response = client.post(LIST, {"files": [uploaded("a.txt", TEXT_FORM)]})
    assert response.status_code == 409
    assert "10 imports of yours are not done." in response.content.decode()


# --- while a worker has it --------------------------------------------------


@pytest.fixture
def read_now(editor: Any) -> ImportBatch:
    """Asked for a moment ago, of three files; no worker has seen it yet."""
    files = [offered(f"{name}.txt", TEXT_FORM) for name in "abc"]
    return begin_import(files=files, acting_user=editor, language="en", now=timezone.now())


def test_the_page_says_which_file_is_being_read(client: Client, read_now: ImportBatch) -> None:
    assert claim_next(timezone.now()) is not None
    ImportBatch.objects.update(step=1)
    html = client.get(page_of(read_now)).content.decode()
    assert "File 2 of 3 is being read: b.txt" in html
    assert 'max="3" value="1"' in html
    assert 'hx-trigger="every 500ms"' in html
    ImportBatch.objects.update(step=3)
    html = client.get(page_of(read_now)).content.decode()
    assert "What was read is being compared" in html
    assert 'hx-trigger="every 3s"' in client.get(LIST).content.decode()


def test_what_asks_for_the_progress_is_sent_to_the_proposal(
    client: Client, read_now: ImportBatch, batch: ImportBatch
) -> None:
    asked = {"HX-Request": "true"}
    assert "HX-Refresh" not in client.get(page_of(read_now), headers=asked)
    assert client.get(page_of(batch), headers=asked)["HX-Refresh"] == "true"


def test_the_page_says_that_nobody_reads_it(client: Client, read_now: ImportBatch) -> None:
    old = timezone.now() - LEASE
    assert "No worker" not in client.get(page_of(read_now)).content.decode()
    ImportBatch.objects.update(asked_at=old)
    html = client.get(page_of(read_now)).content.decode()
    assert "No worker has begun yet." in html
    assert 'hx-trigger="every 2000ms"' in html
    claim_next(old - LEASE)
    assert "It was interrupted" in client.get(page_of(read_now)).content.decode()


def test_the_page_says_that_others_come_first(
    client: Client, editor: Any, read_now: ImportBatch
) -> None:
    assert claim_next(timezone.now()) is not None
    later = begun(editor, offered("d.txt", TEXT_FORM))
    assert "Other imports come first." in client.get(page_of(later)).content.decode()


def test_an_import_that_is_read_may_be_discarded_but_nothing_else(
    client: Client, read_now: ImportBatch
) -> None:
    refused = client.post(page_of(read_now), {"action": "apply", "take-1": "0"})
    assert refused.status_code == 409
    assert "This import is being read." in refused.content.decode()
    assert client.post(page_of(read_now), {"action": "discard"})["Location"] == LIST
    work()
    read_now.refresh_from_db()
    assert read_now.state == ImportState.DISCARDED
    assert client.get(page_of(read_now)).status_code == 200


def test_asking_for_the_progress_is_cheap(
    client: Client, read_now: ImportBatch, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    client.get(page_of(read_now))
    # session, user, groups, unread notices, the import
    with django_assert_max_num_queries(7):
        client.get(page_of(read_now))


# --- review -----------------------------------------------------------------


def test_the_proposal_shows_scripts_notes_and_lines(client: Client, batch: ImportBatch) -> None:
    html = client.get(page_of(batch)).content.decode()
    assert "您好，请您先刷新页面再看一下哈。" in html
    assert "desk-card--internal" in html
    assert "a.txt, line 2" in html
    assert len(ticked(html)) == 11


def test_a_change_is_shown_word_by_word(client: Client, editor: Any, questions: Any) -> None:
    text = "questions:\n- {key: price, title: 灵感值的价格, script: 1 元可购买 20 灵感值。}\n"
    batch = store_import(files=[GivenFile("a.yaml", text.encode())], acting_user=editor, now=NOW)
    html = client.get(page_of(batch)).content.decode()
    assert "<del>10</del>" in html
    assert "<ins>20</ins>" in html


def test_markup_in_a_file_stays_text(client: Client, editor: Any) -> None:
    rows = "- {title: '<b>甲</b>', script: '<script>alert(1)</script>'}\n- {title: 乙, flow: '<i>'}"
    text = f"questions:\n{rows}\n"
    batch = store_import(files=[GivenFile("<u>.yaml", text.encode())], acting_user=editor, now=NOW)
    for page in (page_of(batch), LIST):
        html = client.get(page).content.decode()
        assert not re.search(r"<b>甲|<script>alert|<i>|<u>\.yaml", html)


def test_sources_that_disagree_are_chosen_by_hand(client: Client, editor: Any) -> None:
    files = [
        GivenFile(f"{name}.txt", f"可灵 AI-怎么付款?\n\n您好,{days} 天到账。\n".encode())
        for name, days in (("a", 3), ("b", 5))
    ]
    batch = store_import(files=files, acting_user=editor, now=NOW)
    html = client.get(page_of(batch)).content.decode()
    assert re.search(r'type="radio" name="take-1" value="" checked', html)
    response = client.post(page_of(batch), {"action": "apply", "take-1": "1"})
    assert response.status_code == 302
    work()
    assert Draft.objects.get().content["script"] == "您好，5 天到账。"


# --- apply and discard ------------------------------------------------------


def test_what_is_ticked_is_saved_as_drafts(client: Client, batch: ImportBatch) -> None:
    response = client.post(
        page_of(batch), {"action": "apply", "take-1": "0", "take-3": "0"}, follow=True
    )
    assert "Being saved" in response.content.decode()
    work()
    html = client.get(page_of(batch)).content.decode()
    assert "2 drafts were saved." in html
    assert Draft.objects.filter(source="import").count() == 2
    assert html.count("saved as a draft") == 2
    assert 'name="action"' not in html


def test_applying_twice_says_so(client: Client, batch: ImportBatch) -> None:
    for status, words in ((302, ""), (409, "being saved"), (409, "applied already")):
        response = client.post(page_of(batch), {"action": "apply", "take-1": "0"})
        assert response.status_code == status
        assert words in response.content.decode()
        if status == 409:
            work()
    assert Draft.objects.count() == 1


def test_nothing_ticked_keeps_nothing_ticked(client: Client, batch: ImportBatch) -> None:
    response = client.post(page_of(batch), {"action": "apply"})
    assert response.status_code == 422
    html = response.content.decode()
    assert "Tick at least one question" in html
    assert ticked(html) == set()


def test_a_stale_proposal_keeps_the_ticks_and_can_be_compared_again(
    client: Client, editor: Any, batch: ImportBatch
) -> None:
    other = store_import(
        files=[GivenFile("a.txt", TEXT_FORM.encode())], acting_user=editor, now=NOW
    )
    client.post(page_of(other), {"action": "apply", "take-1": "0"})
    client.post(page_of(batch), {"action": "apply", "take-1": "0", "take-2": "0"})
    work()
    html = client.get(page_of(batch)).content.decode()
    assert "has changed since this proposal was made" in html
    assert ticked(html) == {"take-1", "take-2"}
    assert Draft.objects.count() == 1
    client.post(page_of(batch), {"action": "compare"})
    work()
    html = client.get(page_of(batch)).content.decode()
    assert "take-1" not in ticked(html)
    assert len(ticked(html)) == 10


def test_a_discarded_import(client: Client, batch: ImportBatch) -> None:
    assert client.post(page_of(batch), {"action": "discard"})["Location"] == LIST
    batch.refresh_from_db()
    assert batch.state == ImportState.DISCARDED
    assert client.post(page_of(batch), {"action": "compare"}).status_code == 409
    assert not Draft.objects.exists()


def test_what_is_too_much_for_a_page_is_taken_as_a_whole(
    client: Client, batch: ImportBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_rows, "MOST_SHOWN", 4)
    html = client.get(page_of(batch)).content.decode()
    assert len(ticked(html)) == 4
    assert "7 more are not shown here." in html
    client.post(page_of(batch), {"action": "apply", "take-1": "0", "rest": "1"})
    work()
    assert Draft.objects.count() == 8


@pytest.mark.parametrize("data", [{"take-1": "x"}, {"take-99999999": "0"}, {"take-77": "0"}])
def test_forms_that_nobody_sent(client: Client, batch: ImportBatch, data: dict[str, str]) -> None:
    assert client.post(page_of(batch), {"action": "apply", **data}).status_code == 422
    assert client.post(page_of(batch), {"action": "nonsense"}).status_code == 302
    assert not Draft.objects.exists()


def test_there_is_no_such_import(client: Client) -> None:
    assert client.get(f"{LIST}404/").status_code == 404
    assert client.post(f"{LIST}404/", {"action": "apply", "take-1": "0"}).status_code == 404


def test_the_list_asks_few_questions_of_the_database(
    client: Client, batch: ImportBatch, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    client.get(LIST)
    # session, user, groups, unread notices, count, page
    with django_assert_max_num_queries(8):
        client.get(LIST)
    with django_assert_max_num_queries(8):
        client.get(page_of(batch))


# --- export -----------------------------------------------------------------


@pytest.mark.parametrize("form", ["yaml", "xlsx", "csv"])
def test_an_export_is_a_download_that_can_be_read_back(
    client: Client, questions: Any, form: str
) -> None:
    response = client.get(f"{LIST}export/?format={form}")
    assert response["Content-Disposition"].endswith(f'.{form}"')
    client.post(LIST, {"files": [uploaded(f"x.{form}", response.content)]})
    work()
    assert ImportBatch.objects.get().proposal["counts"]["same"] == 2


def test_an_export_of_another_kind(client: Client) -> None:
    assert client.get(f"{LIST}export/?format=exe").status_code == 422


# --- who may ----------------------------------------------------------------


@pytest.mark.parametrize("role", ["agent", "advisor", "manager", "stranger"])
def test_only_editors_may(role: str, request: pytest.FixtureRequest, batch: ImportBatch) -> None:
    client = Client()
    client.force_login(request.getfixturevalue(role))
    for path in (LIST, page_of(batch), f"{LIST}export/"):
        response = client.get(path)
        assert response.status_code in (302, 403)
        assert "Location" not in response or "/login/" in response["Location"]
    asked = client.post(page_of(batch), {"action": "apply", "take-1": "0"})
    assert asked.status_code == (401 if role == "stranger" else 403)
    assert not Draft.objects.exists()


def test_a_post_without_its_token_is_refused(editor: Any, batch: ImportBatch) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    assert client.post(page_of(batch), {"action": "apply", "take-1": "0"}).status_code == 403
    assert client.post(LIST, {"files": [uploaded("a.txt", TEXT_FORM)]}).status_code == 403
