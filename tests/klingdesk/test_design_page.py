"""The living page of the design system: for everybody of the desk, and nobody else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from klingdesk.design import GROUPS
from klingdesk.design_tokens import tokens


def looked_at(user: Any, address: str = "") -> Any:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client.get(address or reverse("admin:design"))


@pytest.mark.parametrize("who", ["agent", "advisor", "manager", "editor", "admin_person"])
def test_everybody_of_the_desk_may_look(who: str, request: pytest.FixtureRequest) -> None:
    answer = looked_at(request.getfixturevalue(who))
    assert answer.status_code == 200


def test_a_stranger_may_not(stranger: Any) -> None:
    assert looked_at(stranger).status_code == 302


def test_it_shows_every_token_in_both_modes_and_no_id_twice(editor: Any) -> None:
    page = looked_at(editor).content.decode()
    assert {token.group for token in tokens().values()} == set(GROUPS)
    for name in tokens():
        assert page.count(f"<code>{name}</code>") >= 2, name
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
    assert page.count('data-theme="light"') == page.count('data-theme="dark"') == 2


def test_the_administration_leads_to_it_but_no_header_does(editor: Any) -> None:
    address = reverse("admin:design")
    start = looked_at(editor, reverse("admin:site_index")).content.decode()
    assert f'href="{address}"' in start
    home = looked_at(editor, reverse("admin:kb_room")).content.decode()
    assert f'href="{address}"' not in home.split("</header>")[0]


def test_where_the_connection_is_lost_every_page_can_say_so(agent: Any, editor: Any) -> None:
    for user, name in ((agent, "console"), (editor, "kb_room")):
        page = looked_at(user, reverse(f"admin:{name}")).content.decode()
        assert page.count('id="desk-offline"') == 1
        assert re.search(r'id="desk-offline" role="alert" hidden>\s*The desk cannot', page)
