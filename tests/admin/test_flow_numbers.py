"""The page on which editors and managers see how far runs of a flow came."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kb.models import Flow
from kb.services.flow_publishing import keep_version
from tests.conftest import NOW
from tests.tickets.flow_runs import SECRET, Run, changed, publish_ends
from tickets.admin.flow_words import seconds_words
from tickets.services.consultations import go_back

PAGE = reverse("admin:flow_numbers", args=["ends"])


@pytest.fixture
def room(editor: Any, questions: Any) -> Iterator[Client]:
    publish_ends()
    client = Client(headers={"accept-language": "en"})
    client.force_login(editor)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield client


def seen(client: Client, status: int = 200, **query: Any) -> str:
    response = client.get(PAGE, query)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def line(page: str, node: str) -> list[str]:
    """The cells of a node: entered, answered, left, taken back, median, reasons."""
    row = re.search(rf"<tr[^>]*>\s*<th [^>]*><code>{node}</code>(.*?)</tr>", page, re.DOTALL)
    assert row, node
    cells = re.findall(r"<td[^>]*>(.*?)</td>", row[1], re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", "", cell).split()) for cell in cells]


def walk(agent: Any) -> None:
    Run(agent).say("buy", {"pieces": "3"}, "yes").finish()
    run = Run(agent).say("buy", {"pieces": "9"})
    run.do(go_back)
    run.finish("abandoned")
    Run(agent).say("money", {"id": SECRET}, "no").finish()


def test_each_node_has_its_numbers(room: Client, agent: Any) -> None:
    walk(agent)
    page = seen(room)
    assert line(page, "what") == ["3", "3", "0", "0%", "1.0 s", "–"]
    assert line(page, "order") == ["2", "1", "1", "50%", "1.0 s", "abandoned 1"]
    assert line(page, "price") == ["2", "1", "0", "–", "–", "–"]
    assert line(page, "who/ids") == ["1", "1", "0", "0%", "1.0 s", "–"]
    assert line(page, "done") == ["2", "–", "0", "–", "–", "answered 2"]
    assert line(page, "report") == ["0", "–", "0", "–", "–", "–"]
    assert SECRET not in page


def test_the_picture_has_them_too(room: Client, agent: Any) -> None:
    walk(agent)
    data = re.search(r'id="flow-drawing-data"[^>]*>(.*?)</script>', seen(room), re.DOTALL)
    assert data
    for words in ("entered 2", "taken back 50", "abandoned 1", "nobody came here"):
        assert words in data[1]


def test_versions_side_by_side(room: Client, agent: Any) -> None:
    walk(agent)
    newer = changed(**{"channel: 官网": "channel: 门店"})
    keep_version(text=newer, acting_user=None, reason="test", now=NOW)
    Run(agent).say("other").finish("redirected")
    page = seen(room)
    assert "Nodes of version 2" in page
    assert line(page, "elsewhere")[-1] == "led elsewhere 1"
    page = seen(room, version="1")
    assert "Nodes of version 1" in page
    assert line(page, "elsewhere")[0] == "0"
    table = page.split('id="numbers-versions"')[1].split("</table>")[0]
    sums = re.findall(r'<td class="number"><strong>(\d+)</strong>', table)
    assert sums == ["1", "3"]


def test_days_without_runs_and_a_flow_that_nobody_published(room: Client, agent: Any) -> None:
    walk(agent)
    page = seen(room, **{"from": "2026-01-01", "to": "2026-01-31"})
    assert "Nobody walked this version in this period." in page
    assert 'value="2026-01-31"' in page
    assert line(page, "what")[0] == "0"
    Flow.objects.create(key="bare", title="空的")
    bare = room.get(reverse("admin:flow_numbers", args=["bare"])).content.decode()
    assert "This flow was never published" in bare


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"version": "9"}, "Choose one of the versions"),
        ({"version": "one"}, "Choose one of the versions"),
        ({"version": "9" * 30}, "Choose one of the versions"),
        ({"from": "gestern"}, "Write a date of the calendar"),
        ({"from": "2026-03-04", "to": "2026-03-01"}, "lies after the last day"),
        ({"from": "2020-01-01"}, "At most two years"),
    ],
)
def test_what_cannot_be_read_is_said_beside_what_was_typed(
    room: Client, query: dict[str, str], words: str
) -> None:
    page = seen(room, 400, **query)
    assert words in page
    for name in ("from", "to"):
        if name in query:
            assert f'name="{name}" value="{query[name]}"' in page


def rows(client: Client, **query: str) -> list[dict[str, str]]:
    response = client.get(PAGE, {"format": "csv", **query})
    assert response.streaming
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert re.search(r'filename="ends-[\d-]+\.csv"', response.headers["Content-Disposition"])
    data = b"".join(response)  # type: ignore[arg-type]
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_the_file_has_every_node_of_every_version(room: Client, agent: Any) -> None:
    walk(agent)
    newer = changed(**{"prompt: 问清件数": "prompt: =HYPERLINK(1)"})
    keep_version(text=newer, acting_user=None, reason="test", now=NOW)
    Run(agent).say("buy").finish("abandoned")
    found = {(row["Version"], row["Node"]): row for row in rows(room)}
    assert {version for version, _node in found} == {"1", "2"}
    order = found["1", "order"]
    assert [order[name] for name in ("Entered", "Answered", "Left here")] == ["2", "1", "1"]
    assert [order[name] for name in ("Answers given", "Answers taken back")] == ["2", "1"]
    assert (order["Median time in seconds"], order["abandoned"]) == ("1.0", "1")
    assert found["1", "price"]["Median time in seconds"] == ""
    assert found["2", "order"]["Text"] == "'=HYPERLINK(1)"
    assert {row["Version"] for row in rows(room, version="2")} == {"2"}
    assert SECRET not in repr(found)


def test_editors_and_managers_and_nobody_else(room: Client, agent: Any, request: Any) -> None:
    walk(agent)
    for name, status in (("manager", 200), ("agent", 403), ("advisor", 403), ("stranger", 302)):
        client = Client(headers={"accept-language": "en"})
        client.force_login(request.getfixturevalue(name))
        response = client.get(PAGE)
        assert response.status_code == status
        assert client.get(PAGE, {"format": "csv"}).status_code == status
        if name == "manager":
            page = response.content.decode()
            assert reverse("admin:flow_replay", args=["ends"]) not in page
            assert SECRET not in page
    assert room.post(PAGE).status_code == 405
    assert room.get(reverse("admin:flow_numbers", args=["gone"])).status_code == 404


def test_few_queries_however_many_runs(room: Client, agent: Any) -> None:
    walk(agent)
    seen(room)
    with CaptureQueriesContext(connection) as few:
        seen(room)
    walk(agent)
    with CaptureQueriesContext(connection) as many:
        seen(room)
    asked = [each["sql"] for each in many if "SAVEPOINT" not in each["sql"]]
    assert len(few) == len(many)
    # Session, person, roles, permissions; flow, versions, five of the numbers, the picture's.
    assert len(asked) <= 16, asked


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (7_500, "2 h 5 min"),
    ],
)
def test_times_in_words(seconds: float | None, words: str) -> None:
    assert seconds_words(seconds) == words
