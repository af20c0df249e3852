"""The readers of environment variables: what they accept, and one clear sentence otherwise."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from klingdesk import env

NAME = "KLINGDESK_TEST_VARIABLE"


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@pytest.fixture(autouse=True)
def not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)


def test_defaults_when_not_set(tmp_path: Path) -> None:
    assert env.text(NAME) == ""
    assert env.text(NAME, "default") == "default"
    assert env.flag(NAME) is False
    assert env.flag(NAME, default=True) is True
    assert env.number(NAME, 7) == 7
    assert env.listing(NAME) == []
    assert env.listing(NAME, ["a"]) == ["a"]
    assert env.choice(NAME, Colour, Colour.BLUE) is Colour.BLUE
    assert env.folder(NAME, tmp_path) == tmp_path


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("1", True), ("true", True), ("YES", True), (" on ", True),
        ("0", False), ("False", False), ("no", False), ("off", False), ("", False), ("  ", False),
    ],
)  # fmt: skip
def test_flag(monkeypatch: pytest.MonkeyPatch, raw: str, value: bool) -> None:
    monkeypatch.setenv(NAME, raw)
    assert env.flag(NAME, default=not value) is value


def test_text_has_no_outer_white_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "  two words \n")
    assert env.text(NAME) == "two words"


def test_listing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, " a, b ,,c,")
    assert env.listing(NAME, ["default"]) == ["a", "b", "c"]
    monkeypatch.setenv(NAME, "")
    assert env.listing(NAME, ["default"]) == []


@pytest.mark.parametrize(("raw", "value"), [("2", 2), (" 9 ", 9), ("", 5), ("  ", 5)])
def test_number(monkeypatch: pytest.MonkeyPatch, raw: str, value: int) -> None:
    monkeypatch.setenv(NAME, raw)
    assert env.number(NAME, 5, least=2, most=9) == value


def test_choice_ignores_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, " RED ")
    assert env.choice(NAME, Colour, Colour.BLUE) is Colour.RED


def test_choices_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.choices(NAME, Colour) == []
    monkeypatch.setenv(NAME, "Red, blue,")
    assert env.choices(NAME, Colour) == [Colour.RED, Colour.BLUE]
    monkeypatch.setenv(NAME, "red,green")
    with pytest.raises(ImproperlyConfigured, match="names 'green'; allowed are red, blue"):
        env.choices(NAME, Colour)


def test_folder_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(NAME, "made/../later")
    assert env.folder(NAME, Path("/")) == tmp_path / "later"
    monkeypatch.setenv(NAME, "~/data")
    assert env.folder(NAME, Path("/")) == Path.home().resolve() / "data"


@pytest.mark.parametrize(
    ("raw", "read", "sentence"),
    [
        ("maybe", lambda: env.flag(NAME), "is 'maybe'; write 1 or 0."),
        ("2", lambda: env.flag(NAME), "is '2'; write 1 or 0."),
        ("3.5", lambda: env.number(NAME, 1), "is '3.5'; write a whole number."),
        ("ten", lambda: env.number(NAME, 1), "is 'ten'; write a whole number."),
        ("1", lambda: env.number(NAME, 5, least=2, most=9), "is 1; it must be from 2 to 9."),
        ("10", lambda: env.number(NAME, 5, least=2, most=9), "is 10; it must be from 2 to 9."),
        ("-1", lambda: env.number(NAME, 5, least=0), "is -1; it must be at least 0."),
        ("10", lambda: env.number(NAME, 5, most=9), "is 10; it must be at most 9."),
        (
            "green",
            lambda: env.choice(NAME, Colour, Colour.RED),
            "is 'green'; it must be one of red, blue.",
        ),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, raw: str, read: Any, sentence: str
) -> None:
    monkeypatch.setenv(NAME, raw)
    with pytest.raises(ImproperlyConfigured) as caught:
        read()
    assert str(caught.value) == f"{NAME} {sentence}"
