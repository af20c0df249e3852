"""The help over HTTP: whose page comes first, where a page's help link leads, tours and offers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import PersonalSettings
from klingdesk.core.roles import Role
from klingdesk.help.tours import TOURS
from tests.conftest import NOW, PASSWORD
from tickets.models import Ticket
from tickets.services.claims import claim

pytestmark = pytest.mark.django_db
ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}


def client_of(user: Any) -> Client:
    client = Client(**ENGLISH)
    client.force_login(user)
    return client


def log_in(user: Any) -> Client:
    """Over the login page, as people do: the session knows what they have seen."""
    client = Client(**ENGLISH)
    client.post(
        reverse("admin:login"), {"username": user.username, "password": PASSWORD, "next": "/admin/"}
    )
    return client


def help_link(page: str) -> str:
    found = re.search(r'id="desk-help" href="([^"]+)"', page)
    assert found
    return found.group(1)


def test_the_own_role_comes_first_and_all_others_can_be_read(advisor: Any) -> None:
    page = client_of(advisor).get("/admin/help/").content.decode()
    assert '<h2 id="ticket-title">The ticket</h2>' in page
    tabs = re.findall(r'href="(/admin/help/\w+/)"', page)
    assert tabs[0] == "/admin/help/advisor/"
    assert sorted(tabs) == sorted(f"/admin/help/{role.value}/" for role in Role)
    other = client_of(advisor).get("/admin/help/editor/").content.decode()
    assert 'id="flows"' in other
    assert "data-tour-start" not in other.split('class="help-lead"')[1]
    assert client_of(advisor).get("/admin/help/nobody/").status_code == 404


@pytest.mark.usefixtures("chinese")
def test_it_is_in_the_language_of_the_person(agent: Any) -> None:
    client = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    client.force_login(agent)
    page = client.get("/admin/help/").content.decode()
    assert "一天的工作" in page
    assert "工单状态" in page
    assert "The day in steps" not in page


@pytest.mark.parametrize(
    ("who", "address", "leads_to"),
    [
        ("agent", "/admin/console/", "/admin/help/#search"),
        ("advisor", "/admin/queue/", "/admin/help/#queue"),
        ("manager", "/admin/queue/", "/admin/help/#queue"),
        ("manager", "/admin/reports/sla/", "/admin/help/#reports"),
        ("admin_person", "/admin/reports/sla/", "/admin/help/manager/#reports"),
        ("admin_person", "/admin/lockouts/", "/admin/help/#lockouts"),
        ("editor", "/admin/kb-room/", "/admin/help/#room"),
        ("editor", "/admin/inbox/", "/admin/help/#inbox"),
        ("editor", "/admin/help/", "/admin/help/"),
    ],
)
def test_the_help_link_of_a_page_opens_its_section(
    request: Any, questions: Any, who: str, address: str, leads_to: str
) -> None:
    client = client_of(request.getfixturevalue(who))
    link = help_link(client.get(address).content.decode())
    assert link == leads_to
    path, _, anchor = link.partition("#")
    assert not anchor or f'id="{anchor}"' in client.get(path).content.decode()


@pytest.mark.parametrize("role", list(Role))
def test_every_step_of_a_tour_is_on_a_page_that_opens(
    request: Any,
    role: Role,
    agent: Any,
    advisor: Any,
    at_hand_over: Callable[..., int],
    make_ticket: Callable[..., Ticket],
) -> None:
    claim(number=make_ticket().number, acting_user=advisor, now=NOW)
    at_hand_over()
    user = request.getfixturevalue("admin_person" if role is Role.ADMIN else role.value)
    client = client_of(user)
    tour = client.get(f"/admin/help/{role.value}/tour/").json()
    assert tour["person"] == user.pk
    assert [step["title"] for step in tour["steps"]] == [str(step.title) for step in TOURS[role]]
    for step in tour["steps"]:
        if step["url"]:
            assert client.get(step["url"]).status_code == 200, step["url"]


def test_a_step_without_its_object_is_left_out(agent: Any, questions: Any) -> None:
    steps = client_of(agent).get("/admin/help/agent/tour/").json()["steps"]
    assert len(steps) == len(TOURS[Role.AGENT]) - 1
    assert not [step for step in steps if step["target"] == "#contact"]


def test_a_tour_is_for_whoever_holds_the_role(agent: Any, admin_person: Any) -> None:
    assert client_of(agent).get("/admin/help/editor/tour/").status_code == 403
    assert client_of(agent).post("/admin/help/editor/tour/answer/").status_code == 403
    assert client_of(admin_person).get("/admin/help/editor/tour/").status_code == 200


@pytest.mark.parametrize(("back", "to"), [("x", "x"), ("a b", "a%20b"), ("", "/admin/")])
def test_a_word_that_is_no_address_breaks_nothing(editor: Any, back: str, to: str) -> None:
    answer = log_in(editor).post(
        "/admin/help/editor/tour/answer/", {"answer": "seen", "next": back}
    )
    assert (answer.status_code, answer["Location"]) == (302, to)


@pytest.mark.parametrize("mode", ["demo", "test"])
def test_it_is_offered_on_a_demo_desk_only(settings: Any, editor: Any, mode: str) -> None:
    settings.KLINGDESK_MODE = mode
    page = log_in(editor).get("/admin/kb-room/").content.decode()
    assert ('data-tour="editor"' in page) is (mode == "demo")


def test_later_is_until_the_next_login_and_seen_for_good(settings: Any, editor: Any) -> None:
    settings.KLINGDESK_MODE = "demo"
    client = log_in(editor)
    answer = client.post(
        "/admin/help/editor/tour/answer/", {"answer": "later", "next": "/admin/inbox/"}
    )
    assert answer["Location"] == "/admin/inbox/"
    assert "desk-tour-offer" not in client.get("/admin/kb-room/").content.decode()
    assert not PersonalSettings.objects.filter(user=editor).exists()

    client = log_in(editor)
    assert "desk-tour-offer" in client.get("/admin/kb-room/").content.decode()
    answer = client.post(
        "/admin/help/editor/tour/answer/", {"answer": "seen", "next": "//elsewhere.invalid/"}
    )
    assert answer["Location"] == "/admin/"
    assert "desk-tour-offer" not in client.get("/admin/kb-room/").content.decode()
    assert "desk-tour-offer" not in log_in(editor).get("/admin/kb-room/").content.decode()
    assert PersonalSettings.objects.get(user=editor).tours_seen == ["editor"]


def test_the_script_is_answered_without_a_page(settings: Any, editor: Any) -> None:
    client = client_of(editor)
    for _time in range(2):
        answer = client.post(
            "/admin/help/editor/tour/answer/", {"answer": "seen"}, HTTP_ACCEPT="application/json"
        )
        assert answer.status_code == 204
    assert PersonalSettings.objects.get(user=editor).tours_seen == ["editor"]


def test_the_offer_asks_the_database_for_nothing(
    settings: Any, editor: Any, django_assert_num_queries: Any
) -> None:
    client = log_in(editor)
    address = "/admin/inbox/settings/"
    client.get(address)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as without:
        client.get(address)
    settings.KLINGDESK_MODE = "demo"
    with django_assert_num_queries(len(without)):
        assert "desk-tour-offer" in client.get(address).content.decode()
