"""What an escalate node captures, and scripts with variables."""

from __future__ import annotations

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.flows.errors import ScriptError
from kb.flows.fields import validate_fields
from kb.flows.loader import parse_flow
from kb.flows.refusals import Refusal
from kb.flows.schema import EscalateNode
from kb.flows.scripts import render_script
from tests.kb.flows.examples import COLOUR

_node = parse_flow(COLOUR).nodes["hand-over"]
assert isinstance(_node, EscalateNode)
NODE: EscalateNode = _node


def codes(raw: dict[str, object]) -> dict[str, list[str]]:
    _, errors = validate_fields(NODE, raw)
    return {key: [error.code for error in found] for key, found in errors.items()}


def test_clean_values_are_ready_for_json_in_the_order_of_the_fields() -> None:
    clean, errors = validate_fields(
        NODE,
        {"browser": "edge", "work": " 海边\n日落 ", "times": " ３ ", "seen_at": "昨晚八点左右"},
    )
    assert errors == {}
    assert list(clean.items()) == [
        ("times", 3),
        ("seen_at", "昨晚八点左右"),
        ("work", "海边\n日落"),
        ("browser", "edge"),
    ]
    assert json.loads(json.dumps(clean)) == clean


def test_blank_optional_fields_are_left_out() -> None:
    assert validate_fields(NODE, {"times": "1", "work": "  ", "browser": ""}) == ({"times": 1}, {})


@pytest.mark.parametrize("raw", ["１２", "012", 12, "0000000012"])
def test_counts_are_understood(raw: object) -> None:
    assert validate_fields(NODE, {"times": raw}) == ({"times": 12}, {})


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "required"),
        (" \u3000", "required"),
        ("\x00", "required"),
        ("0", "out_of_range"),
        ("1000", "out_of_range"),
        ("9" * 9_999, "out_of_range"),
        (1_000, "out_of_range"),
        ("-1", "not_a_number"),
        ("1.5", "not_a_number"),
        ("两次", "not_a_number"),
        ("²", None),
        ("٣", "not_a_number"),
        (True, "not_text"),
        (2.0, "not_text"),
        ([1], "not_text"),
        (None, "required"),
    ],
)
def test_counts_that_are_none(raw: object, code: str | None) -> None:
    assert codes({"times": raw}) == ({"times": [code]} if code else {})


def test_all_errors_are_reported_at_once_with_their_parameters() -> None:
    clean, errors = validate_fields(
        NODE,
        {"seen_at": "久" * 101, "work": "长" * 1_001, "browser": "lynx", "colour": "red"},
    )
    assert clean == {}
    assert errors == {
        "times": [Refusal("required")],
        "seen_at": [Refusal("too_long", {"max": 100})],
        "work": [Refusal("too_long", {"max": 1_000})],
        "browser": [Refusal("unknown_option", {"allowed": ["edge", "other"]})],
        "colour": [Refusal("unknown_field")],
    }


@given(
    st.dictionaries(
        st.sampled_from(["times", "seen_at", "work", "browser", "else"]),
        st.none() | st.booleans() | st.integers() | st.text(alphabet=st.characters()) | st.floats(),
    )
)
def test_anything_is_accepted_or_refused_and_what_is_accepted_can_be_stored(
    raw: dict[str, object],
) -> None:
    clean, errors = validate_fields(NODE, raw)
    assert not set(clean) & set(errors)
    stored = json.dumps(clean, ensure_ascii=False).encode()
    assert json.loads(stored) == clean
    assert "\\u0000" not in stored.decode()


def test_a_variable_is_filled_in() -> None:
    script = "最晚 {{due_date}} 联系您，{{due_date}} 之前。"
    assert render_script(script, {"due_date": "3 月 9 日"}) == (
        "最晚 3 月 9 日 联系您，3 月 9 日 之前。"
    )


def test_a_value_is_not_looked_into() -> None:
    assert render_script("{{due_date}}", {"due_date": "{{due_date}} }}"}) == "{{due_date}} }}"


@pytest.mark.parametrize(
    ("text", "variables", "variable"),
    [
        ("{{due_date}}", {}, "due_date"),
        ("{{account}}", {"due_date": "x"}, "account"),
        ("{{ due_date }}", {"due_date": "x"}, " due_date "),
        ("{{}}", {"due_date": "x"}, ""),
        ("{{due_date", {"due_date": "x"}, None),
        ("due_date}}", {"due_date": "x"}, None),
        ("nothing", {"account": "x"}, "account"),
    ],
)
def test_what_cannot_be_filled_in_is_never_shown(
    text: str, variables: dict[str, str], variable: str | None
) -> None:
    with pytest.raises(ScriptError) as caught:
        render_script(text, variables)
    assert caught.value.variable == variable


@given(st.text(alphabet=string.printable + "灵感{}", max_size=30), st.text(max_size=5))
def test_text_without_double_braces_is_left_alone(text: str, value: str) -> None:
    if "{{" in text or "}}" in text:
        with pytest.raises(ScriptError):
            render_script(text, {"due_date": value})
    else:
        assert render_script(text, {"due_date": value}) == text
