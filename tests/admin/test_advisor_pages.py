"""Advisors on their pages: the manager's list, skills and shifts, leave of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from klingdesk.core.roles import Role
from tests.admin.dates import in_words
from tests.conftest import NOW
from tickets.models import Absence, AdvisorProfile, Shift, Team, Ticket
from tickets.services.claims import claim

LIST = "/admin/advisors/"


pytestmark = pytest.mark.usefixtures("frozen_in_english")


def browser(person: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def leave(**changes: str) -> dict[str, str]:
    given = {"act": "leave", "first_day": "2026-03-04", "last_day": "2026-03-06", "reason": "年假"}
    return {**given, **changes}


def test_managers_see_all_and_advisors_themselves(
    manager: Any, advisor: Any, advisor2: Any, agent: Any
) -> None:
    page = browser(manager).get(LIST)
    assert [row.person for row in page.context["rows"]] == [advisor, advisor2]
    assert browser(advisor).get(LIST)["Location"] == f"{LIST}{advisor.pk}/"
    assert browser(advisor).get(f"{LIST}{advisor.pk}/").status_code == 200
    assert browser(advisor).get(f"{LIST}{advisor2.pk}/").status_code == 404
    assert browser(advisor).post(f"{LIST}{advisor2.pk}/", leave()).status_code == 404
    assert browser(manager).get(f"{LIST}{agent.pk}/").status_code == 404
    for path in (LIST, f"{LIST}{advisor.pk}/"):
        assert browser(agent).get(path).status_code == 403
    assert not Absence.objects.exists()


def test_the_list_says_who_is_there_and_how_full(
    manager: Any, advisor: Any, advisor2: Any, make_ticket: Callable[..., Ticket]
) -> None:
    claim(number=make_ticket().number, acting_user=advisor, now=NOW)
    AdvisorProfile.objects.create(person=advisor, capacity=1, skills=["refund"])
    browser(advisor2).post(f"{LIST}{advisor2.pk}/", leave())
    text = in_words(browser(manager).get(LIST).content.decode())
    for words in ("on shift", "full", "refund", "on leave until Fri 6 Mar"):
        assert words in text


def test_the_list_costs_the_same_for_many_advisors(
    manager: Any, advisor: Any, person: Callable[..., Any]
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        return len(queries)

    client = browser(manager)
    cost()
    before = cost()
    for number in range(4):
        person(f"more-{number}", Role.ADVISOR, team="tier2")
    assert cost() == before


def test_a_manager_changes_skills_room_and_hours(manager: Any, advisor: Any) -> None:
    client, path = browser(manager), f"{LIST}{advisor.pk}/"
    version = client.get(path).context["version"]
    typed = {"act": "profile", "version": version, "skills": "api, refund", "capacity": "7"}
    done = client.post(path, {**typed, "hours-0": "9:00-12:00"}, follow=True)
    assert done.redirect_chain == [(path, 302)]
    profile = AdvisorProfile.objects.get()
    assert (profile.skills, profile.capacity) == (["api", "refund"], 7)
    assert str(Shift.objects.get()) == "0 09:00-12:00"
    assert "skills: api, refund; at most 7 open; hours: Mon 09:00-12:00" in done.content.decode()
    late = client.post(path, {**typed, "capacity": "9"})
    assert late.status_code == 409
    text = late.content.decode()
    assert 'value="9"' in text
    assert "Stored now:" in text


def test_errors_stand_at_their_fields_and_nothing_typed_is_lost(manager: Any, advisor: Any) -> None:
    client, path = browser(manager), f"{LIST}{advisor.pk}/"
    version = client.get(path).context["version"]
    typed = {"act": "profile", "version": version, "skills": "a/b", "capacity": "many"}
    refused = client.post(path, {**typed, "hours-3": "late"})
    assert refused.status_code == 422
    text = refused.content.decode()
    assert text.count('aria-invalid="true"') == 3
    for value in ("a/b", "many", "late"):
        assert f'value="{value}"' in text


def test_an_advisor_cannot_change_the_profile(advisor: Any) -> None:
    typed = {"act": "profile", "skills": "all", "capacity": "500"}
    assert browser(advisor).post(f"{LIST}{advisor.pk}/", typed).status_code == 403
    assert not AdvisorProfile.objects.exists()


def test_an_advisor_records_leave_and_strikes_it_out(advisor: Any, advisor2: Any) -> None:
    client, path = browser(advisor), f"{LIST}{advisor.pk}/"
    page = client.post(path, leave(), follow=True).content.decode()
    assert "today – Fri 6 Mar" in in_words(page)
    absence = Absence.objects.get(person=advisor)
    browser(advisor2).post(f"{LIST}{advisor2.pk}/", leave())
    other = Absence.objects.get(person=advisor2)
    for wrong in (str(other.pk), "x", ""):
        refused = client.post(path, {"act": "strike", "leave": wrong})
        assert refused.status_code == 409
        assert "This leave is not recorded any more." in refused.content.decode()
    client.post(path, {"act": "strike", "leave": str(absence.pk)})
    assert list(Absence.objects.all()) == [other]


@pytest.mark.parametrize(
    ("changes", "marked"),
    [
        ({"first_day": "", "last_day": "2026-99-01"}, 2),
        ({"last_day": "2026-03-01"}, 1),
        ({"first_day": "2026-03-01", "last_day": "2026-03-02"}, 1),
        ({"reason": "长" * 101}, 1),
    ],
)
def test_bad_leave_is_refused_at_its_field(
    changes: dict[str, str], marked: int, advisor: Any
) -> None:
    refused = browser(advisor).post(f"{LIST}{advisor.pk}/", leave(**changes))
    assert refused.status_code == 422
    assert refused.content.decode().count('aria-invalid="true"') == marked
    assert not Absence.objects.exists()


def test_an_unknown_act_is_refused(advisor: Any) -> None:
    assert browser(advisor).post(f"{LIST}{advisor.pk}/", {"act": "burn"}).status_code == 400


@pytest.mark.parametrize(("assignment", "hints"), [("automatic", 1), ("pull", 0)])
def test_a_team_that_the_desk_assigns_for_is_looked_at_at_once(
    assignment: str,
    hints: int,
    manager: Any,
    advisor: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    team = Team.objects.get(slug="tier2")
    typed = {"name": team.name, "lead": advisor.pk, "assignment": assignment}
    with (
        patch("tickets.services.hints._put") as put,
        django_capture_on_commit_callbacks(execute=True),
    ):
        done = browser(manager).post(
            f"/admin/tickets/team/{team.pk}/change/", {**typed, "members": [advisor.pk]}
        )
    assert done.status_code == 302
    team.refresh_from_db()
    assert (team.lead, team.assignment) == (advisor, assignment)
    assert [call.args[0] for call in put.call_args_list] == [
        ("tickets.assign_teams", (team.pk,))
    ] * hints
