"""Groups: added last, renamed with a guard, moved beside a neighbour, deleted only when empty."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kb.models import Category, StandardQuestion
from kb.services.categories import (
    add_category,
    delete_category,
    rename_category,
    swap_categories,
)
from kb.services.content import published_content
from kb.services.drafts import save_draft
from klingdesk.core.errors import Conflict, Invalid, NotFound
from tests.conftest import NOW


@pytest.fixture
def groups(questions: Any) -> list[Category]:
    """``credits`` (with questions), then the empty ``one`` and ``two``."""
    add_category(slug="one", title="第一组")
    add_category(slug="two", title="第二组")
    return list(Category.objects.all())


def slugs() -> list[str]:
    return list(Category.objects.values_list("slug", flat=True))


def test_a_new_group_comes_last(groups: list[Category]) -> None:
    add_category(slug="three-4", title="  第三组 ")
    assert slugs() == ["credits", "one", "two", "three-4"]
    assert Category.objects.get(slug="three-4").title == "第三组"


@pytest.mark.parametrize("slug", ["", "Big", "a b", "a_b", "-a", "a--b", "a" * 51, "组"])
def test_a_slug_is_made_for_addresses(slug: str, groups: Any) -> None:
    with pytest.raises(Invalid) as refused:
        add_category(slug=slug, title="新")
    assert set(refused.value.fields) == {"slug"}


@pytest.mark.parametrize("title", ["", "  ", "长" * 61, "第一组"])
def test_a_title_is_needed_and_its_own(title: str, groups: Any) -> None:
    with pytest.raises(Invalid) as refused:
        add_category(slug="one", title=title)
    assert set(refused.value.fields) == {"slug", "title"}
    with pytest.raises(Invalid) as again:
        rename_category(slug="two", title=title, expected_title="第二组")
    assert set(again.value.fields) == {"title"}
    assert Category.objects.get(slug="two").title == "第二组"


def test_renaming_to_the_same_title_is_fine(groups: Any) -> None:
    assert rename_category(slug="two", title="第二组", expected_title="第二组").title == "第二组"


def test_the_second_of_two_who_rename_is_told(groups: Any) -> None:
    rename_category(slug="two", title="甲", expected_title="第二组")
    with pytest.raises(Conflict, match="甲") as refused:
        rename_category(slug="two", title="乙", expected_title="第二组")
    assert refused.value.state == {"title": "甲"}
    assert Category.objects.get(slug="two").title == "甲"


def test_neighbours_change_places(groups: Any) -> None:
    Category.objects.update(order=7)  # as if nobody had ever put them in order
    swap_categories(slug="two", neighbour="one")
    assert slugs() == ["credits", "two", "one"]
    swap_categories(slug="credits", neighbour="two")
    assert slugs() == ["two", "credits", "one"]


def test_only_neighbours_do(groups: Any) -> None:
    with pytest.raises(Conflict):
        swap_categories(slug="credits", neighbour="two")
    with pytest.raises(Conflict):
        swap_categories(slug="one", neighbour="one")
    assert slugs() == ["credits", "one", "two"]


def test_an_empty_group_can_be_deleted(groups: Any) -> None:
    delete_category(slug="one")
    assert slugs() == ["credits", "two"]


def test_a_group_with_questions_cannot(groups: Any) -> None:
    with pytest.raises(Conflict):
        delete_category(slug="credits")
    assert slugs() == ["credits", "one", "two"]


def test_nor_one_into_which_a_draft_is_to_move(
    groups: Any, questions: dict[str, StandardQuestion], editor: Any
) -> None:
    content = replace(published_content(questions["price"]), category="one")
    save_draft(key="price", content=content, acting_user=editor, now=NOW)
    with pytest.raises(Conflict):
        delete_category(slug="one")


def test_what_is_not_there(groups: Any) -> None:
    with pytest.raises(NotFound):
        rename_category(slug="none", title="新", expected_title="")
    with pytest.raises(NotFound):
        delete_category(slug="none")
    with pytest.raises(NotFound):
        swap_categories(slug="one", neighbour="none")
