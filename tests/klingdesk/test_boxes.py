"""Several of many: what is ticked stands first, and nothing is offered that needs a script."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import Group
from django.template import Context, Template
from django.test import Client
from django.urls import reverse

from klingdesk.boxes import ManyBoxes
from klingdesk.core.roles import Role
from tests.conftest import NOW
from tickets.models import ReportSubscription, Team

PEOPLE = [(number, f"person {number} <b>") for number in range(4)]


def test_what_needs_a_script_is_hidden_without_one() -> None:
    source = "{% load desk %}{% boxes %}<label class='desk-box'>a</label>{% endboxes %}"
    text = Template(source).render(Context())
    assert " data-boxes-head hidden>" in text
    assert 'data-words="{ticked} of {all} ticked"' in text
    assert text.count("<label") == 1


def test_in_a_form_what_is_ticked_stands_first() -> None:
    text = ManyBoxes(choices=PEOPLE).render("members", [2], {"id": "id_members"})
    assert re.findall(r'value="(\d)"', text) == ["2", "0", "1", "3"]
    assert re.findall(r'value="(\d)"[^>]* checked', text) == ["2"]
    assert '<div class="desk-boxes" id="id_members" data-boxes>' in text
    assert "person 2 &lt;b&gt;" in text
    assert "<b>" not in text


def test_its_script_waits_for_the_page() -> None:
    assert re.fullmatch(
        r'<script src="[^"]*desk/boxes[^"]*\.js" defer></script>', str(ManyBoxes().media)
    )


def test_the_members_of_a_team_stand_first_in_its_form(
    client: Client, manager: Any, django_user_model: Any
) -> None:
    advisors = Group.objects.get(name=Role.ADVISOR)
    people = [django_user_model.objects.create(username=f"a-{number:02}") for number in range(60)]
    for each in people:
        each.groups.add(advisors)
    team = Team.objects.get(slug="tier2")
    team.members.set([people[41], people[7]])
    client.force_login(manager)
    address = reverse("admin:tickets_team_change", args=[team.pk])
    page = client.get(address).content.decode()
    listed = [int(each) for each in re.findall(r'name="members" value="(\d+)"', page)]
    assert listed[:2] == [people[7].pk, people[41].pk]
    assert {each.pk for each in people} <= set(listed)
    posted = {
        "name": team.name,
        "assignment": team.assignment,
        "members": [people[7].pk, people[50].pk],
    }
    assert client.post(address, posted).status_code == 302
    assert set(team.members.all()) == {people[7], people[50]}


def test_the_teams_of_the_weekly_report_that_are_chosen_stand_first(
    client: Client, manager: Any
) -> None:
    teams = [Team.objects.create(slug=f"z-{number}", name=f"z {number}") for number in range(12)]
    ReportSubscription.objects.create(person=manager, team=teams[-1], created_at=NOW)
    client.force_login(manager)
    page = client.get(reverse("admin:weekly_report")).content.decode()
    listed = re.findall(r'name="teams" value="(\d+)"( checked)?', page)
    assert listed[0] == (str(teams[-1].pk), " checked")
    assert not any(mark for _pk, mark in listed[1:])
