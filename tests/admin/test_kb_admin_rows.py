"""The stock admin: synonyms that cannot break the search, teams, and routing rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from kb.models import SearchIndexVersion, Synonym
from kb.selectors import search_questions
from kb.services.synonyms import save_synonym
from klingdesk.core.errors import Invalid
from tests.conftest import NOW
from tickets.models import RoutingRule, Team

SYNONYMS = "/admin/kb/synonym/"


@pytest.fixture
def as_person() -> Callable[[Any], Client]:
    """A logged-in browser that reads English, whatever the catalogues say."""

    def make(user: Any) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(user)
        return client

    return make


# --- synonyms -----------------------------------------------------------------------------------


def test_a_synonym_reaches_the_search(editor: Any, questions: Any, as_person: Any) -> None:
    client = as_person(editor)
    assert not search_questions("bazinga", now=NOW).hits
    response = client.post(f"{SYNONYMS}add/", {"variant": " bazinga ", "canonical": "重复扣除"})
    assert response.status_code == 302
    synonym = Synonym.objects.get()
    assert synonym.variant == "bazinga"
    assert search_questions("bazinga", now=NOW).hits[0].key == "twice-charged"
    change = f"{SYNONYMS}{synonym.pk}/change/"
    assert client.post(change, {"variant": "grault", "canonical": "重复扣除"}).status_code == 302
    assert not search_questions("bazinga", now=NOW).hits
    assert search_questions("grault", now=NOW).hits
    assert client.post(f"{SYNONYMS}{synonym.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not search_questions("grault", now=NOW).hits


def test_deleting_several_reaches_the_search(editor: Any, questions: Any, as_person: Any) -> None:
    rows = [save_synonym(variant=word, canonical="重复扣除") for word in ("bazinga", "grault")]
    assert search_questions("grault", now=NOW).hits
    as_person(editor).post(
        SYNONYMS,
        {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"},
    )
    assert not Synonym.objects.exists()
    assert not search_questions("grault", now=NOW).hits


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
def test_rules_that_would_break_the_search(
    variant: str, canonical: str, field: str, editor: Any, questions: Any, as_person: Any
) -> None:
    save_synonym(variant="贵宾", canonical="会员")
    save_synonym(variant="vip", canonical="会员")
    index = SearchIndexVersion.objects.get(pk=1).number
    response = as_person(editor).post(
        f"{SYNONYMS}add/", {"variant": variant, "canonical": canonical}
    )
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert Synonym.objects.count() == 2
    assert SearchIndexVersion.objects.get(pk=1).number == index
    assert search_questions("扣", now=NOW) is not None


def test_the_service_refuses_contradictions(questions: Any) -> None:
    first = save_synonym(variant="贵宾", canonical="会员")
    with pytest.raises(Invalid):
        save_synonym(variant="会员", canonical="尊享")
    save_synonym(variant="贵宾", canonical="尊享", synonym_id=first.pk)  # replaces, no duplicate
    assert Synonym.objects.get().canonical == "尊享"


def test_a_broken_table_can_be_repaired(questions: Any) -> None:
    """Rows that came in by another way do not block the rules that have nothing to do with them."""
    Synonym.objects.create(variant="甲", canonical="乙")
    loop = Synonym.objects.create(variant="乙", canonical="丙")
    save_synonym(variant="贵宾", canonical="会员")
    save_synonym(variant="丁", canonical="丙", synonym_id=loop.pk)
    assert search_questions("扣", now=NOW) is not None


def test_a_rule_that_became_contradictory_meanwhile(
    editor: Any, questions: Any, as_person: Any, monkeypatch: pytest.MonkeyPatch
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
    response = as_person(editor).post(f"{SYNONYMS}add/", {"variant": "会员", "canonical": "VIP"})
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["variant"]
    assert Synonym.objects.count() == 1


# --- teams and routing --------------------------------------------------------------------------


def test_members_and_the_default_team(
    manager: Any, advisor: Any, agent: Any, as_person: Any
) -> None:
    client = as_person(manager)
    safety = Team.objects.get(slug="safety")
    address = f"/admin/tickets/team/{safety.pk}/change/"
    data = {"name": "安全组", "slug": "renamed", "members": [advisor.pk]}
    assert client.post(address, data).status_code == 302
    safety.refresh_from_db()
    assert (safety.name, safety.slug, list(safety.members.all())) == ("安全组", "safety", [advisor])
    response = client.post(address, data | {"members": [agent.pk]})  # an agent takes no tickets
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["members"]

    choose = {"action": "make_default", "_selected_action": [safety.pk]}
    page = client.post("/admin/tickets/team/", choose, follow=True).content.decode()
    assert "now gets all tickets" in page
    assert list(Team.objects.filter(is_default=True)) == [safety]
    both = {"action": "make_default", "_selected_action": [t.pk for t in Team.objects.all()]}
    page = client.post("/admin/tickets/team/", both, follow=True).content.decode()
    assert "Choose exactly one team" in page
    assert list(Team.objects.filter(is_default=True)) == [safety]


def test_a_new_team(manager: Any, advisor: Any, as_person: Any) -> None:
    advisor.first_name = "顾问甲"
    advisor.save(update_fields=["first_name"])
    client = as_person(manager)
    page = client.get("/admin/tickets/team/add/").content.decode()
    assert "顾问甲 (advisor)" in page
    data = {"name": "新组", "slug": "new", "is_default": "on", "members": [advisor.pk]}
    assert client.post("/admin/tickets/team/add/", data).status_code == 302
    team = Team.objects.get(slug="new")
    assert (team.is_default, list(team.members.all())) == (False, [advisor])


def test_the_default_team_is_not_in_the_form(manager: Any, as_person: Any) -> None:
    """Unticking it would leave the desk without one, and every new ticket unrouted."""
    default = Team.objects.get(is_default=True)
    as_person(manager).post(f"/admin/tickets/team/{default.pk}/change/", {"name": "新名字"})
    default.refresh_from_db()
    assert (default.is_default, default.name) == (True, "新名字")


def test_routing_rules(manager: Any, questions: Any, as_person: Any) -> None:
    client = as_person(manager)
    team = Team.objects.get(slug="safety")
    data = {"order": "20", "team": team.pk, "priority": "1"}
    response = client.post("/admin/tickets/routingrule/add/", data)
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["category"]
    data["tag"] = "chargeback"
    assert client.post("/admin/tickets/routingrule/add/", data).status_code == 302
    response = client.post("/admin/tickets/routingrule/add/", data)
    assert list(response.context["adminform"].form.errors) == ["order"]
    rule = RoutingRule.objects.get(order=20)
    address = f"/admin/tickets/routingrule/{rule.pk}/delete/"
    assert client.post(address, {"post": "yes"}).status_code == 302
    assert not RoutingRule.objects.filter(order=20).exists()
