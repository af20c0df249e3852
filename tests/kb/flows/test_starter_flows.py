"""Every path of every starter flow: what is answered, where it ends, what goes along."""

from __future__ import annotations

import json

import pytest

from kb.flows.engine import Answer, OutcomeKind, advance, back, outcome
from kb.flows.lint import lint
from kb.flows.schema import CAPTURED, EscalateNode, RedirectNode
from kb.flows.showing import prefilled, shown
from tests.kb.flows.starters import AROUND, FLOWS, QUESTIONS, Walked, desk

IDS = {"web_id": "１２３４５６７", "app_id": "ID: 7654321"}
SAME = {"web_id": "1234567", "app_id": "1234567"}
GOOD = {"model": "kling-v2-5-turbo", "prompt": "海边日落", "seconds": "5", "size": "1920x1080"}
KEY = "sk-0123456789abcdef0123456789abcdef"
BAD = {**GOOD, "seconds": "7"}


def pasted(request: dict[str, str]) -> dict[str, str]:
    return {
        "pasted": f"curl https://api.example.com/v1/videos -H 'Authorization: Bearer {KEY}' "
        f"-H 'Content-Type: application/json' -d '{json.dumps(request, ensure_ascii=False)}'"
    }


PATHS = [
    ("double-charge", ("yes", "no"), "solved", "answer"),
    ("double-charge", ("yes", "yes"), "hand-over", "tier2"),
    ("double-charge", ("unsure", "no"), "solved", "answer"),
    ("double-charge", ("unsure", "yes"), "hand-over", "tier2"),
    ("double-charge", ("no",), "hand-over", "tier2"),
    ("watermark", ("kwaicut",), "kwaicut-sells-credits", "answer"),
    ("watermark", ("web", "no"), "solved", "answer"),
    ("watermark", ("web", "yes"), "hand-over", "tier2"),
    ("watermark", ("elsewhere", "finish"), "warned", "answer"),
    ("watermark", ("elsewhere", "report"), "fraud-report", "report"),
    ("mini-program", ("yes",), "in-app-feedback", "redirect"),
    ("mini-program", ("no",), "genuine-product", "answer"),
    ("mini-program", ("unsure", "next", "yes"), "in-app-feedback", "redirect"),
    ("mini-program", ("unsure", "next", "no"), "genuine-product", "answer"),
    ("hand-over", (), "hand-over", "tier2"),
    ("sync", ("never", "yes"), "solved", "answer"),
    ("sync", ("never", "no", IDS), "hand-over", "tier2"),
    ("sync", ("other", "yes"), "solved", "answer"),
    ("sync", ("other", "no", IDS), "hand-over", "tier2"),
    ("sync", ("same", "yes"), "solved", "answer"),
    ("sync", ("same", "no", SAME), "hand-over", "tier2"),
    ("sync", ("same", "no", IDS), "hand-over", "tier2"),
    ("sync", ("never", "no", SAME, "again", IDS), "hand-over", "tier2"),
    ("sync", ("other", "no", SAME, "again", IDS), "hand-over", "tier2"),
    ("sync", ("never", "no", SAME, "same", "yes"), "solved", "answer"),
    ("sync", ("other", "no", SAME, "same", "no"), "hand-over", "tier2"),
    ("api", ("creator",), "not-needed", "answer"),
    ("api", ("developer", "usage", "yes"), "documents-helped", "answer"),
    ("api", ("developer", "usage", "no"), "usage-hand-over", "tier2"),
    ("api", ("developer", "failure", pasted(BAD)), "violations", "answer"),
    ("api", ("developer", "failure", pasted(GOOD)), "failure-hand-over", "tier2"),
    (
        "api",
        ("developer", "failure", {"pasted": "它就是不行"}, "nothing"),
        "failure-hand-over",
        "tier2",
    ),
    (
        "api",
        ("developer", "failure", {"pasted": "它就是不行"}, "again", pasted(BAD)),
        "violations",
        "answer",
    ),
    ("api", ("developer", "refund"), "refund", "tier2"),
    ("api", ("developer", "invoice", "domestic"), "invoice-answer", "answer"),
    ("api", ("developer", "invoice", "overseas"), "invoice-answer", "answer"),
]


@pytest.mark.parametrize(("key", "given", "ends", "kind"), PATHS)
def test_a_path_ends_where_it_should(
    key: str, given: tuple[str | dict[str, str], ...], ends: str, kind: str
) -> None:
    run = Walked(key, *given)
    assert run.here.node_key == ends
    assert outcome(run.here) is OutcomeKind(kind)
    script = shown(run.here, run.world).script
    assert script
    assert script.count("{{") == script.count("{{due_date}}")


def test_every_exit_of_every_flow_is_walked() -> None:
    """So that no path is missing above: each answer of each node, each rule, each outcome."""
    walked = {key: set[tuple[str, str]]() for key in FLOWS}
    for key, given, _ends, _kind in PATHS:
        walked[key] |= {(step.node_key, step.value) for step in Walked(key, *given).steps}
    expired = Walked("api", "developer", "invoice", "next", world=desk("api-package-invoice"))
    walked["api"] |= {(step.node_key, step.value) for step in expired.steps}
    for key, flow in FLOWS.items():
        if key == "membership-order":  # tests/kb/flows/test_membership_order.py
            continue
        ways = {(name, way.value) for name, node in flow.nodes.items() for way in node.exits()}
        assert walked[key] == ways


@pytest.mark.parametrize("key", FLOWS)
def test_a_starter_flow_has_nothing_to_be_found_fault_with(key: str) -> None:
    assert lint(FLOWS[key], AROUND) == ()


@pytest.mark.parametrize("key", FLOWS)
def test_every_promise_captures_what_it_needs(key: str) -> None:
    for node in FLOWS[key].nodes.values():
        if isinstance(node, EscalateNode) and node.promise:
            assert node.requires == CAPTURED
            for term in ("高级顾问", "3 个工作日内", "回拨电话", "私信", "最晚不超过 {{due_date}}"):
                assert term in node.script
        if isinstance(node, EscalateNode | RedirectNode) and node.question is not None:
            assert node.question in QUESTIONS


def test_both_account_ids_go_along_and_nobody_types_them_twice() -> None:
    form = prefilled(Walked("sync", "never", "no", IDS).here)
    assert form.captured == {"account_id": "1234567"}
    assert form.fields == {"web_account_id": "1234567", "app_account_id": "7654321"}
    again = prefilled(Walked("sync", "never", "no", SAME, "same", "no").here)
    assert again.fields == {"web_account_id": "1234567", "app_account_id": "1234567"}


def test_equal_account_ids_contradict_the_cases_of_rebinding_only() -> None:
    for case in ("never", "other"):
        here = Walked("sync", case, "no", SAME).here
        assert here.node_key == "same-account"
        assert "不成立" in shown(here).prompt
    assert Walked("sync", "same", "no", SAME).here.node_key == "hand-over"


@pytest.mark.parametrize("case", ["never", "other", "same"])
def test_after_every_try_the_run_waits_for_the_user(case: str) -> None:
    assert Walked("sync", case).here.is_parked


def test_what_the_developer_sent_is_answered_with_what_is_wrong_in_it() -> None:
    run = Walked("api", "developer", "failure", pasted(BAD))
    script = shown(run.here, run.world).script
    assert "seconds" in script
    assert "5" in script
    assert KEY not in repr(run.answers)


@pytest.mark.parametrize(
    ("response", "ends", "said"),
    [
        ({"status": "failed", "error": {"code": "moderation_blocked"}}, "violations", "内容审核"),
        ({"status": "in_progress"}, "violations", "还没有结束"),
        ({"status": "failed", "error": {"code": "E-1"}}, "failure-hand-over", "高级顾问"),
        ({"status": "completed", "completed_at": 1_700_000_000}, "violations", "已经过期"),
    ],
)
def test_what_a_task_answered_is_explained_or_looked_into(
    response: dict[str, object], ends: str, said: str
) -> None:
    text = json.dumps({"id": "task-1", "model": "kling-v2-1", **response})
    run = Walked("api", "developer", "failure", {"pasted": text})
    assert run.here.node_key == ends
    assert said in shown(run.here, run.world).script


def test_what_is_right_goes_to_tier_2_without_its_key() -> None:
    run = Walked("api", "developer", "failure", pasted(GOOD))
    form = prefilled(run.here)
    assert "海边日落" in form.fields["request"]
    assert KEY not in repr(form) + repr(run.answers)
    node = run.here.node
    assert isinstance(node, EscalateNode)
    assert node.question == "other"


@pytest.mark.parametrize(
    ("given", "question"),
    [
        (("usage", "no"), "other"),
        (("failure", pasted(GOOD)), "other"),
        (("refund",), "api-package-refund"),
    ],
)
def test_under_which_question_the_ticket_is_made(
    given: tuple[str | dict[str, str], ...], question: str
) -> None:
    node = Walked("api", "developer", *given).here.node
    assert isinstance(node, EscalateNode)
    assert node.question == question


def test_scripts_of_questions_are_theirs() -> None:
    for given, question in (
        (("creator",), "api-audience"),
        (("developer", "usage"), "api-usage"),
        (("developer", "invoice", "domestic"), "api-package-invoice"),
    ):
        run = Walked("api", *given)
        now = shown(run.here, run.world)
        assert (now.script, now.question) == (QUESTIONS[question]["script"], question)
        assert not now.is_fallback


def test_an_expired_invoice_script_is_never_given() -> None:
    over = desk("api-package-invoice")
    run = Walked("api", "developer", "invoice", world=over)
    now = shown(run.here, over)
    assert run.here.node_key == "invoice-expired"
    assert now.is_fallback
    assert now.script == QUESTIONS["api-package-invoice"]["fallback"]
    assert "有效期" in now.prompt, "the agent is told so"
    run = Walked("api", "developer", "invoice", "next", world=over)
    assert outcome(run.here) is OutcomeKind.TIER2


def test_an_invoice_script_that_expires_in_the_middle_is_not_given_either() -> None:
    run = Walked("api", "developer", "invoice", "domestic")
    now = shown(run.here, desk("api-package-invoice"))
    assert now.is_fallback
    assert "去开票" not in now.script


def test_going_back_from_the_ids_asks_for_the_try_again() -> None:
    run = Walked("sync", "never", "no", SAME)
    assert run.answers[-1].automatic
    answers = back(run.answers)
    assert [each.node for each in answers] == ["which-case", "case-1"]
    assert advance(run.flow, answers, Answer("both-ids", values=dict(IDS)), run.world)
