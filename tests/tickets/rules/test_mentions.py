"""Who is named in a note, in a script without spaces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.mentions import LONGEST_NAME, mentions, possible_names

KNOWN = {"advisor", "advisor2", "li.na", "zhang-san", "王芳", "a+b"}


@pytest.mark.parametrize(
    ("text", "names", "unknown"),
    [
        ("没有人", (), ()),
        ("@advisor", ("advisor",), ()),
        ("请@advisor2看一下", ("advisor2",), ()),
        ("请＠advisor看一下", ("advisor",), ()),
        ("@advisor, @advisor2.", ("advisor", "advisor2"), ()),
        ("@advisor @advisor", ("advisor",), ()),
        ("@advisor。谢谢", ("advisor",), ()),
        ("@li.na.", ("li.na",), ()),
        ("(@zhang-san)", ("zhang-san",), ()),
        ("@a+b", ("a+b",), ()),
        ("@王芳看一下", ("王芳",), ()),
        ("@advisor22", (), ("advisor22",)),
        ("@advisor.x", (), ("advisor.x",)),
        ("@advisor-x", (), ("advisor-x",)),
        ("@nobody看一下", (), ("nobody",)),
        ("@李四", (), ("李四",)),
        ("给 advisor@example.com 写信", (), ()),
        ("单价@ 5 元", (), ()),
        ("@", (), ()),
        ("@@advisor", ("advisor",), ()),
        ("@Advisor", (), ("Advisor",)),
    ],
)
def test_examples(text: str, names: tuple[str, ...], unknown: tuple[str, ...]) -> None:
    found = mentions(text, KNOWN)
    assert (found.names, found.unknown) == (names, unknown)


texts = st.text(st.sampled_from("@＠advisor2.+-_ 看王芳x\n"), max_size=60)


@given(texts)
def test_only_known_people_that_stand_in_the_text_are_named(text: str) -> None:
    found = mentions(text, KNOWN)
    assert set(found.names) <= KNOWN & possible_names(text)
    for name in found.names:
        assert f"@{name}" in text.replace("＠", "@")
    assert len(set(found.names)) == len(found.names)


@given(texts, st.sampled_from(sorted(KNOWN)))
def test_a_mention_between_spaces_is_always_found(text: str, name: str) -> None:
    assert name in mentions(f"{text} @{name} 请看", KNOWN).names


@given(st.text(max_size=400))
def test_any_text_is_read_and_nothing_longer_than_a_name_is_looked_up(text: str) -> None:
    assert all(0 < len(name) <= LONGEST_NAME for name in possible_names(text))
    assert mentions(text, set()).names == ()
