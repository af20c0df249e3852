"""What a screen reader is told of a step, and what its fields are called."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.utils import translation

from tests.admin.desk_flows import Console
from tests.kb.flows.test_starter_flows import BAD, IDS, pasted
from tickets.admin.check_words import check_outcome_words, check_result_words
from tickets.models import RunStep, Ticket

SYNC = "web-membership-not-synced"


pytestmark = pytest.mark.usefixtures("starter")


def announced(console: Console) -> str:
    found = re.search(r'data-announce="([^"]*)"', console.page)
    assert found
    return html.unescape(found[1])


def test_every_stage_is_announced_in_one_region_that_stays(agent: Any) -> None:
    console = Console(agent, SYNC)
    assert console.page.count('id="console-live"') == 1
    said = [announced(console)]
    for given in ("never", "no", IDS):
        console.answer(given)
        assert 'id="console-live"' not in console.page, "it must not be swapped away"
        said.append(announced(console))
    assert said == [
        "Step 1: choose an answer, keys 1 to 3.",
        "Step 2: the user tries something. Then choose an answer, keys 1 to 2.",
        "Step 3: fill in 2 fields.",
        "The flow has come to a hand-over: fill in the form.",
    ]
    console.hand_over()
    assert announced(console) == "This contact is over."


def test_a_check_an_answer_and_a_plain_contact(agent: Any) -> None:
    console = Console(agent, "api-usage").walk("developer", "failure")
    assert announced(console).endswith(": paste the text to be checked.")
    console.answer(pasted(BAD))
    assert announced(console) == "The flow has come to its end: finish the contact."
    assert announced(Console(agent, "credits-price")) == "This contact has no decision flow."


def test_what_an_alert_says_is_not_said_twice(agent: Any) -> None:
    console = Console(agent, SYNC).walk("never", "no")
    console.answer({"web_id": "x", "app_id": ""}, status=422)
    assert 'role="alert"' in console.page
    assert announced(console) == ""
    console.post("jump", 409, step="77")
    assert announced(console) == ""


def test_the_heading_takes_the_focus_unless_a_field_is_wrong(agent: Any) -> None:
    console = Console(agent, SYNC).walk("never", "no")
    assert re.search(r'<h2 class="console-prompt" tabindex="-1" data-focus>', console.page)
    console.answer({"web_id": "x", "app_id": ""}, status=422)
    assert "data-focus" not in console.page


def test_fields_are_labelled_and_described(agent: Any) -> None:
    console = Console(agent, SYNC).walk("never", "no")
    console.answer({"web_id": "13812345678", "app_id": ""}, status=422)
    for name in ("web_id", "app_id"):
        field = re.search(rf'<input [^>]*name="values.{name}"[^>]*>', console.page)
        assert field
        assert f'<label for="id-values-{name}">' in console.page
        described = re.search(r'aria-describedby="([^"]+)"', field[0])
        assert described
        assert f"id-values-{name}-error" in described[1].split()
        assert 'aria-invalid="true"' in field[0]
        for each in described[1].split():
            assert f'id="{each}"' in console.page
    table = Console(agent, "second-subscription")
    table.answer({"holds_plan": "", "holds_tier": "gold"}, status=422)
    group = re.search(r'<fieldset [^>]*role="radiogroup"[^>]*>', table.page)
    assert group
    assert 'aria-describedby="id-values-holds_plan-error"' in group[0]
    assert 'aria-invalid="true"' in group[0]


def test_checks_speak_the_language_of_the_reader(agent: Any) -> None:
    console = Console(agent, "api-usage").walk("developer", "failure", {"pasted": "它就是不行"})
    assert RunStep.objects.get(kind="check").label == "内容无法识别"
    path = console.page.split('aria-label="Path so far"')[1]
    assert "The text cannot be read" in path
    assert "内容无法识别" not in path
    console.answer("nothing")
    console.hand_over(account_id="7654321", **{"extra.request": "它就是不行"})
    ticket = Ticket.objects.get()
    page = console.client.get(f"/admin/ticket/{ticket.number}/").content.decode()
    transcript = page.split('id="transcript-title"')[1].split("</section>")[0]
    assert "The text cannot be read" in transcript or "What was checked" in transcript
    assert "检查的内容" not in transcript
    assert "agent" in transcript


def test_only_what_is_known_is_put_into_words() -> None:
    with translation.override("en"):
        assert [check_outcome_words(each) for each in ("found", "clean", "other")] == [
            "Something is against the rules",
            "No problem found",
            "",
        ]
        results = ("pasted", "findings", "corrected", "problems", "model", "other")
        assert [bool(check_result_words(each)) for each in results] == [True] * 5 + [False]
