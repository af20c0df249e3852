"""Changing the rules of routing: numbers without gaps, traces, and whoever comes second."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import ProtectedError

from kb.models import Category
from kb.services.categories import add_category, delete_category
from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.conftest import NOW
from tickets.models import RoutingRule, TicketEvent
from tickets.selectors.routing import rule_rows, table_version
from tickets.selectors.traces import traces_of
from tickets.services.routing_rules import (
    MOST_RULES,
    RuleForm,
    add_rule,
    change_rule,
    delete_rule,
    move_rule,
    plan_rule,
)

pytestmark = pytest.mark.usefixtures("questions")


def version() -> str:
    return table_version(rule_rows())


def add(manager: Any, **values: Any) -> RoutingRule:
    form = RuleForm(**{"place": 99, "team": "safety", "tag": "one", **values})
    return add_rule(acting_user=manager, form=form, expected=version(), now=NOW)


def order() -> list[tuple[int, str]]:
    return [(row.order, row.tag) for row in rule_rows()]


def test_rules_are_numbered_without_gaps_whatever_is_done(manager: Any) -> None:
    assert order() == [(10, "fraud-report")]
    one = add(manager)
    two = add(manager, tag="two", place=1)
    assert order() == [(1, "two"), (2, "fraud-report"), (3, "one")]
    who: dict[str, Any] = {"acting_user": manager, "now": NOW}
    move_rule(**who, rule_id=one.pk, up=True, expected=version())
    assert order() == [(1, "two"), (2, "one"), (3, "fraud-report")]
    move_rule(**who, rule_id=two.pk, up=True, expected=version())
    assert order()[0] == (1, "two")
    move_rule(**who, rule_id=two.pk, up=False, expected=version())
    assert order() == [(1, "one"), (2, "two"), (3, "fraud-report")]
    form = RuleForm(place=3, team="tier2", tag="uno", skill="refund", priority=2)
    change_rule(**who, rule_id=one.pk, form=form, expected=version())
    assert order() == [(1, "two"), (2, "fraud-report"), (3, "uno")]
    delete_rule(**who, rule_id=two.pk, expected=version())
    assert order() == [(1, "fraud-report"), (2, "uno")]


def test_every_change_leaves_a_trace_with_what_was_and_what_is(manager: Any) -> None:
    row = add(manager)
    who: dict[str, Any] = {"acting_user": manager, "rule_id": row.pk, "now": NOW}
    form = RuleForm(place=2, team="tier2", category="credits", chased=True, priority=1)
    change_rule(**who, form=form, expected=version())
    delete_rule(**who, expected=version())
    deleted, changed, added = traces_of(RoutingRule)
    assert (added.old, added.by, added.at) == (None, manager, NOW)
    assert added.new is not None
    assert (added.new["tag"], changed.old) == ("one", added.new)
    assert changed.new == {
        "order": 2,
        "category": "灵感值",
        "chased": True,
        "team": "二线高级顾问组",
        "skill": "",
        "priority": 1,
    }
    assert (deleted.old, deleted.new) == (changed.new, None)


def test_whoever_comes_second_changes_nothing(manager: Any) -> None:
    row, seen = add(manager), version()
    add(manager, tag="other")
    before = order()
    who: dict[str, Any] = {"acting_user": manager, "now": NOW, "expected": seen}
    form = RuleForm(place=1, team="tier2", tag="late")
    for late in (
        lambda: add_rule(**who, form=form),
        lambda: change_rule(**who, form=form, rule_id=row.pk),
        lambda: move_rule(**who, rule_id=row.pk, up=True),
        lambda: delete_rule(**who, rule_id=row.pk),
    ):
        with pytest.raises(Conflict) as refused:
            late()
        assert refused.value.code == "stale"
    assert order() == before


def test_only_managers_and_only_rules_that_are_there(manager: Any, advisor: Any) -> None:
    with pytest.raises(NotAllowed):
        add(advisor)
    who: dict[str, Any] = {"acting_user": manager, "now": NOW, "expected": version()}
    for call in (
        lambda: move_rule(**who, rule_id=0, up=True),
        lambda: delete_rule(**who, rule_id=0),
        lambda: change_rule(**who, rule_id=0, form=RuleForm(place=1, team="tier2", tag="x")),
    ):
        with pytest.raises(NotFound):
            call()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tag": ""}, "category"),
        ({"tag": "fraud-report"}, "category"),
        ({"team": "none"}, "team"),
        ({"category": "none"}, "category"),
        ({"question": "none"}, "question"),
        ({"flow": "none"}, "flow"),
        ({"tag": "长" * 41}, "tag"),
        ({"queue": "no spaces"}, "queue"),
        ({"skill": "s" * 41}, "skill"),
        ({"priority": 3}, "priority"),
        ({"place": 0}, "place"),
    ],
)
def test_bad_rules_are_refused_by_field(changes: dict[str, Any], field: str, manager: Any) -> None:
    with pytest.raises(Invalid) as refused:
        add(manager, **changes)
    assert list(refused.value.fields) == [field]
    assert order() == [(10, "fraud-report")]


def test_there_is_an_end_to_rules(manager: Any) -> None:
    team = RoutingRule.objects.get().team
    RoutingRule.objects.bulk_create(
        RoutingRule(order=20 + n, tag=f"t{n}", team=team) for n in range(MOST_RULES - 1)
    )
    with pytest.raises(Invalid) as refused:
        plan_rule(form=RuleForm(place=1, team="tier2", tag="more"))
    assert list(refused.value.fields) == ["place"]


def test_what_a_rule_names_cannot_go_silently(manager: Any) -> None:
    add_category(slug="empty", title="空组")
    add(manager, category="empty", tag="")
    with pytest.raises(Conflict, match="still used by: routing rules"):
        delete_category(slug="empty")
    add(manager, question="price", flow="twice", tag="")
    row = rule_rows()[-1]
    assert row.question is not None
    assert row.flow is not None
    for needed in (row.question, row.flow):
        with pytest.raises(ProtectedError):
            needed.delete()
    assert Category.objects.filter(slug="empty").exists()


def test_the_timeline_keeps_what_the_rule_asked_for(manager: Any, make_ticket: Any) -> None:
    row = add(manager, category="credits", tag="", place=1)
    ticket = make_ticket()
    delete_rule(acting_user=manager, rule_id=row.pk, expected=version(), now=NOW)
    event = TicketEvent.objects.get(ticket=ticket, code="ticket.routed")
    assert (event.new["rule"], event.new["because"]) == (1, {"category": "灵感值"})
