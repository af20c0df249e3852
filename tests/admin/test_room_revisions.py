"""Revisions: as they were read, compared word by word, restored with a reason and a guard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from kb.models import Category, Draft, Revision, StandardQuestion
from kb.services.content import published_content
from kb.services.disagreements import decide, open_disagreement
from kb.services.drafts import save_draft
from kb.services.publishing import publish_question, retire_question
from tests.conftest import CANARY, NOW

PAGES = "/admin/kb-room/questions/price/revisions/"
DAY = timedelta(days=1)
LATER = NOW + 5 * DAY


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def client(editor: Any, questions: Any) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(editor)
    return browser


@pytest.fixture
def publish(questions: Any, admin_person: Any) -> Callable[..., StandardQuestion]:
    """A further revision of ``price``, by somebody else."""

    def make(reason: str = "调价", now: Any = NOW + DAY, **changes: Any) -> StandardQuestion:
        price = StandardQuestion.objects.get(key="price")
        content = replace(published_content(price), **changes)
        return publish_question(
            key="price", content=content, acting_user=admin_person, reason=reason, now=now
        )

    return make


def price() -> StandardQuestion:
    return StandardQuestion.objects.get(key="price")


def restore(client: Client, number: int, **values: Any) -> Any:
    sending = {"reason": "改错了", "expected_revision": price().revision_number, **values}
    return client.post(f"{PAGES}{number}/restore/", sending)


# --- looking ------------------------------------------------------------------------------------


def test_the_list_says_who_when_and_why(publish: Any, client: Client) -> None:
    publish()
    page = client.get(PAGES).content.decode()
    for words in ("调价", "admin", "2026-03-05 10:30", "2026-03-04 10:30", "starter", "Online"):
        assert words in page
    assert page.count(">present text<") == 1
    assert page.count(" selected>") == 2
    assert '<option value="1" selected>' in page
    assert '<option value="2" selected>' in page


def test_many_revisions_come_in_pages(publish: Any, client: Client) -> None:
    for number in range(30):
        publish(reason=f"第{number:02}次")
    first = client.get(PAGES).content.decode()
    assert "第29次" in first
    assert "第00次" in first
    assert f"{PAGES}1/" not in first
    assert f"{PAGES}1/" in client.get(f"{PAGES}?page=2").content.decode()


def test_a_question_without_revisions(client: Client, editor: Any) -> None:
    content = replace(published_content(price()), title="新")
    save_draft(key="fresh", content=content, acting_user=editor, now=NOW)
    fresh = PAGES.replace("price", "fresh")
    page = client.get(fresh).content.decode()
    assert "It was never published" in page
    assert "editor has a draft of it" in page
    assert client.get(f"{fresh}1/").status_code == 404
    assert client.get(f"{fresh}compare/").status_code == 404


def test_a_revision_is_shown_as_it_was_read(publish: Any, client: Client, questions: Any) -> None:
    publish(
        script="您好，{{handover_promise}}答复。", fallback="请稍等。", expires_at=NOW + 2 * DAY
    )
    publish(script="别的", now=NOW + 3 * DAY, expires_at=None)
    shown = client.get(f"{PAGES}2/")
    page = shown.content.decode()
    answer = shown.context["shown"].answer
    assert answer.script.startswith("您好，在 3 个工作日内")
    assert answer.is_in_force  # it was, although its end is over by now
    assert CANARY in page
    assert 'rel="prev" href="' + f"{PAGES}1/" in page
    assert 'rel="next" href="' + f"{PAGES}3/" in page


def test_it_says_what_it_changed(publish: Any, client: Client) -> None:
    publish(script="2 元可购买 10 灵感值。")
    page = client.get(f"{PAGES}2/").content.decode()
    assert "What changed since revision 1" in page
    assert "<del>1</del><ins>2</ins> 元可购买" in page
    assert "What changed" not in client.get(f"{PAGES}1/").content.decode()


def test_the_cautions_of_that_time_are_shown(publish: Any, client: Client, editor: Any) -> None:
    def dispute(caution: str, opened: Any) -> Any:
        return open_disagreement(
            question_key="price",
            caution=caution,
            our_statement="a",
            our_source="b",
            their_statement="c",
            their_source="d",
            acting_user=editor,
            now=opened,
        )

    decided = dispute("当时有疑", NOW)
    dispute("后来有疑", NOW + 3 * DAY)
    publish(now=NOW + 2 * DAY)
    decide(disagreement_id=decided.pk, verdict="ours", reason="r", acting_user=editor, now=LATER)
    assert client.get(f"{PAGES}2/").context["shown"].answer.cautions == ("当时有疑",)


def test_a_retired_text_can_still_be_read(client: Client, editor: Any) -> None:
    retire_question(key="price", acting_user=editor, reason="停", now=NOW)
    shown = client.get(f"{PAGES}2/")
    assert shown.status_code == 200
    assert "1 元可购买 10 灵感值。" in shown.content.decode()
    assert "Retired" in shown.content.decode()


def test_a_text_whose_variable_is_gone_can_still_be_read(client: Client) -> None:
    content = {**Revision.objects.get(question=price()).content, "script": "{{gone}}：旧话术"}
    Revision.objects.create(question=price(), number=7, content=content, reason="t", created_at=NOW)
    page = client.get(f"{PAGES}7/").content.decode()
    assert "旧话术" in page
    assert "Today it could not be published as it is" in page


# --- comparing ----------------------------------------------------------------------------------


def test_any_two_are_compared_word_by_word(publish: Any, client: Client) -> None:
    publish(script="2 元可购买 10 灵感值。")
    publish(script="3 元可购买 10 灵感值。", title="价目")
    page = client.get(f"{PAGES}compare/?old=1&new=3").content.decode()
    assert "<del>1</del><ins>3</ins> 元可购买" in page
    assert "<ins>目</ins>" in page or "价目" in page
    back = client.get(f"{PAGES}compare/?old=3&new=1").content.decode()
    assert "<del>3</del><ins>1</ins> 元可购买" in back
    latest = client.get(f"{PAGES}compare/").context
    assert (latest["old"].value, latest["new"].value) == ("2", "3")


def test_the_draft_can_be_compared_too(client: Client, admin_person: Any) -> None:
    content = replace(published_content(price()), script="9 元可购买 10 灵感值。")
    save_draft(key="price", content=content, acting_user=admin_person, now=NOW)
    page = client.get(f"{PAGES}compare/?old=1&new=draft").content.decode()
    assert "<del>1</del><ins>9</ins>" in page


def test_equal_texts(publish: Any, client: Client) -> None:
    publish()
    page = client.get(f"{PAGES}compare/?old=1&new=2").content.decode()
    assert "There is no difference." in page


@pytest.mark.parametrize("value", ["", "9", "-1", "x", "draft", "²", "9" * 30])
def test_a_side_that_is_not_there(value: str, client: Client) -> None:
    page = client.get(f"{PAGES}compare/", {"old": "1", "new": value})
    assert page.status_code == 404
    assert "One of the two is not there." in page.content.decode()


# --- restoring ----------------------------------------------------------------------------------


def test_an_old_text_is_published_anew(publish: Any, client: Client, editor: Any) -> None:
    publish(script="别的", title="别名")
    done = restore(client, 1)
    assert done["Location"] == PAGES
    assert (price().script, price().title) == ("1 元可购买 10 灵感值。", "灵感值的价格")
    newest = price().revisions.first()
    assert newest is not None
    assert (newest.number, newest.author, newest.reason) == (3, editor, "改错了")
    assert newest.content == price().revisions.get(number=1).content
    page = client.get(PAGES).content.decode()
    assert "Revision 1 is restored as revision 3." in page


def test_the_present_text_offers_no_restoring(publish: Any, client: Client) -> None:
    publish()
    assert "/2/restore/" not in client.get(f"{PAGES}2/").content.decode()
    assert "/1/restore/" in client.get(f"{PAGES}1/").content.decode()


@pytest.mark.parametrize("values", [{"reason": " "}, {"reason": "长" * 301}])
def test_a_reason_is_needed(values: dict[str, str], publish: Any, client: Client) -> None:
    publish(script="别的")
    refused = restore(client, 1, **values)
    assert refused.status_code == 422
    assert "reason" in refused.context["form"].errors
    assert price().script == "别的"


@pytest.mark.parametrize("expected", ["", "x", "-1", "9" * 12])
def test_nonsense_is_no_guard(expected: str, publish: Any, client: Client) -> None:
    publish(script="别的")
    assert restore(client, 1, expected_revision=expected).status_code == 422
    assert price().script == "别的"


def test_a_publication_that_came_between_is_told_and_decided_upon(
    publish: Any, client: Client
) -> None:
    publish(script="二")
    publish(script="三", reason="急改")
    refused = restore(client, 1, expected_revision=2)
    assert refused.status_code == 409
    page = refused.content.decode()
    assert "Not restored: admin published revision 3 meanwhile, Thu 5 Mar 10:30 (急改)" in page
    assert "改错了" in page
    assert price().script == "三"
    form = refused.context["form"]
    assert form["expected_revision"].value() == 3
    assert restore(client, 1, expected_revision=3).status_code == 302
    assert price().script == "1 元可购买 10 灵感值。"


def test_a_text_that_breaks_a_later_rule_is_refused_in_words(
    publish: Any, client: Client, questions: Any
) -> None:
    Category.objects.create(slug="old", title="旧组")
    publish(category="old")
    publish(category="credits")
    Category.objects.get(slug="old").delete()
    page = client.get(f"{PAGES}2/").content.decode()
    assert "Choose a category." in page
    refused = restore(client, 2)
    assert refused.status_code == 422
    assert "Choose a category." in refused.context["problem"]
    assert "改错了" in refused.content.decode()


def test_a_draft_stays_and_is_spoken_of(publish: Any, client: Client, admin_person: Any) -> None:
    publish(script="别的")
    content = replace(published_content(price()), script="写了一半")
    save_draft(key="price", content=content, acting_user=admin_person, now=NOW)
    assert "admin has a draft of it" in client.get(f"{PAGES}1/").content.decode()
    restore(client, 1)
    draft = Draft.objects.get()
    assert (draft.content["script"], draft.base_revision) == ("写了一半", 2)


def test_a_text_that_takes_effect_later_waits(publish: Any, client: Client) -> None:
    publish(status="unreleased", effective_from=LATER + DAY)
    publish(status="online", effective_from=None)
    # As if revision 2 had been online: it is to be, from tomorrow on.
    content = {**price().revisions.get(number=2).content, "status": "online"}
    Revision.objects.create(question=price(), number=9, content=content, reason="t", created_at=NOW)
    restore(client, 9)
    assert (price().revision_number, price().replaced_at) == (3, LATER + DAY)
    page = client.get(PAGES).content.decode()
    assert "takes effect tomorrow 10:30" in page
    # A second one meets the draft that is waiting by now.
    refused = restore(client, 9)
    assert refused.status_code == 409
    assert "There is a draft of this question." in refused.context["problem"]


def test_an_end_that_is_over_is_warned_of(publish: Any, client: Client) -> None:
    publish(expires_at=LATER)
    publish(expires_at=None)
    warning = "the answer would be withdrawn at once"
    assert warning in client.get(f"{PAGES}2/").content.decode()
    assert warning not in client.get(f"{PAGES}1/").content.decode()


# --- addresses ----------------------------------------------------------------------------------


def test_what_is_not_there(client: Client, agent: Any) -> None:
    assert client.get(PAGES.replace("price", "none")).status_code == 404
    assert client.get(f"{PAGES}99/").status_code == 404
    assert restore(client, 99).status_code == 404
    assert client.get(f"{PAGES}1/restore/").status_code == 405
    other = Client()
    other.force_login(agent)
    assert restore(other, 1).status_code == 403


def test_the_stock_address_of_a_revision_leads_to_its_page(client: Client, agent: Any) -> None:
    revision = Revision.objects.get(question=price())
    stock = f"/admin/kb/revision/{revision.pk}/change/"
    assert client.get(stock)["Location"] == f"{PAGES}1/"
    assert client.get("/admin/kb/revision/99999/change/").status_code == 302
    other = Client()
    other.force_login(agent)
    assert other.get(stock).status_code == 403
    assert "调" not in client.get("/admin/kb/revision/?q=price").content.decode()
