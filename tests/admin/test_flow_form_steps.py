"""One step in its form: it is written into the text, and nothing else is touched."""

from __future__ import annotations

from typing import Any

import pytest

from kb.flows.loader import load_flow
from kb.flows.source import read
from kb.models import FlowDraft
from tests.admin.flow_desk import FlowDesk, changed_lines, errors_of
from tests.conftest import FLOW


@pytest.fixture
def first(editor: Any, questions: Any) -> FlowDesk:
    return FlowDesk(editor)


def test_texts(first: FlowDesk) -> None:
    first.open("step/refresh/")
    assert first.value("script") == "请您先刷新页面再试。"
    page = first.done(script="请您先刷新页面。\r\n再试一次。  ", hint="看看页面数")
    assert 'id="step-refresh"' in page
    assert changed_lines(FLOW, first.text) == [
        "-     script: 请您先刷新页面再试。",
        "+     script: |",
        "+       请您先刷新页面。",
        "+       再试一次。",
        "+     hint: |",
        "+       看看页面数",
    ]


def test_choices_are_changed_moved_taken_out_and_added(first: FlowDesk) -> None:
    first.open("step/refresh/")
    first.done(choices__0__order="2", choices__1__order="1", choices__1__label="还是多扣")
    assert (
        "    choices:\n"
        '      - {value: "again", label: 还是多扣, next: tier2}\n'
        '      - {value: "fixed", label: 好了, next: done}\n'
    ) in first.text
    first.open("step/refresh/")
    first.done(choices__2__label="不想试", choices__2__next="tier2", choices__2__order="1")
    assert (
        '      - {value: "again", label: 还是多扣, next: tier2}\n'
        "      - {value: bu-xiang-shi, label: 不想试, next: tier2}\n"
        '      - {value: "fixed", label: 好了, next: done}\n'
    ) in first.text
    first.open("step/refresh/")
    first.done(choices__0__DELETE="on")
    assert "again" not in first.text


def test_a_choice_leads_to_a_new_step(first: FlowDesk) -> None:
    first.open("step/pages/")
    page = first.done(
        choices__2__label="不知道", choices__2__next="+say", choices__0__next="+escalate"
    )
    assert first.address.endswith("/form/step/kai-le/")
    assert "Hand-over" in page
    data = read(first.text, "yaml")
    assert list(data["nodes"])[:3] == ["pages", "kai-le", "bu-zhi-dao"]
    assert data["nodes"]["kai-le"] == {
        "kind": "escalate",
        "promise": True,
        "requires": ["problem", "demand", "account_id", "contact"],
    }
    assert data["nodes"]["pages"]["choices"][2] == {
        "value": "bu-zhi-dao",
        "label": "不知道",
        "next": "bu-zhi-dao",
    }


def test_further_rows_offer_the_same_as_the_others(first: FlowDesk) -> None:
    page = first.open("step/pages/")
    template = page.partition("<template data-row-template>")[2].partition("</template>")[0]
    assert 'name="choices-__prefix__-next"' in template
    for target in ("tier2", "+collect"):
        assert f'<option value="{target}">' in template


def test_where_a_step_leads(first: FlowDesk) -> None:
    first.open("new/")
    first.done(kind="say", name="先致歉")
    assert first.address.endswith("/form/step/xian-zhi-qian/")
    first.done(script="抱歉。", next="pages")
    first.open("step/pages/")
    first.done(choices__2__label="很生气", choices__2__next="xian-zhi-qian")
    flow = load_flow(first.text)
    assert [way.next for way in flow.nodes["xian-zhi-qian"].exits()] == ["pages"]


def test_what_is_collected(first: FlowDesk) -> None:
    first.open("new/")
    first.done(kind="collect", name="问时间", key="ask")
    first.done(
        prompt="问清时间",
        next="done",
        variables__0__label="付款时间",
        variables__0__kind="datetime",
        variables__0__when="past",
        # Left over from when another kind was chosen.
        variables__0__max_length="20",
        variables__0__options="x",
    )
    assert first.address.endswith("/form/")
    first.open("step/ask/")
    first.done(
        variables__1__label="档位",
        variables__1__kind="one_of",
        variables__1__options="黄金\r\n铂金 = platinum\r\n其他＝other",
        variables__1__ordered="on",
        variables__1__required=None,
    )
    first.open("step/ask/")
    first.done(
        variables__2__label="3 次里第几次", variables__2__kind="count", variables__2__max="3"
    )
    data = read(first.text, "yaml")
    assert data["schema"] == 2
    assert data["nodes"]["ask"]["variables"] == [
        {"key": "fu_kuan_shi_jian", "kind": "datetime", "label": "付款时间", "when": "past"},
        {
            "key": "dang_wei",
            "kind": "one_of",
            "label": "档位",
            "required": False,
            "ordered": True,
            "options": [
                {"value": "huang-jin", "label": "黄金"},
                {"value": "platinum", "label": "铂金"},
                {"value": "other", "label": "其他"},
            ],
        },
        {"key": "n_3_ci_li_di_ji_ci", "kind": "count", "label": "3 次里第几次", "max": 3},
    ]
    page = first.open()
    assert "档位 · One of several · 黄金 / 铂金 / 其他 · may stay empty" in page


def test_a_hand_over(first: FlowDesk) -> None:
    first.open("step/tier2/")
    assert first.fields["requires"] == ["problem", "demand", "account_id", "contact"]
    first.done(
        promise=None,
        requires=["problem"],
        tags="credits, twice-charged；",
        question="price",
        queue="safety",
        script="已登记。",
        fields__2__label="作品链接",
        fields__2__help="从浏览器复制",
    )
    step = read(first.text, "yaml")["nodes"]["tier2"]
    assert step == {
        "kind": "escalate",
        "promise": False,
        "question": "price",
        "queue": "safety",
        "script": "已登记。",
        "requires": ["problem"],
        "fields": [
            {"key": "times", "label": "扣了几次", "kind": "count"},
            {"key": "about_when", "label": "大约何时", "kind": "datetime", "required": False},
            {
                "key": "zuo_pin_lian_jie",
                "kind": "text",
                "label": "作品链接",
                "help": "从浏览器复制",
            },
        ],
        "tags": ["credits", "twice-charged"],
    }
    first.open("step/tier2/")
    first.done(requires=[], promise="on")
    step = read(first.text, "yaml")["nodes"]["tier2"]
    assert (step["requires"], step["promise"]) == ([], True)


def test_an_end_and_a_redirect(first: FlowDesk) -> None:
    first.open("step/done/")
    first.done(script="", answer="price")
    assert read(first.text, "yaml")["nodes"]["done"] == {
        "kind": "end",
        "outcome": "answered",
        "answer": "price",
    }
    first.open("new/")
    first.done(kind="redirect", name="去别处")
    first.done(script="请联系商务。", channel="商务")
    assert read(first.text, "yaml")["nodes"]["qu-bie-chu"] == {
        "kind": "redirect",
        "channel": "商务",
        "script": "请联系商务。\n",
    }


def test_what_forms_do_not_know_stays(first: FlowDesk) -> None:
    extras = "kind: escalate   # to tier 2\n    prefill: {account_id: web_id}\n    # the promise\n"
    text = FLOW.replace("schema: 1", "schema: 2").replace("kind: escalate\n", extras)
    first.drafted(text)
    assert "filled in beforehand: account ID ← web_id" in first.open()
    first.open("step/tier2/")
    first.done(script="好的，{{due_date}} 前。")
    assert changed_lines(text, first.text) == [
        "-     script: 已为您转交高级顾问，最晚 {{due_date}} 前答复。",
        "+     script: 好的，{{due_date}} 前。",
    ]


def test_errors_stand_at_their_fields(first: FlowDesk) -> None:
    first.open("step/refresh/")
    response = first.send(
        prompt=" ",
        sets="Not So",
        choices__0__label="",
        choices__1__next="",
        choices__1__value="A B",
        choices__2__label="长" * 81,
        choices__2__next="done",
    )
    assert response.status_code == 422
    found = errors_of(response)
    assert set(found) == {
        *("prompt", "sets", "choices-0-label", "choices-1-next", "choices-1-value"),
        "choices-2-label",
    }
    assert found["prompt"] == ["is missing – Add it."]
    assert found["choices-2-label"] == ["is longer than 80 characters – Shorten it."]
    # Everything typed is still there, and nothing was saved.
    assert first.value("choices__1__value") == "A B"
    assert first.value("choices__2__label") == "长" * 81
    assert not FlowDraft.objects.exists()


def test_errors_of_collected_things_and_fields(first: FlowDesk) -> None:
    first.open("new/")
    first.done(kind="collect", key="ask")
    response = first.send(
        prompt="p",
        next="done",
        variables__0__label="几次",
        variables__0__kind="count",
        variables__0__max="viele",
    )
    assert errors_of(response) == {"variables-0-max": ["must be a whole number – Correct it."]}
    response = first.send(variables__0__kind="one_of", variables__0__options="一个")
    assert errors_of(response) == {
        "variables-0-options": ["needs at least 2, has 1 – Add what is missing."]
    }
    response = first.send(variables__0__label="", variables__0__kind="text")
    assert set(errors_of(response)) == {"__all__"}
    first.open("step/tier2/")
    response = first.send(fields__0__key="Nein", tags="Nein")
    assert set(errors_of(response)) == {"fields-0-key", "tags"}
    response = first.send(fields__0__order="x", expected_version="")
    assert set(errors_of(response)) == {"fields-0-order", "expected_version"}


def test_too_few_answers(first: FlowDesk) -> None:
    first.open("step/refresh/")
    response = first.send(choices__0__DELETE="on")
    assert errors_of(response)["__all__"] == ["needs at least 2, has 1 – Add what is missing."]
    response = first.send(choices__1__DELETE="on")
    assert errors_of(response)["__all__"] == ["is missing – Add it."]


def test_what_the_lint_finds_is_saved_and_told(first: FlowDesk) -> None:
    first.open("step/refresh/")
    page = first.done(script="我给您建单。")
    assert "“建单” is a word of the house" in page
    assert "我给您建单。" in first.text


def test_a_step_that_leads_nowhere_can_still_be_edited(first: FlowDesk) -> None:
    first.drafted(FLOW.replace("next: refresh}", "next: ghost}"))
    page = first.open("step/pages/")
    assert "ghost (is not there)" in page
    first.done(prompt="neu")
    assert "next: ghost}" in first.text


def test_a_step_that_no_form_can_show(first: FlowDesk) -> None:
    first.drafted(FLOW.replace('value: "yes"', "value: yes"))
    cards = {card.key: card for card in first.client.get(first.base).context["cards"]}
    assert not cards["pages"].is_editable
    assert first.client.get(f"{first.base}step/pages/").status_code == 302


def test_a_text_that_only_a_person_can_change(first: FlowDesk) -> None:
    text = FLOW + "<<: {later: 1}\n"
    first.drafted(text)
    first.open()
    response = first.send(title="neu")
    assert response.status_code == 422
    assert "can be changed in the text only" in response.content.decode()
    assert first.value("title") == "neu"
    first.open("step/refresh/")
    assert first.send(script="neu").status_code == 422
    assert first.value("script") == "neu"
    first.open("new/")
    assert first.send(kind="say", name="neu").status_code == 422
    first.open("step/tier2/")
    assert first.delete("tier2").status_code == 409
    assert FlowDraft.objects.get().text == text


def test_a_flow_that_grows_too_long(first: FlowDesk) -> None:
    first.drafted(FLOW + "# " + "x" * 399_000)
    first.open("step/refresh/")
    response = first.send(script="长" * 1_990)
    assert response.status_code == 422
    assert "longer than 400000 characters" in response.content.decode()
    assert first.value("script") == "长" * 1_990
