"""Pages that hold more than one can look at: they fold what is old, and lose nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.conftest import NOW
from tickets.admin.console_path import MOST_IN_TRAIL, PathLine, trail_of
from tickets.admin.ticket_parts import UNFOLDED
from tickets.services.claims import claim
from tickets.services.consultations import start_consultation
from tickets.services.notes import add_note


def reader(user: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def test_a_long_timeline_shows_its_end_and_keeps_its_beginning(
    make_ticket: Any, advisor: Any
) -> None:
    ticket = make_ticket()
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    url = reverse("admin:ticket", args=[ticket.number])
    client = reader(advisor)
    assert "ticket-older" not in client.get(url).content.decode()
    for number in range(UNFOLDED + 5):
        add_note(number=ticket.number, acting_user=advisor, note=f"note-{number:03}", now=NOW)
    page = client.get(url)
    text = page.content.decode()
    assert len(page.context["timeline"]) == UNFOLDED
    folded, shown = text.split('id="timeline"')
    assert f"{len(page.context['older'])} earlier entries" in folded
    assert "note-000" in folded
    assert "note-000" not in shown
    assert f"note-{UNFOLDED + 4:03}" in shown
    every = page.context["older"] + page.context["timeline"]
    assert [each.at for each in every] == sorted(each.at for each in every)


def test_many_open_contacts_fold_behind_the_latest(agent: Any, questions: Any) -> None:
    for number in range(8):
        start_consultation(
            acting_user=agent,
            channel="chat",
            utterance=f"words-{number}",
            question_key="twice-charged",
            now=NOW + timedelta(minutes=number),
        )
    text = reader(agent).get(reverse("admin:console")).content.decode()
    assert all(f"words-{number}" in text for number in range(8))
    folded = text.split('<details class="console-rest">')[1].split("</details>")[0]
    assert re.findall(r"words-\d", folded) == ["words-1", "words-0"]


def line(answer: str, **more: Any) -> PathLine:
    return PathLine(text="?", answer=answer, at=NOW, number=1, **more)


@pytest.mark.parametrize("answered", [1, MOST_IN_TRAIL, MOST_IN_TRAIL + 3])
def test_the_trail_ends_where_one_stands(answered: int) -> None:
    lines = [line(f"a{number}") for number in range(answered)]
    lines.append(line("a note for the colleague", moved=True))
    trail = trail_of(lines, "here", is_over=False)
    assert trail[-1] == {"label": "here", "state": "current", "href": ""}
    assert trail[-2]["label"] == f"a{answered - 1}"
    assert len(trail) <= MOST_IN_TRAIL + 2
    assert (trail[0]["label"] == "…") is (answered > MOST_IN_TRAIL)
    assert {each["state"] for each in trail_of(lines, "done", is_over=True)} == {"done"}


def test_no_trail_before_the_first_answer() -> None:
    assert trail_of([], "here", is_over=False) == []
