"""Changing what a YAML text says: it reads back as exactly that, and nothing else is touched."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kb.flows.editing import CannotPatch, patched
from kb.flows.errors import FlowErrors
from kb.flows.source import SOURCE_LIMIT, read
from tests.kb.flows.starters import SOURCES

TEXT = """\
# top
schema: 2   # of the desk
key: one
nodes:
  # the first question
  first:
    kind: choice
    prompt: eins
      zwei
    # what is said
    script: |  # aloud
      Hallo.

      Und?

    # only for us
    hint: >
      gefaltet
      hier
    choices:
      # the usual case
      - {value: "yes", label: 'ja, so', next: second}   # most of them

      # hardly ever
      - value: "no"
        label: nein
        next: {to: second, by: x}  # nested
      -
        value: other
        # in between
        label: anders
    tags: [a,
           b,   # about b
           c]

  # lies apart

  # belongs to second
  second: {kind: end,
           outcome: answered,  # by now
           script: Danke.}

  third:
    kind: say
    script: |+
      Ende

    next: second
# the very end
"""


def reads(text: str) -> Any:
    return read(text, "yaml")


def change(text: str, edit: Callable[[Any], object]) -> str:
    """``text`` after ``edit`` of what it says; it reads back as that."""
    wanted = deepcopy(reads(text))
    edit(wanted)
    result = patched(text, wanted)
    assert reads(result) == wanted
    return result


def diff(old: str, new: str) -> tuple[list[str], list[str]]:
    """Lines that are only in one of them; all others stand in the same order."""
    import difflib

    steps = list(difflib.ndiff(old.splitlines(), new.splitlines()))
    return (
        [line[2:] for line in steps if line[0] == "-"],
        [line[2:] for line in steps if line[0] == "+"],
    )


def test_saying_the_same_changes_nothing() -> None:
    assert patched(TEXT, reads(TEXT)) is TEXT


def test_a_text_of_one_line() -> None:
    result = change(TEXT, lambda data: data.update(key="two"))
    assert diff(TEXT, result) == (["key: one"], ["key: two"])


def test_a_text_of_several_lines_keeps_its_comments_and_blank_lines() -> None:
    result = change(TEXT, lambda data: data["nodes"]["first"].update(script="Neu.\nZeile.\n"))
    assert diff(TEXT, result) == (
        ["      Hallo.", "", "      Und?"],
        ["      Neu.", "      Zeile."],
    )


def test_a_text_becomes_several_lines_and_one_again() -> None:
    longer = change(TEXT, lambda data: data["nodes"]["first"].update(prompt="a\nb\n"))
    assert diff(TEXT, longer) == (
        ["    prompt: eins", "      zwei"],
        ["    prompt: |", "      a", "      b"],
    )
    back = change(longer, lambda data: data["nodes"]["first"].update(prompt="eins"))
    assert "    prompt: eins\n    # what is said\n" in back


def test_what_needs_quotes_gets_them() -> None:
    for text in (
        "yes",
        "no",
        "12:30",
        "2026-01-01",
        "1",
        "1_0",
        "~",
        "a: b",
        "# x",
        "",
        " x",
        "- a",
    ):
        result = change(TEXT, lambda data, text=text: data.update(key=text))
        assert f'\nkey: "{text}"\n' in result
    assert "\nkey: plain, with a comma\n" in change(
        TEXT, lambda data: data.update(key="plain, with a comma")
    )


def test_quotes_stay_where_they_were() -> None:
    def edit(data: Any) -> None:
        data["nodes"]["first"]["choices"][0].update(value="ja", label="doch")

    result = change(TEXT, edit)
    assert """- {value: "ja", label: 'doch', next: second}   # most of them\n""" in result


def test_items_move_with_their_comments() -> None:
    result = change(TEXT, lambda data: data["nodes"]["first"]["choices"].reverse())
    assert (
        """\
    choices:
      -
        value: other
        # in between
        label: anders

      # hardly ever
      - value: "no"
        label: nein
        next: {to: second, by: x}  # nested
      # the usual case
      - {value: "yes", label: 'ja, so', next: second}   # most of them
    tags: [a,
"""
        in result
    )


def test_an_item_goes_with_its_comments() -> None:
    result = change(TEXT, lambda data: data["nodes"]["first"]["choices"].pop(1))
    gone, come = diff(TEXT, result)
    assert gone == [
        "      # hardly ever",
        '      - value: "no"',
        "        label: nein",
        "        next: {to: second, by: x}  # nested",
    ]
    assert come == []


def test_an_item_comes_in_the_way_of_the_others() -> None:
    new = {"value": "new", "label": "neu", "next": "second"}
    result = change(TEXT, lambda data: data["nodes"]["first"]["choices"].append(new))
    assert diff(TEXT, result)[1] == [
        "      - value: new",
        "        label: neu",
        "        next: second",
    ]
    watermark = SOURCES["watermark"]
    result = change(watermark, lambda data: data["nodes"]["where-bought"]["choices"].insert(1, new))
    assert diff(watermark, result) == (
        [],
        ["      - {value: new, label: neu, next: second}"],
    )


def test_an_entry_comes_behind_the_one_before_it() -> None:
    def edit(data: Any) -> None:
        first = data["nodes"]["first"]
        data["nodes"]["first"] = {"kind": first.pop("kind"), "sets": "x", **first}

    assert diff(TEXT, change(TEXT, edit)) == ([], ["    sets: x"])


def test_a_step_comes_and_goes() -> None:
    def edit(data: Any) -> None:
        nodes = data["nodes"]
        third = nodes.pop("third")
        nodes["new"] = {"kind": "say", "script": "Zwei\nZeilen\n", "next": "first"}
        nodes["third"] = third

    watermark = SOURCES["watermark"]
    result = change(
        watermark,
        lambda data: data["nodes"].update({"new": {"kind": "end", "outcome": "answered"}}),
    )
    assert diff(watermark, result) == ([], ["", "  new:", "    kind: end", "    outcome: answered"])
    assert change(result, lambda data: data["nodes"].pop("new")) == watermark

    result = change(TEXT, edit)
    assert diff(TEXT, result)[0] == []
    assert "\n  third:" in result

    gone, come = diff(TEXT, change(TEXT, lambda data: data["nodes"].pop("second")))
    assert "  # belongs to second" in gone
    assert "  # lies apart" not in gone
    assert come == []


def test_brackets_over_several_lines() -> None:
    tags = change(TEXT, lambda data: data["nodes"]["first"].update(tags=["c", "a"]))
    assert "    tags: [c,\n           a]\n" in tags
    second = change(TEXT, lambda data: data["nodes"]["second"].update(script="Dank: sehr."))
    assert diff(TEXT, second) == (
        ["           script: Danke.}"],
        ['           script: "Dank: sehr."}'],
    )
    gone = change(TEXT, lambda data: data["nodes"]["second"].pop("kind"))
    assert "  second: {outcome: answered,  # by now\n           script: Danke.}\n" in gone


def test_a_short_step_gets_lines_when_a_text_needs_them() -> None:
    text = "nodes:\n  done: {kind: end, outcome: answered, script: x}\n"
    result = change(text, lambda data: data["nodes"]["done"].update(script="a\nb\n"))
    assert result == (
        "nodes:\n  done:\n    kind: end\n    outcome: answered\n    script: |\n      a\n      b\n"
    )


def test_json_stays_json() -> None:
    data = reads(SOURCES["watermark"])
    for text in (json.dumps(data, ensure_ascii=False), json.dumps(data, indent=1)):
        data["nodes"]["solved"]["script"] = "kurz"
        result = change(text, lambda data: data["nodes"]["solved"].update(script="kurz"))
        assert json.loads(result) == data


def test_line_breaks_of_windows_stay() -> None:
    text = TEXT.replace("\n", "\r\n")
    result = change(text, lambda data: data["nodes"]["first"].update(script="a\nb\n"))
    assert "\n" not in result.replace("\r\n", "")


def test_a_text_without_a_last_line_break() -> None:
    assert change("a: x\nb: |\n  y", lambda data: data.update(c=1)) == "a: x\nb: y\nc: 1\n"


def test_what_cannot_be_written_in_place_is_written_anew() -> None:
    text = "nodes:\n  # stays\n  a: {kind: say}\n  b:\n    pairs: [x: 1]\n"
    result = change(text, lambda data: data["nodes"]["b"]["pairs"][0].update(y=2))
    assert result.startswith("nodes:\n  # stays\n  a: {kind: say}\n  b:\n")


@pytest.mark.parametrize("text", ["<<: {a: 1}\nb: 2\n", "yes: 1\ntrue: 2\n", "- a\n", "", "a"])
def test_what_cannot_be_written_at_all_is_refused(text: str) -> None:
    with pytest.raises(CannotPatch):
        patched(text, {"a": 2, "b": 2})


@pytest.mark.parametrize("text", ["a: &x 1\nb: *x\n", "a: 1\na: 2\n", "a: [", "a: b: c"])
def test_what_is_refused_by_the_reader_is_refused_here(text: str) -> None:
    with pytest.raises(FlowErrors):
        patched(text, {"a": 1})


def test_a_text_that_would_become_too_long_is_refused() -> None:
    with pytest.raises(FlowErrors, match="longer than"):
        patched("a: x\n# " + "x" * (SOURCE_LIMIT - 10), {"a": "y" * 20})


# --- any change to any layout ---------------------------------------------------------------------


WORDS = [
    "yes",
    "on",
    "3",
    "12:30",
    "null",
    "好了",
    "a: b",
    "[x]",
    "# y",
    "x #y",
    "{{due_date}}",
    "",
]
TEXTS = st.one_of(
    st.sampled_from(WORDS),
    st.text(alphabet="ab好 \n\t:#-'\"\\{}[],|>&*!%@\u00e9\u2028\U0001f600\x85\r", max_size=12),
    st.builds("\n".join, st.lists(st.sampled_from(["eins", "  zwei", "", "- drei", "# vier"]))),
)
SCALARS = st.one_of(TEXTS, st.integers(-2, 99), st.booleans(), st.none())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["kind", "value", "label", "next", "yes"]), inner, max_size=3
        ),
    ),
    max_leaves=6,
)


def containers(data: Any) -> Iterator[Any]:
    if isinstance(data, dict | list):
        yield data
        for each in list(data.values() if isinstance(data, dict) else data):
            yield from containers(each)


def mutate(draw: st.DrawFn, data: Any) -> None:
    """One change anywhere in ``data``."""
    target = draw(st.sampled_from([each for each in containers(data) if each]))
    what = draw(st.sampled_from(["set", "add", "remove", "turn"]))
    if isinstance(target, list):
        at = draw(st.integers(0, len(target) - 1))
        if what == "turn":
            target.append(target.pop(at))
        elif what == "add":
            target.insert(at, draw(VALUES))
        elif what == "remove":
            del target[at]
        else:
            target[at] = draw(VALUES)
        return
    key = draw(st.sampled_from(list(target)))
    if what == "remove":
        del target[key]
    elif what == "add":
        items = list(target.items())
        at = draw(st.integers(0, len(items)))
        items.insert(at, ("new", draw(VALUES)))
        target.clear()
        target.update(items)
    else:
        target[key] = draw(VALUES)


def layouts(data: Any) -> list[str]:
    """``data`` as several writers would write it."""
    options: dict[str, Any] = {"allow_unicode": True, "sort_keys": False}
    return [
        yaml.safe_dump(data, **options),
        yaml.safe_dump(data, default_flow_style=False, indent=4, width=30, **options),
        yaml.safe_dump(data, default_flow_style=True, width=40, **options),
        json.dumps(data, ensure_ascii=False, indent=2),
    ]


@st.composite
def texts_to_change(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from([TEXT, *SOURCES.values()]))
    if draw(st.booleans()):
        text = draw(st.sampled_from(layouts(reads(text))))
    return text


@given(st.data())
def test_it_reads_back_as_what_was_wanted(data: st.DataObject) -> None:
    text = data.draw(texts_to_change())
    wanted = deepcopy(reads(text))
    for _round in range(data.draw(st.integers(1, 3))):
        data.draw(st.composite(lambda draw: mutate(draw, wanted))())
    result = patched(text, wanted)
    assert reads(result) == wanted
    assert patched(result, reads(result)) == result


def step_texts(text: str) -> dict[str, str]:
    """The lines of each step of a text in block layout, its comments and blanks left out."""
    found = {}
    for part in re.split(r"(?m)^(?=  [a-z0-9-]+:)", text.partition("\nnodes:\n")[2]):
        lines = part.splitlines()
        while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
            lines.pop()
        found[part.partition(":")[0].strip()] = "\n".join(lines)
    return found


@given(st.data())
def test_untouched_steps_keep_their_very_text(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([TEXT, *SOURCES.values()]))
    before = reads(text)
    wanted = deepcopy(before)
    key = data.draw(st.sampled_from(list(wanted["nodes"])))
    held = {"it": wanted["nodes"][key]}
    data.draw(st.composite(lambda draw: mutate(draw, held))())
    if "it" in held:
        wanted["nodes"][key] = held["it"]
    else:
        del wanted["nodes"][key]
    if "new" in held:
        wanted["nodes"]["new-one"] = held["new"]
    result = patched(text, wanted)
    assert reads(result) == wanted
    if not wanted["nodes"]:
        return
    old, new = step_texts(text), step_texts(result)
    for name, lines in old.items():
        if name != key:
            assert new[name] == lines
    assert text.partition("\nnodes:\n")[0] == result.partition("\nnodes:\n")[0]
