"""The words of refusals: every code has them, in the language asked for, with its numbers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import kb.flows
from kb.flows.refusals import WORDS, Refusal
from kb.flows.values import ValueRefused, refusal_of
from klingdesk.core.account_id import AccountIdProblem, PhoneProblem

FOLDER = Path(kb.flows.__file__).parent


def codes_in_code() -> set[str]:
    """The codes that the parsers name; those of IDs and telephones come from their enums."""
    found = {f"account_id.{each.value}" for each in AccountIdProblem}
    found |= {f"mobile.{each.value}" for each in PhoneProblem}
    for name in ("values.py", "fields.py", "engine.py"):
        for node in ast.walk(ast.parse((FOLDER / name).read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "ValueRefused"
            ) or (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ValueRefused"):
                found |= _literals(node.args[0])
    return found - {"code"}


def _literals(node: ast.expr) -> set[str]:
    parts = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    return {str(each.value) for each in parts if isinstance(each, ast.Constant)}


def test_every_code_has_words_and_no_words_are_left_over() -> None:
    assert codes_in_code() == set(WORDS)


def test_they_are_told_in_the_language_of_whoever_asks() -> None:
    refused = refusal_of(ValueRefused("out_of_range", min=1, max=9))
    assert refused.told() == "Write a number from 1 to 9."
    translated = {WORDS["out_of_range"]: "请填 %(min)s 到 %(max)s。"}
    assert refused.told(translated.__getitem__) == "请填 1 到 9。"


@pytest.mark.parametrize(("code", "own"), [("required", None), ("not_a_number", "问清几次 100%")])
def test_an_author_s_own_words_stay_as_they_were_written(code: str, own: str | None) -> None:
    refused = refusal_of(ValueRefused(code), "问清几次 100%")
    assert refused.own == own
    assert refused.told(str.upper) == (own or "PLEASE FILL THIS IN.")


def test_refusals_are_compared_by_what_they_say() -> None:
    assert Refusal("too_long", {"max": 5}) == refusal_of(ValueRefused("too_long", max=5))
