"""The console tells what an answer is right now, and gives only what may be given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from kb.models import Synonym
from kb.search.documents import Choice, SearchResult
from kb.selectors.search import search_questions
from kb.services.attachments import keep_upload
from kb.services.content import AttachmentContent, FollowUpContent
from tests.admin.dates import in_words
from tests.admin.test_console import begin, copied, page
from tests.conftest import CANARY, NOW
from tests.kb.services.test_attachments import MP4, picture
from tests.standings import (
    FALLBACK,
    LATER,
    NOT_IN_FORCE,
    WITHHELD,
    attachment,
    disagree,
    publish,
    publish_hand_over,
    publish_not_in_force,
)
from tickets.models import Consultation, FlowRun

WORDS = {
    "unreleased": ("Not released", "not released: know it, but do not pass it on"),
    "scheduled": ("Takes effect Fri 6 Mar 10:30", "do not pass it on before"),
    "expired": ("Expired today 10:30", "has been withdrawn: it expired today 10:30"),
}


@pytest.fixture
def console(agent: Any, questions: Any) -> Iterator[Client]:
    with time_machine.travel(NOW, tick=False):
        client = Client(headers={"accept-language": "en"})
        client.force_login(agent)
        yield client


def without_internal(text: str) -> str:
    """The page without what is marked as internal, which no copy button and no selection gets."""
    for internal in (
        r'<aside class="[^"]*console-(?:internal|unselectable)[^"]*".*?</aside>',
        r'<div class="[^"]*console-unselectable[^"]*".*?</div>',
    ):
        text = re.sub(internal, "", text, flags=re.DOTALL)
    return text


# --- the panel -----------------------------------------------------------------------------------


@pytest.mark.parametrize("standing", NOT_IN_FORCE)
def test_the_panel_gives_the_fallback_and_says_why(console: Client, standing: str) -> None:
    publish_hand_over()
    publish_not_in_force(standing)
    text = page(console, "console_question", standing)
    chip, reason = WORDS[standing]
    assert f">{chip}</span>" in text
    assert reason in text
    assert copied(text) == {"script-main": FALLBACK}
    assert "Fallback script" in text
    assert "Reference script" not in text
    assert "then record the contact and hand it over" in text
    assert "Record and hand over" in text
    assert "/kb-attachments/" not in text


@pytest.mark.parametrize("standing", NOT_IN_FORCE)
def test_withheld_texts_notes_and_cautions_are_internal(console: Client, standing: str) -> None:
    """The canary is in script, note, follow-up and caution."""
    publish_not_in_force(standing)
    text = page(console, "console_question", standing)
    assert CANARY not in without_internal(text)
    assert not any(CANARY in script for script in copied(text).values())
    # note and caution, and the script where agents may know it
    assert text.count(CANARY) == (3 if standing in WITHHELD else 2)
    if standing in WITHHELD:
        assert f"Internal: do not read out · script held back ({WORDS[standing][0]})" in text


def test_an_answer_in_force_has_no_badge_and_no_notice(console: Client) -> None:
    text = page(console, "console_question", "twice-charged")
    assert "Reference script" in text
    assert "console-standing" not in text
    assert "Undecided" not in text
    assert "Valid until" not in text


def test_the_end_of_an_answer_is_announced(console: Client) -> None:
    publish("offer", expires_at=LATER)
    text = in_words(page(console, "console_question", "offer"))
    assert "Valid until Fri 6 Mar 10:30" in text


def test_a_script_disappears_at_its_minute(console: Client) -> None:
    end = NOW + timedelta(minutes=1)
    publish("offer", script="限时八折。", fallback=FALLBACK, expires_at=end)
    with time_machine.travel(end - timedelta(seconds=1), tick=False):
        assert "限时八折。" in page(console, "console_question", "offer")
    with time_machine.travel(end, tick=False):
        text = page(console, "console_question", "offer")
    assert "限时八折。" not in text
    assert copied(text) == {"script-main": FALLBACK}


def test_cautions_stand_beside_the_answer_until_they_are_decided(console: Client) -> None:
    question = publish("disputed", script="按我们的说法。")
    disagree(question, "两处说法不一 <b>")
    disagree(question, "早已裁定", decided_at=NOW)
    text = page(console, "console_question", "disputed")
    assert "两处说法不一 &lt;b&gt;" in text
    assert "两处说法不一" not in without_internal(text)
    assert "早已裁定" not in text
    assert copied(text) == {"script-main": "按我们的说法。"}


def test_variables_are_filled_in(console: Client) -> None:
    publish(
        "promise",
        script="最晚 {{due_date}}。",
        follow_ups=(FollowUpContent("怎么联系", "{{handover_promise}}。"),),
    )
    scripts = copied(page(console, "console_question", "promise"))
    assert scripts == {
        "script-main": "最晚 3月9日（周一）18:00。",
        "script-next-1": "在 3 个工作日内通过回拨电话或私信的方式。",
    }


def test_pictures_and_videos_are_shown_and_can_be_saved(console: Client, editor: Any) -> None:
    image = keep_upload(name="图.png", data=picture(), acting_user=editor, now=NOW)
    film = keep_upload(name="片.mp4", data=MP4, acting_user=editor, now=NOW)
    publish(
        "shown",
        attachments=(
            AttachmentContent(image.digest, '步骤 "一"'),
            AttachmentContent(film.digest, "演示"),
        ),
    )
    text = page(console, "console_question", "shown")
    at_image = reverse("admin:kb_attachment", args=[image.digest])
    at_film = reverse("admin:kb_attachment", args=[film.digest])
    assert f'<img src="{at_image}" alt="步骤 &quot;一&quot;" loading="lazy" width="8"' in text
    assert f'<video src="{at_film}" controls preload="none" aria-label="演示">' in text
    for address in (at_image, at_film):
        assert f'href="{address}?download"' in text
        assert console.get(address).status_code == 200


def test_a_drawing_without_a_size_is_shown_too(console: Client) -> None:
    publish("drawn", attachments=(attachment("图"),))
    text = page(console, "console_question", "drawn")
    assert 'alt="图" loading="lazy">' in text


def test_the_panel_stays_within_its_queries(
    console: Client, django_assert_max_num_queries: Any
) -> None:
    publish_hand_over()
    publish_not_in_force("expired")
    publish("rich", attachments=(attachment("图"),))
    # session, user, roles, question, follow-ups, attachments, disagreements; the flow to hand
    # over with
    with django_assert_max_num_queries(8):
        page(console, "console_question", "expired", htmx=True)
    with django_assert_max_num_queries(8):
        page(console, "console_question", "rich", htmx=True)


# --- beginning a contact -------------------------------------------------------------------------


@pytest.mark.parametrize("standing", NOT_IN_FORCE)
def test_a_contact_about_it_is_handed_over(console: Client, standing: str) -> None:
    publish_hand_over()
    publish_not_in_force(standing, flow="twice", escalates=True)
    begin(console, question=standing)
    contact = Consultation.objects.get()
    assert FlowRun.objects.get(consultation=contact).version.flow.key == "hand-over"
    text = page(console, "console_contact", contact.pk)
    assert 'data-stage="hand_over"' in text
    assert CANARY not in without_internal(text)


def test_an_answer_that_ended_while_it_was_read_is_not_recorded_as_given(console: Client) -> None:
    """The panel was loaded while there was no flow to walk."""
    publish_hand_over()
    publish("offer", script="限时八折。", fallback=FALLBACK, expires_at=NOW)
    response = begin(console, question="offer", then="answered", utterance="还有优惠吗")
    address = response.headers["Location"]
    assert address.startswith(reverse("admin:console_question", args=["offer"]))
    text = console.get(address).content.decode()
    assert "Nothing was recorded: this question is handed over now." in text
    assert "还有优惠吗</textarea>" in text
    assert not Consultation.objects.exists()


# --- finding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("standing", NOT_IN_FORCE)
def test_results_and_tree_say_what_an_answer_is(console: Client, standing: str) -> None:
    publish_not_in_force(standing, title="春节限时活动", phrasings=("过年有优惠吗",))
    found = page(console, "console_search", q="过年有优惠吗", htmx=True)
    first, *others = found.split("</li>")
    assert WORDS[standing][0] in first
    assert not any(WORDS[standing][0] in other for other in others)
    tree = page(console, "console")
    assert "春节限时活动 <span" in tree
    assert tree.count(WORDS[standing][0]) == 1
    assert CANARY not in found + tree


def test_close_cases_are_one_tap_choices(console: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, ("twice-charged", "扣了两次 <b>"), ("price", "问价格"), ("gone", "没有了"))
    text = page(console, "console_search", q="灵感值", htmx=True)
    group = re.search(r'<div class="[^"]*console-which.*?</div>', text, re.DOTALL)
    assert group
    assert "Which case is it?" in group[0]
    links = re.findall(r'href="([^"?]+)\?q=[^"]*" data-nav.*?>([^<]+)</a>', group[0], re.DOTALL)
    assert links == [
        (reverse("admin:console_question", args=["twice-charged"]), "扣了两次 &lt;b&gt;"),
        (reverse("admin:console_question", args=["price"]), "问价格"),
    ]
    assert text.index("console-which") < text.index("console-results")


def test_one_case_is_no_choice(console: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, ("price", "问价格"), ("gone", "没有了"))
    assert "console-which" not in page(console, "console_search", q="灵感值", htmx=True)


def offer(monkeypatch: pytest.MonkeyPatch, *cases: tuple[str, str]) -> None:
    """Let the search find that the words fit several cases."""

    def found(words: str) -> SearchResult:
        return replace(search_questions(words), choices=tuple(Choice(*case) for case in cases))

    monkeypatch.setattr("tickets.admin.console_find.search_questions", found)


def test_a_result_says_which_synonym_took_part(console: Client) -> None:
    Synonym.objects.create(variant="点数", canonical="灵感值")
    text = page(console, "console_search", q="点数怎么卖", htmx=True)
    assert "点数 → 灵感值" in text


def test_a_result_says_what_was_understood_by_its_sound(console: Client) -> None:
    text = page(console, "console_search", q="lingganzhi", htmx=True)
    assert "lingganzhi understood as 灵感值" in text
    assert "<mark>灵感值</mark>" in text
