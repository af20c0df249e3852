"""The page on which editors see what a draft would change for runs that are over."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.signing import dumps, loads
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kb.models import Flow, FlowDraft
from tests.admin.desk_flows import everything_stored
from tests.conftest import NOW
from tests.tickets.flow_runs import SECRET, Run, changed, publish_ends
from tickets.admin import flow_replay, flow_replay_tally

PAGE = reverse("admin:flow_replay", args=["ends"])
ON = reverse("admin:flow_replay_on", args=["ends"])
HTMX = {"HX-Request": "true"}
OTHER_QUEUE = {"queue: money": "queue: billing"}


@pytest.fixture
def room(editor: Any, questions: Any) -> Iterator[Client]:
    publish_ends()
    client = Client(headers={"accept-language": "en"})
    client.force_login(editor)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield client


def draft(editor: Any, **changes: str) -> FlowDraft:
    values = {"text": changed(**changes), "author": editor, "updated_at": NOW, "version": 1}
    flow = Flow.objects.get(key="ends")
    return FlowDraft.objects.update_or_create(flow=flow, defaults=values)[0]


def seen(client: Client, status: int = 200, **query: Any) -> str:
    response = client.get(PAGE, query)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def so_far(page: str) -> str:
    found = re.search(r'name="so_far" value="([^"]*)"', page)
    return found[1] if found else ""


def go_on(client: Client, state: str, status: int = 200, **more: Any) -> str:
    response = client.post(ON, {"so_far": state}, headers=HTMX, **more)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def test_the_draft_is_played_and_each_difference_told(
    room: Client, agent: Any, editor: Any
) -> None:
    for account in (SECRET, "1234567"):
        Run(agent).say("money", {"id": account, "note": "只有我知道"}, "yes").hand_over(account)
    Run(agent).say("other").finish("redirected")
    draft(editor, **OTHER_QUEUE)
    page = seen(room)
    assert "What would be different with the draft" in page
    assert "3 runs were played." in page
    assert re.search(r"<strong>1</strong> end the same", page)
    assert re.search(r"<strong>2</strong> would end differently", page)
    assert "It would be another ticket" in page
    assert "<strong>2 runs</strong>" in page, "two that are alike are one case"
    assert "Queue: money" in page
    assert "Queue: billing" in page
    assert re.search(r"<code>what</code> 想做什么 <span [^>]*>退款</span>", page)
    assert "说" not in re.sub(r"<[^>]*>", "", page.split("It was")[1].split("The way there")[0])
    for personal in (SECRET, "1234567", "只有我知道"):
        assert personal not in page


def test_without_a_draft_it_is_the_published_version(room: Client, agent: Any) -> None:
    Run(agent).say("other").finish("redirected")
    page = seen(room)
    assert "What would be different with version 1" in page
    assert "1 run was played." in page
    assert re.search(r"<strong>0</strong> would end differently", page)


def test_no_run_is_over_yet(room: Client, agent: Any) -> None:
    Run(agent)
    assert "No run of this flow is over yet" in seen(room)


def test_a_flow_without_any_text_has_nothing_to_play_against(room: Client) -> None:
    Flow.objects.create(key="bare", title="空的")
    page = room.get(reverse("admin:flow_replay", args=["bare"])).content.decode()
    assert "There is nothing to play against" in page
    assert "disabled" in page


def test_a_draft_with_errors_is_not_walked(room: Client, agent: Any, editor: Any) -> None:
    Run(agent).say("other").finish("redirected")
    draft(editor, **{"next: elsewhere": "next: nowhere"})
    page = seen(room, 422)
    assert "The draft has errors" in page
    assert "nowhere" in page
    assert "were played" not in page
    draft(editor, **{"start: what": "start: ["})
    assert "The draft has errors" in seen(room, 422)
    assert "1 run was played." in seen(room, against="1")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"most": "0"}, "from 1 to 10000"),
        ({"most": "10001"}, "from 1 to 10000"),
        ({"most": "viele"}, "from 1 to 10000"),
        ({"most": "9" * 30}, "from 1 to 10000"),
        ({"against": "7"}, "Choose the draft or one of the versions"),
        ({"against": "draft"}, "Choose the draft or one of the versions"),
        ({"against": "9" * 30}, "Choose the draft or one of the versions"),
    ],
)
def test_what_cannot_be_read_is_said_beside_what_was_typed(
    room: Client, query: dict[str, str], words: str
) -> None:
    page = seen(room, 400, **query)
    assert words in page
    if "most" in query:
        assert f'value="{query["most"]}"' in page


def test_it_goes_on_in_portions_that_add_up(
    room: Client, agent: Any, editor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_replay, "CHUNK", 2)
    for account in range(5):
        Run(agent).say("money", {"id": f"{account}123456"}, "yes").hand_over(f"{account}123456")
    draft(editor, **OTHER_QUEUE)
    page = seen(room)
    assert "2 of 5 runs are played." in page
    assert "<strong>2 runs</strong>" in page
    assert 'hx-trigger="load, submit"' in page
    page = go_on(room, so_far(page))
    assert "<html" not in page, "a part of the page for htmx"
    assert "4 of 5 runs are played." in page
    whole = room.post(ON, {"so_far": so_far(page)}).content.decode()
    assert "<html" in whole, "without a script the button gives the whole page"
    page = go_on(room, so_far(page))
    assert "5 runs were played." in page
    assert "<strong>5 runs</strong>" in page
    assert so_far(page) == ""


def test_no_more_than_was_asked_for(
    room: Client, agent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_replay, "CHUNK", 2)
    for _ in range(4):
        Run(agent).say("other").finish("redirected")
    page = go_on(room, so_far(seen(room, most="3")))
    assert "3 runs were played." in page
    assert so_far(page) == ""


@pytest.fixture
def begun(room: Client, agent: Any, editor: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(flow_replay, "CHUNK", 1)
    for _ in range(2):
        Run(agent).say("other").finish("redirected")
    draft(editor)
    return so_far(seen(room))


def test_a_draft_that_changes_meanwhile_ends_the_replay(
    room: Client, editor: Any, begun: str
) -> None:
    draft(editor, **OTHER_QUEUE)
    page = go_on(room, begun, 409)
    assert "The draft was changed while runs were played" in page
    assert "Play again" in page
    draft(editor, **{"next: elsewhere": "next: nowhere"})
    assert "The draft was changed" in go_on(room, begun, 409)
    FlowDraft.objects.all().delete()
    assert "Choose the draft" not in go_on(room, begun, 400)


def test_nobody_goes_on_with_what_is_not_theirs(room: Client, person: Any, begun: str) -> None:
    from klingdesk.core.roles import Role

    assert "too old" in go_on(room, begun + "x", 400)
    assert "too old" in go_on(room, "", 400)
    other = Client(headers={"accept-language": "en"})
    other.force_login(person("editor2", Role.EDITOR))
    assert "too old" in go_on(other, begun, 400)
    elsewhere = reverse("admin:flow_replay_on", args=["twice"])
    assert room.post(elsewhere, {"so_far": begun}, headers=HTMX).status_code == 400
    with time_machine.travel(NOW + timedelta(hours=3), tick=False):
        assert "too old" in go_on(room, begun, 400)


def test_only_editors_and_only_with_a_token(room: Client, begun: str, request: Any) -> None:
    for name in ("agent", "advisor", "manager", "stranger"):
        client = Client()
        client.force_login(request.getfixturevalue(name))
        is_stranger = name == "stranger"
        assert client.get(PAGE).status_code == (302 if is_stranger else 403)
        assert client.post(ON, {"so_far": begun}).status_code == (401 if is_stranger else 403)
    assert room.get(ON).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(request.getfixturevalue("editor"))
    assert strict.post(ON, {"so_far": begun}).status_code == 403


def test_nothing_is_recorded(room: Client, agent: Any, editor: Any, begun: str) -> None:
    before = everything_stored()
    go_on(room, begun)
    seen(room)
    assert everything_stored() == before


def test_as_many_cases_as_can_be_told_and_the_rest_counted(
    room: Client, agent: Any, editor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_replay_tally, "MOST_CASES", 1)
    Run(agent).say("other").finish("redirected")
    Run(agent).say("buy", {"pieces": "1"}, "no", "other").finish("redirected")
    Run(agent).say("buy", {"pieces": "1"}, "no", "other").finish("redirected")
    draft(editor, **{"channel: 官网": "channel: 门店"})
    page = seen(room)
    assert re.search(r"<strong>3</strong> would end differently", page)
    assert "1 more run of this kind took yet another way." in page
    assert "Leads to: 官网" in page


def test_a_long_way_is_shown_from_both_its_ends(room: Client, agent: Any, editor: Any) -> None:
    run = Run(agent)
    for _ in range(12):
        run.say("buy", {"pieces": "1"}, "no")
    run.say("other").finish("redirected")
    draft(editor, **{"channel: 官网": "channel: 门店"})
    state = seen(room)
    assert state.count("<code>tell</code>") < 12
    assert "<code>…</code>" in state


def test_the_state_of_the_page_is_what_was_counted(
    room: Client, agent: Any, editor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_replay, "CHUNK", 5)
    Run(agent).say("money", {"id": SECRET}, "yes").hand_over()
    Run(agent).say("buy").finish("abandoned")
    Run(agent).say("buy", {"pieces": "2"}, "yes").finish()
    for _ in range(3):
        Run(agent).say("other").finish("redirected")
    draft(editor, **OTHER_QUEUE, **{"fee: 八元": "fee: 七元", "channel: 官网": "channel: 门店"})
    state = loads(so_far(seen(room)), salt=flow_replay._SALT)
    tally = flow_replay_tally.Tally.from_json(state["tally"])
    assert json.loads(json.dumps(tally.as_json())) == state["tally"]
    assert (tally.seen, tally.different) == (5, 4)
    assert SECRET not in repr(state)
    assert so_far(seen(room)) != dumps(state)


def test_few_queries(room: Client, agent: Any, editor: Any) -> None:
    for _ in range(3):
        Run(agent).say("buy", {"pieces": "1"}, "yes").finish()
    draft(editor, **OTHER_QUEUE)
    seen(room)
    with CaptureQueriesContext(connection) as queries:
        seen(room)
    asked = [each["sql"] for each in queries if "SAVEPOINT" not in each["sql"]]
    # Session, person, roles, permissions; flow, draft, lint's surroundings; five of the replay.
    assert len(asked) <= 22, asked
