"""Where in the text a place of the definition stands."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kb.flows.lines import line_of, lines_of
from kb.flows.loader import check_flow
from kb.flows.paths import Location
from kb.flows.source import read
from tests.kb.flows.examples import colour
from tests.kb.flows.starters import SOURCES

TEXT = """\
# a flow
schema: 1
key: late
nodes:
  ask:
    kind: choice
    choices:
      - {value: "yes", label: 是, next: done}
      - value: "no"
        label: 否
        next: gone

  "quoted key": {kind: end}
"""


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ((), 1),
        (("schema",), 2),
        (("nodes", "ask"), 5),
        (("nodes", "ask", "kind"), 6),
        (("nodes", "ask", "choices"), 7),
        (("nodes", "ask", "choices", 0, "next"), 8),
        (("nodes", "ask", "choices", 1), 9),
        (("nodes", "ask", "choices", 1, "next"), 11),
        (("nodes", "quoted key", "kind"), 13),
        # what is missing stands where it belongs
        (("title",), 1),
        (("nodes", "ask", "prompt"), 5),
        (("nodes", "ask", "choices", 7), 7),
        (("nodes", "ask", "choices", 0, "next", "deeper"), 8),
    ],
)
def test_lines(location: Location, line: int) -> None:
    assert line_of(TEXT, location) == line


@pytest.mark.parametrize("text", ["", "a: [", "\x00", "- a\n- b", "&a b: *a", "x" * 500_000])
def test_a_text_that_cannot_be_read_has_a_first_line(text: str) -> None:
    assert line_of(text, ("nodes", "ask")) == 1


def test_a_text_that_cannot_be_read_tells_where_reading_stopped() -> None:
    text = TEXT.replace("label: 否", "label: 否: 不")
    with pytest.raises(ValueError, match="line 10") as unread:
        read(text, "yaml")
    assert lines_of(text, unread.value.errors) == [10]  # type: ignore[attr-defined]


def test_a_key_that_is_there_twice() -> None:
    text = TEXT + "key: again\n"
    with pytest.raises(ValueError, match="there twice") as unread:
        read(text, "yaml")
    assert lines_of(text, unread.value.errors) == [14]  # type: ignore[attr-defined]


def places(data: Any, at: Location = ()) -> list[tuple[Location, str]]:
    """Every key of a definition with its place."""
    found: list[tuple[Location, str]] = []
    if isinstance(data, dict):
        for key, value in data.items():
            found += [((*at, key), key), *places(value, (*at, key))]
    elif isinstance(data, list):
        for number, value in enumerate(data):
            found += places(value, (*at, number))
    return found


@pytest.mark.parametrize("key", sorted(SOURCES))
def test_every_key_of_the_starter_flows_is_on_its_line(key: str) -> None:
    text = SOURCES[key]
    lines = text.splitlines()
    for location, name in places(yaml.safe_load(text)):
        assert name in lines[line_of(text, location) - 1], location


@given(st.data())
def test_a_key_of_any_layout_is_on_its_line(data: st.DataObject) -> None:
    """One key of the definition becomes unmistakable; its line must be the one found."""
    definition = colour()
    location, _name = data.draw(st.sampled_from(places(definition)))
    holder: Any = definition
    for part in location[:-1]:
        holder = holder[part]
    marked = {("MARK" if key == location[-1] else key): value for key, value in holder.items()}
    holder.clear()
    holder.update(marked)
    width = data.draw(st.sampled_from([20, 80, 10_000]))
    flow_style = data.draw(st.sampled_from([None, False]))
    indent = data.draw(st.sampled_from([2, 4]))
    text = yaml.safe_dump(
        definition,
        allow_unicode=True,
        sort_keys=data.draw(st.booleans()),
        width=width,
        default_flow_style=flow_style,
        indent=indent,
    )
    if data.draw(st.booleans()):
        text = json.dumps(definition, ensure_ascii=False, indent=1)
    line = line_of(text, (*location[:-1], "MARK"))
    assert "MARK" in text.splitlines()[line - 1]


def test_findings_of_a_flow_stand_in_its_nodes() -> None:
    text = SOURCES["watermark"].replace("next: ", "next: nowhere-", 1)
    _definition, findings = check_flow(read(text, "yaml"))
    assert findings
    lines = text.splitlines()
    for found, line in zip(findings, lines_of(text, findings), strict=True):
        if found.code == "dangling_next":
            assert "nowhere-" in lines[line - 1]
        else:
            assert lines[line - 1].strip() == f"{found.node}:"
