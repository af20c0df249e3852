"""Fixtures shared by all tests: a desk with its people, a small knowledge base, frozen times.

PostgreSQL is always real: the one in ``DATABASE_URL`` (``make test`` starts a
throw-away server and sets it).
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils import timezone, translation
from hypothesis import settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from kb.models import Category, StandardQuestion
from kb.selectors.search import holder
from kb.services import import_jobs
from kb.services.content import FollowUpContent, QuestionContent
from kb.services.flow_publishing import keep_version
from kb.services.publishing import publish_question
from klingdesk import garbage
from klingdesk.core.roles import BOT_GROUP, Role
from klingdesk.embedded.translations import compile_catalogues
from klingdesk.templatetags import desk_keys, desk_once
from tests.beginnings import begin_with
from tickets.admin import queue_filters, queue_rows
from tickets.models import Team, Ticket
from tickets.services import exports
from tickets.services.consultations import answer_step, start_consultation
from tickets.services.desk import prepare_desk
from tickets.services.hand_over import Capture, hand_over
from tickets.services.routing import route_tickets

# Property tests draw the same examples on every run and have no stopwatch.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
# Hypothesis also draws constants of whatever modules are loaded: it depends on the tests that ran
# before in the same process. It has no setting for it.
providers._get_local_constants = Constants

LOCALE = Path(__file__).resolve().parents[1] / "locale"

NOW = datetime(2026, 3, 4, 2, 30, tzinfo=UTC)
"""A plain Wednesday, 10:30 in Shanghai; three working days later is Monday 2026-03-09, 18:00."""

DUE = datetime(2026, 3, 9, 10, 0, tzinfo=UTC)
PASSWORD = "only-for-tests"
LONGER_THAN_TESTS = 3_600.0
CANARY = "CANARY-internal-note-7c1f"

FLOW = """
schema: 1
key: twice
title: 测试：重复扣费
question: twice-charged
start: pages
nodes:
  pages:
    kind: choice
    prompt: 是否开了多个页面
    hint: CANARY-internal-note-7c1f
    choices:
      - {value: "yes", label: 开了, next: refresh}
      - {value: "no", label: 只有一个, next: tier2}
  refresh:
    kind: retry
    script: 请您先刷新页面再试。
    prompt: 还会多扣吗
    choices:
      - {value: "fixed", label: 好了, next: done}
      - {value: "again", label: 依旧多扣, next: tier2}
  done: {kind: end, outcome: answered, script: 很高兴帮到您。}
  tier2:
    kind: escalate
    script: 已为您转交高级顾问，最晚 {{due_date}} 前答复。
    fields:
      - {key: times, label: 扣了几次, kind: count}
      - {key: about_when, label: 大约何时, kind: datetime, required: false}
"""


def pytest_collection_finish() -> None:
    """As in the web's processes; a collection of everything takes longer than most tests."""
    garbage.settle()


@pytest.fixture(autouse=True)
def forget_search_index() -> None:
    """Rolled-back tests use the same index versions again, for other questions."""
    holder.forget()


@pytest.fixture(autouse=True)
def pulses_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pulse of a job is felt on a connection of its own, from where a test's own transaction
    is out of sight: beating, it would find the job taken away. Tests of pulses make their own."""
    for module, pulse in ((import_jobs, import_jobs.Pulse), (exports, exports.Pulse)):
        monkeypatch.setattr(module, "Pulse", partial(pulse, beat=LONGER_THAN_TESTS))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Texts of services as they stand in the code, whether or not a catalogue is compiled."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogues of this tree, compiled afresh, whatever lies compiled beside them."""
    folder = tmp_path_factory.mktemp("catalogues") / "locale"
    shutil.copytree(LOCALE, folder, ignore=shutil.ignore_patterns("*.mo"))
    assert compile_catalogues(folder) is None
    return folder


@pytest.fixture
def chinese(settings: Any, catalogues: Path) -> Iterator[None]:
    """Texts as people read them in Chinese."""
    settings.LOCALE_PATHS = [catalogues]
    _forget_rendered()
    with translation.override("zh-hans"):
        yield
    _forget_rendered()


def _forget_rendered() -> None:
    """Without catalogues, and with them, the same language says something else."""
    desk_once.forget()
    for kept in (desk_keys._windows, queue_filters._markup, queue_rows._markup):
        kept.cache_clear()


@pytest.fixture
def desk(db: None) -> None:
    """Roles, the default teams and the promise."""
    begin_with("desk", lambda: prepare_desk(now=NOW))


@pytest.fixture
def person(desk: None) -> Callable[..., Any]:
    """Make a person: ``person("name", Role.AGENT, team="tier2")``; no role makes a stranger."""

    def make(username: str, *roles: Role, team: str | None = None) -> Any:
        user = get_user_model().objects.create_user(
            username=username,
            password=PASSWORD,
            is_staff=bool(roles),
            is_superuser=Role.ADMIN in roles,
        )
        for role in roles:
            if role is not Role.ADMIN:
                user.groups.add(Group.objects.get(name=role.value))
        if team is not None:
            Team.objects.get(slug=team).members.add(user)
        return user

    return make


@pytest.fixture
def agent(person: Callable[..., Any]) -> Any:
    return person("agent", Role.AGENT)


@pytest.fixture
def agent2(person: Callable[..., Any]) -> Any:
    return person("agent2", Role.AGENT)


@pytest.fixture
def advisor(person: Callable[..., Any]) -> Any:
    return person("advisor", Role.ADVISOR, team="tier2")


@pytest.fixture
def advisor2(person: Callable[..., Any]) -> Any:
    return person("advisor2", Role.ADVISOR, team="tier2")


@pytest.fixture
def other_advisor(person: Callable[..., Any]) -> Any:
    """An advisor of another team: sees nothing of tier2's tickets."""
    return person("other_advisor", Role.ADVISOR, team="safety")


@pytest.fixture
def manager(person: Callable[..., Any]) -> Any:
    return person("manager", Role.MANAGER)


@pytest.fixture
def bot(desk: None) -> Any:
    """A program that answers users."""
    user = get_user_model().objects.create_user(username="bot")
    user.groups.add(Group.objects.get(name=BOT_GROUP))
    return user


@pytest.fixture
def editor(person: Callable[..., Any]) -> Any:
    return person("editor", Role.EDITOR)


@pytest.fixture
def admin_person(person: Callable[..., Any]) -> Any:
    return person("admin", Role.ADMIN)


@pytest.fixture
def stranger(person: Callable[..., Any]) -> Any:
    """Somebody with a password and no role."""
    return person("stranger")


@pytest.fixture
def questions(desk: None) -> dict[str, StandardQuestion]:
    """``twice-charged`` (flow, tier 2) and ``price`` (plain), both with canaries inside."""
    begin_with("questions", publish_two)
    # The one time that no caller gives.
    StandardQuestion.objects.update(updated_at=timezone.now())
    return StandardQuestion.objects.in_bulk(["twice-charged", "price"], field_name="key")


def publish_two() -> None:
    """What ``questions`` has, made by the services."""
    Category.objects.create(slug="credits", title="灵感值", order=1)
    keep_version(text=FLOW, acting_user=None, reason="test", now=NOW)
    publish_question(
        key="twice-charged",
        content=QuestionContent(
            title="生成一次被扣了多次灵感值",
            category="credits",
            status="online",
            script="请您先刷新单个页面。",
            internal_note=f"先核实页面数。{CANARY}",
            escalates=True,
            flow="twice",
            phrasings=("灵感值重复扣除", "一个视频扣两次"),
            follow_ups=(FollowUpContent("会退吗", "核实后为您答复。"),),
        ),
        acting_user=None,
        reason="test",
        now=NOW,
    )
    publish_question(
        key="price",
        content=QuestionContent(
            title="灵感值的价格",
            category="credits",
            status="online",
            script="1 元可购买 10 灵感值。",
            internal_note=CANARY,
            phrasings=("灵感值怎么卖",),
        ),
        acting_user=None,
        reason="test",
        now=NOW,
    )


@pytest.fixture
def capture() -> Callable[..., Capture]:
    """A complete capture; each call has an account ID of its own unless one is given."""
    numbers = itertools.count(880_001)

    def make(**changes: Any) -> Capture:
        values: dict[str, Any] = {
            "problem": "一个视频扣了两次灵感值",
            "demand": "退回多扣的灵感值",
            "account_id": str(next(numbers)),
            "contact_channel": "call_back",
            "contact_value": "13800138000",
            "extra": {"times": "2"},
        }
        return Capture(**{**values, **changes})

    return make


@pytest.fixture
def at_hand_over(agent: Any, questions: Any) -> Callable[..., int]:
    """Begin a contact and walk it to its hand-over; returns the consultation's id."""

    def make(acting_user: Any = None, now: datetime = NOW) -> int:
        user = acting_user or agent
        contact = start_consultation(
            acting_user=user,
            channel="phone",
            utterance="扣了我两次",
            question_key="twice-charged",
            now=now,
        )
        answer_step(consultation_id=contact.pk, acting_user=user, node="pages", value="no", now=now)
        return contact.pk

    return make


@pytest.fixture
def make_ticket(
    agent: Any, at_hand_over: Callable[..., int], capture: Callable[..., Capture]
) -> Callable[..., Ticket]:
    """A handed-over ticket, routed to tier 2 unless ``routed=False``."""

    def make(
        *, acting_user: Any = None, now: datetime = NOW, routed: bool = True, **changes: Any
    ) -> Ticket:
        user = acting_user or agent
        done = hand_over(
            consultation_id=at_hand_over(user, now),
            acting_user=user,
            capture=capture(**changes),
            now=now,
        )
        if routed:
            route_tickets(ticket_ids=[done.ticket.pk], now=now)
        return Ticket.objects.get(pk=done.ticket.pk)

    return make
