"""The published JSON Schema: it stands beside the starter flows, and says the same as the code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kb.flows.schema import json_schema
from kb.flows.source import read
from tests.kb.flows.parcels import IDENTIFY, parcels, parcels_with
from tests.kb.flows.starters import DATA, SOURCES

FILE = DATA / "flows" / "flow.schema.json"
VALIDATOR = Draft202012Validator(json_schema())


def test_the_file_is_that_of_the_code() -> None:
    """Written anew by ``python -m kb.flows.schema > kb/data/flows/flow.schema.json``."""
    assert json.loads(FILE.read_text(encoding="utf-8")) == json_schema()


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("key", SOURCES)
def test_the_starter_flows_satisfy_it(key: str) -> None:
    assert list(VALIDATOR.iter_errors(read(SOURCES[key], "yaml"))) == []


@pytest.mark.parametrize("data", [parcels(), IDENTIFY], ids=["parcels", "identify"])
def test_so_does_every_kind_of_node(data: dict[str, Any]) -> None:
    assert list(VALIDATOR.iter_errors(json.loads(json.dumps(data)))) == []


@pytest.mark.parametrize(
    "data",
    [
        parcels_with("many", else_=...),
        parcels_with("many", rules=[{"when": {"var": "pieces", "op": "like"}, "next": "done"}]),
        parcels_with("about", variables=[]),
        parcels_with("topic", colour="red"),
        parcels_with("price", columns=[{"var": "pieces", "compare": "size"}]),
        parcels_with("who", version="3"),
        parcels(schema=3),
    ],
)
def test_it_refuses_what_has_another_shape(data: dict[str, Any]) -> None:
    assert list(VALIDATOR.iter_errors(data))
