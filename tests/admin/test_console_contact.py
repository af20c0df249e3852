"""The contact in progress: one node at a time, back, restart, and every ending but a ticket."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from kb.models import StandardQuestion
from kb.services.content import QuestionContent
from kb.services.flow_publishing import keep_version
from kb.services.publishing import publish_question
from tests.conftest import CANARY, NOW
from tickets.models import Consultation, RunStep
from tickets.services.consultations import answer_step, finish_consultation, start_consultation

HTMX = {"HX-Request": "true"}

WAYS = """
schema: 1
key: ways
title: 测试：各种出口
question: ways
start: tell
nodes:
  tell: {kind: say, script: 先给用户念这一段。, prompt: 先念再问, next: which}
  which:
    kind: choice
    prompt: 往哪里去
    choices:
      - {value: "other-question", label: 另一个问题, next: to-question}
      - {value: "other-team", label: 另一个团队, next: to-team}
      - {value: "loop", label: 再来一遍, next: tell}
  to-question: {kind: redirect, script: 这就给您说价格。, question: price}
  to-team: {kind: redirect, script: 请在小程序里反馈。, channel: 小程序团队}
"""


@pytest.fixture
def console(agent: Any, questions: Any) -> Iterator[Client]:
    with time_machine.travel(NOW, tick=False):
        client = Client(headers={"accept-language": "en"})
        client.force_login(agent)
        yield client


@pytest.fixture
def ways(questions: Any) -> StandardQuestion:
    keep_version(text=WAYS, acting_user=None, reason="test", now=NOW)
    return publish_question(
        key="ways",
        content=QuestionContent(
            title="各种出口", category="credits", status="online", script="话术。", flow="ways"
        ),
        acting_user=None,
        reason="test",
        now=NOW,
    )


@pytest.fixture
def begin(agent: Any, questions: Any) -> Callable[..., int]:
    def make(key: str | None = "twice-charged", words: str = "扣了两次", user: Any = None) -> int:
        return start_consultation(
            acting_user=user or agent, channel="phone", utterance=words, question_key=key, now=NOW
        ).pk

    return make


def show(client: Client, contact: int) -> str:
    response = client.get(reverse("admin:console_contact", args=[contact]))
    assert response.status_code == 200
    return response.content.decode()


def post(client: Client, name: str, contact: int, htmx: bool = True, **data: str) -> Any:
    return client.post(
        reverse(f"admin:console_{name}", args=[contact]), data, headers=HTMX if htmx else {}
    )


def stage(text: str) -> str:
    found = re.search(r'data-stage="(\w+)"', text)
    assert found
    return found[1]


def script(text: str) -> str:
    found = re.search(r'id="script-main">(.*?)</p>', text, re.DOTALL)
    assert found
    return html.unescape(found[1])


def choices(text: str) -> list[tuple[str, str]]:
    return re.findall(r'name="value" value="([\w-]+)" data-key="(\d)"', text)


# --- one node at a time --------------------------------------------------------------------------


def test_the_present_node_with_its_choices(console: Client, begin: Callable[..., int]) -> None:
    text = show(console, begin())
    assert stage(text) == "step"
    assert "是否开了多个页面" in text
    assert choices(text) == [("yes", "1"), ("no", "2")]
    assert "Nothing answered yet." in text
    assert 'data-key="b"' not in text, "nothing to go back to"


def test_hint_and_note_are_internal_and_not_in_any_script(
    console: Client, begin: Callable[..., int], questions: Any
) -> None:
    contact = begin()
    text = show(console, contact)
    outside = re.sub(
        r'<aside class="desk-card desk-card--internal.*?</aside>', "", text, flags=re.DOTALL
    )
    assert text.count(CANARY) == 2
    assert CANARY not in outside
    after = post(console, "answer", contact, node="pages", value="yes").content.decode()
    assert CANARY not in script(after)


def test_answer_swaps_the_step_and_shows_the_path(
    console: Client, begin: Callable[..., int], agent: Any
) -> None:
    contact = begin()
    response = post(console, "answer", contact, node="pages", value="yes")
    text = response.content.decode()
    assert response.status_code == 200
    assert "<html" not in text
    assert script(text) == "请您先刷新页面再试。"
    assert '<span class="console-path-answer">开了</span>' in text
    step = RunStep.objects.get()
    assert (step.node, step.value, step.answered_by, step.answered_at) == (
        "pages",
        "yes",
        agent,
        NOW,
    )
    assert script(show(console, contact)) == script(text), "another tab shows the same"


def test_without_javascript_the_answer_redirects(
    console: Client, begin: Callable[..., int]
) -> None:
    contact = begin()
    response = post(console, "answer", contact, htmx=False, node="pages", value="yes")
    assert (response.status_code, response.headers["Location"]) == (
        302,
        reverse("admin:console_contact", args=[contact]),
    )


@pytest.mark.parametrize("htmx", [True, False])
def test_a_stale_tab_gets_the_present_state_and_changes_nothing(
    console: Client, begin: Callable[..., int], htmx: bool
) -> None:
    contact = begin()
    post(console, "answer", contact, node="pages", value="yes")
    response = post(console, "answer", contact, htmx=htmx, node="pages", value="no")
    text = response.content.decode()
    assert response.status_code == 409
    assert 'role="alert">This contact has moved on' in text
    assert choices(text) == [("fixed", "1"), ("again", "2")]
    assert RunStep.objects.count() == 1
    assert ("<html" in text) is not htmx


@pytest.mark.parametrize("value", ["", "maybe", "next", "\x00", "x" * 10_000])
def test_an_answer_that_is_not_offered(
    console: Client, begin: Callable[..., int], value: str
) -> None:
    response = post(console, "answer", begin(), node="pages", value=value)
    assert response.status_code == 422
    assert "Choose one of the answers." in response.content.decode()
    assert not RunStep.objects.exists()


def test_back_and_restart_keep_the_steps_on_record(
    console: Client, begin: Callable[..., int]
) -> None:
    contact = begin()
    post(console, "answer", contact, node="pages", value="yes")
    post(console, "answer", contact, node="refresh", value="again")
    assert stage(show(console, contact)) == "hand_over"
    assert "请您先刷新页面再试。" in post(console, "back", contact).content.decode()
    assert "是否开了多个页面" in post(console, "restart", contact).content.decode()
    assert list(RunStep.objects.values_list("undone_at", flat=True)) == [NOW, NOW]
    late = post(console, "back", contact)
    assert late.status_code == 409
    assert "nothing to go back to" in late.content.decode()


def test_a_say_node_goes_on_with_one_key(
    console: Client, ways: Any, begin: Callable[..., int]
) -> None:
    contact = begin("ways")
    text = show(console, contact)
    assert (script(text), choices(text)) == ("先给用户念这一段。", [("next", "1")])
    after = post(console, "answer", contact, node="tell", value="next").content.decode()
    assert "Read out" in after, "the path says what was done, though there was no choice"


def test_a_flow_that_goes_round_too_often_says_so(
    console: Client, ways: Any, begin: Callable[..., int], agent: Any
) -> None:
    contact = begin("ways")
    for _ in range(100):
        for node, value in (("tell", "next"), ("which", "loop")):
            answer_step(consultation_id=contact, acting_user=agent, node=node, value=value, now=NOW)
    response = post(console, "answer", contact, node="tell", value="next")
    assert response.status_code == 409
    assert "gone round too often" in response.content.decode()


# --- endings -------------------------------------------------------------------------------------


def test_answered(console: Client, begin: Callable[..., int]) -> None:
    contact = begin()
    post(console, "answer", contact, node="pages", value="yes")
    text = post(console, "answer", contact, node="refresh", value="fixed").content.decode()
    assert (stage(text), script(text)) == ("answer", "很高兴帮到您。")
    assert 'value="answered"' in text
    response = post(console, "finish", contact, outcome="answered")
    assert (response.status_code, response.headers["HX-Redirect"]) == (
        204,
        reverse("admin:console"),
    )
    done = Consultation.objects.get()
    assert (done.status, done.finished_at) == ("answered", NOW)
    assert "Ready for the next user." in console.get(reverse("admin:console")).content.decode()


@pytest.mark.parametrize(
    ("value", "words"), [("other-question", "灵感值的价格"), ("other-team", "小程序团队")]
)
def test_redirected(
    console: Client, ways: Any, begin: Callable[..., int], value: str, words: str
) -> None:
    contact = begin("ways")
    post(console, "answer", contact, node="tell", value="next")
    text = post(console, "answer", contact, node="which", value=value).content.decode()
    assert stage(text) == "redirect"
    assert words in text
    link = reverse("admin:console_question", args=["price"])
    assert (f'href="{link}"' in text) is (value == "other-question")
    assert 'value="redirected"' in text
    response = post(console, "finish", contact, htmx=False, outcome="redirected")
    assert response.headers["Location"] == reverse("admin:console")
    assert Consultation.objects.get().status == "redirected"


def test_abandoned_is_always_possible(console: Client, begin: Callable[..., int]) -> None:
    contact = begin()
    assert 'value="abandoned"' in show(console, contact)
    post(console, "answer", contact, node="pages", value="no")
    assert 'value="abandoned"' in show(console, contact)
    post(console, "finish", contact, outcome="abandoned")
    assert Consultation.objects.get().status == "abandoned"


def test_a_hand_over_cannot_be_finished_as_answered(
    console: Client, begin: Callable[..., int]
) -> None:
    contact = begin()
    post(console, "answer", contact, node="pages", value="no")
    response = post(console, "finish", contact, outcome="answered")
    assert response.status_code == 409
    assert stage(response.content.decode()) == "hand_over"
    assert Consultation.objects.get().status == "open"
    wrong = post(console, "finish", contact, outcome="nonsense")
    assert wrong.status_code == 422
    assert "Unknown outcome." in wrong.content.decode()


def test_a_contact_that_is_over_says_so_to_a_late_tab(
    console: Client, begin: Callable[..., int], agent: Any
) -> None:
    contact = begin()
    finish_consultation(consultation_id=contact, acting_user=agent, outcome="abandoned", now=NOW)
    for name, data in (
        ("answer", {"node": "pages", "value": "yes"}),
        ("back", {}),
        ("restart", {}),
        ("finish", {"outcome": "answered"}),
        ("hand_over", {"node": "pages"}),
        ("chase", {"account_id": "880001"}),
    ):
        response = post(console, name, contact, **data)
        text = response.content.decode()
        assert response.status_code == 409, name
        assert stage(text) == "ended"
        assert "already ended" in text
    text = show(console, contact)
    assert "<form" not in text.split('id="contact"')[1]


def test_a_contact_without_flow_or_question_can_be_ended(
    console: Client, begin: Callable[..., int]
) -> None:
    plain, bare = begin("price"), begin(None)
    text = show(console, plain)
    assert (stage(text), script(text)) == ("plain", "1 元可购买 10 灵感值。")
    assert stage(show(console, bare)) == "ask"
    for contact in (plain, bare):
        assert post(console, "back", contact).status_code == 409
        assert post(console, "finish", contact, outcome="answered").status_code == 204


# --- who, how much, and what a GET may do --------------------------------------------------------


def test_words_of_the_user_are_escaped(console: Client, begin: Callable[..., int]) -> None:
    contact = begin(words='<script>alert(1)</script>"><img src=x onerror=alert(2)>')
    post(console, "answer", contact, node="pages", value="no")
    for text in (show(console, contact), console.get(reverse("admin:console")).content.decode()):
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "&lt;script&gt;alert(1)" in text


def test_contacts_of_others_are_not_found(
    console: Client, begin: Callable[..., int], agent2: Any
) -> None:
    other = begin(user=agent2)
    for contact in (other, 987_654, 10**30):
        address = reverse("admin:console_contact", args=[contact])
        assert console.get(address).status_code == 404
        names = ("answer", "back", "jump", "restart", "finish", "account", "hand_over", "chase")
        for name in names:
            assert post(console, name, contact).status_code == 404
    assert Consultation.objects.get().status == "open"


def test_the_page_stays_within_its_queries(
    console: Client, begin: Callable[..., int], django_assert_max_num_queries: Any
) -> None:
    contact = begin()
    # session, user, roles, the admin site's permissions (2), unread notices, contact, run, steps,
    # transfers, the flow version on a process's first sight of it
    with django_assert_max_num_queries(11):
        show(console, contact)
    # session, user, roles; savepoint, locked contact, run, steps, new step, run, steps, since when
    # the user is waited for, release; contact, run, steps, transfers
    with django_assert_max_num_queries(16):
        post(console, "answer", contact, node="pages", value="yes")


def test_later_steps_stand_below_earlier_ones(
    console: Client, begin: Callable[..., int], agent: Any
) -> None:
    contact = begin()
    later = NOW + timedelta(minutes=3)
    answer_step(consultation_id=contact, acting_user=agent, node="pages", value="yes", now=NOW)
    answer_step(
        consultation_id=contact, acting_user=agent, node="refresh", value="again", now=later
    )
    path = show(console, contact).split("Path so far")[2]
    assert path.index("开了") < path.index("依旧多扣")
    assert "10:33:00" in path
