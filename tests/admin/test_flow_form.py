"""A flow as a list of steps: what it shows, title and first step, steps that come and go."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.test import Client

from kb.flows.source import read
from kb.models import FlowDraft
from tests.admin.flow_desk import FlowDesk, changed_lines, starter
from tests.conftest import FLOW
from tests.kb.flows.starters import SOURCES


@pytest.fixture
def first(editor: Any, questions: Any) -> FlowDesk:
    return FlowDesk(editor)


# --- the list of steps ----------------------------------------------------------------------------


def test_the_steps_in_the_order_of_a_walk(editor: Any, questions: Any) -> None:
    desk = starter(editor, "watermark")
    desk.open()
    cards = desk.client.get(desk.base).context["cards"]
    assert [card.key for card in cards] == [
        *("where-bought", "kwaicut-sells-credits", "login-again", "solved", "hand-over"),
        *("no-other-channel", "warned", "fraud-report"),
    ]
    card = cards[2]
    assert card.words == "The user tries"
    assert card.prompt.startswith("等用户登录")
    assert [(way.label, way.number) for way in card.ways] == [("水印没有了", 4), ("仍有水印", 5)]
    assert "会员下单时间 · Day and time" in cards[4].asked
    assert "卖家信息或链接 · Text · may stay empty" in cards[7].asked


def test_steps_that_decide_by_themselves_are_shown_in_words(editor: Any, questions: Any) -> None:
    desk = starter(editor, "api")
    page = desk.open()
    cards = {card.key: card for card in desk.client.get(desk.base).context["cards"]}
    branch = cards["invoice-in-force"]
    assert not branch.is_editable
    assert [way.label for way in branch.ways] == ["开票说明在有效期内", "otherwise"]
    assert f'kb-flows/api/#line-{branch.line}">Change it in the text' in page
    # Its form leads back to the list.
    assert desk.client.get(f"{desk.base}step/invoice-in-force/")["Location"].endswith(
        "/form/#step-invoice-in-force"
    )


def test_findings_stand_at_their_cards(first: FlowDesk) -> None:
    first.drafted(FLOW.replace("next: done}", "next: nowhere}"))
    page = first.open()
    cards = {card.key: card for card in first.client.get(first.base).context["cards"]}
    assert [row.severity for row in cards["refresh"].findings] == ["error"]
    assert "there is no node “nowhere”" in page
    assert "nowhere: Is not there" in page
    assert "No way from the start leads here:" in page
    assert cards["done"].number == 4


def test_findings_about_the_whole_stand_above(first: FlowDesk) -> None:
    first.drafted(FLOW.replace("question: twice-charged", "question: nobody"))
    first.open()
    rows = first.client.get(first.base).context["elsewhere"]
    assert any("nobody" in row.message for row in rows)


@pytest.mark.parametrize("text", ["nodes: [", "a: 1", "nodes: 3", "", "a: &x 1\nb: *x"])
def test_a_text_that_cannot_be_read_leads_to_the_text(first: FlowDesk, text: str) -> None:
    first.drafted(text)
    for page in ("", "new/", "step/pages/"):
        html = first.open(page)
        assert "This text cannot be read, so there is nothing to fill in." in html
        assert "/admin/kb-flows/twice/#line-" in html
    assert first.client.post(first.base, {"title": "x"}).status_code == 422
    assert first.client.post(f"{first.base}new/", {"kind": "say"}).status_code == 422
    assert first.client.post(f"{first.base}step/pages/delete/", {}).status_code == 422
    assert FlowDraft.objects.get().text == text


def test_steps_of_any_name_and_shape_are_shown(first: FlowDesk) -> None:
    odd = """
  第一步: {kind: say, script: x, next: '"><b>'}
  '"><b>': {kind: end}
  1: {kind: say, next: [1]}
  kinds: {kind: [say], choices: {a: 1}}
  list: []
  null: 3
  escalates: {kind: escalate, requires: problem, prefill: [1], fields: [1], tags: x}
"""
    first.drafted(FLOW + odd)
    page = first.open()
    assert "第一步" in page
    assert "&quot;&gt;&lt;b&gt;" in page
    assert '"><b>' not in page
    for each in ("kinds", "list", "escalates"):
        assert first.client.get(f"{first.base}step/{each}/").status_code == 302


def test_any_damage_to_a_flow_can_be_looked_at(first: FlowDesk) -> None:
    chance = random.Random(7)
    for _round in range(40):
        data = read(SOURCES[chance.choice(sorted(SOURCES))], "yaml")
        for _damage in range(3):
            spots = list(places(data["nodes"]))
            holder, name = chance.choice(spots)
            holder[name] = chance.choice([None, 1, True, [], {}, "", "x", ["x"], {"x": 1}, [{}]])
        first.drafted(yaml.safe_dump(data, allow_unicode=True, sort_keys=False))
        response = first.client.get(first.base)
        assert response.status_code == 200
        editable = [card.key for card in response.context["cards"] if card.is_editable]
        for key in editable[:2]:
            assert first.client.get(f"{first.base}step/{key}/").status_code == 200


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Everything inside ``data``, as what holds it and under which name."""
    for name, value in data.items() if isinstance(data, dict) else enumerate(data):
        yield data, name
        if isinstance(value, dict | list):
            yield from places(value)


def test_sixty_steps(first: FlowDesk) -> None:
    steps = "".join(
        f"  s{n}:\n    kind: say\n    script: Satz {n}.\n    next: s{n + 1}\n" for n in range(59)
    )
    head = FLOW.partition("start:")[0]
    end = "  s59: {kind: end, outcome: answered, script: Ende.}\n"
    first.drafted(f"{head}start: s0\nnodes:\n{steps}{end}")
    page = first.open()
    assert page.count('class="desk-card flow-form-card"') == 60
    assert page.count('<a href="#step-s') >= 60
    first.open("step/s30/")
    first.done(script="Neu.")
    assert "    script: Neu.\n    next: s31\n" in first.text


# --- title, start ---------------------------------------------------------------------------------


def test_title_and_first_step(first: FlowDesk) -> None:
    first.open()
    page = first.done(title="测试：扣费", start="refresh")
    assert "The draft is saved (version 1)." in page
    assert changed_lines(FLOW, first.text) == [
        "- title: 测试：重复扣费",
        "+ title: 测试：扣费",
        "- start: pages",
        "+ start: refresh",
    ]


def test_a_flow_has_a_title(first: FlowDesk) -> None:
    first.open()
    response = first.send(title=" ")
    assert response.status_code == 422
    assert "This field is required." in response.content.decode()
    assert not FlowDraft.objects.exists()


def test_nothing_changed_saves_nothing(first: FlowDesk) -> None:
    first.open()
    assert "Nothing was changed." in first.done()
    for step in ("pages", "refresh", "done", "tier2"):
        first.open(f"step/{step}/")
        assert "Nothing was changed." in first.done()
    assert not FlowDraft.objects.exists()


@pytest.mark.parametrize("key", sorted(SOURCES))
def test_every_starter_goes_through_its_forms_unchanged(
    editor: Any, questions: Any, key: str
) -> None:
    desk = starter(editor, key)
    for card in desk.client.get(desk.base).context["cards"]:
        if card.is_editable:
            desk.open(f"step/{card.key}/")
            assert "Nothing was changed." in desk.done(), card.key
    assert desk.text == SOURCES[key]


# --- new steps, deleted steps ---------------------------------------------------------------------


def test_keys_of_new_steps(first: FlowDesk) -> None:
    first.open("new/")
    assert first.send(kind="say", key="pages").status_code == 422
    response = first.send(kind="say", key="Not So")
    assert "Small letters, digits and single hyphens only." in response.content.decode()
    response = first.send(kind="branch", key="")
    assert response.status_code == 422
    first.done(kind="say", key="", name="？？")
    assert first.address.endswith("/step/say/")
    first.open("new/")
    first.done(kind="say")
    assert first.address.endswith("/step/say-2/")


def test_a_step_goes_when_nothing_leads_to_it(first: FlowDesk) -> None:
    first.open("new/")
    first.done(kind="end", key="spare")
    page = first.open("step/spare/")
    assert "Yes, delete this step" in page
    before = first.text
    assert first.delete("spare").status_code == 302
    assert first.text == FLOW or first.text == before.replace(
        "  spare:\n    kind: end\n    outcome: answered\n", ""
    )


def test_a_step_that_others_lead_to_stays(first: FlowDesk) -> None:
    page = first.open("step/done/")
    assert "It cannot be deleted while other steps lead here:" in page
    assert "Yes, delete this step" not in page
    response = first.delete("done")
    assert response.status_code == 409
    assert "Lead them elsewhere first: 2. 还会多扣吗" in response.content.decode()
    first.open("step/pages/")
    response = first.delete("pages")
    assert "This is the first step." in response.content.decode()
    assert not FlowDraft.objects.exists()


# --- who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["", "new/", "step/pages/"])
def test_only_editors(page: str, questions: Any, agent: Any, advisor: Any) -> None:
    for person in (agent, advisor):
        client = Client()
        client.force_login(person)
        assert client.get(f"/admin/kb-flows/twice/form/{page}").status_code == 403
        assert client.post(f"/admin/kb-flows/twice/form/{page}", {}).status_code == 403
    assert Client().get(f"/admin/kb-flows/twice/form/{page}").status_code == 302


def test_what_is_not_there(first: FlowDesk) -> None:
    for page in ("step/ghost/", "step/ghost/delete/"):
        assert first.client.get(first.base + page).status_code in {404, 405}
    assert first.client.post(f"{first.base}step/pages/", {"kind": "branch"}).status_code == 404
    assert first.client.get("/admin/kb-flows/ghost/form/").status_code == 404


def test_get_deletes_nothing_and_the_token_is_asked_for(first: FlowDesk, editor: Any) -> None:
    assert first.client.get(f"{first.base}step/tier2/delete/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(editor)
    assert strict.post(first.base, {"title": "x"}).status_code == 403
