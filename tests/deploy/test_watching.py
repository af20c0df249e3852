"""Alerts and dashboard ask for what the desk really says, in PromQL that can be parsed."""

from __future__ import annotations

import re
from typing import Any

import promql_parser
import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from kb.selectors.search import holder, search_questions
from klingdesk import health
from klingdesk.broker_probe import BrokerProbe
from klingdesk.observing import pages
from klingdesk.observing.figures import figures_registry
from tests.deploy.files import alerts, dashboard
from tickets.reports import replica
from tickets.reports.replica import ReplicaState, ReplicaWatch, Standing

PARTS = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",), "gauge": ("",)}


@pytest.fixture
def said(client: Client, questions: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Each name that ``/metrics`` can give, with the labels that its samples have had."""
    monkeypatch.setattr(health, "broker", BrokerProbe(lambda: None))
    monkeypatch.setattr(replica, "is_configured", lambda: True)
    state = ReplicaState(Standing.OK, 1)
    monkeypatch.setattr(replica, "watch", ReplicaWatch(lambda most: state))
    monkeypatch.setattr(pages, "_figures", figures_registry())
    search_questions("灵感值")
    assert holder.standing()[0] is not None
    client.get("/healthz")
    text = client.get("/metrics").content.decode()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for part in PARTS[family.type]:
            name = family.name + part
            found[name] = {
                label for sample in family.samples if sample.name == name for label in sample.labels
            }
    return found


def expressions() -> list[tuple[str, str]]:
    """Every PromQL expression of both files, with where it stands."""
    found = [(rule["alert"], rule["expr"]) for rule in alerts()]
    for panel in dashboard()["panels"]:
        found += [(panel["title"], target["expr"]) for target in panel["targets"]]
    return found


def names_in(expression: str) -> set[str]:
    """The metrics that it asks for."""
    promql_parser.parse(expression)
    return set(re.findall(r"\bklingdesk_\w+", expression))


@pytest.mark.parametrize(("where", "expression"), expressions())
def test_it_can_be_parsed_and_asks_for_something(where: str, expression: str) -> None:
    assert names_in(expression), where


def test_a_wrong_expression_would_be_found() -> None:
    with pytest.raises(ValueError, match=r"."):
        names_in("max(klingdesk_database_up")


def test_every_metric_that_is_asked_for_is_said(said: dict[str, set[str]]) -> None:
    asked = {name for _where, expression in expressions() for name in names_in(expression)}
    assert len(asked) > 15
    assert sorted(asked - said.keys()) == []


def test_every_gauge_of_the_desk_is_watched(said: dict[str, set[str]]) -> None:
    """What nobody looks at is not worth asking for."""
    asked = {name for _where, expression in expressions() for name in names_in(expression)}
    gauges = {name for name in said if not name.endswith(("_bucket", "_sum", "_count", "_total"))}
    assert sorted(gauges - asked) == []


def test_every_alert_says_what_to_do() -> None:
    names = [rule["alert"] for rule in alerts()]
    assert len(set(names)) == len(names)
    for rule in alerts():
        assert rule["labels"]["severity"] in {"page", "ticket", "info"}
        assert rule["annotations"].keys() == {"summary", "action"}
        assert re.fullmatch(r"\d+[smh]", rule["for"])


def test_panels_have_their_places() -> None:
    board = dashboard()
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    taken = [
        (x, y)
        for panel in board["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _y in taken) < 24
    assert [variable["name"] for variable in board["templating"]["list"]] == ["datasource"]
