"""Open questions: both statements side by side, decided with a reason, never twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from kb.models import Disagreement, StandardQuestion
from kb.selectors.room import undecided
from kb.services.disagreements import decide, open_disagreement
from tests.conftest import NOW

PAGES = "/admin/kb-room/open-questions/"
TEXTS = {
    "caution": "先看界面上的价格。",
    "our_statement": "一元十个",
    "our_source": "价目页",
    "their_statement": "一元八个",
    "their_source": "旧公告",
}


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW + timedelta(days=3), tick=False):
        yield


@pytest.fixture
def client(editor: Any) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(editor)
    return browser


@pytest.fixture
def disputed(questions: dict[str, StandardQuestion], admin_person: Any) -> Disagreement:
    return open_disagreement(question_key="price", acting_user=admin_person, now=NOW, **TEXTS)


def page_of(disagreement: Disagreement) -> str:
    return f"{PAGES}{disagreement.pk}/"


def test_both_statements_and_their_sources_are_shown(
    disputed: Disagreement, client: Client
) -> None:
    for address in (PAGES, page_of(disputed)):
        page = client.get(address).content.decode()
        for text in TEXTS.values():
            assert text in page
        assert "Open since Wed 4 Mar 10:30, by admin" in page
        assert "3 days" in page
        assert f"/admin/kb/standardquestion/{disputed.question_id}/change/" in page


def test_our_answer_stands(disputed: Disagreement, client: Client, editor: Any) -> None:
    done = client.post(page_of(disputed), {"verdict": "ours", "reason": "已核价目页"})
    assert done.status_code == 302
    assert done["Location"] == PAGES
    disputed.refresh_from_db()
    assert (disputed.verdict, disputed.decided_by) == ("ours", editor)
    page = client.get(PAGES)
    assert page.context["rows"] == []
    text = page.content.decode()
    assert "已核价目页" in text
    assert "Our answer stands" in text
    assert "editor, today 10:30" in text


@pytest.mark.parametrize(("verdict", "said"), [("theirs", "一元八个"), ("neither", "一元九个")])
def test_otherwise_the_answer_is_changed_next(
    verdict: str, said: str, disputed: Disagreement, client: Client
) -> None:
    done = client.post(page_of(disputed), {"verdict": verdict, "reason": "一元九个"}, follow=True)
    assert done.redirect_chain == [
        (f"/admin/kb/standardquestion/{disputed.question_id}/change/", 302)
    ]
    assert [said in str(message) for message in done.context["messages"]] == [True]


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({}, {"verdict", "reason"}),
        ({"verdict": "ours", "reason": " "}, {"reason"}),
        ({"verdict": "both", "reason": "写了很多"}, {"verdict"}),
        ({"reason": "写了很多"}, {"verdict"}),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(
    values: dict[str, str], fields: set[str], disputed: Disagreement, client: Client
) -> None:
    refused = client.post(page_of(disputed), values)
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == fields
    assert values.get("reason", "") in refused.content.decode()
    assert undecided().count() == 1


def test_whoever_is_second_sees_the_verdict_and_keeps_the_words(
    disputed: Disagreement, client: Client, admin_person: Any
) -> None:
    decide(
        disagreement_id=disputed.pk,
        verdict="theirs",
        reason="公告还有效",
        acting_user=admin_person,
        now=NOW,
    )
    refused = client.post(page_of(disputed), {"verdict": "ours", "reason": "我的理由"})
    assert refused.status_code == 409
    page = refused.content.decode()
    assert "admin decided this meanwhile, Wed 4 Mar 10:30" in page
    assert "The other statement is right" in page
    assert "公告还有效" in page
    assert "我的理由" in page


def test_a_decided_one_can_be_opened_again_once(
    disputed: Disagreement, client: Client, editor: Any
) -> None:
    address = f"{page_of(disputed)}reopen/"
    refused = client.post(address)
    assert refused.status_code == 409
    assert "This question is still open." in refused.content.decode()
    decide(disagreement_id=disputed.pk, verdict="ours", reason="已核", acting_user=editor, now=NOW)
    done = client.post(address)
    again = undecided().get()
    assert done["Location"] == page_of(again)
    refused = client.post(address)
    assert refused.status_code == 409
    assert "This question is open again already." in refused.content.decode()
    assert "已核" in client.get(PAGES).content.decode()


def test_a_new_one_begins_with_what_the_answer_says(questions: Any, client: Client) -> None:
    form = client.get(f"{PAGES}new/?question=price").context["form"]
    assert form["question"].value() == "price"
    assert form["our_statement"].value() == "1 元可购买 10 灵感值。"
    for nonsense in ("", "none", "%00", "价格"):
        form = client.get(f"{PAGES}new/?question={nonsense}").context["form"]
        assert form["our_statement"].value() is None


def test_a_new_one_is_open_at_once(questions: Any, client: Client, editor: Any) -> None:
    done = client.post(f"{PAGES}new/", {"question": "price", **TEXTS})
    assert done["Location"] == PAGES
    made = undecided().get()
    assert (made.opened_by, made.question.key) == (editor, "price")
    assert {name: getattr(made, name) for name in TEXTS} == TEXTS


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"caution": ""}, {"caution"}),
        ({"question": "none"}, {"question"}),
        ({"question": ""}, {"question"}),
        ({"their_statement": "一元十个"}, {"their_statement"}),
        ({"our_source": "长" * 201}, {"our_source"}),
        ({"our_source": "\x00"}, {"our_source"}),
    ],
)
def test_what_is_wrong_with_a_new_one_is_said_at_its_field(
    values: dict[str, str], fields: set[str], questions: Any, client: Client
) -> None:
    refused = client.post(f"{PAGES}new/", {"question": "price", **TEXTS, **values})
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == fields
    assert "旧公告" in refused.content.decode()
    assert not Disagreement.objects.exists()


def test_decided_ones_come_in_pages(questions: Any, client: Client, editor: Any) -> None:
    for number in range(21):
        made = open_disagreement(question_key="price", acting_user=editor, now=NOW, **TEXTS)
        decide(
            disagreement_id=made.pk,
            verdict="ours",
            reason=f"理由{number:02}",
            acting_user=editor,
            now=NOW + timedelta(hours=number),
        )
    first = client.get(PAGES).content.decode()
    assert "理由20" in first
    assert "理由00" not in first
    assert 'href="?page=2"' in first
    assert "理由00" in client.get(f"{PAGES}?page=2").content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_what_is_not_there(method: str, questions: Any, client: Client) -> None:
    sending = getattr(client, method)
    assert sending(f"{PAGES}4711/", {"verdict": "ours", "reason": "r"}).status_code == 404
    assert client.post(f"{PAGES}4711/reopen/").status_code == 404
    assert client.get(f"{PAGES}4711/reopen/").status_code == 405
