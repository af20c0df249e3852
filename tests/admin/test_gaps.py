"""The page of gaps, and the address where the console reports what was searched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kb.admin import search_log_page
from kb.models import Draft, HandledGap, LoggedSearch, StandardQuestion
from kb.rules.masking import NUMBER
from kb.services.gaps import ignore_gap
from kb.services.search_log import log_search
from klingdesk.core.roles import Role
from tests.conftest import CANARY, NOW

GAPS = "/admin/kb-gaps/"
DEAL = "/admin/kb-gaps/deal/"
LOG = "/admin/console-searches/"


@pytest.fixture
def search(agent: Any, questions: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Log a search at ``NOW``, which is now to the pages as well."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)

    def make(words: str, **more: Any) -> LoggedSearch:
        return log_search(acting_user=agent, words=words, now=NOW, channel="console", **more)

    return make


# --- the log ------------------------------------------------------------------------------------


def test_a_search_is_kept_and_goes_on(agent: Any, questions: Any, as_person: Any) -> None:
    client = as_person(agent)
    first = client.post(LOG, {"words": "灵感值"})
    assert first.status_code == 201
    token = first.json()["entry"]
    second = client.post(LOG, {"words": "灵感值重复扣除", "entry": token})
    chosen = {"words": "灵感值重复扣除", "entry": token, "chosen": "twice-charged"}
    assert client.post(LOG, chosen).status_code == 201
    kept = LoggedSearch.objects.get()
    assert (kept.words, kept.chosen, kept.channel) == (
        "灵感值重复扣除",
        "twice-charged",
        "console",
    )
    another = {"words": "怎么卖", "entry": second.json()["entry"], "retyped": "1"}
    assert client.post(LOG, another).status_code == 201
    assert LoggedSearch.objects.count() == 2


def test_another_attempt(agent: Any, questions: Any, as_person: Any) -> None:
    client = as_person(agent)
    token = client.post(LOG, {"words": "扣钱"}).json()["entry"]
    client.post(LOG, {"words": "灵感值重复扣除", "entry": token, "retyped": "1"})
    rows = LoggedSearch.objects.order_by("pk").values_list("words", "retyped")
    assert list(rows) == [("扣钱", True), ("灵感值重复扣除", False)]


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ({"words": ""}, "words"),
        ({}, "words"),
        ({"words": "扣钱", "chosen": "no-such"}, "chosen"),
        ({"words": "扣钱", "entry": "7"}, "entry"),
        ({"words": "扣钱", "entry": "WzEsMV0:1tXyz:forged"}, "entry"),
    ],
)
def test_what_is_refused(
    posted: dict[str, str], field: str, agent: Any, questions: Any, as_person: Any
) -> None:
    response = as_person(agent).post(LOG, posted)
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert not LoggedSearch.objects.exists()


def test_nobody_alters_what_others_searched(
    agent: Any, agent2: Any, questions: Any, as_person: Any
) -> None:
    token = as_person(agent).post(LOG, {"words": "扣钱"}).json()["entry"]
    response = as_person(agent2).post(LOG, {"words": "别的", "entry": token})
    assert response.status_code == 400
    assert LoggedSearch.objects.get().words == "扣钱"


def test_an_old_token_begins_another_entry(
    agent: Any, questions: Any, as_person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_person(agent)
    token = client.post(LOG, {"words": "扣钱"}).json()["entry"]
    monkeypatch.setattr(search_log_page, "GOES_ON_SECONDS", -1)
    chosen = {"words": "扣钱", "entry": token, "chosen": "twice-charged"}
    assert client.post(LOG, chosen).status_code == 201
    assert LoggedSearch.objects.count() == 2


def test_who_may_report(
    agent: Any, editor: Any, stranger: Any, questions: Any, as_person: Any
) -> None:
    assert as_person(agent).get(LOG).status_code == 405
    assert as_person(editor).post(LOG, {"words": "扣钱"}).status_code == 403
    assert as_person(stranger).post(LOG, {"words": "扣钱"}).status_code == 401
    strict = as_person(agent, enforce_csrf_checks=True)
    assert strict.post(LOG, {"words": "扣钱"}).status_code == 403
    assert not LoggedSearch.objects.exists()


# --- the page -----------------------------------------------------------------------------------


def test_the_page_shows_gaps_and_nothing_internal(
    editor: Any, search: Any, as_person: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        search(f"打车发票{'了' * number}")
    search("打车 发票")
    search("灵感值扣了怎么办呢")
    client = as_person(editor)
    # Session, user, roles; groups counted and read; examples and their questions; all questions
    # and categories for the fields; how many notices the header shows.
    with django_assert_max_num_queries(12):
        page = client.get(GAPS).content.decode()
    assert "打车 发票" in page
    assert "2 times" in page
    assert page.count("<form") >= 20
    assert CANARY not in page
    second = client.get(f"{GAPS}?page=2&days=7").content.decode()
    assert "打车发票" in second


def test_an_empty_page(editor: Any, questions: Any, as_person: Any) -> None:
    page = as_person(editor).get(f"{GAPS}?days=nonsense&page=-3").content.decode()
    assert "No gaps in this period" in page


@pytest.mark.parametrize("who", ["agent", "advisor", "manager"])
def test_gaps_are_for_editors(
    who: str, request: pytest.FixtureRequest, questions: Any, as_person: Any
) -> None:
    client = as_person(request.getfixturevalue(who))
    assert client.get(GAPS).status_code == 403
    assert client.post(DEAL, {"group": "x"}).status_code == 403


def test_words_are_shown_as_text(editor: Any, search: Any, as_person: Any) -> None:
    search("<script>alert</script>打车")
    assert "<script>alert" not in as_person(editor).get(GAPS).content.decode()


def test_one_step_makes_a_phrasing(editor: Any, search: Any, as_person: Any) -> None:
    entry = search("灵感值扣了怎么办呢")
    data = {
        "group": entry.group_key,
        "words": "灵感值扣了怎么办呢",
        "question": "twice-charged",
        "then": "phrasing",
        "days": "90",
        "page": "1",
    }
    response = as_person(editor).post(DEAL, data, follow=True)
    assert response.redirect_chain == [(f"{GAPS}?days=90&page=1", 302)]
    page = response.content.decode()
    draft = Draft.objects.get()
    assert draft.content["learned"] == ["灵感值扣了怎么办呢"]
    assert f"/admin/kb/standardquestion/{draft.question_id}/change/" in page
    assert "No gaps in this period" in page


def test_another_question_by_its_title(editor: Any, search: Any, as_person: Any) -> None:
    entry = search("灵感值扣了怎么办呢")
    data = {
        "group": entry.group_key,
        "words": "灵感值扣了怎么办呢",
        "question": "twice-charged",
        "other": "灵感值的价格",
    }
    assert as_person(editor).post(DEAL, data).status_code == 302
    assert Draft.objects.get().question.key == "price"


def test_one_step_makes_a_question(editor: Any, search: Any, as_person: Any) -> None:
    entry = search("打车发票")
    data = {
        "group": entry.group_key,
        "words": "打车发票",
        "category": "credits",
        "then": "question",
    }
    response = as_person(editor).post(DEAL, data)
    question = StandardQuestion.objects.get(title="打车发票")
    assert response["Location"] == f"/admin/kb/standardquestion/{question.pk}/change/"


def test_one_step_passes_it_over(editor: Any, search: Any, as_person: Any) -> None:
    entry = search("打车发票")
    data = {"group": entry.group_key, "words": "打车发票", "then": "ignored"}
    page = as_person(editor).post(DEAL, data, follow=True).content.decode()
    assert "was passed over" in page
    assert HandledGap.objects.get().outcome == "ignored"


def test_a_refusal_keeps_what_was_typed(editor: Any, search: Any, as_person: Any) -> None:
    search("打车发票")
    entry = search("打车发票 13800138000 呢")
    assert NUMBER in entry.words
    data = {
        "group": entry.group_key,
        "words": f"改了一半{NUMBER}",
        "other": "没有的问题",
        "then": "phrasing",
        "days": "7",
    }
    response = as_person(editor).post(DEAL, data)
    assert response.status_code == 422
    page = response.content.decode()
    assert "Something was masked here" in page
    assert f'value="改了一半{NUMBER}"' in page
    assert 'value="没有的问题"' in page
    assert page.count('aria-invalid="true"') == 1
    data["words"] = "改好了"
    page = as_person(editor).post(DEAL, data).content.decode()
    assert "There is no such standard question" in page
    assert 'value="改好了"' in page
    assert not Draft.objects.exists()


def test_an_unknown_step_is_refused(editor: Any, search: Any, as_person: Any) -> None:
    entry = search("打车发票")
    response = as_person(editor).post(DEAL, {"group": entry.group_key, "then": "explode"})
    assert response.status_code == 422
    assert not HandledGap.objects.exists()


def test_a_gap_that_somebody_else_dealt_with(
    editor: Any, person: Any, search: Any, as_person: Any
) -> None:
    entry = search("打车发票")
    first = person("first", Role.EDITOR)
    ignore_gap(group_key=entry.group_key, acting_user=first, now=NOW)
    data = {
        "group": entry.group_key,
        "words": "我改过的说法",
        "question": "price",
        "then": "phrasing",
    }
    response = as_person(editor).post(DEAL, data)
    assert response.status_code == 409
    page = response.content.decode()
    assert "first has dealt with this gap already" in page
    assert "我改过的说法" in page
    assert not Draft.objects.exists()


def test_a_gap_that_is_gone(editor: Any, search: Any, as_person: Any) -> None:
    response = as_person(editor).post(DEAL, {"group": "x", "words": "说法", "then": "ignored"})
    assert response.status_code == 409
    assert "no such gap" in response.content.decode()


@pytest.mark.parametrize("then", ["phrasing", "question", "ignored"])
def test_a_gap_of_no_possible_words_is_gone_too(
    then: str, editor: Any, questions: Any, as_person: Any
) -> None:
    data = {"group": "a\x00", "words": "打车", "question": "price", "then": then}
    assert as_person(editor).post(DEAL, data).status_code == 409
    assert not Draft.objects.exists()
