"""The editor's synonym pages: the effect first, then the change, and no rule that breaks things."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from kb.models import SearchIndexVersion, Synonym
from kb.selectors.search import search_questions
from kb.services.search_log import log_search
from kb.services.synonyms import save_synonym
from tests.conftest import CANARY, NOW

SYNONYMS = "/admin/kb/synonym/"
ADD = f"{SYNONYMS}add/"


@pytest.fixture
def browser(editor: Any, questions: Any, as_person: Any) -> Client:
    client: Client = as_person(editor)
    return client


def confirmed(variant: str, canonical: str) -> dict[str, str]:
    """What the page posts after the effect was shown."""
    return {
        "variant": variant,
        "canonical": canonical,
        "seen_variant": variant,
        "seen_canonical": canonical,
        "confirm": "1",
    }


def test_nothing_is_stored_before_it_was_looked_at(
    browser: Client, agent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    log_search(acting_user=agent, words="bazinga", now=NOW, channel="console", chosen="price")
    version = SearchIndexVersion.objects.get().number
    response = browser.post(ADD, {"variant": " bazinga ", "canonical": "怎么卖"})
    assert response.status_code == 200
    page = response.content.decode()
    assert "Compared with the one search" in page
    assert "灵感值的价格" in page
    assert "better" in page
    assert 'name="seen_variant" value="bazinga"' in page
    assert CANARY not in page
    assert not Synonym.objects.exists()
    assert SearchIndexVersion.objects.get().number == version


def test_a_rule_reaches_the_search(browser: Client, editor: Any) -> None:
    assert not search_questions("bazinga").hits
    assert browser.post(ADD, confirmed("bazinga", "重复扣除")).status_code == 302
    rule = Synonym.objects.get()
    assert search_questions("bazinga").hits[0].key == "twice-charged"
    change = f"{SYNONYMS}{rule.pk}/change/"
    assert 'value="bazinga"' in browser.get(change).content.decode()
    assert browser.post(change, confirmed("grault", "重复扣除")).status_code == 302
    assert not search_questions("bazinga").hits
    assert search_questions("grault").hits
    delete = f"{SYNONYMS}{rule.pk}/delete/"
    at_once = browser.get(delete).content.decode()
    assert 'hx-get="?effect=1"' in at_once
    assert "Compared with" not in at_once
    assert "What would change" in browser.get(delete, {"effect": 1}).content.decode()
    part = browser.get(delete, {"effect": 1}, headers={"HX-Request": "true"}).content.decode()
    assert "What would change" in part
    assert "<html" not in part
    assert browser.post(delete, {}).status_code == 200
    assert Synonym.objects.exists()
    assert browser.post(delete, {"post": "yes"}).status_code == 302
    assert not search_questions("grault").hits
    assert list(LogEntry.objects.order_by("pk").values_list("action_flag", "user")) == [
        (flag, editor.pk) for flag in (1, 2, 3)
    ]


def test_what_was_changed_since_is_looked_at_again(browser: Client) -> None:
    data = confirmed("bazinga", "重复扣除") | {"variant": "grault"}
    response = browser.post(ADD, data)
    assert response.status_code == 200
    assert 'name="seen_variant" value="grault"' in response.content.decode()
    assert not Synonym.objects.exists()


def test_deleting_several(browser: Client) -> None:
    rows = [save_synonym(variant=word, canonical="重复扣除") for word in ("bazinga", "grault")]
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows]}
    page = browser.post(SYNONYMS, chosen).content.decode()
    assert "bazinga → 重复扣除" in page
    assert "What would change" in page
    assert Synonym.objects.count() == 2
    page = browser.post(SYNONYMS, {**chosen, "post": "yes"}, follow=True).content.decode()
    assert "2 synonyms deleted" in page
    assert not search_questions("grault").hits


@pytest.mark.parametrize(
    ("variant", "canonical", "field"),
    [
        ("会员", "VIP", "variant"),  # canonical in the rule that is there: a chain
        ("贵宾", "vip用户", "variant"),  # given already
        ("ＶＩＰ", "尊享", "variant"),  # the same as VIP to the search
        ("年度会员", "会员", "variant"),  # contains its own canonical word
        ("vip", "VIP", "variant"),  # itself
        ("\u200b", "会员", "variant"),  # nothing to be seen
        ("", "会员", "variant"),
        ("x", "", "canonical"),
        ("长" * 61, "会员", "variant"),
        ("x\x00", "会员", "variant"),
    ],
)
@pytest.mark.parametrize("confirm", [False, True])
def test_rules_that_would_break_the_search(
    variant: str, canonical: str, field: str, confirm: bool, browser: Client
) -> None:
    save_synonym(variant="贵宾", canonical="会员")
    save_synonym(variant="vip", canonical="会员")
    version = SearchIndexVersion.objects.get().number
    data = confirmed(variant, canonical)
    if not confirm:
        del data["confirm"]
    response = browser.post(ADD, data)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    page = response.content.decode()
    assert f'id="id_{field}_error"' in page
    assert page.count('aria-invalid="true"') == 1
    assert Synonym.objects.count() == 2
    assert SearchIndexVersion.objects.get().number == version


def test_a_rule_that_became_contradictory_meanwhile(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form's check is passed over once: the service refuses, and the form says why."""
    from kb.admin import synonyms as page

    save_synonym(variant="贵宾", canonical="会员")
    true_check, passed = page.check_synonym, []

    def check(**kwargs: Any) -> None:
        if passed:
            true_check(**kwargs)
        passed.append(True)

    monkeypatch.setattr(page, "check_synonym", check)
    response = browser.post(ADD, confirmed("会员", "VIP"))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["variant"]
    assert 'value="会员"' in response.content.decode()
    assert Synonym.objects.count() == 1


def test_a_rule_that_is_gone(browser: Client) -> None:
    for address in (f"{SYNONYMS}4711/change/", f"{SYNONYMS}4711/delete/"):
        response = browser.get(address, follow=True)
        assert response.redirect_chain[-1][0] == SYNONYMS
        assert "has been deleted" in response.content.decode()


def test_a_rule_that_goes_while_it_is_changed(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kb.admin import synonyms as page
    from klingdesk.core.errors import NotFound

    rule = save_synonym(variant="贵宾", canonical="会员")

    def gone(**kwargs: Any) -> None:
        raise NotFound("This synonym has been deleted.")

    monkeypatch.setattr(page, "save_synonym", gone)
    response = browser.post(f"{SYNONYMS}{rule.pk}/change/", confirmed("贵客", "会员"), follow=True)
    assert "has been deleted" in response.content.decode()


@pytest.mark.parametrize("who", ["agent", "advisor"])
def test_synonyms_are_for_editors(
    who: str, request: pytest.FixtureRequest, questions: Any, as_person: Any
) -> None:
    rule = save_synonym(variant="贵宾", canonical="会员")
    client = as_person(request.getfixturevalue(who))
    for address in (ADD, f"{SYNONYMS}{rule.pk}/change/", f"{SYNONYMS}{rule.pk}/delete/"):
        assert client.get(address).status_code == 403
        assert client.post(address, {**confirmed("甲", "乙"), "post": "yes"}).status_code == 403
    assert Synonym.objects.get() == rule
