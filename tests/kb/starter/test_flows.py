"""The decision flows of the starter knowledge base lead where they should."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from kb.flows.schema import CAPTURED, EscalateNode, RedirectNode
from kb.flows.scripts import variables
from tests.kb.starter.files import FLOWS, ROWS, flow_scripts

FLOW_OF = {
    "double-charge": "double-charge",
    "kwaicut-watermark-escalate": "watermark",
    "mini-program": "mini-program",
    **dict.fromkeys(("web-membership-not-synced", "web-credits-not-shown"), "sync"),
    **dict.fromkeys(("api-usage", "api-package-refund", "api-package-invoice"), "api"),
    **dict.fromkeys(("api-params", "api-image-rules", "api-video-rules"), "api"),
    **dict.fromkeys(("api-first-last-frame", "api-status", "api-moderation", "api-remix"), "api"),
    **dict.fromkeys(("subscribe-with-single", "single-after-subscribing"), "membership-order"),
    **dict.fromkeys(("second-subscription", "downgrade-subscription"), "membership-order"),
    "single-with-subscription": "membership-order",
}
# Every way through a flow: the answers given, then the kind of node at which it ends.
WAYS = {
    "double-charge": {
        *("yes no end", "yes yes escalate", "unsure no end", "unsure yes escalate"),
        "no escalate",
    },
    "watermark": {
        *("kwaicut end", "web no end", "web yes escalate"),
        *("elsewhere finish end", "elsewhere report escalate"),
    },
    "mini-program": {"yes redirect", "no end", "unsure next yes redirect", "unsure next no end"},
}


def ways(key: str, node_key: str, answers: str = "") -> Iterator[str]:
    node = FLOWS[key].nodes[node_key]
    if node.is_terminal:
        yield answers + node.kind
    for way in node.exits():
        yield from ways(key, way.next, f"{answers}{way.value} ")


def test_questions_and_flows_name_each_other() -> None:
    assert {key: ROWS[key].get("flow") for key in FLOW_OF} == FLOW_OF
    for name, flow in FLOWS.items():
        assert flow.key == name
        assert ROWS[flow.question].get("flow") == name
        for node in flow.nodes.values():
            if isinstance(node, RedirectNode) and node.question is not None:
                assert node.question in ROWS
    assert {row["flow"] for row in ROWS.values() if "flow" in row} <= FLOWS.keys()


@pytest.mark.parametrize("key", WAYS)
def test_a_flow_leads_where_it_should(key: str) -> None:
    flow = FLOWS[key]
    assert set(ways(key, flow.start)) == WAYS[key]
    for node in flow.nodes.values():
        labels = [way.label for way in node.exits()]
        assert len({label[:1] for label in labels}) == len(labels), "labels start alike"


@pytest.mark.parametrize("key", FLOWS)
def test_only_a_promise_names_the_date_and_keeps_its_terms(key: str) -> None:
    for node_key, script in flow_scripts(key):
        node = FLOWS[key].nodes[node_key]
        if isinstance(node, EscalateNode) and node.promise:
            assert list(variables(script)) == ["due_date"]
            assert node.requires == CAPTURED
            for term in ("高级顾问", "3 个工作日内", "回拨电话", "私信", "最晚"):
                assert term in script
        else:
            assert "due_date" not in variables(script)
            assert re.search("工作日|回拨|最晚", script) is None, "promises something"


def test_what_is_captured_on_top() -> None:
    asked = {
        (key, node_key): [field.key for field in node.fields]
        for key in WAYS
        for node_key, node in FLOWS[key].nodes.items()
        if isinstance(node, EscalateNode)
    }
    assert asked == {
        ("double-charge", "hand-over"): ["times_charged", "charged_at", "work"],
        ("watermark", "hand-over"): ["ordered_at", "tier"],
        ("watermark", "fraud-report"): ["bought_from", "seller"],
    }
    fraud = FLOWS["watermark"].nodes["fraud-report"]
    assert isinstance(fraud, EscalateNode)
    assert (fraud.promise, fraud.requires, fraud.tags) == (False, ("problem",), ("fraud-report",))
