"""The routing rules on their pages: looked at, tried on the latest tickets, then changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.conftest import NOW
from tickets.models import RoutingRule, Team, Ticket
from tickets.selectors.routing import rule_rows, table_version
from tickets.services.routing_rules import RuleForm, add_rule

LIST = "/admin/routing/"
NEW = "/admin/routing/new/"


@pytest.fixture
def boss(manager: Any, questions: Any, settings: Any) -> Client:
    settings.LANGUAGE_CODE = "en"
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(manager)
    return browser


def version() -> str:
    return table_version(rule_rows())


def values(**changes: str) -> dict[str, str]:
    given = {"place": "1", "team": "safety", "category": "credits", "priority": "1"}
    return {**given, "version": version(), **changes}


def put(manager: Any, **changes: Any) -> RoutingRule:
    form = RuleForm(**{"place": 99, "team": "safety", "category": "credits", **changes})
    return add_rule(acting_user=manager, form=form, expected=version(), now=NOW)


def orders() -> list[tuple[int, str]]:
    return [(row.order, row.team.slug) for row in rule_rows()]


# --- who, and what is shown -----------------------------------------------------------------------


@pytest.mark.parametrize("who", ["agent", "advisor", "editor"])
def test_the_rules_are_the_managers(who: str, request: pytest.FixtureRequest, desk: None) -> None:
    browser = Client()
    browser.force_login(request.getfixturevalue(who))
    rule = RoutingRule.objects.get().pk
    for path in (LIST, NEW, f"{LIST}{rule}/"):
        assert browser.get(path).status_code == 403
        assert browser.post(path, values()).status_code in {403, 405}
    assert browser.post(f"{LIST}{rule}/act/", {"do": "delete"}).status_code == 403
    assert RoutingRule.objects.count() == 1


def test_the_list_says_what_each_rule_takes(
    boss: Client, manager: Any, make_ticket: Callable[..., Ticket]
) -> None:
    make_ticket()
    make_ticket()
    put(manager, chased=False, skill="refund")
    put(manager, category="", question="price", chased=False)
    put(manager, chased=False, api_customer=False)
    page = boss.get(LIST)
    assert [(row["taken"], row["hidden_by"]) for row in page.context["rows"]] == [
        (0, None),
        (2, None),
        (0, None),
        (0, 2),
    ]
    assert (page.context["tried"], page.context["ruleless"]) == (2, 0)
    text = page.content.decode()
    assert "group “灵感值” · not chased" in text
    assert "never reached: rule 2 takes all" in text
    assert "added:" in text


def test_the_list_costs_the_same_for_many_rules_and_tickets(
    boss: Client, manager: Any, make_ticket: Callable[..., Ticket]
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            boss.get(LIST)
        return len(queries)

    make_ticket()
    put(manager)
    cost()
    before = cost()
    for number in range(4):
        put(manager, category="", tag=f"t{number}")
        make_ticket()
    assert cost() == before


def test_the_former_address_leads_here(boss: Client) -> None:
    assert boss.get("/admin/tickets/routingrule/")["Location"] == LIST


# --- adding and changing --------------------------------------------------------------------------


def test_a_rule_is_looked_at_and_then_stored(
    boss: Client, make_ticket: Callable[..., Ticket]
) -> None:
    ticket = make_ticket()
    looked = boss.post(NEW, values(look="1"))
    text = looked.content.decode()
    assert looked.context["effect"]["moved"] == 1
    assert "1 of the latest 1 tickets would be routed otherwise." in text
    assert ticket.number in text
    assert RoutingRule.objects.count() == 1
    done = boss.post(NEW, values(confirm="1", seen=looked.context["seen"]), follow=True)
    assert done.redirect_chain == [(LIST, 302)]
    assert "Rule 1 is in force." in done.content.decode()
    assert orders() == [(1, "safety"), (2, "safety")]
    ticket.refresh_from_db()
    assert ticket.team == Team.objects.get(is_default=True)
    assert make_ticket().team == Team.objects.get(slug="safety")


def test_what_was_not_looked_at_is_not_stored(boss: Client) -> None:
    seen = boss.post(NEW, values(look="1")).context["seen"]
    for changes in ({}, {"seen": seen, "team": "tier2"}, {"seen": "0" * 16}):
        again = boss.post(NEW, values(confirm="1", **changes))
        assert again.status_code == 200
        assert "This is the effect now." in again.content.decode()
    assert RoutingRule.objects.count() == 1


def test_the_effect_comes_as_a_fragment(boss: Client) -> None:
    looked = boss.post(NEW, values(look="1"), headers={"hx-request": "true"})
    text = looked.content.decode()
    assert "<html" not in text
    assert 'name="seen"' in text
    assert "There is no ticket yet" in text
    refused = boss.post(NEW, values(category=""), headers={"hx-request": "true"})
    assert (refused.status_code, refused["HX-Retarget"]) == (422, "#routing-form")
    assert refused.content.decode().lstrip().startswith("<form")


def test_an_error_goes_when_its_field_is_corrected(boss: Client) -> None:
    """The effect alone would leave the old error beside the new value."""
    as_htmx = {"hx-request": "true"}
    refused = boss.post(NEW, values(skill="a b", look="1"), headers=as_htmx)
    assert '<input type="hidden" name="refused" value="1">' in refused.content.decode()
    looked = boss.post(NEW, values(skill="a", look="1", refused="1"), headers=as_htmx)
    text = looked.content.decode()
    assert (looked.status_code, looked["HX-Retarget"]) == (200, "#routing-form")
    assert ("aria-invalid" in text, 'name="refused"' in text, 'name="seen"' in text) == (
        False,
        False,
        True,
    )


def test_errors_stand_at_their_fields_and_nothing_typed_is_lost(boss: Client) -> None:
    typed = values(team="gone", place="x", question="no-such", skill="a b", priority="x")
    refused = boss.post(NEW, typed)
    assert refused.status_code == 422
    errors = {each["name"] for each in refused.context["fields"] if each["errors"]}
    assert errors == {"team", "place", "question", "skill", "priority"}
    text = refused.content.decode()
    assert text.count('aria-invalid="true"') == 5
    assert 'value="no-such"' in text
    assert 'value="a b"' in text


def test_a_rule_is_changed_from_what_it_is(boss: Client, manager: Any) -> None:
    row = put(manager, flow="twice", chased=True, skill="refund")
    page = boss.get(f"{LIST}{row.pk}/")
    shown = {each["name"]: each["value"] for each in page.context["fields"]}
    assert (shown["flow"], shown["chased"], shown["skill"]) == ("twice", "yes", "refund")
    typed = {name: str(value) for name, value in shown.items()} | {
        "team": "tier2",
        "version": page.context["version"],
    }
    looked = boss.post(f"{LIST}{row.pk}/", typed)
    boss.post(f"{LIST}{row.pk}/", {**typed, "confirm": "1", "seen": looked.context["seen"]})
    row.refresh_from_db()
    assert (row.team.slug, row.chased, row.order) == ("tier2", True, 2)


def test_whoever_saves_second_is_told_and_keeps_what_was_typed(boss: Client, manager: Any) -> None:
    typed = values(skill="mine")
    seen = boss.post(NEW, typed).context["seen"]
    put(manager, category="", tag="theirs")
    late = boss.post(NEW, {**typed, "confirm": "1", "seen": seen})
    assert late.status_code == 409
    text = late.content.decode()
    assert "Somebody has changed the rules meanwhile." in text
    assert 'value="mine"' in text
    assert late.context["version"] == version()
    assert RoutingRule.objects.count() == 2


def test_a_rule_that_is_gone(boss: Client) -> None:
    assert boss.get(f"{LIST}0/").status_code == 404
    assert boss.post(f"{LIST}0/", values()).status_code == 404
    gone = boss.post(f"{LIST}0/act/", {"do": "delete", "version": version()})
    assert gone.status_code == 409
    assert "There is no such rule any more." in gone.content.decode()


# --- moving and deleting --------------------------------------------------------------------------


def test_a_move_that_changes_nothing_is_done_at_once(boss: Client, manager: Any) -> None:
    row = put(manager)
    moved = boss.post(f"{LIST}{row.pk}/act/", {"do": "up", "version": version()}, follow=True)
    assert moved.redirect_chain == [(LIST, 302)]
    row.refresh_from_db()
    assert row.order == 1


def test_a_move_that_sends_tickets_elsewhere_is_shown_first(
    boss: Client, manager: Any, make_ticket: Callable[..., Ticket]
) -> None:
    put(manager, chased=False)
    row = put(manager, team="tier2")
    make_ticket()
    asked = {"do": "up", "version": version()}
    shown = boss.post(f"{LIST}{row.pk}/act/", asked)
    assert shown.status_code == 200
    assert shown.context["effect"]["moved"] == 1
    assert [row.team.slug for row in rule_rows()] == ["safety", "safety", "tier2"]
    boss.post(f"{LIST}{row.pk}/act/", {**asked, "confirm": "1"})
    assert [row.team.slug for row in rule_rows()] == ["safety", "tier2", "safety"]


def test_a_deletion_is_shown_first(boss: Client, manager: Any) -> None:
    row = put(manager)
    asked = {"do": "delete", "version": version()}
    assert "Delete the rule?" in boss.post(f"{LIST}{row.pk}/act/", asked).content.decode()
    assert RoutingRule.objects.count() == 2
    done = boss.post(f"{LIST}{row.pk}/act/", {**asked, "confirm": "1"}, follow=True)
    assert RoutingRule.objects.count() == 1
    assert "deleted:" in done.content.decode()


def test_an_act_on_a_changed_table_is_refused(boss: Client, manager: Any) -> None:
    row = put(manager)
    asked = {"do": "delete", "version": version(), "confirm": "1"}
    put(manager, category="", tag="theirs")
    late = boss.post(f"{LIST}{row.pk}/act/", asked)
    assert late.status_code == 409
    assert "Somebody has changed the rules meanwhile." in late.content.decode()
    assert RoutingRule.objects.count() == 3
    assert boss.post(f"{LIST}{row.pk}/act/", {"do": "burn"}).status_code == 400


# --- the reason on the ticket ---------------------------------------------------------------------


def test_the_ticket_tells_which_rule_sent_it_and_why_nobody_has_it(
    boss: Client, manager: Any, advisor: Any, make_ticket: Callable[..., Ticket]
) -> None:
    put(manager, team="tier2", place=1)
    Team.objects.filter(slug="tier2").update(assignment="automatic")
    ticket = make_ticket()
    advisor.groups.clear()
    text = boss.get(f"/admin/ticket/{ticket.number}/").content.decode()
    assert "(rule 1: group “灵感值”)" in text
    assert "Waits in the queue: nobody of the team is on shift now." in text


def test_a_ticket_that_no_rule_fits_says_so(
    boss: Client, make_ticket: Callable[..., Ticket]
) -> None:
    text = boss.get(f"/admin/ticket/{make_ticket().number}/").content.decode()
    assert "(no rule fits)" in text
    assert "Waits in the queue" not in text
