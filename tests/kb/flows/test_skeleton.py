"""How a new flow begins: with something that can be published as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.flows.errors import FlowErrors
from kb.flows.lint import QuestionFacts, Surroundings
from kb.flows.loader import check_flow
from kb.flows.skeleton import renamed, skeleton
from kb.flows.source import read
from tests.kb.flows.starters import SOURCES

KEYS = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+){0,3}", fullmatch=True).filter(lambda k: len(k) <= 60)
TITLES = st.one_of(
    st.text(min_size=1, max_size=80).filter(lambda title: bool(title.strip())),
    st.sampled_from(
        ["yes", "null", "1", "2026-01-01", "a: b", "# x", "'", '"', "- x", "{a}", "&a"]
    ),
)


def test_the_beginning_can_be_published() -> None:
    text = skeleton(key="lost", title="作品不见了", question="other")
    around = Surroundings(questions={"other": QuestionFacts()}, checkers={})
    definition, findings = check_flow(read(text, "yaml"), around)
    assert definition is not None
    assert findings == ()
    assert (definition.key, definition.title) == ("lost", "作品不见了")


@given(KEYS, TITLES, KEYS)
def test_any_name_is_read_back(key: str, title: str, question: str) -> None:
    data = read(skeleton(key=key, title=title, question=question), "yaml")
    assert (data["key"], data["title"], data["question"]) == (key, title, question)


@given(st.sampled_from(sorted(SOURCES)), KEYS, TITLES)
def test_a_copy_differs_in_its_names_only(source: str, key: str, title: str) -> None:
    text = renamed(SOURCES[source], key=key, title=title)
    old, new = read(SOURCES[source], "yaml"), read(text, "yaml")
    assert (new["key"], new["title"]) == (key, title)
    assert {**new, "key": old["key"], "title": old["title"]} == old
    changed = [
        line
        for before, line in zip(SOURCES[source].splitlines(), text.splitlines(), strict=True)
        if before != line
    ]
    assert all(line.startswith(("key: ", "title: ")) for line in changed)


@pytest.mark.parametrize(
    "text", ["", "a: [", "- a", "key: x", "title: x", "key: [x]\ntitle: y", "x" * 500_000]
)
def test_what_has_no_names_cannot_be_copied(text: str) -> None:
    with pytest.raises(FlowErrors):
        renamed(text, key="new", title="新")
