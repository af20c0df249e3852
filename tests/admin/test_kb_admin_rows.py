"""The stock admin: teams, and routing rules."""

from __future__ import annotations

from typing import Any

from tickets.models import Team


def test_members_and_the_default_team(
    manager: Any, advisor: Any, agent: Any, as_person: Any
) -> None:
    client = as_person(manager)
    safety = Team.objects.get(slug="safety")
    address = f"/admin/tickets/team/{safety.pk}/change/"
    data = {
        "name": "安全组",
        "slug": "renamed",
        "assignment": "pull",
        "members": [advisor.pk],
    }
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
    data = {
        "name": "新组",
        "slug": "new",
        "is_default": "on",
        "assignment": "pull",
        "members": [advisor.pk],
    }
    assert client.post("/admin/tickets/team/add/", data).status_code == 302
    team = Team.objects.get(slug="new")
    assert (team.is_default, list(team.members.all())) == (False, [advisor])


def test_the_default_team_is_not_in_the_form(manager: Any, as_person: Any) -> None:
    """Unticking it would leave the desk without one, and every new ticket unrouted."""
    default = Team.objects.get(is_default=True)
    data = {"name": "新名字", "assignment": "pull"}
    as_person(manager).post(f"/admin/tickets/team/{default.pk}/change/", data)
    default.refresh_from_db()
    assert (default.is_default, default.name) == (True, "新名字")
