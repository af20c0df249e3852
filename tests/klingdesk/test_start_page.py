"""The start page of the administration: grouped, and nothing on it that its reader may not open."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from klingdesk.core.roles import Role
from klingdesk.start_page import GROUPS, start_groups

PEOPLE = ("agent", "advisor", "manager", "editor", "admin_person")


def start(person: Any) -> tuple[Client, str]:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    response = client.get("/admin/site/")
    assert response.status_code == 200
    return client, response.content.decode()


@pytest.mark.parametrize("who", PEOPLE)
def test_every_page_on_it_opens(who: str, request: pytest.FixtureRequest, questions: Any) -> None:
    client, text = start(request.getfixturevalue(who))
    groups = text.split('class="start-groups"')[1].split("</div>")[0]
    addresses = set(re.findall(r'href="(/admin/[^"]*)"', groups))
    assert len(addresses) >= 4
    for address in sorted(addresses):
        assert client.get(address, follow=True).status_code == 200, address


def test_each_role_finds_what_is_its_own() -> None:
    def names(*roles: Role) -> set[str]:
        return {page["url"] for group in start_groups(roles) for page in group["pages"]}

    assert "/admin/console/" in names(Role.AGENT)
    assert "/admin/auth/user/" in names(Role.ADMIN)
    assert "/admin/auth/user/" not in names(Role.MANAGER)
    assert "/admin/reports/sla/" not in names(Role.AGENT, Role.ADVISOR)
    every = {page.name for group in GROUPS for page in group.pages}
    assert len(names(*Role)) == len(every)


def test_a_group_without_a_page_is_left_out() -> None:
    titles = {str(group["title"]) for group in start_groups([Role.AGENT])}
    assert len(titles) < len(GROUPS)


def test_stock_models_stand_by_their_purpose(admin_person: Any) -> None:
    _client, text = start(admin_person)
    assert "People and logins" in text
    assert "/admin/auth/user/add/" in text
    assert "app-auth" not in text
