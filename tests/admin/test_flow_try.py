"""Trying a flow: the agent's walk to its end, and not a row of it is kept."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from kb.models import FlowDraft
from kb.services.flow_drafts import create_flow, save_flow_draft
from kb.services.flow_publishing import keep_version
from klingdesk.core.roles import Role
from tests.admin.desk_flows import HTMX, everything_stored
from tests.conftest import CANARY, FLOW, NOW
from tests.kb.flows.test_starter_flows import BAD, GOOD, KEY, PATHS, pasted

STAGES = {"answer": "answer", "tier2": "hand_over", "report": "hand_over", "redirect": "redirect"}


class Trying:
    """One trial in one tab; every page of it is kept in ``pages``."""

    def __init__(self, person: Any, key: str = "twice", **query: str) -> None:
        self.client = Client(headers={"accept-language": "en"})
        self.client.force_login(person)
        self.address = reverse("admin:kb_flow_try", args=[key])
        self.query = query
        self.pages: list[str] = []

    @property
    def page(self) -> str:
        return self.pages[-1]

    @property
    def stage(self) -> str:
        return self.found(r'id="trial"[^>]*data-stage="(\w*)"')

    @property
    def node(self) -> str:
        return self.found(r'name="node" value="([^"]*)"')

    @property
    def trail(self) -> str:
        return self.found(r'name="trail" value="([^"]*)"')

    @property
    def script(self) -> str:
        return html.unescape(self.found(r'id="script-main">(.*?)</p>'))

    def open(self, status: int = 200) -> Trying:
        response = self.client.get(self.address, self.query)
        self.pages.append(response.content.decode())
        assert response.status_code == status, self.page
        return self

    def post(self, step: str, status: int = 200, **data: str) -> str:
        sent = {"trail": self.trail, "node": self.node, "step": step, **data}
        response = self.client.post(self.address, sent, query_params=self.query, headers=HTMX)
        self.pages.append(response.content.decode())
        assert response.status_code == status, self.page
        return self.page

    def answer(self, given: str | Mapping[str, str], status: int = 200) -> str:
        typed = {} if isinstance(given, str) else {f"values.{k}": v for k, v in given.items()}
        value = given if isinstance(given, str) else "next"
        return self.post("answer", status, value=value, **typed)

    def walk(self, *given: str | Mapping[str, str]) -> Trying:
        for each in given:
            self.answer(each)
        return self

    def found(self, pattern: str) -> str:
        match = re.search(pattern, self.page, re.DOTALL)
        assert match, (pattern, self.page)
        return match[1]

    def errors(self) -> set[str]:
        return set(re.findall(r'id="id-([\w-]+)-error"', self.page))


def stored() -> list[str]:
    return sorted(everything_stored().splitlines())


@pytest.fixture
def trying(editor: Any, questions: Any) -> Trying:
    return Trying(editor)


def save(person: Any, text: str) -> None:
    save_flow_draft(key="twice", text=text, acting_user=person, now=NOW)


# --- the walk ------------------------------------------------------------------------------------
def test_the_first_step_stands_as_an_agent_sees_it(trying: Trying) -> None:
    page = trying.open().page
    assert (trying.stage, trying.node) == ("step", "pages")
    assert "是否开了多个页面" in page
    assert 'data-key="2"' in page
    assert "Nothing that you choose or type here is kept." in page
    hint = page.index(CANARY)
    assert page.rindex("desk-card--internal", 0, hint) > page.index("console-choices")
    assert "One step back" not in page


def test_a_retry_is_gone_on_with_and_says_that_it_would_be_parked(trying: Trying) -> None:
    trying.open().answer("yes")
    assert trying.node == "refresh"
    assert trying.script == "请您先刷新页面再试。"
    assert "a real run is parked" in trying.page
    trying.answer("fixed")
    assert trying.stage == "answer"
    assert trying.script == "很高兴帮到您。"
    assert "Nothing was kept." in trying.page


def test_back_jump_and_restart(trying: Trying) -> None:
    trying.open().walk("yes", "again")
    path = trying.page.split("Path so far")[-1]
    assert path.count('name="index"') == 2
    trying.post("back")
    assert trying.node == "refresh"
    trying.answer("again")
    trying.post("jump", index="0")
    assert trying.node == "pages"
    trying.walk("yes", "again")
    trying.post("restart")
    assert trying.node == "pages"
    assert "Nothing answered yet." in trying.page


@pytest.mark.parametrize("flow", ["sync", "api", "double-charge"])
@pytest.mark.usefixtures("starter")
def test_every_way_of_the_starter_flows_can_be_tried(flow: str, editor: Any) -> None:
    walks = [(given, ends, kind) for key, given, ends, kind in PATHS if key == flow]
    tried = [Trying(editor, flow) for _ in walks]
    before = stored()
    for trying, (given, ends, kind) in zip(tried, walks, strict=True):
        trying.open().walk(*given)
        assert trying.stage == STAGES[kind]
        assert f'name="node" value="{ends}"' in trying.page
    assert walks, flow
    assert stored() == before


@pytest.mark.usefixtures("starter")
def test_a_check_tells_its_findings_and_keeps_no_secret(editor: Any) -> None:
    trying = Trying(editor, "api").open().walk("developer", "failure")
    assert trying.stage == "check"
    trying.answer(pasted(BAD))
    assert trying.stage == "answer"
    assert "What the check found" in trying.page
    trying.post("back")
    assert trying.stage == "check"
    trying.answer({"pasted": " "}, status=422)
    assert trying.errors() == {"values-pasted"}
    trying.answer(pasted(GOOD))
    assert trying.stage == "hand_over"
    assert all(KEY not in page for page in trying.pages)
    carried = signing.loads(trying.trail, salt=f"kb.flows.trial:api:{editor.pk}")
    assert KEY not in str(carried)


@pytest.mark.usefixtures("starter")
def test_typed_values_stand_beside_and_come_back(editor: Any) -> None:
    trying = Trying(editor, "membership-order").open()
    assert trying.stage == "collect"
    names = ("holds_plan", "holds_tier", "wants_plan", "wants_tier")
    trying.answer(dict(zip(names, ("monthly", "", "nonsense", "gold"), strict=True)), status=422)
    assert trying.errors() == {"values-holds_tier", "values-wants_plan"}
    assert re.search(r'value="monthly"[^>]*(checked|selected)', trying.page), "what was typed stays"
    trying.answer(dict(zip(names, ("single-3", "gold", "monthly", "diamond"), strict=True)))
    assert "订阅之后立即生效" in trying.script
    assert "Decided automatically" in trying.page
    assert "单品 3 个月" in trying.page.split("Filled in so far")[1]
    trying.post("back")
    assert re.search(r'value="single-3"[^>]*(checked|selected)', trying.page)


# --- the hand-over -------------------------------------------------------------------------------
def capture(**changes: str) -> dict[str, str]:
    return {
        "problem": "扣了两次",
        "demand": "退回",
        "account_id": "880123",
        "contact_channel": "call_back",
        "contact_value": "13800138000",
        "extra.times": "2",
    } | {name.replace("__", "."): value for name, value in changes.items()}


def test_a_hand_over_shows_what_would_be_made(trying: Trying) -> None:
    trying.open().answer("no")
    assert trying.stage == "hand_over"
    assert "- 是否开了多个页面 只有一个" in html.unescape(trying.page)
    trying.post("hand_over", **capture())
    assert trying.stage == "would_be"
    assert "A ticket for tier 2 would be made now" in trying.page
    for shown in ("880123", "13800138000", "退回", "Call-back"):
        assert shown in trying.page
    assert re.fullmatch(r"已为您转交高级顾问，最晚 \d+月\d+日（周.）18:00 前答复。", trying.script)
    trying.post("back")
    assert trying.node == "pages"


def test_errors_of_the_capture_are_those_of_an_agent(trying: Trying) -> None:
    trying.open().answer("no")
    wrong = capture(problem=" ", account_id="13800138000", contact_value="12", extra__times="many")
    trying.post("hand_over", 422, **wrong)
    assert trying.errors() == {"problem", "account_id", "contact_value", "extra-times"}
    assert "退回" in trying.page
    trying.post("hand_over", 422, **capture(contact_channel="pigeon"))
    assert trying.errors() == {"contact_channel"}
    trying.post("hand_over", **capture(contact_channel="private_message", contact_value=""))
    assert trying.stage == "would_be"


def test_a_hand_over_elsewhere_is_refused(trying: Trying) -> None:
    trying.open()
    trying.post("hand_over", 409, **capture())
    assert trying.node == "pages"


# --- nothing is kept -----------------------------------------------------------------------------
def test_not_a_row_is_written(trying: Trying, caplog: pytest.LogCaptureFixture) -> None:
    trying.open()
    before = stored()
    assert before
    with caplog.at_level("DEBUG"):
        trying.walk("yes", "again")
        trying.post("back")
        trying.answer("again")
        trying.post("hand_over", 422, **capture(account_id="name"))
        trying.post("hand_over", **capture(account_id="880771"))
        trying.post("restart")
        trying.post("jump", 409, index="77")
    assert stored() == before
    statements = [each for each in caplog.messages if "INSERT" in each or "UPDATE" in each]
    assert statements == []
    assert "880771" not in caplog.text


# --- which text ----------------------------------------------------------------------------------
def test_the_draft_is_tried_before_it_is_published(trying: Trying, editor: Any) -> None:
    save(editor, FLOW.replace("是否开了多个页面", "开了几个页面"))
    assert "开了几个页面" in trying.open().page
    trying.query = {"version": "1"}
    assert "是否开了多个页面" in trying.open().page


def test_errors_are_to_be_mended_first(trying: Trying, editor: Any) -> None:
    save(editor, FLOW.replace("next: refresh", "next: nowhere"))
    page = trying.open().page
    assert "Mend these errors first" in page
    assert "there is no node “nowhere”" in html.unescape(page)
    assert 'name="trail"' not in page
    response = trying.client.post(trying.address, {"step": "answer", "value": "yes"})
    assert response.status_code == 409
    save(editor, ": : :")
    assert "Mend these errors first" in trying.open().page


def test_warnings_do_not_stand_in_the_way(trying: Trying, editor: Any) -> None:
    save(editor, FLOW.replace("label: 只有一个", "label: 开一个"))
    trying.open()
    assert trying.stage == "step"
    assert "The check finds 1 warning." in trying.page


def test_a_draft_changed_meanwhile_is_walked_as_far_as_it_fits(trying: Trying, editor: Any) -> None:
    save(editor, FLOW)
    trying.open().walk("yes")
    save(editor, FLOW.replace('value: "yes"', 'value: "several"'))
    trying.answer("fixed", status=409)
    assert trying.node == "pages"
    assert "The text was changed meanwhile." in trying.page
    trying.answer("several")
    assert trying.node == "refresh"


def test_a_draft_gone_meanwhile_is_said(trying: Trying, editor: Any) -> None:
    save(editor, FLOW)
    trying.query = {"version": "draft"}
    trying.open()
    FlowDraft.objects.all().delete()
    trying.post("answer", 404, value="yes")
    assert "There is no such version" in trying.page


def test_a_flow_that_leads_into_one_that_is_not_there(editor: Any, questions: Any) -> None:
    text = FLOW.replace("schema: 1", "schema: 2").replace(
        "  done:",
        "  deep: {kind: subflow, flow: gone, version: 3, outcomes: {answered: done}}\n  done:",
    )
    keep_version(
        text=text.replace("label: 好了, next: done", "label: 好了, next: deep"),
        acting_user=None,
        reason="two",
        now=NOW,
    )
    trying = Trying(editor, version="2").open()
    assert "finds errors in this version by now" in trying.page
    trying.answer("yes")
    trying.answer("fixed", status=409)
    assert "cannot go on from here" in trying.page
    assert trying.node == "refresh"


def test_a_new_flow_that_was_never_published(editor: Any, questions: Any) -> None:
    text = FLOW.replace("key: twice", "key: brand-new")
    create_flow(key="brand-new", title="新", text=text, acting_user=editor, now=NOW)
    assert Trying(editor, "brand-new").open().stage == "step"


# --- what is sent --------------------------------------------------------------------------------
def test_a_trail_that_is_not_ours_begins_again(trying: Trying, person: Any) -> None:
    trying.open().walk("yes")
    other = Trying(person("editor2", Role.EDITOR)).open()
    for trail in ("", "nonsense", trying.trail[:-3], other.trail, "x" * 1_000_000):
        response = trying.client.post(
            trying.address, {"trail": trail, "step": "answer", "node": "refresh", "value": "fixed"}
        )
        assert response.status_code == 409
        assert "it begins again" in response.content.decode()


def test_a_wrong_answer_is_said_and_the_walk_stands(trying: Trying) -> None:
    trying.open()
    trying.answer("no-such-answer", status=409)
    assert "Choose one of the answers." in trying.page
    trying.post("answer", 409, node="done", value="next")
    assert "The trial has moved on." in trying.page
    trying.post("back", 409)
    assert "There is nothing to go back to." in trying.page
    assert trying.node == "pages"


def test_it_works_without_scripts(trying: Trying) -> None:
    trying.open()
    sent = {"trail": trying.trail, "node": "pages", "step": "answer", "value": "yes"}
    page = trying.client.post(trying.address, sent).content.decode()
    assert "<html" in page
    assert "请您先刷新页面再试。" in page


def test_what_is_not_there_is_said(trying: Trying) -> None:
    trying.query = {"version": "9"}
    trying.open(404)
    assert "There is no such version" in trying.page
    gone = trying.client.get(reverse("admin:kb_flow_try", args=["no-such-flow"]))
    assert gone.status_code == 404


def test_every_button_needs_its_token(editor: Any, questions: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    address = reverse("admin:kb_flow_try", args=["twice"])
    assert client.post(address, {"step": "restart"}).status_code == 403


@pytest.mark.parametrize("who", ["agent", "advisor", "manager"])
def test_only_editors_may(who: str, questions: Any, request: pytest.FixtureRequest) -> None:
    client = Client()
    client.force_login(request.getfixturevalue(who))
    assert client.get(reverse("admin:kb_flow_try", args=["twice"])).status_code == 403
