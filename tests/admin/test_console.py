"""The console's first screen: search, browse, the question panel, beginning a contact."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from kb.models import StandardQuestion
from kb.services.content import QuestionContent
from kb.services.drafts import save_draft
from kb.services.publishing import publish_question
from tests.conftest import CANARY, NOW
from tickets.admin.console import question_panel
from tickets.models import Consultation, FlowRun
from tickets.services.consultations import start_consultation

HTMX = {"HX-Request": "true"}
HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def console(agent: Any, questions: Any) -> Iterator[Client]:
    with time_machine.travel(NOW, tick=False):
        client = Client(headers={"accept-language": "en"})
        client.force_login(agent)
        yield client


def publish(key: str, **changes: Any) -> StandardQuestion:
    values: dict[str, Any] = {
        "title": "标题",
        "category": "credits",
        "status": "online",
        "script": "话术。",
    }
    return publish_question(
        key=key,
        content=QuestionContent(**{**values, **changes}),
        acting_user=None,
        reason="test",
        now=NOW,
    )


def page(client: Client, name: str, *args: Any, q: str = "", htmx: bool = False) -> str:
    response = client.get(
        reverse(f"admin:{name}", args=args), {"q": q} if q else {}, headers=HTMX if htmx else {}
    )
    assert response.status_code == 200
    return response.content.decode()


def copied(text: str) -> dict[str, str]:
    """What each copy button of a page copies, by the id of its source."""
    sources = re.findall(r'data-copy="#([\w-]+)"', text)
    found = {}
    for source in sources:
        match = re.search(rf'<(\w+)[^>]* id="{source}">(.*?)</\1>', text, re.DOTALL)
        assert match, f"nothing has the id {source}"
        found[source] = html.unescape(match[2])
    return found


# --- search --------------------------------------------------------------------------------------


def test_home_begins_with_the_search_and_the_tree(console: Client) -> None:
    text = page(console, "console")
    assert re.search(r'<input type="search" id="q"[^>]* autofocus', text)
    assert "灵感值的价格" in text
    assert 'class="console-result' not in text


def test_results_are_a_fragment_with_marks_and_category(console: Client) -> None:
    text = page(console, "console_search", q="灵感值重复扣", htmx=True)
    assert "<html" not in text
    first = text.split("</li>")[0]
    assert "/console/questions/twice-charged/?q=" in first
    assert re.search(r"<mark>灵感值重复扣</mark>除", first)
    assert '<span class="desk-chip">灵感值</span>' in first


def test_title_and_matching_phrasing_are_both_marked(console: Client) -> None:
    publish("watermark", title="怎样去水印", phrasings=("导出时去水印的办法",))
    first = page(console, "console_search", q="去水印办法", htmx=True).split("</li>")[0]
    title, phrasing = first.split("console-result-phrasing")
    assert "<mark>去水印</mark>" in title
    assert "<mark>去水印</mark>" in phrasing
    assert "<mark>办法</mark>" in phrasing


def test_the_address_keeps_the_words(console: Client) -> None:
    address = reverse("admin:console_search")
    response = console.get(address, {"q": "价格"}, headers=HTMX)
    assert response.headers["HX-Replace-Url"] == f"{reverse('admin:console')}?q=%E4%BB%B7%E6%A0%BC"
    plain = console.get(address, {"q": "价格"})
    assert (plain.status_code, plain.headers["Location"]) == (
        302,
        response.headers["HX-Replace-Url"],
    )
    assert "console-result" in page(console, "console", q="价格")


def test_an_unsure_result_says_so_and_offers_the_question_for_everything_else(
    console: Client,
) -> None:
    publish("other", title="别的事情")
    text = page(console, "console_search", q="灵感值能不能坐地铁去机场", htmx=True)
    assert "None of these?" in text
    assert "/console/questions/other/?q=" in text
    sure = page(console, "console_search", q="灵感值重复扣除", htmx=True)
    assert "Good match" in sure
    assert "None of these?" not in sure


def test_nothing_found(console: Client) -> None:
    text = page(console, "console_search", q="zzzz", htmx=True)
    assert "Nothing found" in text
    assert "/questions/other/" not in text, "there is no such question on this desk"


@pytest.mark.parametrize("q", ["\x00", "   ", "🙂" * 300, "长" * 5_000, "%", "'\";--"])
def test_any_words_can_be_searched(console: Client, q: str) -> None:
    page(console, "console_search", q=q, htmx=True)
    page(console, "console", q=q)


def test_words_and_texts_are_escaped(console: Client) -> None:
    publish("hostile", title=f"标题 {HOSTILE}", phrasings=(f"相似 {HOSTILE}",), script=HOSTILE)
    for text in (
        page(console, "console_search", q=f"相似 {HOSTILE}", htmx=True),
        page(console, "console", q=HOSTILE),
        page(console, "console_question", "hostile", q=HOSTILE),
    ):
        assert "<script>alert" not in text
        assert "alert" in text


def test_search_stays_within_its_queries(
    console: Client, django_assert_max_num_queries: Any
) -> None:
    # session, user, roles, index version, online hits, shown questions with their category
    page(console, "console_search", q="灵感值", htmx=True)
    with django_assert_max_num_queries(6):
        page(console, "console_search", q="灵感值重复", htmx=True)


def test_home_stays_within_its_queries(
    console: Client, agent: Any, make_ticket: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        make_ticket()
        start_consultation(
            acting_user=agent, channel="chat", utterance="问", question_key="price", now=NOW
        )
    start_consultation(
        acting_user=agent, channel="chat", utterance="问", question_key="twice-charged", now=NOW
    )
    # session, user, roles, the admin site's permissions (2), tree (categories, questions),
    # open contacts, their runs and steps, tickets
    with django_assert_max_num_queries(11):
        page(console, "console")


# --- the question panel --------------------------------------------------------------------------


def test_panel_as_fragment_and_as_page(console: Client) -> None:
    fragment = page(console, "console_question", "price", q="多少钱", htmx=True)
    whole = page(console, "console_question", "price", q="多少钱")
    assert "<html" not in fragment
    assert "<html" in whole
    for text in (fragment, whole):
        assert re.search(r"<textarea [^>]*name=\"utterance\"[^>]*>多少钱</textarea>", text)
        assert copied(text)["script-main"] == "1 元可购买 10 灵感值。"


def test_going_back_gets_a_whole_page(console: Client) -> None:
    address = reverse("admin:console_question", args=["price"])
    response = console.get(address, headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert "<html" in response.content.decode()


def test_internal_texts_are_labelled_and_never_copied(console: Client) -> None:
    text = page(console, "console_question", "twice-charged")
    assert text.count(CANARY) == 1
    aside = re.search(r"<aside class=\"desk-card desk-card--internal.*?</aside>", text, re.DOTALL)
    assert aside
    assert CANARY in aside[0]
    assert "Internal: do not read out" in aside[0]
    scripts = copied(text)
    assert set(scripts.values()) == {"请您先刷新单个页面。", "核实后为您答复。"}


def test_review_notice_only_when_due(console: Client) -> None:
    today = NOW.date()
    publish("late", review_due=today, review_reason="口径不一")
    publish("early", review_due=today + timedelta(days=1), review_reason="口径不一")
    assert "口径不一" in page(console, "console_question", "late")
    assert "口径不一" not in page(console, "console_question", "early")


def test_drafts_and_retired_questions_are_not_found(
    console: Client, agent: Any, editor: Any
) -> None:
    """Also for an agent who is an editor, too: the console answers users."""
    publish("gone", title="已下线的问题", status="retired")
    draft = QuestionContent(title="已下线的草稿", category="credits", status="online", script="?")
    save_draft(key="idea", content=draft, acting_user=editor, now=NOW)
    agent.groups.add(*editor.groups.all())
    for key in ("gone", "idea", "never-was"):
        address = reverse("admin:console_question", args=[key])
        assert console.get(address).status_code == 404
        assert console.get(address, headers=HTMX).status_code == 404
    found = page(console, "console_search", q="已下线的问题", htmx=True)
    for text in (page(console, "console"), found):
        assert "已下线的" not in re.sub(r'data-typed="[^"]*"', "", text)
        assert "/questions/gone/" not in text


# --- beginning a contact -------------------------------------------------------------------------


def begin(client: Client, **changes: str) -> Any:
    data = {"question": "twice-charged", "channel": "phone", "utterance": "扣了两次", "q": "扣"}
    return client.post(reverse("admin:console_start"), {**data, **changes})


def test_start_the_decision_flow(console: Client, agent: Any) -> None:
    assert 'name="then"' not in page(console, "console_question", "twice-charged")
    response = begin(console, channel="chat", utterance="扣了\x00两次")
    contact = Consultation.objects.get()
    assert response.headers["Location"] == reverse("admin:console_contact", args=[contact.pk])
    assert (contact.agent, contact.channel, contact.utterance) == (agent, "chat", "扣了两次")
    assert (contact.status, contact.started_at) == ("open", NOW)
    assert FlowRun.objects.filter(consultation=contact).count() == 1


def test_answered_with_this_script(console: Client) -> None:
    assert 'value="answered"' in page(console, "console_question", "price")
    response = begin(console, question="price", then="answered")
    contact = Consultation.objects.get()
    assert (contact.status, contact.finished_at) == ("answered", NOW)
    assert response.headers["Location"] == reverse("admin:console")
    assert "Recorded as answered: 灵感值的价格" in page(console, "console")


@pytest.mark.parametrize(
    ("changes", "message", "shown"),
    [
        ({"channel": "fax"}, "Choose phone or chat.", "/questions/twice-charged/?q="),
        ({"channel": ""}, "Choose phone or chat.", "/questions/twice-charged/?q="),
        ({"utterance": "长" * 5_001}, "At most 5000 characters.", "/questions/twice-charged/?q="),
        ({"question": "never-was"}, "no such standard question", "/console/?q=%E6%89%A3"),
        ({"question": ""}, "Choose the standard question first.", "/console/?q=%E6%89%A3"),
    ],
)
def test_what_cannot_begin_says_why_and_keeps_the_words(
    console: Client, changes: dict[str, str], message: str, shown: str
) -> None:
    response = begin(console, **changes)
    assert shown in response.headers["Location"]
    assert len(response.headers["Location"]) < 4_000
    assert message in console.get(response.headers["Location"]).content.decode()
    assert not Consultation.objects.exists()


def test_home_lists_open_contacts_and_latest_tickets(
    console: Client, agent: Any, agent2: Any, make_ticket: Any
) -> None:
    mine = make_ticket()
    make_ticket(acting_user=agent2)
    for user, words in ((agent, "我的联系"), (agent2, "别人的联系")):
        start_consultation(
            acting_user=user, channel="chat", utterance=words, question_key="price", now=NOW
        )
    text = page(console, "console")
    assert "我的联系" in text
    assert "别人的联系" not in text
    assert re.findall(r"T\d{8}", re.sub(r'href="[^"]*"', "", text)) == [mine.number]
    assert "Queued" in text


def test_a_review_date_is_a_date(questions: Any) -> None:
    """The notice compares dates of the desk: 23:00 UTC is already tomorrow in Shanghai."""
    late = NOW.replace(hour=23)
    question = publish("late", review_due=date(2026, 3, 5))
    assert question_panel(question, typed="", now=late)["review_is_due"]
    assert not question_panel(question, typed="", now=NOW)["review_is_due"]
