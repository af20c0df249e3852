"""The guide for writers says what is so: its whole flow can be walked, its pieces are valid."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import TypeAdapter

from kb.flows.engine import Answer, advance, position
from kb.flows.lint import lint
from kb.flows.linting.texts import INTERNAL_WORDS
from kb.flows.loader import load_flow
from kb.flows.schema import Node
from kb.flows.showing import prefilled, shown
from tests.kb.flows.parcels import world

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "flows.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)


def test_the_whole_flow_can_be_walked() -> None:
    flow = load_flow(BLOCKS[0])
    assert lint(flow) == ()
    paid: dict[str, Any] = {"paid_at": "昨天 8:00", "paid": "66", "method": "微信"}
    answers = advance(flow, (), Answer("how-long", values=paid), world())
    assert shown(position(flow, answers)).script.startswith("您用微信支付了 66 元，我看到了。")
    answers = advance(flow, answers, Answer("refresh", "no"))
    assert prefilled(position(flow, answers)).fields == {
        "paid_at": "2026年11月20日 08:00",
        "paid": "66.00",
    }


def test_the_pieces_have_the_shape_of_nodes() -> None:
    for block in BLOCKS[1:]:
        for node in yaml.safe_load(block).values():
            TypeAdapter(Node).validate_python(node)


def test_every_kind_and_some_words_of_the_house_are_told() -> None:
    union, _discriminator = get_args(Node)
    for model in get_args(union):
        [kind] = get_args(model.model_fields["kind"].annotation)
        assert f"`{kind}`" in GUIDE
    assert sum(word in GUIDE for word in INTERNAL_WORDS) >= 3
