"""The starter flows in the console: typed values, checks, tables, back, and what goes along."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from kb.models import StandardQuestion
from klingdesk.core.roles import Role
from tests.admin.desk_flows import STARTED, Console, everything_stored
from tests.kb.flows.test_starter_flows import BAD, GOOD, IDS, KEY, PATHS, SAME, pasted
from tickets.models import Consultation, RunStep, Ticket
from tickets.selectors.runs import run_state

STAGES = {"answer": "answer", "tier2": "hand_over", "report": "hand_over", "redirect": "redirect"}
QUESTIONS = {
    "sync": "web-membership-not-synced",
    "api": "api-usage",
    "double-charge": "double-charge",
    "membership-order": "second-subscription",
}


pytestmark = pytest.mark.usefixtures("starter")


@pytest.fixture
def begin(agent: Any) -> Callable[[str], Console]:
    return lambda flow: Console(agent, QUESTIONS[flow])


# --- every way through ---------------------------------------------------------------------------


@pytest.mark.parametrize("flow", ["sync", "api", "double-charge"])
def test_every_path_ends_where_it_should(flow: str, begin: Callable[[str], Console]) -> None:
    for key, given, ends, kind in PATHS:
        if key == flow:
            console = begin(flow).walk(*given)
            state = run_state(Consultation.objects.get(pk=console.contact))
            assert state is not None
            assert (console.stage, state.position.node_key) == (STAGES[kind], ends)


TABLE = [
    (("single-3", "gold"), ("monthly", "diamond"), "answer", "订阅之后立即生效"),
    (("single-1", "diamond"), ("quarterly", "gold"), "answer", "等单品到期之后"),
    (("monthly", "gold"), ("quarterly", "gold"), "answer", "连续包季"),
    (("quarterly", "platinum"), ("monthly", "gold"), "answer", "不能再订更低的档"),
    (("monthly", "gold"), ("single-12", "platinum"), "answer", "续费日期不会顺延"),
    (("single-1", "gold"), ("single-1", "gold"), "hand_over", "不要推断"),
]


def test_the_table_decides_and_the_path_says_so(begin: Callable[[str], Console]) -> None:
    names = ("holds_plan", "holds_tier", "wants_plan", "wants_tier")
    for holds, wants, stage, said in TABLE:
        console = begin("membership-order")
        assert console.stage == "collect"
        page = console.answer(dict(zip(names, holds + wants, strict=True)))
        assert console.stage == stage
        assert said in page
        path = page.split("Path so far")[-1]
        assert "Decided automatically" in path
        assert path.count('name="step"') == 1, "only what a person answered is asked again"
        assert "能不能买" in page.split("Filled in so far")[1]


def test_what_the_table_does_not_cover_goes_to_tier_2_with_all_that_was_said(
    begin: Callable[[str], Console],
) -> None:
    console = begin("membership-order")
    console.answer(
        {"holds_plan": "single-1", "holds_tier": "gold", "wants_plan": "single-3"}
        | {"wants_tier": "diamond"}
    )
    assert console.value_of("extra.holds_tier") == "黄金"
    console.hand_over(account_id="7654321")
    ticket = Ticket.objects.get()
    assert {item["key"]: item["value"] for item in ticket.extra} == {
        "holds_plan": "单品 1 个月",
        "holds_tier": "黄金",
        "wants_plan": "单品 3 个月",
        "wants_tier": "钻石",
    }
    asked, table = ticket.transcript["steps"]
    assert "手上的会员：单品 1 个月" in asked["answer"]
    assert (table["automatic"], table["answer"]) == (True, "单品再买单品，资料没有讲到")
    assert {item["key"]: item["value"] for item in table["values"]}["allowed"] == "资料没有讲到"


# --- filling in ----------------------------------------------------------------------------------


def test_every_error_stands_at_its_field_and_nothing_typed_is_lost(
    begin: Callable[[str], Console],
) -> None:
    console = begin("sync").walk("never", "no")
    assert console.stage == "collect"
    console.answer({"web_id": "13812345678", "app_id": ""}, status=422)
    errors = console.errors()
    assert set(errors) == {"values-web_id", "values-app_id"}
    assert "mobile number" in errors["values-web_id"]
    assert console.value_of("values.web_id") == "13812345678"
    assert "2 fields need another look" in console.page
    assert RunStep.objects.count() == 2
    console.answer({"web_id": "昵称<b>", "app_id": "7654321"}, status=422)
    assert console.value_of("values.web_id") == "昵称<b>"
    assert console.value_of("values.app_id") == "7654321"
    assert "<b>" not in console.page.split("昵称")[1][:9]


def test_options_that_were_chosen_stay_chosen(begin: Callable[[str], Console]) -> None:
    console = begin("membership-order")
    console.answer({"holds_plan": "monthly", "holds_tier": "no-such"}, status=422)
    assert re.search(r'name="values.holds_plan" value="monthly" checked', console.page)
    assert set(console.errors()) == {
        f"values-{n}" for n in ("holds_tier", "wants_plan", "wants_tier")
    }


def test_values_that_the_step_does_not_ask_for_are_refused(
    begin: Callable[[str], Console],
) -> None:
    console = begin("sync").walk("never", "no")
    console.answer({**IDS, "other": "x"}, status=422)
    assert run_state(Consultation.objects.get(pk=console.contact)).position.node_key == "both-ids"  # type: ignore[union-attr]


def test_collected_ids_fill_the_capture_and_are_typed_once(
    begin: Callable[[str], Console],
) -> None:
    console = begin("sync").walk("never", "no", IDS)
    assert console.value_of("account_id") == "1234567"
    assert console.value_of("extra.app_account_id") == "7654321"
    assert "1234567" in console.page.split("Filled in so far")[1].split("Path so far")[0]
    console.hand_over()
    ticket = Ticket.objects.get()
    assert ticket.account_id == "1234567"
    assert [(item["kind"], item["value"]) for item in ticket.extra] == [
        ("account_id", "1234567"),
        ("account_id", "7654321"),
    ]


def test_an_emptied_field_is_asked_for_and_not_filled_again(
    begin: Callable[[str], Console],
) -> None:
    console = begin("sync").walk("never", "no", IDS)
    console.hand_over(422, account_id="", **{"extra.app_account_id": "13812345678"})
    assert set(console.errors()) == {"account_id", "extra-app_account_id"}
    assert "mobile number" in console.errors()["extra-app_account_id"]
    assert console.value_of("account_id") == ""


def test_account_ids_are_masked_for_whoever_does_not_work_the_ticket(
    begin: Callable[[str], Console], manager: Any, person: Any
) -> None:
    console = begin("sync").walk("never", "no", {"web_id": "7712345", "app_id": "8812345"})
    console.client.force_login(person("lead", Role.AGENT, Role.MANAGER))
    collected = console.show().split("Filled in so far")[1].split("Path so far")[0]
    assert "7712345" not in collected
    assert "7****5" in collected
    console.client.force_login(console.agent)
    console.show()
    console.hand_over()
    number = Ticket.objects.get().number
    console.client.force_login(manager)
    for address in (f"/admin/ticket/{number}/", f"/api/v1/tickets/{number}/"):
        text = console.client.get(address).content.decode()
        assert "7712345" not in text, address
        assert "8812345" not in text, address
        assert "8****5" in text, address


# --- checking ------------------------------------------------------------------------------------


def test_findings_are_told_by_field_with_a_corrected_request(
    begin: Callable[[str], Console],
) -> None:
    console = begin("api").walk("developer", "failure")
    assert console.stage == "check"
    data_url = {**BAD, "seconds": 5, "input_reference": "/home/me/cat.png"}
    page = console.answer(pasted(data_url))
    assert console.stage == "answer"
    found = page.split('id="checked-title"')[1]
    assert "input_reference" in found
    assert "<dt>Allowed</dt>" in found
    assert "input_reference" in console.script


def test_a_corrected_request_can_be_copied(begin: Callable[[str], Console]) -> None:
    console = begin("api").walk("developer", "failure")
    page = console.answer(
        {"pasted": '{"model": "kling-v2-5-turbo", "prompt": "海边日落", "seconds": 5,}'}
    )
    corrected = page.split('id="corrected"')[1].split("</pre>")[0]
    assert "海边日落" in corrected
    assert 'data-copy="#corrected"' in page


@pytest.mark.parametrize("request_", [BAD, GOOD])
def test_a_pasted_secret_stands_nowhere(
    request_: dict[str, str], begin: Callable[[str], Console], manager: Any
) -> None:
    console = begin("api").walk("developer", "failure", pasted(request_))
    console.show()
    if console.stage == "hand_over":
        assert "海边日落" in console.value_of("extra.request")
        console.hand_over(
            account_id="7654321", **{"extra.request": console.value_of("extra.request")}
        )
        ticket = Ticket.objects.get()
        assert ticket.question.key == "other"
        assert "海边日落" in {item["key"]: item["value"] for item in ticket.extra}["request"]
        console.client.force_login(manager)
        address = f"/admin/ticket/{ticket.number}/"
        console.pages.append(console.client.get(address).content.decode())
    else:
        console.post("back")
    assert KEY not in everything_stored()
    assert all(KEY not in page for page in console.pages)


def test_a_secret_pasted_into_the_hand_over_stands_nowhere_either(
    begin: Callable[[str], Console],
) -> None:
    console = begin("api").walk("developer", "failure", {"pasted": "它就是不行"}, "nothing")
    sent = {"extra.request": pasted(GOOD)["pasted"]}
    console.hand_over(422, account_id="", **sent)
    assert "海边日落" in console.value_of("extra.request")
    assert KEY not in console.page
    console.hand_over(account_id="7654321", **sent)
    assert "海边日落" in str(Ticket.objects.get().extra)
    assert KEY not in everything_stored()


def test_nothing_pasted_is_asked_for_again(begin: Callable[[str], Console]) -> None:
    console = begin("api").walk("developer", "failure")
    console.answer({"pasted": " \n "}, status=422)
    assert set(console.errors()) == {"values-pasted"}
    assert console.stage == "check"


# --- scripts of other questions ------------------------------------------------------------------


def test_an_answer_is_read_out_as_it_is_at_this_moment(begin: Callable[[str], Console]) -> None:
    console = begin("api").walk("creator")
    assert console.script == StandardQuestion.objects.get(key="api-audience").script.strip()


def test_an_expired_invoice_answer_gives_the_fallback_and_a_ticket(
    begin: Callable[[str], Console], starter: time_machine.Traveller
) -> None:
    starter.move_to(STARTED + timedelta(days=365), tick=False)
    stale = StandardQuestion.objects.get(key="api-package-invoice")
    console = begin("api").walk("developer", "invoice")
    assert console.stage == "step"
    assert "not in force: this is the fallback" in console.page
    assert stale.script not in console.page
    assert "Decided automatically" in console.page
    console.walk("next")
    console.hand_over(account_id="7654321", **{"extra.region": "overseas"})
    ticket = Ticket.objects.get()
    assert ticket.question == stale
    assert stale.script not in str(ticket.transcript)
    sources = [step["source"] for step in ticket.transcript["steps"]]
    assert sources == [None, None, None, {"question": "api-package-invoice", "revision": 1}]


def test_a_chase_finds_the_ticket_of_the_question_that_the_flow_names(
    begin: Callable[[str], Console],
) -> None:
    begin("api").walk("developer", "refund").hand_over(
        account_id="7654321",
        **{"extra.package": "大包", "extra.bought_at": "上周", "extra.used": "unused"},
    )
    first = Ticket.objects.get()
    assert first.question.key == "api-package-refund"
    again = begin("api").walk("developer", "refund")
    checked = again.post("account", account_id="7654321")
    assert first.number in checked
    again.show()
    page = again.hand_over(
        409,
        account_id="7654321",
        **{"extra.package": "大包", "extra.bought_at": "上周", "extra.used": "unused"},
    )
    assert first.number in page
    again.post("chase", account_id="7654321", chase_note="")
    first.refresh_from_db()
    assert first.chase_count == 1


# --- back, and two tabs --------------------------------------------------------------------------


def test_back_undoes_what_followed_of_itself_and_drops_what_was_set(
    begin: Callable[[str], Console],
) -> None:
    console = begin("sync").walk("never", "no", SAME)
    assert console.node == "same-account"
    console.post("back")
    assert console.stage == "collect"
    assert "Filled in so far" not in console.page
    undone = RunStep.objects.exclude(undone_at=None).order_by("number")
    assert [(step.node, step.automatic) for step in undone] == [
        ("both-ids", False),
        ("compare-ids", True),
    ]
    assert console.walk(IDS).stage == "hand_over"


def test_any_earlier_answer_can_be_asked_again(begin: Callable[[str], Console]) -> None:
    console = begin("sync").walk("never", "no", SAME)
    console.post("jump", step="1")
    assert console.node == "which-case"
    assert "Nothing answered yet." in console.page
    assert not RunStep.objects.filter(undone_at=None).exists()
    console.walk("same", "no", IDS)
    assert console.stage == "hand_over"


def test_only_answers_of_people_that_stand_can_be_asked_again(
    begin: Callable[[str], Console],
) -> None:
    console = begin("sync").walk("never", "no", SAME)
    for step in ("4", "9", "0", "", "x", "²", "-1", "1" * 50):
        console.post("jump", 409, step=step)
        assert "does not stand any more" in console.page
    assert not RunStep.objects.exclude(undone_at=None).exists()


def test_nothing_is_undone_once_it_is_handed_over(begin: Callable[[str], Console]) -> None:
    console = begin("sync").walk("same", "no", IDS)
    console.hand_over()
    for name, data in (("back", {}), ("jump", {"step": "1"}), ("restart", {})):
        console.post(name, 409, **data)
    assert not RunStep.objects.exclude(undone_at=None).exists()
    assert 'name="step"' not in console.show()


def test_of_two_tabs_one_wins_and_the_other_keeps_what_was_typed(
    begin: Callable[[str], Console],
) -> None:
    console = begin("sync").walk("never", "no")
    console.answer(IDS)
    late = console.post(
        "answer",
        409,
        node="both-ids",
        value="next",
        **{"values.web_id": "5550001", "values.app_id": "5550002"},
    )
    assert console.stage == "hand_over"
    assert "moved on" in late
    rescued = late.split("What you had typed")[2].split("</section>")[0]
    assert "5550001" in rescued
    assert RunStep.objects.filter(node="both-ids").count() == 1


def test_a_late_paste_is_given_back_without_its_secret(begin: Callable[[str], Console]) -> None:
    console = begin("api").walk("developer", "failure", pasted(BAD))
    sent = pasted(GOOD)["pasted"]
    late = console.post("answer", 409, node="paste", value="next", **{"values.pasted": sent})
    assert "海边日落" in late.split("What you had typed")[2]
    assert KEY not in late


def test_the_user_who_tries_is_waited_for(begin: Callable[[str], Console]) -> None:
    console = begin("sync").walk("never")
    assert "What the user should try: say" in console.page
    home = console.client.get("/admin/console/").content.decode()
    assert "Waiting for the user to try" in home
    console.walk("no")
    assert (
        "Waiting for the user to try" not in console.client.get("/admin/console/").content.decode()
    )


def test_automatic_steps_cost_few_queries(
    begin: Callable[[str], Console], django_assert_max_num_queries: Any
) -> None:
    console = begin("sync").walk("never", "no", SAME)
    console.post("back")
    # session, user, roles; savepoint, locked contact, run, steps, both new steps, run, steps,
    # release; contact, run, steps, transfers
    with django_assert_max_num_queries(15):
        console.answer(SAME)
