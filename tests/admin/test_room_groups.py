"""Groups on one page: what an editor does there, and what is refused in words."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kb.models import Category
from kb.services.categories import add_category, rename_category, swap_categories

PAGE = "/admin/kb/category/"
CHANGE = "/admin/kb-room/groups/"


@pytest.fixture
def client(editor: Any, questions: Any) -> Client:
    add_category(slug="one", title="第一组")
    add_category(slug="two", title="第二组")
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(editor)
    return browser


def titles() -> list[str]:
    return list(Category.objects.values_list("title", flat=True))


def test_the_page_shows_the_groups_with_their_size(client: Client) -> None:
    rows = client.get(PAGE).context["rows"]
    assert [(row["group"].slug, row["group"].size) for row in rows] == [
        ("credits", 2),
        ("one", 0),
        ("two", 0),
    ]
    assert [(row["above"], row["below"]) for row in rows] == [
        ("", "one"),
        ("credits", "two"),
        ("one", ""),
    ]


def test_what_an_editor_can_do(client: Client) -> None:
    for values, after in [
        ({"act": "add", "title": "第三组", "slug": "three"}, "灵感值 第一组 第二组 第三组"),
        (
            {"act": "rename", "slug": "two", "title": "乙组", "expected_title": "第二组"},
            "灵感值 第一组 乙组 第三组",
        ),
        ({"act": "move", "slug": "two", "neighbour": "one"}, "灵感值 乙组 第一组 第三组"),
        ({"act": "delete", "slug": "one"}, "灵感值 乙组 第三组"),
    ]:
        done = client.post(CHANGE, values, follow=True)
        assert done.redirect_chain == [(PAGE, 302)]
        assert len(done.context["messages"]) == 1
        assert " ".join(titles()) == after


def test_a_new_group_with_errors_keeps_what_was_typed(client: Client) -> None:
    refused = client.post(CHANGE, {"act": "add", "title": "第一组", "slug": "A b"})
    assert refused.status_code == 422
    assert set(refused.context["errors"]) == {"title", "slug"}
    page = refused.content.decode()
    assert 'value="A b"' in page
    assert "There is a group with this title already." in page
    assert len(titles()) == 3


def test_a_title_that_is_refused_stays_in_its_row(client: Client) -> None:
    values = {"act": "rename", "slug": "two", "title": "第一组", "expected_title": "第二组"}
    refused = client.post(CHANGE, values)
    assert refused.status_code == 422
    assert [row["typed"] for row in refused.context["rows"]] == ["灵感值", "第一组", "第一组"]
    assert refused.content.decode().count('aria-invalid="true"') == 1


def test_whoever_renames_second_is_told_and_counts_from_the_new_title(client: Client) -> None:
    rename_category(slug="two", title="别人的", expected_title="第二组")
    values = {"act": "rename", "slug": "two", "title": "我的", "expected_title": "第二组"}
    refused = client.post(CHANGE, values)
    assert refused.status_code == 409
    page = refused.content.decode()
    assert "别人的" in page
    assert 'value="我的"' in page
    assert 'name="expected_title" value="别人的"' in page
    client.post(CHANGE, {**values, "expected_title": "别人的"})
    assert titles()[2] == "我的"


def test_a_move_after_somebody_elses_move_is_refused(client: Client) -> None:
    swap_categories(slug="one", neighbour="credits")
    refused = client.post(CHANGE, {"act": "move", "slug": "two", "neighbour": "one"})
    assert refused.status_code == 409
    assert "The order has changed meanwhile." in refused.content.decode()


def test_a_group_that_is_needed_stays(client: Client) -> None:
    refused = client.post(CHANGE, {"act": "delete", "slug": "credits"})
    assert refused.status_code == 409
    assert "There are standard questions in this group." in refused.content.decode()
    assert len(titles()) == 3


@pytest.mark.parametrize("act", ["rename", "move", "delete"])
def test_a_group_that_is_gone(act: str, client: Client) -> None:
    refused = client.post(CHANGE, {"act": act, "slug": "gone\x00", "title": "t"})
    assert refused.status_code == 409
    assert "There is no such group." in refused.content.decode()


def test_other_acts_and_other_people_are_refused(client: Client, agent: Any) -> None:
    assert client.post(CHANGE, {"act": "burn"}).status_code == 400
    assert client.get(CHANGE).status_code == 405
    other = Client()
    other.force_login(agent)
    values = {"act": "delete", "slug": "one"}
    assert other.post(CHANGE, values).status_code == 403
    assert other.get(PAGE).status_code == 403
    assert len(titles()) == 3
